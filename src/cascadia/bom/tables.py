"""`bom_v`, one row per version of a line, registered with versioning."""

from typing import Final

from cascadia.versioning.model import ITEM, FieldKind, VersionedField, VersionedTable
from cascadia.versioning.registry import register

BOM_V: Final = register(
    VersionedTable(
        name="bom",
        table="bom_v",
        identity="bom_line",
        id_column="line_id",
        owner_column="parent_id",
        fields=(
            VersionedField("parent_id", "bigint", reference=ITEM),
            VersionedField("child_id", "bigint", reference=ITEM),
            VersionedField("quantity", "numeric", FieldKind.QUANTITY),
            VersionedField("unit", "text"),
            VersionedField("quantity_kind", "text"),
            VersionedField("find_number", "int"),
            VersionedField("designators", "jsonb", FieldKind.MAP),
            VersionedField("note", "text"),
            VersionedField("placements", "jsonb", FieldKind.MAP),
        ),
    )
)
