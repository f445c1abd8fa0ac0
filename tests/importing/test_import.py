"""A parts list from its upload to the BOM, and its next revisions as differences, by a real worker in the cage."""

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest_asyncio

from tests.company import Workshop
from tests.importing.lists import KICAD, NEXT, board
from tests.jobs.conftest import Fleet, begin_subscriptions
from tests.until import until


class Importer:
    """An engineer who imports lists, reviews and accepts them."""

    def __init__(self, workshop: Workshop) -> None:
        self.workshop, self.person = workshop, workshop.engineer

    async def propose(self, name: str, data: bytes, into: str | None = None) -> dict[str, Any]:
        """The proposal once it is no longer waiting, for a new assembly or (the id of) one that is there."""
        made = await self.person.http.post("/api/v1/files", params={"name": name, "project": self.workshop.project}, content=data)
        assert made.status_code == 201, made.text
        proposal = await self.person.post("/proposals", {"file": made.json()["id"], "project": self.workshop.project}, status=202)

        found = await self.opened(proposal["id"])
        if into:
            chosen = {"choice": "use", "use": into}
            answer = await self.person.send("PATCH", f"/proposals/{found['id']}/rows/{found['root']}", chosen)
            assert answer.status_code == 200, answer.text
        return found

    async def opened(self, proposal: str) -> dict[str, Any]:
        """The proposal once it is no longer waiting."""

        async def matched() -> dict[str, Any] | None:
            now = await self.person.get(f"/proposals/{proposal}")
            return None if now["state"] == "waiting" else now

        found = await until(matched)
        assert found
        return found

    async def rows(self, proposal: dict[str, Any], kind: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = (await self.person.get(f"/proposals/{proposal['id']}/rows", kind=kind, limit=500))["items"]
        return rows

    async def accept(self, proposal: dict[str, Any]) -> str:
        accepted = await self.person.post(f"/proposals/{proposal['id']}/accept", {}, status=200)
        return str(accepted["root_item"]["id"])

    async def bom(self, assembly: str) -> dict[str, tuple[str, tuple[str, ...]]]:
        """Child → quantity and designators."""
        tree = await self.person.get(f"/parts/{assembly}/bom/tree")
        lines, items = tree["lines"], tree["items"]
        return {
            items["name"][child] if items["number"][child].startswith("P-") else items["number"][child]: (quantity, tuple(names))
            for child, quantity, names in zip(lines["child"], lines["quantity"], lines["designators"], strict=True)
        }


@pytest_asyncio.fixture
async def importer(workshop: Workshop, database_url: str, tmp_path: Path) -> AsyncIterator[Importer]:
    begin_subscriptions(database_url)
    fleet = Fleet(database_url, tmp_path)
    fleet.start(REGISTRY="cascadia.worker.registry:registry", JOB_TYPES="conversion.document,import")
    yield Importer(workshop)
    fleet.end()


async def test_a_list_becomes_an_assembly_and_its_next_revision_a_difference(importer: Importer) -> None:
    first = await importer.propose("board.csv", KICAD.encode())
    assert (first["state"], first["model"], first["counts"]["new"], first["counts"]["lines"]) == ("open", None, 5, 4)
    numbers = {r["product_number"]: r["number"] for r in await importer.rows(first, "part")}
    assert numbers["LMK107BJ475KAHT"] == "LMK107BJ475KAHT"
    assert numbers["board"] is None
    assembly = await importer.accept(first)
    unfitted = "Conn_01x08 PinSocket_1x08"
    before = await importer.bom(assembly)
    assert before["LMK107BJ475KAHT"] == ("3", ("C1", "C19", "C26"))
    assert len(before) == 4
    assert unfitted not in before

    second = await importer.propose("board-2.csv", NEXT.encode(), assembly)
    parts = {r["id"]: r["product_number"] for r in await importer.rows(second, "part")}
    verdicts = {parts.get(r["child"], r["old_child"]): (r["verdict"], r["old_child"]) for r in await importer.rows(second, "line")}
    connector = next(r["old_child"] for r in await importer.rows(second, "line") if r["verdict"] == "remove")
    assert verdicts == {
        "LMK107BJ475KAHT": ("change", "LMK107BJ475KAHT"),
        "AC0402CRNPO9BN9R0": ("change", "CC0402JRNPO8BN180"),
        "NCD0603G1": ("add", None),
        "150060GS75000": ("change", "150060GS75000"),
        connector: ("remove", connector),
    }
    assert await importer.accept(second) == assembly
    assert await importer.bom(assembly) == {
        "LMK107BJ475KAHT": ("4", ("C1", "C19", "C26", "C92")),
        "AC0402CRNPO9BN9R0": ("2", ("C11", "C12")),
        "NCD0603G1": ("1", ("D1",)),
        "150060GS75000": ("2", ("D2", "D3")),
    }

    again = await importer.propose("board-3.csv", NEXT.replace("C26 C1 C92 C19", "C1 C19 C26 C92").encode(), assembly)
    assert {r["verdict"] for r in await importer.rows(again, "line")} == {"same"}


async def test_a_row_that_cannot_be_meant_is_named_and_mended_by_reading_the_list_again(importer: Importer) -> None:
    found = await importer.propose("board.csv", b"Ref,Qty,MPN,Cost\nR1 R2,3,A,9\nR3,1,B,9\n")
    assert (found["state"], found["to_mend"], found["counts"]["lines"]) == ("open", 1, 1)
    told = (await importer.person.get(f"/proposals/{found['id']}/reading"))["report"]
    assert [(c["heading"], c["meaning"]) for c in told["columns"]] == [
        ("Ref", "designators"), ("Qty", "quantity"), ("MPN", "mpn"), ("Cost", None),
    ]  # fmt: skip
    assert [(r["place"], r["verdict"], r["column"], r["cells"]) for r in told["rows"]] == [(2, "wrong", "Qty", ["R1 R2", "3", "A", "9"])]
    refused = await importer.person.send("POST", f"/proposals/{found['id']}/accept", {})
    assert (refused.status_code, refused.json()["code"]) == (422, "rows_to_mend")
    assert "row 2: 2 designators, quantity 3" in refused.json()["detail"]

    mended = {"cells": {"2": {"qty": "2"}}, "columns": {"Cost": "ignore"}}
    again = await importer.person.send("PUT", f"/proposals/{found['id']}/reading", mended)
    assert (again.status_code, again.json()["state"]) == (202, "waiting")
    opened = await importer.opened(found["id"])
    assert (opened["to_mend"], opened["notes"], opened["counts"]["lines"]) == (0, [], 2)
    assert await importer.bom(await importer.accept(opened)) == {"A": ("2", ("R1", "R2")), "B": ("1", ("R3",))}
    late = await importer.person.send("PUT", f"/proposals/{found['id']}/reading", {})
    assert late.json()["code"] == "proposal_not_open"


async def test_two_names_of_one_content_are_two_assemblies(importer: Importer) -> None:
    left, right = [await importer.propose(name, KICAD.encode()) for name in ("left.csv", "right.csv")]
    assert [(await importer.rows(p, "part"))[0]["name"] for p in (left, right)] == ["left", "right"]


async def test_three_revisions_of_a_board_of_sixty_rows(importer: Importer) -> None:
    assembly = await importer.accept(await importer.propose("board-1.csv", board()))
    for name, data, expected in (
        ("board-2.csv", board(removed=2, swapped=3, added=4), {"same": 55, "change": 3, "add": 4, "remove": 2}),
        ("board-3.csv", board(removed=2, swapped=3, added=5), {"same": 62, "add": 1}),
    ):
        proposal = await importer.propose(name, data, assembly)
        assert proposal["state"] == "open", proposal["error"]
        assert Counter(r["verdict"] for r in await importer.rows(proposal, "line")) == expected
        assert await importer.accept(proposal) == assembly
    found = await importer.bom(assembly)
    assert len(found) == 63
    assert found["NEXT-002"] == ("8", tuple(f"R{16 + m}" for m in range(8)))
    assert {"PART-000", "PART-002"} & set(found) == set()
