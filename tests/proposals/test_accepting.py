"""What accepting a proposal writes, what it leaves alone, and what it refuses when something moved in the meantime."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest

from cascadia.access.actors import actor_of
from cascadia.proposals import accept, service
from cascadia.structures.model import Structure, Usage
from cascadia.versioning import service as versioning
from cascadia.versioning.model import Change, LostRace
from tests.company import JSON
from tests.proposals.office import Office
from tests.proposals.structures import component, small_assembly, usage


def pair(child: str = "bolt", **members: Any) -> Structure:
    """top: 1 × child."""
    return assembly(child, component(child, **members))


def assembly(child: str, *parts: Any) -> Structure:
    components = [component("top", is_assembly=True), *parts]
    return Structure(source_schema="AP214", unit="mm", root="top", components=components, usages=[usage("top", child, f"{child}_1")])


def parts_list(*rows: tuple[str, str, str]) -> Structure:
    """A parts list `top`: (part, quantity, designators)."""
    usages = [
        Usage(parent="top", child=part, key=name or part, name=part, designator=name or None, quantity=quantity)
        for part, quantity, names in rows
        for name in names.split() or [""]
    ]
    parts = [component(part) for part in dict.fromkeys(part for part, _, _ in rows)]
    return Structure(source_schema="table", unit="mm", root="top", components=[component("top", is_assembly=True), *parts], usages=usages)


async def use(office: Office, proposal: JSON, **items: JSON) -> None:
    """Says which existing part each component is."""
    for name, item in items.items():
        await office.choose(proposal, (await office.rows(proposal, "part"))[name], choice="use", use=item["id"])


async def lines_of(office: Office, part: str) -> dict[str, JSON]:
    """The lines of a part by the number of the child."""
    return {line["child"]["number"]: line for line in (await office.person.get(f"/parts/{part}/bom"))["items"]}


async def edit(office: Office, part: JSON, **patch: Any) -> JSON:
    seen = await office.person.get(f"/parts/{part['id']}")
    answer = await office.person.send("PATCH", f"/parts/{part['id']}", patch, headers={"If-Match": f'"{seen["version"]}"'})
    assert answer.status_code == 200, answer.text
    changed: JSON = answer.json()
    return changed


async def delete(office: Office, path: str) -> None:
    seen = await office.person.get(path)
    answer = await office.person.send("DELETE", path, headers={"If-Match": f'"{seen["version"]}"'})
    assert answer.status_code == 204, answer.text


async def refused(office: Office, proposal: JSON) -> tuple[int, str]:
    """Status and code of an accept that writes nothing."""
    before = await office.commits()
    answer = await office.person.send("POST", f"/proposals/{proposal['id']}/accept", {})
    assert await office.commits() == before
    return answer.status_code, answer.json()["code"]


async def judged(office: Office, proposal: JSON) -> Change:
    """The change that accepting it would write now: what a request holds between judging and committing."""
    async with office.database.primary() as primary:
        source = await service.source_of(primary, UUID(proposal["id"]))
        assert source
        actor = await actor_of(primary, source.created_by)
        return await accept.judge(primary, actor, await service.find(primary, actor, source.uid), None)


async def loses(office: Office, change: Change) -> None:
    """The change is refused for a lost race, and nothing is written."""
    before = await office.commits()
    async with office.database.messages() as write:
        with pytest.raises(LostRace):
            await versioning.commit(write, change)
    assert await office.commits() == before


# ── what is written ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_line_that_is_skipped_is_not_written(office: Office) -> None:
    proposal = await office.propose(small_assembly())
    skipped = await office.choose(proposal, (await office.rows(proposal, "line"))["top plate"], choice="skip")
    assert (skipped["verdict"], skipped["choice"]) == ("add", "skip")
    root = (await office.accept(proposal))["root_item"]["id"]
    assert {line["child"]["name"] for line in (await lines_of(office, root)).values()} == {"Bracket"}


async def test_a_line_that_is_skipped_is_not_taken_out(office: Office) -> None:
    first = await office.accept(await office.propose(small_assembly()))
    top, project = first["root_item"], office.workshop.project
    washer = await office.person.part(project, "Washer", number="W-1")
    proposal = await office.propose(assembly("washer", component("washer")), "next.stp")
    await use(office, proposal, top=top, washer=washer)
    gone = [row for row in await office.line_rows(proposal) if row["verdict"] == "remove"]
    assert len(gone) == 2
    await office.choose(proposal, gone[0], choice="skip")
    await office.accept(proposal)
    assert set(await lines_of(office, top["id"])) == {"W-1", gone[0]["old_child"]}


async def test_the_commit_says_that_it_was_an_import(office: Office) -> None:
    accepted = await office.accept(await office.propose(small_assembly(), "rover.stp"))
    commit = await office.person.get(f"/commits/main/{accepted['commit']['seq']}")
    assert (commit["kind"], commit["message"], commit["id"]) == ("import", "Import rover.stp", accepted["commit"]["id"])


async def test_a_line_takes_the_unit_of_the_part_that_it_uses(office: Office) -> None:
    rod, plain = [
        await office.person.part(office.workshop.project, "Rod", number=number, attributes=attributes)
        for number, attributes in (("ROD-1", {"unit": "m"}), ("ROD-2", {}))
    ]
    proposal = await office.propose(parts_list(("rod", "1.5", ""), ("plain", "2", "")), "cut.csv")
    await use(office, proposal, rod=rod, plain=plain)
    lines = await lines_of(office, (await office.accept(proposal))["root_item"]["id"])
    assert {number: (x["quantity"], x["unit"], x["quantity_kind"]) for number, x in lines.items()} == {
        "ROD-1": ("1.5", "m", "measured"),
        "ROD-2": ("2", "ea", "counted"),
    }


async def test_a_line_that_gets_another_part_takes_its_unit_and_keeps_its_own_find_number(office: Office) -> None:
    rod = await office.person.part(office.workshop.project, "Rod", number="ROD-1", attributes={"unit": "m"})
    first = await office.propose(parts_list(("a", "1", "W1")), "board.csv")
    top = (await office.accept(first))["root_item"]
    (before,) = (await lines_of(office, top["id"])).values()
    proposal = await office.propose(parts_list(("b", "1", "W1")), "board-2.csv")
    await use(office, proposal, top=top, b=rod)
    assert (await office.rows(proposal, "line"))["top b"]["verdict"] == "change"
    await office.accept(proposal)
    assert {number: (x["id"], x["unit"], x["find_number"]) for number, x in (await lines_of(office, top["id"])).items()} == {
        "ROD-1": (before["id"], "m", before["find_number"])
    }


async def test_two_components_that_are_one_part_change_it_once(office: Office) -> None:
    bolt = await office.person.part(office.workshop.project, "Bolt", number="BOLT-1")
    two = Structure(
        source_schema="AP214",
        unit="mm",
        root="top",
        components=[component("top", is_assembly=True), component("left", volume="10"), component("right", volume="11")],
        usages=[usage("top", "left", "left_1"), usage("top", "right", "right_1")],
    )
    proposal = await office.propose(two)
    await use(office, proposal, left=bolt, right=bolt)
    await office.accept(proposal)
    assert (await office.person.get(f"/parts/{bolt['id']}"))["attributes"]["volume"] == {"value": "10", "unit": "mm3"}


async def test_a_typed_mass_stays_and_a_measured_one_follows_the_file(office: Office) -> None:
    first = await office.accept(await office.propose(pair(mass="0.1", volume="10")))
    (line,) = (await lines_of(office, first["root_item"]["id"])).values()
    bolt = {"id": line["child"]["id"]}
    measured = await office.propose(pair(mass="0.2", volume="20"), "next.stp")
    await use(office, measured, top=first["root_item"], bolt=bolt)
    await office.accept(measured)
    masses = (await office.person.get(f"/parts/{bolt['id']}"))["attributes"]
    assert (masses["mass"], masses["mass_source"], masses["volume"]["value"]) == ({"value": "0.2", "unit": "kg"}, "cad", "20")
    await edit(office, bolt, attributes={"mass": {"value": "0.25", "unit": "kg"}})
    again = await office.propose(pair(mass="0.3", volume="30"), "third.stp")
    await use(office, again, top=first["root_item"], bolt=bolt)
    await office.accept(again)
    masses = (await office.person.get(f"/parts/{bolt['id']}"))["attributes"]
    assert (masses["mass"], masses["mass_source"], masses["volume"]["value"]) == ({"value": "0.25", "unit": "kg"}, "typed", "30")


# ── what one may not edit ───────────────────────────────────────────────────────────────────────────────────────────────


async def guest(office: Office, *, library: bool) -> tuple[JSON, JSON]:
    """An assembly of a bolt elsewhere, where whoever imports from now on may only read: another program, or a library of one."""
    workshop = office.workshop
    elsewhere = await workshop.company.program("ELSE")
    made = {"code": "ELSE", "name": "Else", "program": elsewhere, "library": library}
    project = (await workshop.lead.post("/projects", made))["id"]
    top = await workshop.lead.part(project, "Top", number="ELSE-TOP")
    bolt = await workshop.lead.part(project, "Bolt", number="ELSE-BOLT")
    await workshop.lead.line(top["id"], bolt["id"], quantity="4")
    roles = {workshop.program: "engineer"} | ({} if library else {elsewhere: "viewer"})
    office.person = await workshop.company.person("Guest", roles)
    return top, bolt


ELSEWHERE = pytest.mark.parametrize("library", (True, False), ids=("a library", "another program"))


@ELSEWHERE
async def test_parts_that_one_may_not_edit_are_used_as_they_are(office: Office, *, library: bool) -> None:
    _, bolt = await guest(office, library=library)
    proposal = await office.propose(pair(mass="0.1", volume="10"))
    await use(office, proposal, bolt=bolt)
    accepted = await office.accept(proposal)
    assert set(await lines_of(office, accepted["root_item"]["id"])) == {"ELSE-BOLT"}
    part = await office.person.get(f"/parts/{bolt['id']}")
    assert (part["version"], part["attributes"]) == (bolt["version"], {})
    assert (await office.workshop.lead.get(f"/parts/{bolt['id']}/attachments"))["items"] == []


@ELSEWHERE
async def test_lines_of_an_assembly_that_one_may_not_edit_stay_as_they_are(office: Office, *, library: bool) -> None:
    top, bolt = await guest(office, library=library)
    proposal = await office.propose(small_assembly(), "theirs.stp")
    await use(office, proposal, bracket=top, bolt=bolt)
    lines = await office.rows(proposal, "line")
    assert {key: row["choice"] for key, row in lines.items()} == {"top bracket": "apply", "top plate": "apply", "bracket bolt": "skip"}
    accepted = await office.accept(proposal)
    tree = await office.person.get(f"/parts/{accepted['root_item']['id']}/bom/tree")
    assert sorted(tree["lines"]["quantity"]) == ["1", "2", "4"]
    seen = await office.workshop.lead.get(f"/parts/{top['id']}/bom")
    assert [(line["quantity"], line["placements"]) for line in seen["items"]] == [("4", {})]


async def test_applying_a_line_of_an_assembly_that_one_may_not_edit_is_refused_by_name(office: Office) -> None:
    top, bolt = await guest(office, library=True)
    proposal = await office.propose(small_assembly(), "theirs.stp")
    await use(office, proposal, bracket=top, bolt=bolt)
    await office.choose(proposal, (await office.rows(proposal, "line"))["bracket bolt"], choice="apply")
    before = await office.commits()
    answer = await office.person.send("POST", f"/proposals/{proposal['id']}/accept", {})
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert "ELSE-TOP" in answer.json()["detail"]
    assert await office.commits() == before


async def test_what_an_import_changes_in_another_program_stands_in_the_history_there(office: Office) -> None:
    workshop = office.workshop
    elsewhere = await workshop.company.program("ELSE")
    project = await workshop.company.project("ELSE", elsewhere)
    bolt = await workshop.lead.part(project, "Bolt", number="ELSE-BOLT")
    neighbour = await workshop.company.person("Neighbour", {elsewhere: "viewer"})
    office.person = workshop.lead
    proposal = await office.propose(pair(volume="10"))
    await use(office, proposal, bolt=bolt)
    seq = (await office.accept(proposal))["commit"]["seq"]
    assert (await neighbour.get(f"/parts/{bolt['id']}"))["attributes"]["volume"] == {"value": "10", "unit": "mm3"}
    commits = (await neighbour.get("/commits"))["items"]
    history = (await neighbour.get(f"/parts/{bolt['id']}/history"))["items"]
    assert [entry["commit"]["seq"] for entry in history] == [seq, 1]
    assert [commit["seq"] for commit in commits] == [seq, 1]


async def release(office: Office, part: JSON) -> None:
    """The part's first revision, as a change order will make it."""
    async with office.database.write() as write:
        await write.execute(
            "INSERT INTO revision (item_id, revision, branch_id, seq) SELECT item_id, 'A', 0, %(seq)s FROM item WHERE uid = %(uid)s",
            {"uid": UUID(part["id"]), "seq": await office.commits()},
        )


