"""What `cascadia import` says of how a list is read, and what it shows of how it was."""

from pathlib import Path
from typing import Any

import pytest

from cascadia.cli.remote.client import Refused
from cascadia.cli.remote.reading import Levels, reading_of, reading_text

NOTHING: dict[str, Any] = {
    "file": None, "encoding": None, "delimiter": None, "quote": None, "sheet": None, "heading_row": None, "column": None, "levels": None,
    "leave_out": None, "leave_out_wrong": False,
}  # fmt: skip


def test_options_come_before_the_file_and_nothing_said_is_nothing_sent(tmp_path: Path) -> None:
    assert reading_of(**NOTHING) == {}
    file = tmp_path / "reading.json"
    file.write_text('{"encoding": "cp1250", "columns": {"Pos": "find", "Art.": "name"}, "leave_out": [7]}', encoding="utf-8")
    said = {
        "file": file,
        "delimiter": "tab",
        "quote": "none",
        "column": ["Art.=number", "A=B=ignore"],
        "levels": Levels.NONE,
        "leave_out": [3],
    }
    assert reading_of(**{**NOTHING, **said}) == {
        "encoding": "cp1250",
        "delimiter": "\t",
        "quote": "",
        "levels": "none",
        "columns": {"Pos": "find", "Art.": "number", "A=B": "ignore"},
        "leave_out": [3, 7],
    }


@pytest.mark.parametrize("text", ("[]", "{", ""))
def test_a_file_that_says_nothing_of_the_kind_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "reading.json").write_text(text, encoding="utf-8")
    with pytest.raises(Refused, match=r"reading\.json"):
        reading_of(**{**NOTHING, "file": tmp_path / "reading.json"})
    with pytest.raises(Refused, match="Pos=find"):
        reading_of(**{**NOTHING, "column": ["Pos"]})


def test_how_a_list_was_read_is_shown_with_what_is_not_used_and_every_odd_row() -> None:
    report = {
        "format": "csv", "encoding": "cp1252", "delimiter": "\t", "quote": "", "sheet": None, "heading_row": 3, "program": "KiCad",
        "decimals": ",", "levels": "item_numbers", "guessed": ["encoding"], "counts": {"ok": 4, "warned": 0, "left_out": 0, "wrong": 1},
        "columns": [{"place": 1, "heading": "Qty", "meaning": "quantity", "by": "name", "examples": ["1", "2"]},
                    {"place": 2, "heading": "Cost", "meaning": None, "by": None, "examples": ["0.1"]}],
        "rows": [{"place": 9, "verdict": "wrong", "messages": ["no part"], "column": None, "cells": ["1", "x" * 99]}],
    }  # fmt: skip
    text = reading_text({"report": report}).splitlines()
    assert text[0] == (
        "Read as csv, cp1252 (guessed), delimiter tab, no quotation marks, heading in row 3, list of KiCad, “,” before decimals, "
        "levels by item numbers"
    )
    assert [line.split()[1:4] for line in text[2:4]] == [["Qty", "quantity", "name"], ["Cost", "not", "used"]]
    assert text[4] == "Rows: 4 ok, 1 wrong"
    assert text[6].split()[:4] == ["9", "wrong", "no", "part"]
    assert text[6].endswith("x…")
    assert reading_text({"report": None}) == ""
