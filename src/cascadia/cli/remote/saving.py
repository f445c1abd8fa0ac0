"""Writing what a server sends into files of this machine: under a name that is safe, and over nothing that is there."""

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from cascadia.cli.remote.client import Client, Refused
from cascadia.kernel.text import harmless

Output = Annotated[Path | None, typer.Option("--output", "-o", help="Where to write it; its own name when absent.")]
Force = Annotated[bool, typer.Option("--force", "-f", help="Overwrite what is there.")]


def named(name: str) -> Path:
    """A file of this folder by a name that a server says: never a hidden one, never in another folder."""
    bare = harmless(name).replace("\\", "/").rsplit("/", 1)[-1].lstrip(".- ")
    return Path(bare or "file")


def check_free(target: Path, *, force: bool) -> None:
    """Refuses to overwrite without being told."""
    if target.is_dir():
        raise Refused(f"{target} is a folder. Name a file in it by --output.")
    if not force and os.path.lexists(target):
        raise Refused(f"{target} is there already. Name another file by --output, or overwrite it by --force.")


def save(client: Client, path: str, target: Path, *, force: bool, sha256: str | None = None) -> None:
    """What the server sends, whole or not at all; compared with its hash where that is known."""
    check_free(target, force=force)
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".cascadia-") as folder:
            fresh = Path(folder) / "content"
            received = _receive(client, path, fresh)
            if sha256 not in {None, received}:
                raise Refused(f"{target.name} did not arrive whole. Try again.")
            if not force:
                target.open("xb").close()
            fresh.replace(target)
    except FileExistsError:
        check_free(target, force=False)
        raise
    except OSError as error:
        raise Refused(f"{target} cannot be written: {error.strerror}.") from error


def _receive(client: Client, path: str, fresh: Path) -> str:
    digest = hashlib.sha256()
    with client.stream(path) as response, fresh.open("xb") as out:
        for piece in response.iter_bytes():
            digest.update(piece)
            out.write(piece)
    return digest.hexdigest()
