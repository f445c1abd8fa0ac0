"""Rules of items: numbers, revision letters, units, attributes."""

from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascadia.items import units
from cascadia.items.attributes import merge_attributes
from cascadia.items.model import LETTERS, clean_name, clean_number, next_revision
from cascadia.kernel import decimals
from cascadia.kernel.errors import Invalid
from cascadia.parts.model import PART


def test_revision_letters_leave_out_what_can_be_misread() -> None:
    """Rule 19."""
    letters = [next_revision(None)]
    while len(letters) < 3 * len(LETTERS):
        letters.append(next_revision(letters[-1]))
    assert letters[:8] == ["A", "B", "C", "D", "E", "F", "G", "H"]
    assert letters[19:23] == ["Y", "AA", "AB", "AC"]
    assert letters[39:41] == ["AY", "BA"]
    assert not set("".join(letters)) & set("IOQSXZ")
    assert all(a != b for a, b in pairwise(letters))


@pytest.mark.parametrize(
    ("typed", "number"),
    (
        (" P-1 ", "P-1"),
        ("A  B", "A B"),
        ("A\u00a0B", "A B"),
        ("\uff21\uff22\uff11", "\uff21\uff22\uff11"),
        ("Ω-7", "Ω-7"),
        ("W-²", "W-²"),
        ("½-①-µ-№-™", "½-①-µ-№-™"),
        ("A\u2011B\u22121", "A-B-1"),
        ("u\u0308-1", "ü-1"),
    ),
)
def test_a_typed_number_has_one_spelling(typed: str, number: str) -> None:
    assert clean_number(typed) == number


@pytest.mark.parametrize(
    ("typed", "why"),
    (
        ("", "at least one character"),
        ("   ", "at least one character"),
        ("a\x00b", "U+0000"),
        ("x" * 101, "at most 100 characters, this one has 101"),
        ("\u200b", "U+200B"),
        ("W27\u200b-1", "U+200B"),
        ("W27\u00ad-1", "U+00AD"),
        ("\ufeffW27-1", "U+FEFF"),
        ("W27\u200e-1", "U+200E"),
        ("W27\u202e-1", "U+202E"),
        ("W27\ufe0f-1", "U+FE0F"),
        ("W27\ue000-1", "U+E000"),
    ),
)
def test_an_unusable_number_is_refused_with_the_reason(typed: str, why: str) -> None:
    with pytest.raises(Invalid) as refused:
        clean_number(typed)
    assert why in refused.value.detail
    assert refused.value.code == "bad_number"


@pytest.mark.parametrize(
    ("typed", "name"),
    (
        (" M6  x 20 ", "M6 x 20"),
        ("Träger ²", "Träger ²"),
        ("👩\u200d🔧", "👩\u200d🔧"),
        ("\u0645\u06cc\u200c\u062e", "\u0645\u06cc\u200c\u062e"),
    ),
)
def test_a_name_has_one_spelling_and_keeps_what_scripts_need(typed: str, name: str) -> None:
    assert clean_name(typed) == name


@pytest.mark.parametrize(
    ("typed", "why"),
    (
        ("", "at least one"),
        ("\t", "at least one"),
        ("a\x07b", "U+0007"),
        ("a\u202eb", "U+202E"),
        ("a\u200bb", "U+200B"),
        ("n" * 301, "has 301"),
    ),
)
def test_an_unusable_name_is_refused_with_the_reason(typed: str, why: str) -> None:
    with pytest.raises(Invalid) as refused:
        clean_name(typed)
    assert why in refused.value.detail
    assert refused.value.code == "bad_name"


@pytest.mark.parametrize(
    ("value", "unit", "to", "expected"),
    (
        ("2", "kg", "g", Fraction(2000)),
        ("1", "[in_i]", "mm", Fraction(254, 10)),
        ("1", "[lb_av]", "kg", Fraction(45359237, 10**8)),
        ("3", "ea", "ea", Fraction(3)),
        ("1", "kg", "m", None),
        ("1", "furlong", "m", None),
    ),
)
def test_conversion_is_exact_or_does_not_exist(value: str, unit: str, to: str, expected: Fraction | None) -> None:
    assert units.convert(Decimal(value), unit, to) == expected


