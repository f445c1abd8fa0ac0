"""What a command prints reaches a terminal, a pipe or a file harmlessly, whatever a server said."""

import json

import pytest

from cascadia.cli.remote.output import columns, note, printable, show

HOSTILE = "\x1b[2J\x1b]0;owned\x07Reader\r\nFAKE\u202eexe\x9b1m\ud800\x7f"


def test_nothing_that_a_terminal_obeys_is_printed() -> None:
    assert printable("a\x1b[2Jb\x07\x9b\u202e\ud800\x7f") == "a\\u001b[2Jb\\u0007\\u009b\\u202e\\ud800\\u007f"
    assert printable("overwritten\rby this\r\n") == "overwritten\\rby this\r\n"
    assert printable("Ö ✓ 👩\u200d🔧\n\ttwo lines") == "Ö ✓ 👩\u200d🔧\n\ttwo lines"


def test_a_cell_is_one_line_whatever_it_holds() -> None:
    table = columns(("NAME", "ROLE"), [(HOSTILE, "viewer"), ("Bob", "lead")])
    assert len(table.splitlines()) == 3
    assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in table.replace("\n", ""))
    assert "\u202e" not in table


def test_json_stays_json_and_says_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    value = {"name": HOSTILE.replace("\ud800", "")}
    show(value, as_json=True, text=str)
    printed = capsys.readouterr().out
    assert json.loads(printed) == value
    assert printed.replace("\n", "").isprintable()


def test_what_is_said_beside_the_output_is_harmless_too(capsys: pytest.CaptureFixture[str]) -> None:
    note("There is no part \x1b[2J.")
    assert capsys.readouterr().err == "There is no part \\u001b[2J.\n"
