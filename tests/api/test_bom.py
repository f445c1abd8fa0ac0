from fractions import Fraction

import pytest

from cascadia.bom.model import plain
from tests.company import JSON, Workshop


async def bracket(workshop: Workshop) -> tuple[JSON, JSON, JSON]:
    """An assembly of two brackets, each with three bolts of 0.05 kg; the line of the brackets."""
    engineer, project = workshop.engineer, workshop.project
    assembly = await engineer.part(project, "Assembly")
    holder = await engineer.part(project, "Bracket", attributes={"mass": {"value": "0.2", "unit": "kg"}})
    bolt = await engineer.part(project, "Bolt", attributes={"mass": {"value": "50", "unit": "g"}})
    line = await engineer.line(assembly["id"], holder["id"], quantity="2")
    await engineer.line(holder["id"], bolt["id"], quantity="3", designators=["B3", "B1", "B2"], note="M6")
    return assembly, holder, line


async def test_the_etag_of_a_bom_is_one_that_writes_to_it_take(workshop: Workshop) -> None:
    parent, child = [(await workshop.engineer.part(workshop.project))["id"] for _ in range(2)]
    seen = await workshop.engineer.send("GET", f"/parts/{parent}/bom")
    added = await workshop.engineer.send("POST", f"/parts/{parent}/bom", {"child": child}, headers={"If-Match": seen.headers["ETag"]})
    assert added.status_code == 201, added.text
    refused = await workshop.engineer.send("POST", f"/parts/{parent}/bom", {"child": child}, headers={"If-Match": seen.headers["ETag"]})
    assert (refused.status_code, refused.json()["code"]) == (412, "stale_version")
    again = await workshop.engineer.send("GET", f"/parts/{parent}/bom", headers={"If-None-Match": seen.headers["ETag"]})
    assert (again.status_code, len(again.json()["items"])) == (200, 1)


async def test_a_line_takes_the_childs_unit_and_the_next_ten(workshop: Workshop) -> None:
    assembly, holder, line = await bracket(workshop)
    assert (line["quantity"], line["unit"], line["find_number"], line["child"]["number"]) == ("2", "ea", 10, holder["number"])
    bolt = await workshop.engineer.part(workshop.project, "Other bolt", number="B-8")
    answer = await workshop.engineer.send(
        "POST",
        f"/parts/{assembly['id']}/bom",
        {"child_number": "b-8"},
        headers={"If-Match": await workshop.engineer.bom_etag(assembly["id"])},
    )
    added = answer.json()
    assert (added["find_number"], added["child"]["id"], added["quantity"]) == (20, bolt["id"], "1")
    assert answer.headers["Location"] == f"/api/v1/bom-lines/{added['id']}"
    assert answer.headers["Cascadia-Bom-ETag"] == await workshop.engineer.bom_etag(assembly["id"])


async def test_a_tree_has_every_place_and_sums_mass_exactly(workshop: Workshop) -> None:
    assembly, holder, _ = await bracket(workshop)
    tree = await workshop.engineer.get(f"/parts/{assembly['id']}/bom/tree")
    assert tree["items"]["id"][tree["root"]] == assembly["id"]
    assert tree["occurrences"]["level"] == [1, 2]
    assert tree["occurrences"]["extended_quantity"] == ["2", "6"]
    bolts = tree["occurrences"]["line"][1]
    assert tree["lines"]["designators"][bolts] == ["B1", "B2", "B3"]
    by_number = dict(zip(tree["items"]["number"], tree["items"]["rolled_mass"], strict=True))
    assert (by_number[holder["number"]], by_number[assembly["number"]]) == ("0.15", "0.3")
    assert (tree["totals"]["leaf_occurrences"], tree["totals"]["distinct_items"]) == ("6", 2)
    assert set(tree["bom_etags"]) == {str(tree["root"]), str(tree["items"]["number"].index(holder["number"]))}