async def test_released_parts_and_their_lines_do_not_follow_a_file(office: Office) -> None:
    first = await office.accept(await office.propose(pair(volume="10")))
    top = first["root_item"]
    bolt = next(iter((await lines_of(office, top["id"])).values()))["child"]
    await release(office, top)
    await release(office, bolt)
    proposal = await office.propose(
        Structure(
            source_schema="AP214",
            unit="mm",
            root="top",
            components=[component("top", is_assembly=True), component("bolt", volume="20")],
            usages=[usage("top", "bolt", "bolt_1"), usage("top", "bolt", "bolt_2")],
        ),
        "next.stp",
    )
    await use(office, proposal, top=top, bolt=bolt)
    assert (await office.rows(proposal, "line"))["top bolt"]["choice"] == "skip"
    part = await office.person.get(f"/parts/{bolt['id']}")
    await office.accept(proposal)
    assert (await office.person.get(f"/parts/{bolt['id']}"))["version"] == part["version"]
    assert [(line["version"], line["quantity"]) for line in (await lines_of(office, top["id"])).values()] == [("0-1", "1")]
    files = [(await office.person.get(f"/parts/{p['id']}/attachments"))["items"] for p in (top, bolt)]
    assert [[a["file"]["name"] for a in of] for of in files] == [["top.stp"], ["top.stp"]]


