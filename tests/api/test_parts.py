from uuid import uuid4

from tests.company import Workshop


async def test_a_part_gets_the_next_number_of_the_scheme(workshop: Workshop) -> None:
    first, second = await workshop.engineer.part(workshop.project), await workshop.engineer.part(workshop.project)
    assert (first["number"], second["number"]) == ("P-000001", "P-000002")
    assert (first["phase"], first["revision"], first["revision_status"], first["expected_revision"]) == ("prototype", None, "in_work", "A")
    assert first["project"]["code"] == "ROVER"


async def test_creation_says_where_the_part_is_and_at_which_point(workshop: Workshop) -> None:
    answer = await workshop.engineer.send("POST", "/parts", {"project": workshop.project, "name": "Wheel"})
    part = answer.json()
    assert answer.headers["Location"] == f"/api/v1/parts/{part['id']}"
    read = await workshop.engineer.http.get(answer.headers["Location"])
    assert read.json() == part
    assert read.headers["ETag"] == answer.headers["ETag"]
    assert read.headers["ETag"].startswith(f'"{part["version"]}.')


async def test_a_typed_number_is_kept_and_taken_only_once_in_any_case(workshop: Workshop) -> None:
    part = await workshop.engineer.part(workshop.project, number="RW-77")
    refused = await workshop.engineer.send("POST", "/parts", {"project": workshop.project, "name": "Twin", "number": "rw-77"})
    assert (refused.status_code, refused.json()["code"]) == (409, "number_taken")
    assert [p["id"] for p in (await workshop.engineer.get("/parts"))["items"]] == [part["id"]]


async def test_a_part_is_found_by_number_and_by_alias(workshop: Workshop) -> None:
    part = await workshop.engineer.part(workshop.project, number="RW/77 A")
    aliased = await workshop.engineer.post(f"/parts/{part['id']}/aliases", {"alias": "ERP-9"}, status=200)
    assert aliased["aliases"] == ["ERP-9"]
    for number in ("RW/77 A", "rw/77 a", "erp-9"):
        assert (await workshop.engineer.get(f"/parts/by-number/{number}"))["id"] == part["id"]
    removed = await workshop.engineer.send("DELETE", f"/parts/{part['id']}/aliases/ERP-9")
    assert removed.json()["aliases"] == []
    assert (await workshop.engineer.send("GET", "/parts/by-number/ERP-9")).status_code == 404


async def test_a_corrected_number_leaves_the_old_one_as_an_alias(workshop: Workshop) -> None:
    part = await workshop.engineer.part(workshop.project, number="RW-1")
    corrected = await workshop.engineer.post(f"/parts/{part['id']}/number", {"number": "RW-2"}, status=200)
    assert (corrected["number"], corrected["aliases"]) == ("RW-2", ["RW-1"])
    refused = await workshop.engineer.send("POST", "/parts", {"project": workshop.project, "name": "Twin", "number": "RW-1"})
    assert (refused.status_code, refused.json()["code"]) == (409, "number_taken")


async def test_fields_that_a_rule_owns_are_not_patched(workshop: Workshop) -> None:
    part = await workshop.engineer.part(workshop.project)
    match = {"If-Match": f'"{part["version"]}"'}
    words = {
        "number": "a number is corrected by POST …/number, until the first release",
        "aliases": "aliases are added by POST …/aliases",
        "phase": "a phase is moved by POST …/phase",
        "revision": "a revision is given at release",
        "revision_status": "this follows from revisions",
        "expected_revision": "this follows from the scheme of revisions",
        "project": "a part stays in its project",
    }
    for field, said in words.items():
        refused = await workshop.engineer.send("PATCH", f"/parts/{part['id']}", {field: "production"}, headers=match)
        assert (refused.status_code, refused.json()["code"]) == (422, "rule_owned_field")
        assert refused.json()["errors"] == [{"pointer": f"/{field}", "message": said}]
    unknown = await workshop.engineer.send("PATCH", f"/parts/{part['id']}", {"colour": "red"}, headers=match)
    assert (unknown.status_code, unknown.json()["code"]) == (422, "unknown_field")
    assert await workshop.engineer.get(f"/parts/{part['id']}") == part


async def test_an_edit_is_a_commit_and_the_past_stays_readable(workshop: Workshop) -> None:
    part = await workshop.engineer.part(workshop.project, "Old", attributes={"mass": {"value": "0.250", "unit": "kg"}})
    match = {"If-Match": f'"{part["version"]}"'}
    patch = {"name": "New", "attributes": {"material": "Al 6061"}}
    edited = (await workshop.engineer.send("PATCH", f"/parts/{part['id']}", patch, headers=match)).json()
    assert (edited["name"], edited["version"]) == ("New", f"0-{edited['at']['seq']}")
    assert edited["attributes"] == {"mass": {"value": "0.25", "unit": "kg"}, "mass_source": "typed", "material": "Al 6061"}
    then = await workshop.engineer.get(f"/parts/{part['id']}", at=f"commit:{part['at']['seq']}")
    assert (then["name"], then["at"]["head"]) == ("Old", False)
    history = (await workshop.engineer.get(f"/parts/{part['id']}/history"))["items"]
    assert [entry["commit"]["seq"] for entry in history] == [edited["at"]["seq"], part["at"]["seq"]]
    changed = {f["field"]: (f["old"], f["new"]) for f in history[0]["changes"][0]["fields"]}
    assert changed["name"] == ("Old", "New")