@given(st.fractions(max_denominator=10**6).filter(lambda f: abs(f) < 10**9))
def test_a_fraction_becomes_the_nearest_decimal(value: Fraction) -> None:
    assert abs(Fraction(units.as_decimal(value)) - value) <= Fraction(1, 2 * 10**12)


@given(st.integers(-(10**80), 10**80), st.integers(0, 60), st.integers(0, 60))
def test_a_fraction_that_ends_is_written_whole(top: int, twos: int, fives: int) -> None:
    value = Fraction(top, 2**twos * 5**fives)
    assert Fraction(units.as_decimal(value)) == value


@given(st.fractions(max_denominator=10**6).filter(bool), st.integers(0, 200))
def test_a_fraction_that_is_not_0_is_not_shown_as_0(value: Fraction, zeros: int) -> None:
    tiny = value / 10**zeros
    assert abs(Fraction(units.as_decimal(tiny)) - tiny) * 10**5 <= abs(tiny)


@pytest.mark.parametrize(
    ("value", "text"),
    (
        (Fraction(1, 3), "0.333333333333"),
        (Fraction(-2, 3), "-0.666666666667"),
        (Fraction(1, 3 * 10**20), "0.00000000000000000000333333"),
        (Fraction(10**40 + 1, 127), "78740157480314960629921259842519685039.377952755906"),
        (Fraction(1, 10**20), "0.00000000000000000001"),
        (Fraction(1000), "1000"),
        (Fraction(0), "0"),
    ),
)
def test_a_fraction_is_whole_or_has_twelve_places_or_six_digits(value: Fraction, text: str) -> None:
    assert decimals.plain(units.as_decimal(value)) == text


@given(st.decimals(allow_nan=False, allow_infinity=False, places=9, min_value=-(10**12), max_value=10**12))
def test_a_decimal_is_stored_without_exponent_and_exactly(value: Decimal) -> None:
    text = decimals.plain(decimals.read(value, whole=13, places=9))
    assert "E" not in text.upper()
    assert Decimal(text) == value


def test_attributes_are_merged_and_made_canonical() -> None:
    current = {"material": "steel", "finish": "paint"}
    patch: dict[str, Any] = {"finish": None, "mass": {"value": "2.50E-1", "unit": "kg"}, "tags": ["b", "a", "b"], "phantom": True}
    assert merge_attributes(PART, current, patch) == {
        "material": "steel",
        "mass": {"value": "0.25", "unit": "kg"},
        "tags": ["a", "b"],
        "phantom": True,
    }


def test_every_wrong_attribute_is_named_at_once() -> None:
    patch = {
        "nonsense": 1,
        "material": 5,
        "procurement": "steal",
        "mass": {"value": "x", "unit": "kg"},
        "cost": {"value": "1", "currency": "euro"},
        "lead_time_days": 1.5,
        "phantom": "yes",
        "unit": "stone",
        "volume": {"value": "1", "unit": "kg"},
    }
    with pytest.raises(Invalid) as refusal:
        merge_attributes(PART, {}, patch)
    assert {e["pointer"] for e in refusal.value.errors} == {f"/attributes/{name}" for name in patch}


@pytest.mark.parametrize("tags", (["t" * 101], ["t"] * 51, [""], "t"))
def test_wrong_tags_are_refused_with_how_many_and_how_long_they_may_be(tags: object) -> None:
    with pytest.raises(Invalid) as refusal:
        merge_attributes(PART, {}, {"tags": tags})
    assert refusal.value.errors == [{"pointer": "/attributes/tags", "message": "a list of at most 50 texts of 1 to 100 characters"}]


def test_every_attribute_has_a_control_class() -> None:
    """Rule 8."""
    classes = {f.name: f.control.value for f in PART.fields}
    assert classes["material"] == "controlled"
    assert classes["rohs"] == "administrative"
    assert {classes[name] for name in ("cost", "tags", "lead_time_days")} == {"free"}
