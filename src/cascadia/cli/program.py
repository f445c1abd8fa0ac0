"""The whole command line.

Each module named in `GROUPS` adds its commands in `register(app)`; it imports what they need inside them, so that `--help` stays
quick. A command ends with one sentence on stderr and a code of `exits` when it cannot do what it should.
"""

import sys
from importlib import import_module
from typing import Final

import typer

from cascadia import __version__
from cascadia.cli import exits
from cascadia.cli.remote.output import note
from cascadia.kernel.errors import CascadiaError
from cascadia.settings import SettingsInvalid

NAME: Final = "cascadia"
"""What the program calls itself, however it was started."""
GROUPS: Final = ("cascadia.cli.local", "cascadia.cli.remote")


def _version(wanted: bool) -> None:
    if wanted:
        print(__version__)
        raise typer.Exit


def _root(
    version: bool = typer.Option(False, "--version", help="Print the version and end.", is_eager=True, callback=_version),
) -> None:
    """Runs before every command."""


def build() -> typer.Typer:
    """The whole command line."""
    app = typer.Typer(
        help="Product lifecycle management: parts, bills of material, and CAD files.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
    )
    app.callback()(_root)
    for name in GROUPS:
        import_module(name).register(app)
    return app


def run() -> None:
    """Runs the command of `sys.argv` and ends the process."""
    try:
        build()(prog_name=NAME)
    except SettingsInvalid as error:
        for problem in error.problems:
            note(f"{NAME}: {problem}")
        sys.exit(exits.USAGE)
    except CascadiaError as error:
        note(f"{NAME}: {' '.join((error.detail, *(row['message'] for row in error.errors)))}")
        sys.exit(exits.of(error))
