"""The text of a STEP file before it is read: is it one, which schema, and in one encoding."""

import re
import shutil
from pathlib import Path
from typing import Final

from cascadia.cad.model import CadError

HEADER_BYTES: Final = 65536
SCHEMA: Final = re.compile(rb"FILE_SCHEMA\s*\(\s*\(\s*'([^']*)'", re.IGNORECASE)
AP_BY_WORD: Final = {
    "AP214": ("AUTOMOTIVE_DESIGN",),
    "AP203": ("CONFIG_CONTROL_DESIGN", "AP203_CONFIGURATION_CONTROLLED"),
    "AP242": ("AP242_MANAGED_MODEL", "MANAGED_MODEL_BASED"),
}


def check(path: Path) -> str:
    """The application protocol that the file states (`AP214`, … or its own words); raises `CadError` for what is no STEP file."""
    with path.open("rb") as file:
        head = file.read(HEADER_BYTES)
    if not head.strip():
        raise CadError("cad_empty", "The file is empty. Export it again from your CAD program.")
    if b"ISO-10303-21" not in head[:4096]:
        raise CadError("cad_not_step", "This is not a STEP file (ISO 10303-21), whatever its name says.")
    found = SCHEMA.search(head)
    words = found.group(1).decode("latin-1").strip().upper() if found else ""
    return next((ap for ap, names in AP_BY_WORD.items() if any(name in words for name in names)), words or "unknown")


def normalise(path: Path, target: Path) -> Path:
    """A file that OpenCASCADE reads with right names: bytes that are no UTF-8 are taken for Windows-1252, as old exporters write."""
    data = path.read_bytes()
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        target.write_bytes(data.decode("cp1252", errors="replace").encode("utf-8"))
        return target
    shutil.copyfile(path, target)
    return target