# ── what moved in the meantime ──────────────────────────────────────────────────────────────────────────────────────────


async def with_bolt(office: Office) -> tuple[JSON, JSON]:
    """An open proposal whose bolt is an existing part."""
    bolt = await office.person.part(office.workshop.project, "Standard", number="STD-1")
    proposal = await office.propose(pair(volume="10"))
    await use(office, proposal, bolt=bolt)
    return proposal, bolt


async def test_a_part_that_was_edited_meanwhile_is_looked_at_again(office: Office) -> None:
    proposal, bolt = await with_bolt(office)
    await edit(office, bolt, name="Standard bolt")
    assert await refused(office, proposal) == (409, "proposal_moved")


async def test_a_part_that_was_deleted_meanwhile_is_looked_at_again(office: Office) -> None:
    proposal, bolt = await with_bolt(office)
    await delete(office, f"/parts/{bolt['id']}")
    assert await refused(office, proposal) == (409, "proposal_moved")
    assert (await office.rows(proposal, "part"))["bolt"]["verdict"] == "new"


async def test_a_part_that_is_edited_between_judging_and_commit_loses_the_race(office: Office) -> None:
    proposal, bolt = await with_bolt(office)
    change = await judged(office, proposal)
    await edit(office, bolt, name="Standard bolt")
    await loses(office, change)


