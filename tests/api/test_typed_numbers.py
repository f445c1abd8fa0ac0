"""What a person typed is read by the server; two readings are asked back, with both, and nothing is written."""

from typing import Any

import pytest

from tests.company import Workshop


def typed(text: str) -> dict[str, str]:
    return {"typed": text}


async def test_a_quantity_is_read_as_it_was_typed_or_asked_back(workshop: Workshop) -> None:
    engineer = workshop.engineer
    parent, child = [(await engineer.part(workshop.project))["id"] for _ in range(2)]
    headers = {"If-Match": await engineer.bom_etag(parent)}
    for text, both in (("1,000", ["1", "1000"]), ("1.500", ["1.5", "1500"])):
        answer = await engineer.send("POST", f"/parts/{parent}/bom", {"child": child, "quantity": typed(text)}, headers=headers)
        assert answer.status_code == 422
        (error,) = answer.json()["errors"]
        assert (error["pointer"], error["readings"]) == ("/quantity", both)
        assert all(reading in error["message"] for reading in both)
    line = await engineer.line(parent, child, quantity=typed("1.234,5"))
    assert line["quantity"] == "1234.5"
    headers = {"If-Match": f'"{line["version"]}"'}
    answer = await engineer.send("PATCH", f"/bom-lines/{line['id']}", {"quantity": typed("2,750")}, headers=headers)
    assert (answer.status_code, answer.json()["errors"][0]["readings"]) == (422, ["2.75", "2750"])
    answer = await engineer.send("PATCH", f"/bom-lines/{line['id']}", {"quantity": "2.750"}, headers=headers)
    assert (answer.status_code, answer.json()["quantity"]) == (200, "2.75")


async def test_each_quantity_of_a_batch_is_asked_back_by_its_place(workshop: Workshop) -> None:
    engineer = workshop.engineer
    parent, child = [(await engineer.part(workshop.project))["id"] for _ in range(2)]
    operations = [{"op": "add", "child": child, "quantity": typed(text)} for text in ("1,5", "1,000")]
    headers = {"If-Match": await engineer.bom_etag(parent)}
    answer = await engineer.send("POST", f"/parts/{parent}/bom:batch", {"operations": operations}, headers=headers)
    assert answer.status_code == 422, answer.text
    assert [error["readings"] for error in answer.json()["errors"]] == [["1", "1000"]]
    assert (await engineer.get(f"/parts/{parent}/bom"))["items"] == []


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    (
        ("mass", {"value": typed("0,125"), "unit": "kg"}, {"value": "0.125", "unit": "kg"}),
        ("mass", {"value": typed("1 250,5"), "unit": "g"}, {"value": "1250.5", "unit": "g"}),
        ("cost", {"value": typed("1.234,50"), "currency": "EUR"}, {"value": "1234.5", "currency": "EUR"}),
    ),
)
async def test_a_mass_is_read_as_it_was_typed(workshop: Workshop, name: str, value: Any, kept: Any) -> None:
    part = await workshop.engineer.part(workshop.project, attributes={name: value})
    assert part["attributes"][name] == kept


async def test_a_mass_with_two_readings_is_asked_back(workshop: Workshop) -> None:
    body = {"project": workshop.project, "name": "x", "attributes": {"mass": {"value": typed("1,250"), "unit": "kg"}}}
    answer = await workshop.engineer.send("POST", "/parts", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_attributes")
    (error,) = answer.json()["errors"]
    assert (error["pointer"], error["readings"]) == ("/attributes/mass", ["1.25", "1250"])
