"""The distinct shapes of a file in one archive, in OpenCASCADE's own form: read back in a hundredth of the time that STEP takes."""

import hashlib
import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
from OCP.BinTools import BinTools
from OCP.collections import IndexedMap_TopoDS_Shape_TopTools_ShapeMapHasher
from OCP.TopAbs import TopAbs_FACE
from OCP.TopExp import TopExp
from OCP.TopoDS import TopoDS_Shape

from cascadia.cad.boxes import Box, subshapes
from cascadia.cad.model import DEFAULT_COLOR, Rgba

FIRST: Final = (2000, 1, 1, 0, 0, 0)


class Colors(msgspec.Struct, frozen=True):
    """The colour of a shape, of its faces that have another (by their number), and its box, in whose size its mesh is fine."""

    whole: Rgba
    faces: dict[int, Rgba]
    box: Box | None


@dataclass(frozen=True, slots=True)
class Bundled:
    """A shape as OpenCASCADE writes it, with its colours; `digest` is of both."""

    content: bytes
    colors: Colors

    @property
    def digest(self) -> str:
        """SHA-256: shapes of one digest have one mesh."""
        return hashlib.sha256(self.content + b"\0" + msgspec.json.encode(self.colors)).hexdigest()


def content_of(shape: TopoDS_Shape) -> bytes:
    """The shape without its triangles, unless it has nothing else: the same bytes for the same shape, in whichever file it is."""
    written = io.BytesIO()
    BinTools.Write_s(shape, written)
    return written.getvalue()


def painted(shape: TopoDS_Shape, parts: Sequence[tuple[TopoDS_Shape, Rgba]]) -> dict[int, Rgba]:
    """Number of a face → its colour: from large parts to small ones, so that the smallest wins."""
    faces = IndexedMap_TopoDS_Shape_TopTools_ShapeMapHasher()
    TopExp.MapShapes_s(shape, TopAbs_FACE, faces)
    colors: dict[int, Rgba] = {}
    for part, color in sorted(parts, key=lambda each: each[0].ShapeType().value):
        for face in subshapes(part, TopAbs_FACE):
            colors[faces.FindIndex(face)] = color
    return {index: color for index, color in sorted(colors.items()) if index}


def colors_of(shape: TopoDS_Shape, color: Rgba | None, parts: Sequence[tuple[TopoDS_Shape, Rgba]], box: Box | None) -> Colors:
    """A face's own colour wins over its solid's, that over the component's."""
    return Colors(color or DEFAULT_COLOR, painted(shape, parts), box)


def write(path: Path, shapes: Sequence[Bundled]) -> None:
    """Writes the archive; the same shapes give the same bytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number, shape in enumerate(shapes):
            archive.writestr(zipfile.ZipInfo(f"{number}.bin", FIRST), shape.content, zipfile.ZIP_DEFLATED, 1)
            archive.writestr(zipfile.ZipInfo(f"{number}.json", FIRST), msgspec.json.encode(shape.colors))


def read(path: Path, wanted: Sequence[int]) -> Iterator[tuple[int, TopoDS_Shape, Colors]]:
    """The shapes of these numbers."""
    with zipfile.ZipFile(path) as archive:
        for number in wanted:
            shape = TopoDS_Shape()
            BinTools.Read_s(shape, io.BytesIO(archive.read(f"{number}.bin")))
            yield number, shape, msgspec.json.decode(archive.read(f"{number}.json"), type=Colors)