async def test_a_part_that_is_deleted_between_judging_and_commit_loses_the_race(office: Office) -> None:
    bolt = await office.person.part(office.workshop.project, "Standard", number="STD-1")
    proposal = await office.propose(pair())
    await use(office, proposal, bolt=bolt)
    change = await judged(office, proposal)
    await delete(office, f"/parts/{bolt['id']}")
    await loses(office, change)
    assert (await office.person.get(f"/proposals/{proposal['id']}"))["state"] == "open"


async def test_a_circle_that_closes_between_judging_and_commit_loses_the_race(office: Office) -> None:
    top = await office.person.part(office.workshop.project, "Top", number="TOP-1")
    bolt = await office.person.part(office.workshop.project, "Bolt", number="BOLT-1")
    proposal = await office.propose(pair())
    await use(office, proposal, top=top, bolt=bolt)
    change = await judged(office, proposal)
    await office.person.line(bolt["id"], top["id"])
    await loses(office, change)
    assert await lines_of(office, top["id"]) == {}


async def test_a_bom_that_moves_between_judging_and_commit_loses_the_race(office: Office) -> None:
    top = await office.person.part(office.workshop.project, "Top", number="TOP-1")
    bolt, nut = [await office.person.part(office.workshop.project, name, number=name.upper()) for name in ("Bolt", "Nut")]
    proposal = await office.propose(pair())
    await use(office, proposal, top=top, bolt=bolt)
    change = await judged(office, proposal)
    await office.person.line(top["id"], nut["id"], find_number=200)
    await loses(office, change)
    assert set(await lines_of(office, top["id"])) == {"NUT"}


