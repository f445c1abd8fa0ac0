"""XCAF labels: where the tree, the names and the colours of a document hang."""

from collections.abc import Iterator

from OCP.collections import Sequence_TDF_Label
from OCP.Quantity import Quantity_ColorRGBA, Quantity_TOC_sRGB
from OCP.TCollection import TCollection_AsciiString
from OCP.TDataStd import TDataStd_Name
from OCP.TDF import TDF_Label, TDF_Tool
from OCP.XCAFDoc import (
    XCAFDoc_Area,
    XCAFDoc_ColorCurv,
    XCAFDoc_ColorGen,
    XCAFDoc_ColorSurf,
    XCAFDoc_ColorTool,
    XCAFDoc_ShapeTool,
    XCAFDoc_Volume,
)

from cascadia.cad.model import Rgba
from cascadia.kernel.text import harmless


def entry(label: TDF_Label) -> str:
    """The label's address inside its document, such as `0:1:1:2`."""
    text = TCollection_AsciiString()
    TDF_Tool.Entry_s(label, text)
    return str(text.ToCString())


def label_name(label: TDF_Label) -> str:
    """The label's name, or nothing."""
    attribute = TDataStd_Name()
    if not label.FindAttribute(TDataStd_Name.GetID_s(), attribute):
        return ""
    return harmless(str(attribute.Get().ToExtString())).strip()


def referred(instance: TDF_Label) -> TDF_Label:
    """The component that an instance places."""
    label = TDF_Label()
    XCAFDoc_ShapeTool.GetReferredShape_s(instance, label)
    return label


def instances(assembly: TDF_Label) -> Iterator[TDF_Label]:
    """The instances directly in an assembly, in the order of the file."""
    found = Sequence_TDF_Label()
    XCAFDoc_ShapeTool.GetComponents_s(assembly, found, False)
    return _each(found)


def free_labels(shapes: XCAFDoc_ShapeTool) -> Iterator[TDF_Label]:
    """The components that nothing in the document uses."""
    found = Sequence_TDF_Label()
    shapes.GetFreeShapes(found)
    return _each(found)


def coloured_parts(component: TDF_Label) -> Iterator[tuple[TDF_Label, Rgba]]:
    """Solids, shells and faces of a component that have a colour of their own."""
    found = Sequence_TDF_Label()
    XCAFDoc_ShapeTool.GetSubShapes_s(component, found)
    for label in _each(found):
        color = label_color(label)
        if color is not None:
            yield label, color


def label_color(label: TDF_Label) -> Rgba | None:
    """The colour given to a label: of its surface, else in general, else of its curves."""
    color = Quantity_ColorRGBA()
    if not any(XCAFDoc_ColorTool.GetColor_s(label, kind, color) for kind in (XCAFDoc_ColorSurf, XCAFDoc_ColorGen, XCAFDoc_ColorCurv)):
        return None
    red, green, blue = (round(min(1.0, max(0.0, value)), 4) for value in color.GetRGB().Values(Quantity_TOC_sRGB))
    return red, green, blue, round(float(color.Alpha()), 4)


def stated(label: TDF_Label) -> tuple[float | None, float | None]:
    """The volume and the area that the file itself says a component has (validation properties), in a unit of its own."""
    return _real(label, XCAFDoc_Volume), _real(label, XCAFDoc_Area)


def _real(label: TDF_Label, kind: type[XCAFDoc_Volume] | type[XCAFDoc_Area]) -> float | None:
    if not label.IsAttribute(kind.GetID_s()):
        return None
    attribute = kind()
    return float(attribute.Get()) if label.FindAttribute(kind.GetID_s(), attribute) else None


def _each(labels: Sequence_TDF_Label) -> Iterator[TDF_Label]:
    return (labels.Value(index) for index in range(1, labels.Length() + 1))
