"""STEP files that come packed: one, or an assembly with the files that it refers to. Nothing leaves its folder or goes beyond a bound."""

import gzip
import mmap
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO, Final

from cascadia.cad.model import CadError
from cascadia.kernel.naming import listed
from cascadia.structures.packed import DAMAGED

ZIP: Final = b"PK\x03\x04"
GZIP: Final = b"\x1f\x8b"
UNPACKED_MAX: Final = 1 << 30
FILES_MAX: Final = 1000
NAMED: Final = 5
PIECE_BYTES: Final = 1 << 20
SUFFIXES: Final = (".stp", ".step", ".p21")
REFERRED: Final = re.compile(rb"(?:DOCUMENT_FILE|APPLIED_EXTERNAL_IDENTIFICATION_ASSIGNMENT)\s*\(\s*'((?:[^']|'')*)'")
WRONG: Final = "The packed file cannot be unpacked: it is damaged or locked by a password. Import the STEP file itself, or pack it again."
TOO_LARGE: Final = f"Unpacked, the file has more than {UNPACKED_MAX >> 20} MiB, or more than {FILES_MAX:,} STEP files. Import it in parts."
NOTHING: Final = "The archive holds no STEP file. Import the STEP file itself."
SEVERAL: Final = "The archive holds several STEP files that no other refers to: {}. Pack one assembly with the files that it needs."
TWICE: Final = "The archive holds two files called {}. Give each its own name in your CAD program, then export again."


def unpacked(path: Path, folder: Path) -> Path:
    """The file itself, or the one that is packed in it (zip or gzip): in a folder that is made for it, beside those that it refers to."""
    with path.open("rb") as file:
        begin = file.read(4)
    if not begin.startswith((ZIP, GZIP)):
        return path
    folder.mkdir()
    try:
        if begin.startswith(ZIP):
            return _first(_unzipped(path, folder))
        with gzip.open(path) as packed:
            _copy(packed, folder / "unpacked.stp", 0)
    except DAMAGED as error:
        raise CadError("cad_archive", WRONG) from error
    return folder / "unpacked.stp"


def bare(name: str) -> str:
    """A file's name without its folders, however they are written."""
    return PurePosixPath(PureWindowsPath(name).name).name


def _unzipped(path: Path, folder: Path) -> list[Path]:
    made: dict[str, Path] = {}
    size = 0
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.lower().endswith(SUFFIXES) and not bare(name).startswith(".")]
        if len(names) > FILES_MAX:
            raise CadError("cad_archive", TOO_LARGE)
        for name in names:
            key = bare(name).casefold()
            if key in made:
                raise CadError("cad_archive", TWICE.format(bare(name)))
            made[key] = folder / bare(name)
            with archive.open(name) as packed:
                size = _copy(packed, made[key], size)
    return list(made.values())


def _copy(packed: IO[bytes] | gzip.GzipFile, target: Path, size: int) -> int:
    with target.open("wb") as file:
        while piece := packed.read(PIECE_BYTES):
            size += len(piece)
            if size > UNPACKED_MAX:
                raise CadError("cad_archive", TOO_LARGE)
            file.write(piece)
    return size


def _first(files: Sequence[Path]) -> Path:
    """The one that no other refers to."""
    if not files:
        raise CadError("cad_archive", NOTHING)
    if len(files) == 1:
        return files[0]
    used = {name for file in files for name in _referred(file) if name != file.name.casefold()}
    roots = [file for file in files if file.name.casefold() not in used]
    if len(roots) != 1:
        raise CadError("cad_archive", SEVERAL.format(listed(sorted(file.name for file in roots or files), NAMED)))
    return roots[0]


def _referred(path: Path) -> set[str]:
    if not path.stat().st_size:
        return set()
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        names = [match[1].decode(errors="replace").replace("''", "'").replace("\\\\", "\\") for match in REFERRED.finditer(content)]
    return {bare(name).casefold() for name in names}
