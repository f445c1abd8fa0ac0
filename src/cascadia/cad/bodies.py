"""The geometry that a product has itself: what hangs on its label, without the components that are placed in it."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from OCP.BRep import BRep_Builder
from OCP.TDF import TDF_Label
from OCP.TopAbs import TopAbs_COMPOUND, TopAbs_EDGE, TopAbs_FACE, TopAbs_VERTEX, TopAbs_WIRE
from OCP.TopExp import TopExp_Explorer
from OCP.TopLoc import TopLoc_Location
from OCP.TopoDS import TopoDS_Compound, TopoDS_Iterator, TopoDS_Shape
from OCP.XCAFDoc import XCAFDoc_ShapeTool

from cascadia.cad.labels import coloured_parts, entry, instances, label_color, referred
from cascadia.cad.model import Rgba

Part = tuple[TopoDS_Shape, Rgba]
LINES = frozenset({TopAbs_WIRE, TopAbs_EDGE, TopAbs_VERTEX})


@dataclass(frozen=True, slots=True)
class Bodies:
    """A shape of faces (None without any), its solids and faces that have a colour of their own, and whether lines were left out."""

    shape: TopoDS_Shape | None
    parts: Sequence[Part] = ()
    lines: bool = False


def bodies_of(label: TDF_Label, placed: Collection[str]) -> Bodies:
    """What a label holds beside the instances whose addresses are in `placed`: OpenCASCADE makes an instance of each body, too."""
    if not XCAFDoc_ShapeTool.IsAssembly_s(label):
        return _bodies([XCAFDoc_ShapeTool.GetShape_s(label)], _parts(label))
    own = [instance for instance in instances(label) if entry(instance) not in placed]
    parts = [part for instance in own for part in _placed_parts(instance, TopLoc_Location())]
    return _bodies([XCAFDoc_ShapeTool.GetShape_s(instance) for instance in own], parts)


def _bodies(shapes: Sequence[TopoDS_Shape], parts: Sequence[Part]) -> Bodies:
    present = [shape for shape in shapes if shape is not None and not shape.IsNull()]
    bodies = [body for shape in present for body in _with_faces(shape)]
    lines = any(TopExp_Explorer(shape, TopAbs_EDGE, TopAbs_FACE).More() for shape in present)
    if not bodies:
        return Bodies(None, lines=lines)
    return Bodies(bodies[0] if len(bodies) == 1 else _compound(bodies), parts, lines)


def _with_faces(shape: TopoDS_Shape) -> Iterator[TopoDS_Shape]:
    """The solids, shells and faces of a shape, the outermost of each; construction lines and points are no part of a body."""
    if shape.ShapeType() in LINES:
        return
    if shape.ShapeType() != TopAbs_COMPOUND:
        yield shape
        return
    pieces = TopoDS_Iterator(shape)
    while pieces.More():
        yield from _with_faces(pieces.Value())
        pieces.Next()


def _compound(shapes: Sequence[TopoDS_Shape]) -> TopoDS_Shape:
    builder, whole = BRep_Builder(), TopoDS_Compound()
    builder.MakeCompound(whole)
    for shape in shapes:
        builder.Add(whole, shape)
    return whole


def _parts(label: TDF_Label) -> list[Part]:
    return [(XCAFDoc_ShapeTool.GetShape_s(part), color) for part, color in coloured_parts(label)]


def _placed_parts(instance: TDF_Label, location: TopLoc_Location) -> Iterator[Part]:
    """Coloured bodies and faces below an instance, where they stand in the product; the innermost colour comes last, and wins."""
    whole, content = XCAFDoc_ShapeTool.GetShape_s(instance), referred(instance)
    color = label_color(instance) or label_color(content)
    if color is not None:
        yield whole.Located(location.Multiplied(whole.Location())), color
    inner = location.Multiplied(XCAFDoc_ShapeTool.GetLocation_s(instance))
    if XCAFDoc_ShapeTool.IsAssembly_s(content):
        for below in instances(content):
            yield from _placed_parts(below, inner)
    else:
        yield from ((part.Located(inner.Multiplied(part.Location())), own) for part, own in _parts(content))
