"""What may be kept of a file is what the API takes: keys fit, and whatever does not is named."""

from decimal import Decimal

import msgspec
import pytest

from cascadia.bom.model import INSTANCE_MAX
from cascadia.structures.limits import key_of, line_problems, measure_problems, new_part_problems
from cascadia.structures.model import Component, Structure, Usage, decode, encode
from cascadia.vault.model import COMPONENT_MAX


def test_a_key_is_what_the_file_says_or_its_beginning_with_a_digest() -> None:
    assert key_of("bracket") == "bracket"
    one, other = key_of("k" * 499 + "1"), key_of("k" * 499 + "2")
    assert one != other
    assert one == key_of("k" * 499 + "1")
    assert max(map(len, (one, other))) + len("#100000") <= min(INSTANCE_MAX, COMPONENT_MAX)


@pytest.mark.parametrize(("component", "instance"), (("c" * 501, "i"), ("c", "i" * 501)))
def test_a_document_with_longer_keys_is_none(component: str, instance: str) -> None:
    structure = Structure(
        source_schema="AP214",
        unit="mm",
        root="/",
        components=[Component(key="/", number="", name="top"), Component(key=component, number="", name="part")],
        usages=[Usage(parent="/", child=component, key=instance, name="x")],
    )
    with pytest.raises(msgspec.ValidationError, match="a key has more characters"):
        decode(encode(structure))


def test_what_no_part_can_be_is_named_by_its_member() -> None:
    assert new_part_problems("P-1", "Bolt", None) == []
    assert new_part_problems(None, "Bolt", "d" * 10_000) == []
    found = new_part_problems("n" * 101, "N" * 301, "d" * 10_001)
    assert [problem.field for problem in found] == ["number", "name", "description"]
    assert found[1].message == "a name has at most 300 characters, this one has 301"
    assert [problem.field for problem in new_part_problems("P\u200b1", "\x07", None)] == ["number", "name"]


def test_what_no_line_can_be_is_named_by_its_member() -> None:
    assert line_problems(Decimal(999_999_999_999), ["R1"], ["i"]) == []
    assert [problem.field for problem in line_problems(Decimal(10**12), (), ())] == ["quantity"]
    assert [problem.field for problem in line_problems(Decimal(10**50), (), ())] == ["quantity"]
    assert [problem.field for problem in line_problems(Decimal("1e-13"), (), ())] == ["quantity"]
    many = [f"R{n}" for n in range(10_001)]
    assert line_problems(Decimal(1), many, ())[0].message == "a line has at most 10000 designators, this one 10001"
    assert [problem.field for problem in line_problems(Decimal(1), ["R 1"], ["i" * 501])] == ["designators", "instances"]


def test_a_measure_that_no_part_can_hold_is_named() -> None:
    assert measure_problems({"volume": {"value": "1" * 15, "unit": "mm3"}}) == []
    (problem,) = measure_problems({"volume": {"value": "1" * 16, "unit": "mm3"}})
    assert problem.field == "volume"
    assert problem.message.startswith("its volume is not a decimal number of at most 15 digits before its point")
