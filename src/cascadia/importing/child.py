"""What the sandboxed child calls: a parts list in, its structure out."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from cascadia.importing.model import CONVERTER_VERSION
from cascadia.importing.read_table import read_items
from cascadia.importing.structure import structure_of
from cascadia.structures.model import encode


def run(folder: Path, _payload: dict[str, Any], progress: Callable[[float, str], None]) -> dict[str, Any]:
    """Reads `folder/input/source`; writes `output/structure.json`.

    The answer: `{"converter": version, "outputs": [{"kind", "component", "media_type", "name"}]}`.
    """
    items = read_items((folder / "input" / "source").read_bytes())
    progress(0.5, f"{len(items)} rows")
    (folder / "output" / "structure.json").write_bytes(encode(structure_of(items)))
    made = {"kind": "structure", "component": None, "media_type": "application/json", "name": "structure.json"}
    return {"converter": CONVERTER_VERSION, "outputs": [made]}
