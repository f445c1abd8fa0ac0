"""Choosing what a row does: what may be chosen, and what follows for the lines."""

from typing import Any
from uuid import uuid4

import pytest

from tests.company import JSON
from tests.proposals.office import Office
from tests.proposals.structures import small_assembly


async def refused(office: Office, proposal: JSON, row: str, choice: dict[str, Any]) -> tuple[int, str]:
    """Status and code of a choice that changes no row."""
    before = await office.person.get(f"/proposals/{proposal['id']}/rows", limit=500)
    answer = await office.person.send("PATCH", f"/proposals/{proposal['id']}/rows/{row}", choice)
    assert await office.person.get(f"/proposals/{proposal['id']}/rows", limit=500) == before
    return answer.status_code, answer.json()["code"]


async def test_lines_are_matched_anew_for_the_assembly_that_is_chosen(office: Office) -> None:
    top = (await office.accept(await office.propose(small_assembly())))["root_item"]
    plate = next(p for p in (await office.person.get("/parts", q="Plate"))["items"])
    other = await office.person.part(office.workshop.project, "Other", number="OTHER-1")
    proposal = await office.propose(small_assembly(), "next.stp")
    parts = await office.rows(proposal, "part")
    await office.choose(proposal, parts["plate"], choice="use", use=plate["id"])
    await office.choose(proposal, parts["top"], choice="use", use=other["id"])
    assert (await office.rows(proposal, "line"))["top plate"]["verdict"] == "add"
    await office.choose(proposal, parts["top"], choice="use", use=top["id"])
    assert (await office.rows(proposal, "line"))["top plate"]["verdict"] == "same"
    await office.choose(proposal, parts["top"], choice="create")
    assert (await office.rows(proposal, "line"))["top plate"]["verdict"] == "add"


async def test_what_a_person_chose_for_a_line_outlives_the_choice_of_another_part(office: Office) -> None:
    standard = await office.person.part(office.workshop.project, "Standard", number="STD-1")
    proposal = await office.propose(small_assembly())
    await office.choose(proposal, (await office.rows(proposal, "line"))["top plate"], choice="skip")
    await office.choose(proposal, (await office.rows(proposal, "part"))["bolt"], choice="use", use=standard["id"])
    lines = await office.rows(proposal, "line")
    assert {key: row["choice"] for key, row in lines.items()} == {"top bracket": "apply", "top plate": "skip", "bracket bolt": "apply"}
    await office.choose(proposal, lines["top plate"], choice="apply")
    assert (await office.rows(proposal, "line"))["top plate"]["choice"] == "apply"


async def test_a_line_that_nobody_chose_follows_the_choice_of_its_assembly(office: Office) -> None:
    workshop = office.workshop
    elsewhere = await workshop.company.program("ELSE")
    theirs = await workshop.lead.part(await workshop.company.project("ELSE", elsewhere), "Bracket", number="ELSE-1")
    office.person = await workshop.company.person("Guest", {workshop.program: "engineer", elsewhere: "viewer"})
    proposal = await office.propose(small_assembly())
    bracket = (await office.rows(proposal, "part"))["bracket"]
    for choice, follows in (({"choice": "use", "use": theirs["id"]}, "skip"), ({"choice": "create"}, "apply")):
        await office.choose(proposal, bracket, **choice)
        assert (await office.rows(proposal, "line"))["bracket bolt"]["choice"] == follows


@pytest.mark.parametrize("choice", ("create", "use"))
async def test_a_line_is_applied_or_skipped(office: Office, choice: str) -> None:
    proposal = await office.propose(small_assembly())
    line = (await office.rows(proposal, "line"))["top plate"]
    assert await refused(office, proposal, line["id"], {"choice": choice}) == (422, "bad_choice")


@pytest.mark.parametrize("choice", ({"choice": "apply"}, {"choice": "use"}))
async def test_a_part_is_created_used_or_skipped(office: Office, choice: dict[str, str]) -> None:
    proposal = await office.propose(small_assembly())
    part = (await office.rows(proposal, "part"))["plate"]
    assert await refused(office, proposal, part["id"], choice) == (422, "bad_choice")


async def test_a_part_that_has_a_match_is_not_applied_either(office: Office) -> None:
    standard = await office.person.part(office.workshop.project, "Standard", number="STD-1")
    proposal = await office.propose(small_assembly())
    part = await office.choose(proposal, (await office.rows(proposal, "part"))["plate"], choice="use", use=standard["id"])
    assert await refused(office, proposal, part["id"], {"choice": "apply"}) == (422, "bad_choice")


async def test_a_part_that_one_may_not_see_is_not_used_and_not_told_from_none(office: Office) -> None:
    (secret,) = [p for p in (await office.workshop.stranger.get("/projects"))["items"] if p["code"] == "SECRET"]
    hidden = await office.workshop.stranger.part(secret["id"], "Hidden", number="HIDDEN-1")
    proposal = await office.propose(small_assembly())
    part = (await office.rows(proposal, "part"))["plate"]
    for uid in (hidden["id"], str(uuid4())):
        assert await refused(office, proposal, part["id"], {"choice": "use", "use": uid}) == (422, "unknown_part")


async def test_a_row_of_another_proposal_is_not_chosen_here(office: Office) -> None:
    proposal, other = await office.propose(small_assembly()), await office.propose(small_assembly(), "other.stp")
    row = (await office.rows(other, "part"))["plate"]
    before = await office.person.get(f"/proposals/{other['id']}/rows", limit=500)
    assert await refused(office, proposal, row["id"], {"choice": "skip"}) == (404, "not_found")
    assert await office.person.get(f"/proposals/{other['id']}/rows", limit=500) == before


async def test_a_number_and_a_name_are_kept_until_they_are_taken_back(office: Office) -> None:
    proposal = await office.propose(small_assembly())
    part = (await office.rows(proposal, "part"))["plate"]
    typed = await office.choose(proposal, part, number=" PL-1 ", name="Base plate")
    assert (typed["number"], typed["name"]) == ("PL-1", "Base plate")
    kept = await office.choose(proposal, part, choice="skip")
    assert (kept["number"], kept["name"], kept["choice"]) == ("PL-1", "Base plate", "skip")
    back = await office.choose(proposal, part, choice="create", number=None, name=None)
    assert (back["number"], back["name"], back["choice"]) == (None, "Plate", "create")