async def test_an_edit_that_changes_nothing_makes_no_commit(workshop: Workshop) -> None:
    part = await workshop.engineer.part(workshop.project, "Same")
    answer = await workshop.engineer.send("PATCH", f"/parts/{part['id']}", {"name": "Same"}, headers={"If-Match": f'"{part["version"]}"'})
    assert answer.json() == part
    assert len((await workshop.engineer.get("/commits"))["items"]) == 1


async def test_writes_go_to_main_only(workshop: Workshop) -> None:
    body = {"project": workshop.project, "name": "Branched"}
    refused = await workshop.engineer.send("POST", "/parts?branch=ECO-1", body)
    assert (refused.status_code, refused.json()["code"]) == (422, "unknown_branch")
    assert (await workshop.engineer.send("POST", "/parts?branch=main&message=By hand", body)).status_code == 201
    assert [c["message"] for c in (await workshop.engineer.get("/commits"))["items"]] == ["By hand"]


async def test_points_that_do_not_exist_are_refused(workshop: Workshop) -> None:
    part = await workshop.engineer.part(workshop.project)
    for at, status in (("tomorrow", 400), ("commit:x", 400), ("date:2026-01-31", 400), ("branch:ECO-1", 404), ("commit:0", 404)):
        answer = await workshop.engineer.http.get(f"/api/v1/parts/{part['id']}", params={"at": at})
        assert answer.status_code == status, at


async def test_a_reader_who_has_the_same_bytes_gets_304(workshop: Workshop) -> None:
    part = await workshop.engineer.part(workshop.project)
    url = f"/api/v1/parts/{part['id']}"
    etag = (await workshop.engineer.http.get(url)).headers["ETag"]
    again = await workshop.engineer.http.get(url, headers={"If-None-Match": f'"x", W/{etag}'})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", etag)
    edited = await workshop.engineer.send("PATCH", f"/parts/{part['id']}", {"name": "Other"}, headers={"If-Match": etag})
    assert edited.status_code == 200
    changed = await workshop.engineer.http.get(url, headers={"If-None-Match": etag})
    assert (changed.status_code, changed.json()["name"]) == (200, "Other")


async def test_pages_follow_each_other_without_gap_or_repetition(workshop: Workshop) -> None:
    for index in range(7):
        await workshop.engineer.part(workshop.project, f"Part {index}")
    url, found, pages = "/api/v1/parts?limit=3&sort=-number&count=true", [], 0
    while url:
        answer = await workshop.engineer.http.get(url)
        found += [part["number"] for part in answer.json()["items"]]
        assert answer.json()["total"] == 7
        url, pages = answer.links.get("next", {}).get("url", ""), pages + 1
    assert (found, pages) == ([f"P-00000{n}" for n in (7, 6, 5, 4, 3, 2, 1)], 3)


async def test_a_list_is_narrowed_by_each_filter(workshop: Workshop) -> None:
    wheel = await workshop.engineer.part(workshop.project, "Wheel 100%")
    axle = await workshop.engineer.part(workshop.project, "Axle")
    await workshop.engineer.post(f"/parts/{axle['id']}/aliases", {"alias": "ERP_9"}, status=200)
    for params, expected in (
        ({"q": "100%"}, [wheel]),
        ({"q": "erp_"}, [axle]),
        ({"q": "%"}, [wheel]),
        ({"number": axle["number"].lower()}, [axle]),
        ({"phase": "production"}, []),
        ({"revision_status": "in_work"}, [wheel, axle]),
        ({"revision_status": "released"}, []),
        ({"project": workshop.project}, [wheel, axle]),
        ({"program": str(uuid4())}, []),
        ({"sort": "name"}, [axle, wheel]),
    ):
        page = await workshop.engineer.get("/parts", **params)
        assert [p["id"] for p in page["items"]] == [p["id"] for p in expected], params


async def test_a_cursor_of_another_list_is_refused(workshop: Workshop) -> None:
    for cursor in ("nonsense!", "WzEsMiwzLDRd", "é"):
        refused = await workshop.engineer.http.get("/api/v1/parts", params={"cursor": cursor})
        assert (refused.status_code, refused.json()["code"]) == (400, "bad_cursor"), cursor


async def test_a_deleted_part_is_gone_from_now_on_only(workshop: Workshop) -> None:
    part = await workshop.engineer.part(workshop.project)
    url = f"/parts/{part['id']}"
    assert (await workshop.engineer.send("DELETE", url)).status_code == 428
    assert (await workshop.engineer.send("DELETE", url, headers={"If-Match": f'"{part["version"]}"'})).status_code == 204
    assert (await workshop.engineer.send("GET", url)).status_code == 404
    assert (await workshop.engineer.get(url, at=f"commit:{part['at']['seq']}"))["name"] == part["name"]


async def test_derived_attributes_are_not_typed_and_a_typed_mass_says_so(workshop: Workshop) -> None:
    engineer = workshop.engineer
    refused = await engineer.send(
        "POST", "/parts", {"project": workshop.project, "name": "x", "attributes": {"geometry_hash": "00", "mass_source": "cad"}}
    )
    assert (refused.status_code, refused.json()["code"]) == (422, "rule_owned_field")
    assert [e["pointer"] for e in refused.json()["errors"]] == ["/attributes/mass_source", "/attributes/geometry_hash"]
    part = await engineer.part(workshop.project, attributes={"mass": {"value": "1", "unit": "g"}})
    assert part["attributes"]["mass_source"] == "typed"
    cleared = await engineer.send(
        "PATCH", f"/parts/{part['id']}", {"attributes": {"mass": None}}, headers={"If-Match": f'"{part["version"]}"'}
    )
    assert cleared.json()["attributes"] == {}
