"""What the headings of parts lists mean, as programs and people write them. Pure."""

import re
from dataclasses import dataclass, field
from typing import Final

from cascadia.structures.meanings import Meaning

M: Final = Meaning

NAMES: Final[dict[Meaning, str]] = {
    M.DESIGNATORS: (
        "reference|references|ref|refs|ref des|refdes|refdes.|reference(s)|ref(s)|designator|designators|reference designator|"
        "reference designators|ref designator|ref designators|part reference|schematic reference|schematic references|"
        "part/designator|component reference|parts|references designators|bezeichner|location|locations"
    ),
    M.QUANTITY: (
        "quantity|qty|qnty|qté|quantité|menge|anzahl|stückzahl|count|amount|cantidad|quantità|ilość|количество|数量|個数|员数|"
        "quantity per assembly|qty per assembly|quantity per pcb|quantity per board|qty per board|qty/board|qty per unit|"
        "qty per|quantity per|unit quantity|item qty|item quantity|qty/assy|qty req|qty required|quantity required|"
        "required qty|required quantity|pcs|no of parts|number of parts|number off|no off|qty (per assembly)|bom quantity|"
        "bom qty|q'ty|qtty|quant|cant"
    ),
    M.NUMBER: (
        "part number|partnumber|part no|part num|part nr|part #|part#|part num.|pn|p/n|p#|part-no|part code|part id|"
        "internal part number|internal pn|internal part no|company part number|house part number|ipn|item code|item id|"
        "itemcode|item num.|material number|material no|material|article number|article no|article|art no|artikelnummer|"
        "teilenummer|sachnummer|part-number|stock code|sku|référence article|numéro de pièce|component part number|"
        "component number|child|child part|child part number|child number|child item|component item|document number|"
        "drawing number|dwg no|编号|料号|物料编码|型番|部品番号|обозначение|артикул"
    ),
    M.NAME: (
        "name|part name|partname|item name|title|bezeichnung|benennung|nom|nombre|component name|part title|naam|имя|"
        "наименование|название|名称|品名|部品名"
    ),
    M.DESCRIPTION: (
        "description|desc|descr|part description|item description|beschreibung|descripción|descrizione|opis|описание|"
        "description 1|long description|描述|說明|说明"
    ),
    M.VALUE: "value|val|wert|valeur|designation|part value|component value|valor|значение|номинал",
    M.FOOTPRINT: "footprint|package|case|case/package|package/case|pkg|foot print|pcb footprint|package / case|gehäuse|pattern|封装",
    M.SYMBOL: (
        "device|libref|lib ref|library ref|library reference|cmp name|component type|symbol|logical name|design item id|"
        "designitemid|lib part|libpart|source symbol"
    ),
    M.MPN: (
        "mpn|manufacturer part number|manufacturer part|manufacturer part no|manufacturer part #|manufacturer pn|"
        "manufacturer p/n|manufacturer number|manufacture part number|manufacturer's part number|manufacturers part number|"
        "manuf part number|manuf pn|manuf#|mfr part number|mfr part no|mfr part #|mfr part|mfr pn|mfr p/n|mfr no|mfr #|mfr#|"
        "mfr num|mfr number|mfg part number|mfg part num|mfg part no|mfg part #|mfg part|mfg pn|mfg p/n|mfg no|mfg #|mfg num|"
        "mf pn|mfpn|mfrpn|mfgpn|mfr_pn|mpn 1|manufacturer part number 1|manufacturer_part_number|manufacturer 1 part number|"
        "maker part number|herstellernummer|vendor part number|vendor pn|vendor p/n|vendor no|oem part number|partno|制造商料号|型号"
    ),
    M.MANUFACTURER: (
        "manufacturer|mfg|mfr|mfgr|maker|manufacturer name|mfr name|mfg name|manu|manuf|manufacturer 1|manufacturer name 1|"
        "hersteller|fabricant|vendor name|brand|制造商|メーカー|производитель"
    ),
    M.SUPPLIER_NUMBER: (
        "lcsc|lcsc part #|lcsc part|lcsc part number|lcsc pn|lcsc #|lcsc part no|jlcpcb part #|jlcpcb part|jlcpcb part number|"
        "jlc part|jlc part #|lcsc/jlcpcb part #|jlcpcb/lcsc part #|digikey|digikey part number|digi-key part number|digikey pn|"
        "digi-key pn|digikey #|digi-key part #|digikey part #|mouser|mouser part number|mouser pn|mouser #|mouser part #|"
        "supplier part number|supplier part no|supplier part|supplier pn|supplier part #|supplier part number 1|"
        "distributor part number|order number|order code|ordering code|farnell|farnell #|rs part number|bestellnummer|"
        "supplier's part number|sku number"
    ),
    M.DATASHEET: "datasheet|data sheet|datasheet url|datasheet link|componentlink1url|helpurl",
    M.UNIT: (
        "unit|units|uom|u/m|um|unit of measure|unit of measurement|measure|einheit|unité|unit qty|base unit|unidad|ед|ед изм|单位|単位"
    ),
    M.KIND: "kind|quantity kind|quantity type|bom structure",
    M.FIND: (
        "find|find number|find no|find #|find num|balloon|balloon number|pos|position|pos no|pos nr|position number|item no|"
        "item number|item|item #|item#|item num|items|no de pièce|repère|позиция|поз"
    ),
    M.INDEX: "id|index|idx|#|no|nr|line|line no|line #|line number|line item|row|row number|s no|sr no|sl no|seq|sequence|num|序号|№",
    M.LEVEL: "level|lvl|indent|indent level|bom level|indentation|structure level|assembly level|depth|ebene|stufe|niveau|уровень",
    M.PARENT: (
        "parent|parent part|parent number|parent part number|parent pn|parent part no|parent item|parent code|parent assembly|"
        "assembly|assembly number|assembly part number|used in|higher assembly|next assembly|nha|parent item code|bom item code"
    ),
    M.REVISION: "revision|rev|part revision|rev level|item revision|version|issue|änderungsstand|index de révision",
    M.NOTE: (
        "note|notes|remark|remarks|bom note|bom notes|comment|comments|line note|assembly note|bemerkung|anmerkung|remarque|примечание|备注"
    ),
    M.UNFITTED: (
        "dnp|dnf|dni|dns|nc|do not populate|do not fit|do not place|do not install|do not stuff|not fitted|not populated|"
        "no stuff|no populate|unfitted|dnp flag|exclude from assembly"
    ),
    M.FITTED: "fitted|populate|populated|mounted|stuff|install|fit|assemble|placed|fitting|bestückt|variant status",
    M.EXCLUDED: "exclude from bom|excluded from bom|exclude bom|exclude_from_bom|no bom|not in bom|bom exclude|ignore bom",
    M.INCLUDED: "in bom|include in bom|included in bom|in_bom",
}
"""Every name in its folded form, as `folded` makes it."""

