"""What a column of a parts list can hold. Pure."""

from enum import StrEnum
from typing import Final


class Meaning(StrEnum):
    """What the cells of a column are."""

    NUMBER = "number"
    NAME = "name"
    DESCRIPTION = "description"
    VALUE = "value"
    FOOTPRINT = "footprint"
    SYMBOL = "symbol"
    DESIGNATORS = "designators"
    QUANTITY = "quantity"
    UNIT = "unit"
    KIND = "kind"
    FIND = "find"
    INDEX = "index"
    LEVEL = "level"
    PARENT = "parent"
    REVISION = "revision"
    NOTE = "note"
    MPN = "mpn"
    MANUFACTURER = "manufacturer"
    SUPPLIER_NUMBER = "supplier_number"
    DATASHEET = "datasheet"
    UNFITTED = "unfitted"
    FITTED = "fitted"
    EXCLUDED = "excluded"
    INCLUDED = "included"
    IGNORE = "ignore"


WORDS: Final[dict[Meaning, str]] = {
    Meaning.NUMBER: "part number",
    Meaning.NAME: "name",
    Meaning.DESCRIPTION: "description",
    Meaning.VALUE: "value of an electronic component",
    Meaning.FOOTPRINT: "footprint or package",
    Meaning.SYMBOL: "symbol or device",
    Meaning.DESIGNATORS: "reference designators",
    Meaning.QUANTITY: "quantity in one parent",
    Meaning.UNIT: "unit of the quantity",
    Meaning.KIND: "kind of quantity: counted, measured, as required, reference",
    Meaning.FIND: "find number (balloon, item number)",
    Meaning.INDEX: "count of rows",
    Meaning.LEVEL: "level",
    Meaning.PARENT: "number of the parent",
    Meaning.REVISION: "revision",
    Meaning.NOTE: "note of the line",
    Meaning.MPN: "manufacturer's part number",
    Meaning.MANUFACTURER: "manufacturer",
    Meaning.SUPPLIER_NUMBER: "supplier's part number",
    Meaning.DATASHEET: "datasheet",
    Meaning.UNFITTED: "not fitted (DNP)",
    Meaning.FITTED: "fitted",
    Meaning.EXCLUDED: "excluded from the BOM",
    Meaning.INCLUDED: "included in the BOM",
    Meaning.IGNORE: "not used",
}
