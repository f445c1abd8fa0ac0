"""The kind `part`: its attributes, each with its control class (rules 3 and 8). Pure."""

from collections.abc import Mapping
from typing import Any, Final

from cascadia.items.model import AttributeField, AttributeType, Kind
from cascadia.kernel.errors import Invalid
from cascadia.versioning.model import Control

C, A, F = Control.CONTROLLED, Control.ADMINISTRATIVE, Control.FREE

PART: Final = Kind(
    "part",
    "Part",
    (
        AttributeField("procurement", "Procurement", AttributeType.CHOICE, C, choices=("make", "buy", "software")),
        AttributeField("phantom", "Phantom", AttributeType.BOOLEAN, C),
        AttributeField("unit", "Unit of measure", AttributeType.UNIT, C),
        AttributeField("material", "Material", AttributeType.TEXT, C),
        AttributeField("mass", "Mass", AttributeType.QUANTITY, C, dimension="mass"),
        AttributeField("mass_source", "Source of the mass", AttributeType.CHOICE, C, choices=("typed", "cad"), derived=True),
        AttributeField("volume", "Volume", AttributeType.QUANTITY, C, dimension="volume"),
        AttributeField("geometry", "Geometry", AttributeType.TEXT, C, derived=True),
        AttributeField("shape", "Shape", AttributeType.TEXT, C, derived=True),
        AttributeField("geometry_hash", "Geometry (until 0.1)", AttributeType.TEXT, C, derived=True),
        AttributeField("finish", "Finish", AttributeType.TEXT, C),
        AttributeField("manufacturer", "Manufacturer", AttributeType.TEXT, A),
        AttributeField("mpn", "Manufacturer's number", AttributeType.TEXT, A),
        AttributeField("country_of_origin", "Country of origin", AttributeType.TEXT, A),
        AttributeField("rohs", "RoHS", AttributeType.CHOICE, A, choices=("compliant", "exempt", "not_compliant", "unknown")),
        AttributeField("reach", "REACH", AttributeType.CHOICE, A, choices=("compliant", "declarable", "not_compliant", "unknown")),
        AttributeField("lead_time_days", "Lead time (days)", AttributeType.INTEGER, F),
        AttributeField("cost", "Cost", AttributeType.MONEY, F),
        AttributeField("tags", "Tags", AttributeType.TAGS, F),
    ),
)
DEFAULT_UNIT: Final = "ea"


def typed_attributes(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """What a person sends, with what follows from it: a mass that is typed says so, so that no CAD file overwrites it.

    Raises 422 for attributes that are derived.
    """
    derived = [f.name for f in PART.fields if f.derived and f.name in attributes]
    if derived:
        raise Invalid(
            "These attributes follow from others or from CAD files and are not typed.",
            code="rule_owned_field",
            errors=[{"pointer": f"/attributes/{name}", "message": "derived"} for name in derived],
        )
    if "mass" not in attributes:
        return dict(attributes)
    return {**attributes, "mass_source": None if attributes["mass"] is None else "typed"}
