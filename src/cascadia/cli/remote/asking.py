"""Asking for a password: of a file, of standard input, or of whoever sits at the terminal."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from cascadia.cli.remote.client import Refused

PasswordFile = Annotated[
    Path | None,
    typer.Option("--password-file", help="A file that holds the password; - reads standard input. Asked for on a terminal when absent."),
]


def typed_password(path: Path | None, *, new: bool = False) -> str:
    """The password of the file, or what is typed without being shown; a new one is typed twice."""
    if path is None:
        if not sys.stdin.isatty():
            raise Refused(
                "Nobody can be asked for the password here: name a file that holds it, or - for standard input, by --password-file."
            )
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=new, err=True))
    text = typer.get_text_stream("stdin").read() if str(path) == "-" else _read(path)
    password = text.rstrip("\r\n")
    if not password:
        raise Refused(f"{path} holds no password.")
    return password


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise Refused(f"The password file {path} cannot be read: {error.strerror}.") from error
