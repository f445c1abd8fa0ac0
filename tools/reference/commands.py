"""The page of the command line: every command with its arguments and options, as its help says them."""

from collections.abc import Iterator
from typing import Any, Final

import typer.main

from cascadia.cli import program

PAGE: Final = """# The command line

Generated from the commands themselves; do not edit. `cascadia COMMAND --help` says the same.

Commands that speak to a server find it by `--url`, else by `CASCADIA_URL`, else it is the one where one signed in last (`cascadia login`).
They need no more than its API, print tables for people and JSON with `--json`, and read passwords from files only. Those that run or
look after a server read the [settings](configuration.md).

A command that did what it should ends with 0. Else it prints one sentence on stderr and ends with one of the
[exit codes](exit-codes.md): 2 for a wrong command or setting, 1 where a server refuses, and so on; the refusals are among the
[errors](errors.md). Ctrl-C ends it with 130.

{commands}
"""


def page() -> str:
    """The whole page."""
    return PAGE.format(commands="\n\n".join(_sections("cascadia", typer.main.get_command(program.build()))))


def _sections(name: str, command: Any) -> Iterator[str]:
    for word, below in command.commands.items():
        whole = f"{name} {word}"
        if below.hidden:
            continue
        if hasattr(below, "commands"):
            yield f"## `{whole}`\n\n{below.help or ''}"
            yield from _sections(whole, below)
        else:
            yield f"##{'#' * whole.count(' ', len('cascadia '))} `{whole}{_arguments(below)}`\n\n{_words(below.help)}{_options(below)}"


def _words(help_text: str | None) -> str:
    return "\n\n".join(" ".join(part.split()) for part in (help_text or "").split("\n\n"))


def _arguments(command: Any) -> str:
    given = [parameter for parameter in command.params if parameter.param_type_name == "argument" and not parameter.hidden]
    return "".join(f" {_name(argument)}" if argument.required else f" [{_name(argument)}]" for argument in given)


def _name(argument: Any) -> str:
    name: str = argument.name.upper()
    return f"{name}…" if argument.nargs == -1 else name


def _options(command: Any) -> str:
    shown = [parameter for parameter in command.params if not parameter.hidden and parameter.name != "help"]
    rows = [row for parameter in shown if (row := _row(command, parameter))]
    return "\n\n| argument or option | meaning |\n|---|---|\n" + "\n".join(rows) if rows else ""


def _row(command: Any, parameter: Any) -> str | None:
    context = typer.Context(command)
    record = parameter.get_help_record(context)
    if record is None:
        return None
    shown, meaning = record
    if parameter.param_type_name == "argument":
        shown = f"{_name(parameter)}{shown[shown.find(' <') :] if '|' in shown else ''}"
        if meaning in {"", "[required]"}:
            return None
    return f"| `{' '.join(shown.split())}` | {' '.join(meaning.split())} |".replace("||", "|")
