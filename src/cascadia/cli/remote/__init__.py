"""Commands that speak to a running Cascadia through its public API, and use nothing else of the program."""

from typing import Final

import typer

from cascadia.cli.remote import access, bom, files, jobs, parts, proposals, webhooks

MODULES: Final = (access, parts, bom, files, proposals, jobs, webhooks)


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    for module in MODULES:
        module.register(app)
