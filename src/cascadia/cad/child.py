"""What the sandboxed child calls: one folder in, one folder out, nothing else in reach."""

from pathlib import Path
from typing import Any, Final

from cascadia.cad.convert import convert
from cascadia.cad.model import CONVERTER_VERSION, CadError, Progress
from cascadia.cad.read_step import UNREADABLE

INPUT: Final = "input/source.stp"


def run(folder: Path, payload: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Converts `folder/input/source.stp` (named `payload["name"]` by its owner) into `folder/output`; says what was made.

    The answer: `{"converter": version, "outputs": [{"kind", "component" (None: the whole), "media_type", "name"}]}`. Documents that
    the file refers to are found in `folder/input` under their own names.
    """
    out = folder / "output"
    out.mkdir(exist_ok=True)
    name = Path(str(payload.get("name") or "assembly"))
    title = (Path(name.stem).stem if name.suffix.lower() == ".gz" else name.stem) or "assembly"
    try:
        outputs = convert(folder / INPUT, out, progress, title)
    except Exception as error:
        if not type(error).__module__.startswith("OCP."):
            raise
        raise CadError("cad_unreadable", UNREADABLE) from error  # OpenCASCADE's own exceptions, which have no base in common
    made = [{"kind": o.kind, "component": o.component, "media_type": o.media_type, "name": o.path.name} for o in outputs]
    return {"converter": CONVERTER_VERSION, "outputs": made}
