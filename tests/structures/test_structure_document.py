"""The structure document as a value: lines, counts, and what is no such document."""

from collections import Counter
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascadia.structures.model import Component, Reader, Structure, Usage, bom_lines, decode, encode, reader_of, totals

PLACED = [1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0]


@st.composite
def structures(draw: st.DrawFn) -> Structure:
    """Any tree of up to seven components that hangs together: each but the root is used by one before it."""
    count = draw(st.integers(1, 7))
    keys = [f"c{n}" for n in range(count)]
    pairs = [(keys[draw(st.integers(0, n - 1))], keys[n]) for n in range(1, count)]
    pairs += [
        (keys[low], keys[high]) for low, high in draw(st.lists(st.tuples(*[st.integers(0, count - 1)] * 2), max_size=8)) if low < high
    ]
    usages = [Usage(parent=parent, child=child, key=str(n), name=child, placement=PLACED) for n, (parent, child) in enumerate(pairs)]
    components = [Component(key=key, number=key, name=key) for key in keys]
    return Structure(source_schema="AP214", unit="mm", root=keys[0], components=components, usages=usages)


def walked(structure: Structure) -> Counter[str]:
    """How often each component stands in the whole, by walking every occurrence."""
    found, stack = Counter[str](), [structure.root]
    while stack:
        key = stack.pop()
        found[key] += 1
        stack.extend(usage.child for usage in structure.usages if usage.parent == key)
    return found


@given(structures())
def test_counts_are_those_of_a_walk(structure: Structure) -> None:
    found = walked(structure)
    parents = {usage.parent for usage in structure.usages}
    assert dict(totals(structure).per_component) == found
    counts = totals(structure).counts
    assert counts["occurrences"] == found.total() - 1
    assert counts["leaf_parts"] == len(found.keys() - parents)
    if parents:
        assert counts["leaf_occurrences"] == sum(count for key, count in found.items() if key not in parents)


@given(structures())
def test_lines_hold_every_usage_once(structure: Structure) -> None:
    lines = bom_lines(structure)
    assert len({(line.parent, line.child) for line in lines}) == len(lines)
    held = [(line.parent, line.child, key) for line in lines for key in line.placements]
    assert sorted(held) == sorted((u.parent, u.child, u.key) for u in structure.usages)
    assert sum(line.quantity for line in lines) == len(structure.usages)


@given(structures())
def test_a_document_comes_back_as_it_was(structure: Structure) -> None:
    assert decode(encode(structure)) == structure


def document(**changes: Any) -> bytes:
    """Two components, the second used once in the first, and one thing changed: of the whole, or (`usages_key`) of a table's last row."""
    components: list[dict[str, Any]] = [{"key": key, "number": key, "name": key} for key in ("top", "part")]
    usages: list[dict[str, Any]] = [{"parent": "top", "child": "part", "key": "1", "name": "part", "placement": PLACED}]
    whole: dict[str, Any] = {"source_schema": "AP214", "unit": "mm", "root": "top", "components": components, "usages": usages}
    for place, value in changes.items():
        table, _, member = place.partition("_")
        row = whole[table][-1] if member else whole
        row[member or table] = value
    return msgspec.json.encode(whole)


@pytest.mark.parametrize(
    ("name", "media_type", "reader"),
    (
        ("a.stp", "model/step", Reader.STEP),
        ("assembly.zip", "application/zip", Reader.STEP),
        ("a.stpz", "model/step+zip", Reader.STEP),
        ("a.stp.gz", "model/step+gzip", Reader.STEP),
        ("PUMP-100", "application/octet-stream", Reader.STEP),
        ("pump.dat", "application/octet-stream", None),
        ("pump", "text/plain", None),
        ("list.CSV", "application/vnd.ms-excel", Reader.TABLE),
    ),
)
def test_a_file_is_read_by_what_its_name_and_type_say(name: str, media_type: str, reader: Reader | None) -> None:
    assert reader_of(name, media_type) is reader


def test_a_whole_document_is_taken() -> None:
    assert totals(decode(document(components_volume="12.5", components_color="#00ff7f"))).per_component == {"top": 1, "part": 1}


@pytest.mark.parametrize(
    "content",
    (
        pytest.param(b"{}", id="empty"),
        pytest.param(b"[]", id="a list"),
        pytest.param(document(schema=2), id="another schema"),
        pytest.param(document(root="absent"), id="no root"),
        pytest.param(document(usages_child="absent"), id="no child"),
        pytest.param(document(usages_parent="part"), id="contains itself"),
        pytest.param(document(components_key="top"), id="a key twice"),
        pytest.param(document(usages_placement=PLACED[:15]), id="a short placement"),
        pytest.param(document(components_volume="1e5"), id="an exponent"),
        pytest.param(document(components_volume=12.5), id="a float"),
        pytest.param(document(components_mass="much"), id="words for a number"),
        pytest.param(document(components_bbox=["0", "0", "0"]), id="half a box"),
        pytest.param(document(components_color="red"), id="the name of a colour"),
    ),
)
def test_anything_else_is_no_document(content: bytes) -> None:
    with pytest.raises(msgspec.ValidationError):
        decode(content)


def test_a_circle_of_several_components_is_no_document() -> None:
    keys = ("top", "a", "b", "c")
    pairs = (("top", "a"), ("a", "b"), ("b", "c"), ("c", "a"))
    structure = Structure(
        source_schema="AP214",
        unit="mm",
        root="top",
        components=[Component(key=key, number=key, name=key) for key in keys],
        usages=[Usage(parent=parent, child=child, key=f"{parent}-{child}", name=child, placement=PLACED) for parent, child in pairs],
    )
    with pytest.raises(msgspec.ValidationError, match="contains itself"):
        decode(encode(structure))


def test_two_usages_of_one_parent_need_two_keys() -> None:
    twice = [Usage(parent="top", child="part", key="same", name="part", placement=PLACED)] * 2
    components = [Component(key=key, number=key, name=key) for key in ("top", "part")]
    structure = Structure(source_schema="AP214", unit="mm", root="top", components=components, usages=twice)
    with pytest.raises(msgspec.ValidationError, match="one key"):
        decode(encode(structure))
