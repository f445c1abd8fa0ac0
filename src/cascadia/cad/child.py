"""What the sandboxed children call: one folder in, one folder out, nothing else in reach."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from cascadia.cad import bundle, layout
from cascadia.cad.convert import convert
from cascadia.cad.glb import write_glb
from cascadia.cad.model import CONVERTER_VERSION, CadError, Output, Progress
from cascadia.cad.pictures import draw
from cascadia.cad.read_step import UNREADABLE
from cascadia.cad.tessellate import Tessellation

INPUT: Final = "input/source.stp"


def run(folder: Path, payload: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Reads `folder/input/source.stp` (named `payload["name"]` by its owner) into `folder/output`; says what was made.

    The answer: `{"converter": version, "outputs": [{"kind", "component" (None: the whole), "media_type", "name"}]}`. Documents that
    the file refers to are found in `folder/input` under their own names.
    """
    out = _output(folder)
    name = Path(str(payload.get("name") or "assembly"))
    title = (Path(name.stem).stem if name.suffix.lower() == ".gz" else name.stem) or "assembly"
    try:
        outputs = convert(folder / INPUT, out, progress, title)
    except Exception as error:
        if not type(error).__module__.startswith("OCP."):
            raise
        raise CadError("cad_unreadable", UNREADABLE) from error  # OpenCASCADE's own exceptions, which have no base in common
    return _answer(outputs)


def model(folder: Path, payload: dict[str, Any], progress: Progress) -> dict[str, Any]:  # noqa: ARG001 - the folder says it all
    """Makes the 3D model of what `run` left: `input/layout.json` and `input/shapes.zip`. The same kind of answer, and `components`."""
    out, stands = _output(folder), layout.decode((folder / "input/layout.json").read_bytes())
    tessellation = Tessellation()
    for number, shape, colors in bundle.read(folder / "input/shapes.zip", range(len(stands.shapes))):
        progress(0.1 + 0.7 * number / len(stands.shapes), "making triangles")
        tessellation.add(number, shape, colors)
    progress(0.8, "writing")
    with TemporaryDirectory(dir=out) as scratch:
        meshes = tessellation.meshes(Path(scratch))
    path = out / "model.glb"
    path.write_bytes(write_glb(stands, meshes))
    return {**_answer([Output("glb", None, "model/gltf-binary", path)]), "components": len(stands.pieces)}


def pictures(folder: Path, payload: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Draws the components from `payload["first"]` up to `payload["end"]` of `input/layout.json`, with the meshes of `input/model.glb`."""
    out, stands = _output(folder), layout.decode((folder / "input/layout.json").read_bytes())
    chosen = range(payload["first"], min(payload["end"], len(stands.pieces)))
    return _answer(draw(stands, folder / "input/model.glb", chosen, out, progress))


def _output(folder: Path) -> Path:
    out = folder / "output"
    out.mkdir(exist_ok=True)
    return out


def _answer(outputs: Sequence[Output]) -> dict[str, Any]:
    made = [{"kind": o.kind, "component": o.component, "media_type": o.media_type, "name": o.path.name} for o in outputs]
    return {"converter": CONVERTER_VERSION, "outputs": made}
