"""What the sandboxed child calls: one folder in, one folder out, nothing else in reach."""

from pathlib import Path
from typing import Any, Final

from cascadia.cad.convert import convert
from cascadia.cad.model import CONVERTER_VERSION, Progress

INPUT: Final = "input/source.stp"


def run(folder: Path, payload: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Converts `folder/input/source.stp` (named `payload["name"]` by its owner) into `folder/output`; says what was made.

    The answer: `{"converter": version, "outputs": [{"kind", "component" (None: the whole), "media_type", "name"}]}`. Documents that
    the file refers to are found in `folder/input` under their own names.
    """
    out = folder / "output"
    out.mkdir(exist_ok=True)
    title = Path(str(payload.get("name") or "assembly")).stem or "assembly"
    outputs = convert(folder / INPUT, out, progress, title)
    made = [{"kind": o.kind, "component": o.component, "media_type": o.media_type, "name": o.path.name} for o in outputs]
    return {"converter": CONVERTER_VERSION, "outputs": made}
