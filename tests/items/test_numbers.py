"""Rule 2: numbers are unique, drawn once, corrected until the first release; aliases find the item."""

import pytest

from cascadia.items import service as items
from cascadia.kernel.db import Database
from cascadia.kernel.errors import Conflict, NotFound
from cascadia.parts.model import PART
from tests.company import Workshop
from tests.desk import Desk, open_desk


async def by_number(desk: Desk, number: str) -> str:
    async with desk.database.read() as read:
        return (await items.find(read, desk.actor, ["part"], number=number)).number


async def test_the_scheme_passes_over_numbers_that_were_typed(database: Database) -> None:
    desk = await open_desk(database)
    await desk.part("Typed", number="p-000001")
    assert [(await desk.part("Drawn")).number for _ in range(2)] == ["P-000002", "P-000003"]


async def test_a_number_that_differs_in_case_only_is_taken(database: Database) -> None:
    desk = await open_desk(database)
    await desk.part("One", number="AB-7")
    with pytest.raises(Conflict) as refusal:
        await desk.part("Two", number="ab-7")
    assert refusal.value.code == "number_taken"
    async with database.read() as read:
        assert await read.value("SELECT count(*) FROM item") == 1


async def test_a_corrected_number_stays_as_an_alias(database: Database) -> None:
    desk = await open_desk(database)
    row = await desk.part("Bracket", number="BR-1")
    async with database.write() as write:
        await items.correct_number(write, desk.actor, PART, row, "BR-2")
    assert [await by_number(desk, n) for n in ("BR-1", "br-2")] == ["BR-2", "BR-2"]
    async with database.write() as write:
        await items.correct_number(write, desk.actor, PART, await desk.read(row.uid), "BR-1")
    found = await desk.read(row.uid)
    assert (found.number, found.aliases) == ("BR-1", ["BR-2"])
    assert found.from_seq == row.from_seq


async def test_an_alias_of_another_item_is_refused_and_removed_ones_find_nothing(database: Database) -> None:
    desk = await open_desk(database)
    one, two = await desk.part("One"), await desk.part("Two")
    async with database.write() as write:
        await items.add_alias(write, desk.actor, PART, one, "LEGACY 9")
    with pytest.raises(Conflict):
        async with database.write() as write:
            await items.add_alias(write, desk.actor, PART, two, "legacy  9")
    async with database.write() as write:
        await items.remove_alias(write, desk.actor, PART, one, "legacy 9")
    with pytest.raises(NotFound):
        await by_number(desk, "LEGACY 9")


async def test_a_scheme_may_name_project_and_year(database: Database) -> None:
    desk = await open_desk(database)
    async with database.write() as write:
        await write.execute(
            "UPDATE number_scheme SET segments = "
            """'[{"project": true}, {"literal": "-"}, {"sequence": 3}, {"literal": "/"}, {"year": 2}]' WHERE kind = 'part'"""
        )
        code = await write.value("SELECT code FROM project")
        year = await write.value("SELECT to_char(now() AT TIME ZONE 'UTC', 'YY')")
    assert [(await desk.part("P")).number for _ in range(2)] == [f"{code}-001/{year}", f"{code}-002/{year}"]


async def test_administrators_change_the_scheme(workshop: Workshop) -> None:
    admin, engineer = workshop.company.administrator, workshop.engineer
    wanted = {"segments": [{"literal": "R-"}, {"project": True}, {"literal": "-"}, {"sequence": 4}], "typed_allowed": False}
    assert (await engineer.send("PUT", "/number-schemes/part", wanted)).status_code == 403
    assert (await admin.send("PUT", "/number-schemes/part", wanted)).status_code == 200
    schemes = await engineer.get("/number-schemes")
    assert schemes["items"] == [{"kind": "part", **wanted}]
    assert (await engineer.part(workshop.project))["number"] == "R-ROVER-0001"
    typed = await engineer.send("POST", "/parts", {"project": workshop.project, "name": "x", "number": "MINE-1"})
    assert (typed.status_code, typed.json()["code"]) == (422, "number_not_typed")


@pytest.mark.parametrize(
    "segments", ([{"literal": "X"}], [{"sequence": 3}, {"sequence": 3}], [{"sequence": 0}], [{"year": 3}], [{"nonsense": 1}], [])
)
async def test_a_scheme_that_makes_no_numbers_is_refused(workshop: Workshop, segments: list[dict[str, object]]) -> None:
    admin = workshop.company.administrator
    before = await admin.get("/number-schemes")
    refused = await admin.send("PUT", "/number-schemes/part", {"segments": segments, "typed_allowed": False})
    assert refused.status_code == 422
    assert await admin.get("/number-schemes") == before


@pytest.mark.parametrize(
    ("segments", "words"),
    (
        ([{"literal": "X" * 30}] * 3 + [{"sequence": 3}], "at most 100 characters, this one has 109"),
        ([{"literal": "X" * 30}] * 2 + [{"project": True}, {"sequence": 3}], "this one has 129"),
        ([{"literal": " P-"}, {"sequence": 3}], "blanks at its ends"),
        ([{"literal": "P\u200b"}, {"sequence": 3}], "U+200B"),
    ),
)
async def test_a_scheme_whose_numbers_nobody_could_type_is_refused(
    workshop: Workshop, segments: list[dict[str, object]], words: str
) -> None:
    admin = workshop.company.administrator
    before = await admin.get("/number-schemes")
    refused = await admin.send("PUT", "/number-schemes/part", {"segments": segments, "typed_allowed": True})
    assert (refused.status_code, refused.json()["code"]) == (422, "bad_scheme")
    assert words in refused.json()["detail"]
    assert await admin.get("/number-schemes") == before


async def test_a_scheme_of_numbers_of_a_hundred_characters_is_kept(workshop: Workshop) -> None:
    segments = [{"literal": "X" * 30}, {"literal": "X"}, {"project": True}, {"sequence": 12}]
    kept = await workshop.company.administrator.send("PUT", "/number-schemes/part", {"segments": segments, "typed_allowed": True})
    assert kept.status_code == 200
    assert (await workshop.engineer.part(workshop.project))["number"] == f"{'X' * 31}ROVER000000000001"
