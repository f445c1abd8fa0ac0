"""What the sandboxed child calls: a parts list in, its structure out."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from cascadia.importing.read_table import read_list
from cascadia.importing.structure import refuse_too_many
from cascadia.structures.model import encode
from cascadia.structures.reading import options_of, reader_version


def run(folder: Path, payload: dict[str, Any], progress: Callable[[float, str], None]) -> dict[str, Any]:
    """Reads `folder/input/source` as `payload["reading"]` says; writes `output/structure.json`.

    The answer: `{"converter": version, "outputs": [{"kind", "component", "media_type", "name"}]}`.
    """
    options = options_of(payload.get("reading") or {})
    read = read_list((folder / "input" / "source").read_bytes(), options, progress)
    refuse_too_many(read.structure)
    (folder / "output" / "structure.json").write_bytes(encode(read.structure))
    made = {"kind": "structure", "component": None, "media_type": "application/json", "name": "structure.json"}
    return {"converter": reader_version(options), "outputs": [made]}