async def test_a_proposal_that_another_request_accepts_first_loses_the_race(office: Office) -> None:
    proposal = await office.propose(small_assembly())
    change = await judged(office, proposal)
    await office.accept(proposal)
    await loses(office, change)
    assert len((await office.person.get("/parts"))["items"]) == 4


# ── what is refused ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_two_rows_under_one_number_are_refused(office: Office) -> None:
    proposal = await office.propose(small_assembly())
    parts = await office.rows(proposal, "part")
    await office.choose(proposal, parts["bolt"], number="SAME-1")
    await office.choose(proposal, parts["plate"], number="same-1")
    assert await refused(office, proposal) == (422, "number_twice")
    assert (await office.person.get("/parts"))["items"] == []


async def test_a_circle_of_parts_that_are_there_is_refused(office: Office) -> None:
    top = await office.person.part(office.workshop.project, "Top", number="TOP-1")
    bolt = await office.person.part(office.workshop.project, "Bolt", number="BOLT-1")
    await office.person.line(bolt["id"], top["id"])
    proposal = await office.propose(pair())
    await use(office, proposal, top=top, bolt=bolt)
    status, _ = await refused(office, proposal)
    assert status in {409, 422}
    assert await lines_of(office, top["id"]) == {}


async def test_more_rows_than_a_commit_holds_are_refused(office: Office) -> None:
    proposal = await office.propose(pair())
    async with office.database.write() as write:
        await write.execute(
            "INSERT INTO proposal_row (uid, proposal_id, ordinal, kind, component, found, verdict, choice) "
            "SELECT gen_random_uuid(), q.proposal_id, n, 'part', 'c' || n, r.found, 'new', 'skip' "
            "FROM proposal q JOIN proposal_row r USING (proposal_id), generate_series(3, 10000) AS n "
            "WHERE q.uid = %(uid)s AND r.ordinal = 1",
            {"uid": UUID(proposal["id"])},
        )
    assert await refused(office, proposal) == (422, "too_many_rows")
    assert (await office.person.get(f"/proposals/{proposal['id']}"))["state"] == "open"


async def closed(office: Office, how: str) -> tuple[JSON, Sequence[JSON]]:
    proposal = await office.propose(small_assembly())
    rows = [*(await office.rows(proposal, "part")).values(), *(await office.rows(proposal, "line")).values()]
    if how == "accept":
        await office.accept(proposal)
    else:
        await office.person.post(f"/proposals/{proposal['id']}/discard", None, status=200)
    return proposal, rows


@pytest.mark.parametrize("how", ("accept", "discard"))
async def test_rows_of_a_proposal_that_is_closed_do_not_change(office: Office, how: str) -> None:
    proposal, rows = await closed(office, how)
    before = await office.person.get(f"/proposals/{proposal['id']}/rows", limit=500)
    for row in (rows[0], rows[-1]):
        answer = await office.person.send("PATCH", f"/proposals/{proposal['id']}/rows/{row['id']}", {"choice": "skip"})
        assert (answer.status_code, answer.json()["code"]) == (409, "proposal_not_open")
    assert await office.person.get(f"/proposals/{proposal['id']}/rows", limit=500) == before


async def test_an_accepted_proposal_is_not_discarded(office: Office) -> None:
    proposal, _ = await closed(office, "accept")
    before = await office.person.get(f"/proposals/{proposal['id']}")
    answer = await office.person.send("POST", f"/proposals/{proposal['id']}/discard")
    assert (answer.status_code, answer.json()["code"]) == (409, "proposal_not_open")
    assert await office.person.get(f"/proposals/{proposal['id']}") == before