@pytest.mark.parametrize(
    ("first", "second", "mass", "extended", "kilograms"),
    (
        ("0.0000001", "0.0000001", {"value": "1", "unit": "kg"}, "0.00000000000001", "0.00000000000001"),
        ("0.0000015", "0.0000013", {"value": "2", "unit": "kg"}, "0.00000000000195", "0.0000000000039"),
        ("1", "1", {"value": "0.000000000001234567", "unit": "g"}, "1", "0.000000000000001234567"),
        ("0.5", "1", {"value": "1", "unit": "[oz_av]"}, "0.5", "0.0141747615625"),
        (
            "999999999999.5", "999999999999", {"value": "999999999999", "unit": "kg"},
            "999999999998500000000000.5", "999999999997500000000001999999999999.5",
        ),
    ),
)  # fmt: skip
async def test_no_digit_of_a_quantity_or_mass_is_lost(
    workshop: Workshop, first: str, second: str, mass: JSON, extended: str, kilograms: str
) -> None:
    engineer = workshop.engineer
    top, middle = [await engineer.part(workshop.project, name) for name in ("Top", "Middle")]
    leaf = await engineer.part(workshop.project, "Leaf", attributes={"mass": mass})
    await engineer.line(top["id"], middle["id"], quantity=first)
    await engineer.line(middle["id"], leaf["id"], quantity=second)
    tree = await engineer.get(f"/parts/{top['id']}/bom/tree")
    assert tree["occurrences"]["extended_quantity"] == [first, extended]
    assert tree["items"]["rolled_mass"][tree["root"]] == kilograms
    assert (tree["totals"]["mass"], tree["totals"]["mass_complete"]) == ({"value": kilograms, "unit": "kg"}, True)
    flat = (await engineer.get(f"/parts/{top['id']}/bom/flat"))["items"]
    assert {row["item"]["name"]: row["quantity"] for row in flat} == {"Middle": first, "Leaf": extended}
    assert {row["mass"]["value"] for row in flat if row["item"]["name"] == "Leaf"} == {kilograms}


def test_a_number_of_thousands_of_digits_is_written_whole() -> None:
    """Deep BOMs with large quantities: Python refuses to write an int of more than 4,300 digits."""
    assert plain(Fraction(10**5000)) == "1" + "0" * 5000
    assert plain(Fraction(1, 10**5000)) == "0." + "0" * 4999 + "1"


async def test_a_line_behind_the_highest_find_number_takes_the_first_free_ten(workshop: Workshop) -> None:
    engineer = workshop.engineer
    top = await engineer.part(workshop.project, "Top")
    parts = [await engineer.part(workshop.project, f"P{n}") for n in range(4)]
    await engineer.line(top["id"], parts[0]["id"], find_number=2**31 - 1)
    await engineer.line(top["id"], parts[1]["id"], find_number=10)
    added = [await engineer.line(top["id"], part["id"]) for part in parts[2:]]
    assert [line["find_number"] for line in added] == [20, 30]


async def test_a_flat_bom_names_each_item_once(workshop: Workshop) -> None:
    assembly, holder, _ = await bracket(workshop)
    bolt = (await workshop.engineer.get("/parts", q="Bolt"))["items"][0]
    await workshop.engineer.line(assembly["id"], bolt["id"], quantity="2")
    flat = (await workshop.engineer.get(f"/parts/{assembly['id']}/bom/flat"))["items"]
    assert [(row["item"]["number"], row["quantity"]) for row in flat] == [(holder["number"], "2"), (bolt["number"], "8")]
    assert flat[1]["mass"] == {"value": "0.4", "unit": "kg"}


