"""One rule reads the numbers that people write; what has two readings is asked back."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascadia.kernel import decimals

ONE = {
    "4": "4",
    " 12 ": "12",
    "0.25": "0.25",
    "0,25": "0.25",
    "1,5": "1.5",
    "0,125": "0.125",
    "0.500": "0.5",
    "1234.567": "1234.567",
    "1234,567": "1234.567",
    "1.0000": "1",
    "1.234,5": "1234.5",
    "1,234.5": "1234.5",
    "1,234,567": "1234567",
    "1.234.567": "1234567",
    "1.234.567,891": "1234567.891",
    "1 000": "1000",
    "1\u00a0000,5": "1000.5",
    "12\u202f345.678": "12345.678",
    "1'000.5": "1000.5",
    "1\u2019000": "1000",
    "\u22122,5": "-2.5",
    ".5": "0.5",
    ",5": "0.5",
    "1e3": "1000",
    "1.500e3": "1500",
    "\uff11\uff12": "12",
}
TWO = {
    "1,000": ["1", "1000"],
    "1.500": ["1.5", "1500"],
    "12,345": ["12.345", "12345"],
    "123.456": ["123.456", "123456"],
    "-1,250": ["-1250", "-1.25"],
}
NONE = (
    *("", "many", "1,2,3", "1.2.3", "1,23,456", "1.234.5", "1,234.5,6", "12 34", "1 000 00", "0,000,000"),
    *("1_000", "\u0661", "1,", ".", "1-2", "--1", "1e400"),
)


@pytest.mark.parametrize(("text", "meant"), ONE.items())
def test_a_number_with_one_reading_is_read(text: str, meant: str) -> None:
    assert [decimals.plain(value) for value in decimals.readings(text)] == [meant]
    assert decimals.plain(decimals.read({"typed": text}, whole=40, places=40)) == meant


@pytest.mark.parametrize(("text", "meant"), TWO.items())
def test_a_number_with_two_readings_is_asked_back_with_both(text: str, meant: list[str]) -> None:
    assert [decimals.plain(value) for value in decimals.readings(text)] == meant
    with pytest.raises(decimals.Ambiguous) as asked:
        decimals.read({"typed": text}, whole=40, places=40)
    assert asked.value.readings == meant
    assert all(reading in str(asked.value) for reading in meant)


@pytest.mark.parametrize("text", NONE)
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no number"):
        decimals.readings(text)


def test_how_to_write_a_reading_so_that_it_has_no_other_is_said() -> None:
    with pytest.raises(decimals.Ambiguous, match=r"“1\.125” can be 1\.125 or 1125: write 1\.1250 or 1125"):
        decimals.read({"typed": "1.125"}, whole=12, places=12)


def test_the_spelling_of_the_api_has_one_reading() -> None:
    assert decimals.read("1.125", whole=12, places=12) == Decimal("1.125")
    for odd in ("1,5", "1 000", {"typed": 5}, {"typed": "5", "x": 1}, {}):
        with pytest.raises(ValueError, match="a decimal number"):
            decimals.read(odd, whole=12, places=12)


@given(
    st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=0, max_value=10**9),
    st.sampled_from((".,", ",.", ". ", ", ", ".'", ". ")),
)
def test_a_number_written_in_any_country_has_its_value_among_its_readings(value: Decimal, country: str) -> None:
    decimal_sign, group = country[0], country[1]
    text = f"{value:,.6f}".replace(",", "G").replace(".", decimal_sign).replace("G", group)
    assert value in decimals.readings(text)
    assert decimals.reading(text, decimal_sign) == value


@given(st.text(alphabet="0123456789.,' -e", max_size=12))
def test_any_text_has_at_most_two_readings(text: str) -> None:
    try:
        found = decimals.readings(text)
    except ValueError:
        return
    assert 1 <= len(found) <= 2
