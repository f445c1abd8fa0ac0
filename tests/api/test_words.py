import json
from typing import Any

import pytest
from pydantic_core import PydanticKnownError
from pydantic_core._pydantic_core import list_all_errors

from cascadia.api import words
from tests.company import Workshop

KNOWN: dict[str, Any] = {known["type"]: known for known in list_all_errors()}


@pytest.mark.parametrize("kind", words.WORDS)
def test_the_words_for_an_error_say_what_pydantic_tells_besides(kind: str) -> None:
    known = KNOWN[kind]
    error: dict[str, Any] = {"type": kind, "loc": (), "msg": "pydantic's", "input": None, "ctx": known.get("example_context") or {}}
    said = words.of(error)
    assert "{" not in said
    assert str(PydanticKnownError(known["type"], known.get("example_context"))) not in said


async def test_a_person_reads_what_is_wrong_with_one_of_many_lines(workshop: Workshop) -> None:
    part = (await workshop.engineer.part(workshop.project))["id"]
    operations = [
        {"op": "throw"},
        {"op": "remove", "line": "x"},
        {"op": "add", "child_number": "P-1", "note": "x" * 4001},
        {"op": ["\ud800"]},
        {"op": "add", "child_number": "x" * 101},
    ]
    content = json.dumps({"operations": operations}).encode()
    headers = {"Content-Type": "application/json", "If-Match": '"0-0"'}
    answer = await workshop.engineer.http.post(f"/api/v1/parts/{part}/bom:batch", content=content, headers=headers)
    assert answer.status_code == 422, answer.text
    assert {error["pointer"]: error["message"] for error in answer.json()["errors"]} == {
        "/operations/0": "must say by 'op' what it is: one of 'add', 'change', 'remove'",
        "/operations/1/remove/line": "must be an id, such as 01a214c0-0000-7000-8000-000000000000",
        "/operations/2/add/note": "must have at most 4000 characters",
        "/operations/3": "must say by 'op' what it is: one of 'add', 'change', 'remove'",
        "/operations/4/add/child_number": "must have at most 100 characters",
    }


def test_an_error_that_does_not_tell_what_its_words_need_speaks_for_itself() -> None:
    assert (
        words.of({"type": "string_too_long", "msg": "String should have at most 3 characters"}) == "String should have at most 3 characters"
    )


async def test_a_person_reads_what_to_correct(workshop: Workshop) -> None:
    async def said(path: str, body: object) -> dict[str, str]:
        answer = await workshop.engineer.send("POST", path, body)
        assert answer.status_code == 422, answer.text
        return {error["pointer"]: error["message"] for error in answer.json()["errors"]}

    assert await said("/parts", {"name": 1, "colour": "red", "project": "x"}) == {
        "/name": "must be a text",
        "/colour": "is not known here",
        "/project": "must be an id, such as 01a214c0-0000-7000-8000-000000000000",
    }
    assert await said("/parts", {"project": workshop.project}) == {"/name": "is missing"}
    part = await workshop.engineer.part(workshop.project)
    assert await said(f"/parts/{part['id']}/phase", {"phase": "x"}) == {
        "/phase": "must be one of 'prototype', 'production', 'not_for_new_design', 'service_only' or 'obsolete'"
    }
    path = await workshop.engineer.http.get("/api/v1/files/nope")
    assert path.json()["errors"] == [{"pointer": "/file_id", "message": "must be an id, such as 01a214c0-0000-7000-8000-000000000000"}]
