"""What the sandboxed child calls: one folder in, one folder out, nothing else in reach."""

from pathlib import Path
from typing import Any

from cascadia.cad.convert import convert
from cascadia.cad.model import CONVERTER_VERSION, CadError, Progress
from cascadia.jobs.model import PermanentJobError

INPUT = "input/source.stp"


def run(folder: Path, payload: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Converts `folder/input/source.stp` (named `payload["name"]` by its owner) into `folder/output`; says what was made."""
    out = folder / "output"
    out.mkdir(exist_ok=True)
    title = Path(str(payload.get("name") or "assembly")).stem or "assembly"
    try:
        outputs = convert(folder / INPUT, out, progress, title)
    except CadError as error:
        raise PermanentJobError(error.code, error.message) from error
    made = [{"kind": o.kind, "component": o.component, "media_type": o.media_type, "name": o.path.name} for o in outputs]
    return {"converter": CONVERTER_VERSION, "outputs": made}
