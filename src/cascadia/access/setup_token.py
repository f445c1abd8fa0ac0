"""The set-up token where `cascadia up` leaves it: a file in the data folder for whoever may read it, until there is an administrator."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

NAME: Final = "setup-token"


def keep(data_dir: Path, token: str) -> None:
    """Writes the token for the data folder's own account (0600), in place of an older one."""
    fresh = data_dir / f".{NAME}.{os.getpid()}"
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(f"{token}\n")
    fresh.replace(data_dir / NAME)


def find(data_dir: Path) -> str | None:
    """The token that lies in the data folder; None where there is none, or not for this account."""
    try:
        return (data_dir / NAME).read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeDecodeError):
        return None


def forget(data_dir: Path) -> None:
    """Removes the file: its token opens nothing any more."""
    with suppress(OSError):
        (data_dir / NAME).unlink()


def address(url: str, token: str) -> str:
    """The address to open: a browser keeps what stands behind `#` to itself, so no proxy and no log reads the token."""
    return f"{url}/#token={token}"
