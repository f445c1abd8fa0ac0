"""Writing what a server sends into files of this machine: under a name that is safe, and over nothing that is there."""

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Annotated, Final

import typer

from cascadia.cli.remote.client import Client, Refused
from cascadia.kernel.text import harmless

LONGEST_NAME: Final = 255
"""Bytes of a file's name that disks take."""
LONGEST_ENDING: Final = 40

Output = Annotated[Path | None, typer.Option("--output", "-o", help="Where to write it; its own name when absent.")]
Force = Annotated[bool, typer.Option("--force", "-f", help="Overwrite what is there.")]


def named(name: str) -> Path:
    """A file of this folder by a name that a server says: never hidden, never in another folder, shortened where no disk takes it."""
    bare = Path(harmless(name).replace("\\", "/").rsplit("/", 1)[-1].lstrip(".- ") or "file")
    ending = bare.suffix if len(os.fsencode(bare.suffix)) <= LONGEST_ENDING else ""
    stem = os.fsencode(bare.name.removesuffix(ending))[: LONGEST_NAME - len(os.fsencode(ending))]
    return Path(stem.decode(errors="ignore") + ending)


def check_free(target: Path, *, force: bool) -> None:
    """Refuses to overwrite without being told."""
    if os.path.isdir(target):  # noqa: PTH112 - is_dir() raises where a name is too long
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