async def test_a_cycle_is_refused_with_its_path(workshop: Workshop) -> None:
    assembly, holder, _ = await bracket(workshop)
    headers = {"If-Match": await workshop.engineer.bom_etag(holder["id"])}
    refused = await workshop.engineer.send("POST", f"/parts/{holder['id']}/bom", {"child": assembly["id"]}, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (422, "bom_cycle")
    assert [step["number"] for step in refused.json()["path"]] == [holder["number"], assembly["number"], holder["number"]]
    assert len((await workshop.engineer.get(f"/parts/{holder['id']}/bom"))["items"]) == 1


async def test_a_find_number_stands_once_in_a_bom(workshop: Workshop) -> None:
    assembly, holder, _ = await bracket(workshop)
    headers = {"If-Match": await workshop.engineer.bom_etag(assembly["id"])}
    refused = await workshop.engineer.send(
        "POST", f"/parts/{assembly['id']}/bom", {"child": holder["id"], "find_number": 10}, headers=headers
    )
    assert (refused.status_code, refused.json()["code"]) == (409, "find_number_taken")


async def test_a_quantity_in_a_unit_of_another_dimension_is_refused(workshop: Workshop) -> None:
    _assembly, _holder, line = await bracket(workshop)
    refused = await workshop.engineer.send(
        "PATCH", f"/bom-lines/{line['id']}", {"unit": "kg"}, headers={"If-Match": f'"{line["version"]}"'}
    )
    assert (refused.status_code, refused.json()["code"]) == (422, "unit_mismatch")


async def test_adding_needs_the_version_of_the_bom_that_was_seen(workshop: Workshop) -> None:
    assembly, _holder, _ = await bracket(workshop)
    bolt = await workshop.engineer.part(workshop.project, "Washer")
    url = f"/parts/{assembly['id']}/bom"
    seen = await workshop.engineer.bom_etag(assembly["id"])
    unseen = await workshop.engineer.send("POST", url, {"child": bolt["id"]})
    assert (unseen.status_code, unseen.json()["code"]) == (428, "precondition_required")
    assert (await workshop.engineer.send("POST", url, {"child": bolt["id"]}, headers={"If-Match": seen})).status_code == 201
    stale = await workshop.engineer.send("POST", url, {"child": bolt["id"]}, headers={"If-Match": seen})
    assert (stale.status_code, stale.json()["code"]) == (412, "stale_version")
    assert len((await workshop.engineer.get(url))["items"]) == 2


async def test_a_line_is_edited_and_removed_by_its_own_version(workshop: Workshop) -> None:
    assembly, _, line = await bracket(workshop)
    url = f"/bom-lines/{line['id']}"
    edited = await workshop.engineer.send("PATCH", url, {"quantity": "2.50", "note": "x"}, headers={"If-Match": f'"{line["version"]}"'})
    assert (edited.status_code, edited.json()["quantity"]) == (200, "2.5")
    stale = await workshop.engineer.send("DELETE", url, headers={"If-Match": f'"{line["version"]}"'})
    assert stale.status_code == 412
    removed = await workshop.engineer.send("DELETE", url, headers={"If-Match": edited.headers["ETag"]})
    assert removed.status_code == 204
    assert removed.headers["Cascadia-Bom-ETag"] == await workshop.engineer.bom_etag(assembly["id"])
    assert (await workshop.engineer.get(f"/parts/{assembly['id']}/bom"))["items"] == []


async def test_the_tree_of_an_earlier_commit_stays_as_it_was(workshop: Workshop) -> None:
    assembly, _holder, line = await bracket(workshop)
    before = await workshop.engineer.get(f"/parts/{assembly['id']}/bom/tree")
    await workshop.engineer.send("PATCH", f"/bom-lines/{line['id']}", {"quantity": "4"}, headers={"If-Match": f'"{line["version"]}"'})
    then = await workshop.engineer.get(f"/parts/{assembly['id']}/bom/tree", at=f"commit:{before['at']['seq']}")
    now = await workshop.engineer.get(f"/parts/{assembly['id']}/bom/tree")
    assert then["occurrences"]["extended_quantity"] == ["2", "6"]
    assert (then["lines"], then["totals"]) == (before["lines"], before["totals"])
    assert now["occurrences"]["extended_quantity"] == ["4", "12"]
    history = (await workshop.engineer.get(f"/parts/{assembly['id']}/history"))["items"]
    assert [(c["kind"], c["action"]) for c in history[0]["changes"]] == [("bom", "changed")]
    assert {"field": "quantity", "old": "2", "new": "4"} in history[0]["changes"][0]["fields"]


async def test_where_used_tells_direct_users_all_levels_and_tops(workshop: Workshop) -> None:
    assembly, holder, _ = await bracket(workshop)
    bolt = (await workshop.engineer.get("/parts", q="Bolt"))["items"][0]
    found = {}
    for levels in ("direct", "all", "top"):
        page = await workshop.engineer.get(f"/parts/{bolt['id']}/where-used", levels=levels)
        found[levels] = [(use["number"], use["level"], use["quantity"]) for use in page["items"]]
        assert page["hidden"] is False
    assert found == {
        "direct": [(holder["number"], 1, "3")],
        "all": [(holder["number"], 1, "3"), (assembly["number"], 2, None)],
        "top": [(assembly["number"], 2, None)],
    }


async def test_what_is_used_is_not_deleted(workshop: Workshop) -> None:
    _, holder, _ = await bracket(workshop)
    refused = await workshop.engineer.send("DELETE", f"/parts/{holder['id']}", headers={"If-Match": f'"{holder["version"]}"'})
    assert (refused.status_code, refused.json()["code"]) == (409, "in_use")


async def test_an_obsolete_part_is_not_added_anywhere(workshop: Workshop) -> None:
    assembly, _, _ = await bracket(workshop)
    old = await workshop.engineer.part(workshop.project, "Old")
    for phase in ("production", "obsolete"):
        match = {"If-Match": f'"{(await workshop.engineer.get("/parts/" + old["id"]))["version"]}"'}
        await workshop.engineer.post(f"/parts/{old['id']}/phase", {"phase": phase}, status=200, headers=match)
    headers = {"If-Match": await workshop.engineer.bom_etag(assembly["id"])}
    refused = await workshop.engineer.send("POST", f"/parts/{assembly['id']}/bom", {"child": old["id"]}, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (422, "phase_blocks_use")


async def test_what_one_may_not_see_stays_restricted_in_a_bom_and_hidden_in_where_used(workshop: Workshop) -> None:
    company = workshop.company
    program = await company.program("LIBRARY")
    library = await company.project("LIBRARY", program)
    both = company.administrator
    secret = await both.part(library, "Secret")
    assembly = await both.part(workshop.project, "Assembly")
    await both.line(assembly["id"], secret["id"])
    (line,) = (await workshop.viewer.get(f"/parts/{assembly['id']}/bom"))["items"]
    assert {k: v for k, v in line["child"].items() if v is not None} == {"restricted": True}
    tree = await workshop.viewer.get(f"/parts/{assembly['id']}/bom/tree")
    index = tree["items"]["restricted"].index(True)
    assert [tree["items"][column][index] for column in ("id", "number", "name", "mass")] == [None] * 4
    keeper = await company.person("Keeper", {program: "viewer"})
    uses = await keeper.get(f"/parts/{secret['id']}/where-used")
    assert (uses["items"], uses["hidden"]) == ([], True)
    assert (await workshop.viewer.send("GET", f"/parts/{secret['id']}")).status_code == 404


async def test_a_batch_changes_a_bom_as_one_commit(workshop: Workshop) -> None:
    assembly, holder, line = await bracket(workshop)
    nut, washer = await workshop.engineer.part(workshop.project, "Nut"), await workshop.engineer.part(workshop.project, "Washer")
    extra = await workshop.engineer.line(assembly["id"], nut["id"])
    etag = await workshop.engineer.bom_etag(assembly["id"])
    operations = [
        {"op": "add", "child": washer["id"], "quantity": "8"},
        {"op": "change", "line": line["id"], "patch": {"quantity": "3"}},
        {"op": "remove", "line": extra["id"]},
        {"op": "add", "child": holder["id"], "find_number": 5},
    ]
    url, headers = f"/parts/{assembly['id']}/bom:batch", {"If-Match": etag, "Idempotency-Key": "batch"}
    done = await workshop.engineer.post(url, {"operations": operations}, status=200, headers=headers)
    lines = (await workshop.engineer.get(f"/parts/{assembly['id']}/bom"))["items"]
    found = [(row["id"], row["find_number"], row["quantity"]) for row in lines]
    assert (done["changed"], done["removed"]) == ([line["id"]], [extra["id"]])
    assert found == [(done["added"][1], 5, "1"), (line["id"], 10, "3"), (done["added"][0], 30, "8")]
    assert done["etag"] == await workshop.engineer.bom_etag(assembly["id"])
    assert done["commit"] == (await workshop.engineer.get("/commits"))["items"][0]["id"]
    assert await workshop.engineer.post(url, {"operations": operations}, status=200, headers=headers) == done


async def test_a_batch_is_all_or_nothing_and_names_the_operation(workshop: Workshop) -> None:
    assembly, holder, line = await bracket(workshop)
    url, etag = f"/parts/{assembly['id']}/bom:batch", await workshop.engineer.bom_etag(assembly["id"])
    change = {"op": "change", "line": line["id"], "patch": {"quantity": "9"}}
    for second, code in (
        ({"op": "add", "child": assembly["id"]}, "bom_cycle"),
        ({"op": "add", "child": holder["id"], "unit": "kg"}, "unit_mismatch"),
        ({"op": "remove", "line": line["id"]}, "line_named_twice"),
    ):
        refused = await workshop.engineer.send("POST", url, {"operations": [change, second]}, headers={"If-Match": etag})
        assert (refused.status_code, refused.json()["code"]) == (422, code)
        assert refused.json()["errors"][0]["pointer"].startswith("/operations/1")
    assert (await workshop.engineer.get(f"/bom-lines/{line['id']}"))["version"] == line["version"]
    same = [{**change, "patch": {"quantity": "2.0"}}]
    unchanged = await workshop.engineer.post(url, {"operations": same}, status=200, headers={"If-Match": etag})
    assert unchanged == {"added": [], "changed": [], "removed": [], "etag": etag, "commit": None}
    assert (await workshop.engineer.send("POST", url, {"operations": same})).status_code == 428