WEAK: Final = frozenset(
    {"item number", "number", "item no", "item #", "item#", "item", "item num", "no", "part", "component", "reference", "child"}
)
"""They are the part's number in one list, and a balloon or something else in another: their cells and neighbours say which."""


def folded(heading: str) -> str:
    """A heading as it is compared: case, dots, underscores, line breaks and outer blanks do not count; `#` is kept."""
    words = re.sub(r"[\s_.:\u00a0\ufeff\u200b]+", " ", heading.strip().lstrip("\ufeff").casefold()).strip().strip("'\"*").strip()
    return re.sub(r"\s*#", " #", words).strip()


MEANINGS: Final[dict[str, Meaning]] = {folded(name): meaning for meaning, names in reversed(NAMES.items()) for name in names.split("|")} | {
    "number": M.NUMBER,
    "part": M.NUMBER,
    "component": M.NUMBER,
}


def meaning_of(heading: str) -> Meaning | None:
    """What a column with this heading holds by its name alone, or None where that is not known."""
    return MEANINGS.get(folded(heading))


@dataclass(frozen=True, slots=True)
class Preset:
    """How one program heads its lists. `telling`: headings that are all there in its lists; `columns`: what its headings mean there."""

    program: str
    telling: frozenset[str]
    columns: dict[str, Meaning | None] = field(default_factory=dict)


