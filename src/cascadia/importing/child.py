"""What the sandboxed child calls: a parts list in, its structure out."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from cascadia.importing.model import CONVERTER_VERSION, TableError
from cascadia.importing.read_table import read_list
from cascadia.structures.model import encode
from cascadia.structures.reading import Options, Verdict

WORDS_MAX = 5
"""How many bad rows one message names."""


def run(folder: Path, payload: dict[str, Any], progress: Callable[[float, str], None]) -> dict[str, Any]:
    """Reads `folder/input/source` as `payload["reading"]` says; writes `output/structure.json`.

    The answer: `{"converter": version, "outputs": [{"kind", "component", "media_type", "name"}]}`.
    """
    options = msgspec.convert(payload.get("reading") or {}, Options)
    read = read_list((folder / "input" / "source").read_bytes(), options, progress)
    if wrong := read.report.counts[Verdict.WRONG]:
        named = [f"row {row.place}: {'; '.join(row.messages)}" for row in read.report.rows if row.verdict is Verdict.WRONG]
        more = f" (and {wrong - WORDS_MAX} more)" if wrong > WORDS_MAX else ""
        raise TableError("table_rows", f"Rows cannot be read: {'; '.join(named[:WORDS_MAX])}{more}. Correct the file and import it again.")
    (folder / "output" / "structure.json").write_bytes(encode(read.structure))
    made = {"kind": "structure", "component": None, "media_type": "application/json", "name": "structure.json"}
    return {"converter": CONVERTER_VERSION, "outputs": [made]}