def _preset(program: str, telling: str, **columns: str) -> Preset:
    """`columns`: a meaning (or `unused`) with its headings, in one text."""
    meant = {folded(name): None if key == "unused" else Meaning(key) for key, names in columns.items() for name in names.split("|")}
    return Preset(program, frozenset(map(folded, telling.split("|"))), meant)


OURS: Final = "Cascadia"
PRESETS: Final = (
    _preset(OURS, "level|find|number|quantity in all|kind|designators", number="number", find="find", unused="quantity in all|phase"),
    _preset("Cascadia (flat)", "number|name|revision|phase|quantity|unit", number="number", unused="phase"),
    _preset("KiBoM", "component|references|quantity per pcb", index="component", symbol="part", quantity="quantity per pcb",
            unused="build quantity"),
    _preset("KiBoM", "component|part|references|build quantity", index="component", symbol="part", unused="quantity per pcb"),
    _preset("KiCad (board)", "id|designator|footprint|designation|supplier and ref", index="id", value="designation",
            supplier_number="supplier and ref"),
    _preset("KiCad (grouped)", "ref|qnty|value|cmp name|footprint", symbol="cmp name"),
    _preset("KiCad (grouped)", "item|qty|reference(s)|value|libpart|footprint", index="item", symbol="libpart"),
    _preset("KiCad (bom2grouped)", "component|description|part|references|value", index="component", symbol="part"),
    _preset("KiCad", "reference|value|datasheet|footprint|dnp", designators="reference"),
    _preset("KiCad", "reference|qty|value|dnp|exclude from bom", designators="reference"),
    _preset("KiCad", "reference|value|footprint", designators="reference"),
    _preset("InteractiveHtmlBom", "ref lookup|references|value|footprint", unused="ref lookup"),
    _preset("Altium", "comment|designator|footprint|libref", value="comment", symbol="libref"),
    _preset("Altium", "comment|description|designator|footprint", value="comment"),
    _preset("Altium ActiveBOM", "line #|name|description|designator|quantity", index="line #"),
    _preset("JLCPCB", "comment|designator|footprint|jlcpcb part #", value="comment"),
    _preset("JLCPCB", "comment|designator|footprint|lcsc part #", value="comment"),
    _preset("JLCPCB", "comment|designator|footprint", value="comment"),
    _preset("Eagle", "qty|value|device|parts", designators="parts", symbol="device", footprint="package"),
    _preset("Eagle", "part|value|device|package", designators="part", symbol="device", footprint="package"),
    _preset("OrCAD", "item|quantity|reference|part", index="item", designators="reference", value="part"),
    _preset("OrCAD", "item number|quantity|part reference|value", index="item number", designators="part reference"),
    _preset("Fusion", "part name|quantity|material|description", name="part name", unused="material"),
    _preset("SolidWorks", "item no|part number|description|qty", find="item no"),
    _preset("Inventor", "item|qty|part number|bom structure", find="item", kind="bom structure", unused="thumbnail|stock number"),
    _preset("Solid Edge", "item number|document number|title|quantity", find="item number", number="document number", name="title"),
    _preset("Solid Edge", "item number|file name|quantity", find="item number", name="file name"),
    _preset("Onshape", "item|quantity|part number|description|name", find="item"),
    _preset("Onshape", "item|quantity|name|part number", find="item"),
    _preset("FreeCAD", "index|name|description|file name|quantity", index="index", symbol="file name"),
    _preset("FreeCAD", "index|name|quantity", index="index"),
    _preset("Octopart", "qty|part number|schematic reference", mpn="part number"),
    _preset("Octopart", "schematic reference|manufacturer part number|internal part number"),
    _preset("InvenTree", "bom level|part ipn|part name|quantity", number="part ipn", name="part name", note="note",
            designators="reference",
            unused="bom id|parent id|parent ipn|parent name|part id|part revision|validated|consumable|available stock"),
    _preset("InvenTree", "level|ipn|part name|quantity|reference", number="ipn", designators="reference"),
    _preset("ERPNext", "item code|item name|qty", number="item code", name="item name"),
)  # fmt: skip
"""The first whose telling headings are all there is taken: those that tell more stand first."""


def preset_of(headings: frozenset[str]) -> Preset | None:
    """The program whose list has these (folded) headings, if they tell one."""
    return next((preset for preset in PRESETS if preset.telling <= headings), None)
