"""`item_v`, one row per item version, registered with versioning."""

from typing import Final

from cascadia.versioning.model import USER, Control, FieldKind, VersionedField, VersionedTable
from cascadia.versioning.registry import register

ITEM_V: Final = register(
    VersionedTable(
        name="item",
        table="item_v",
        identity="item",
        id_column="item_id",
        owner_column="item_id",
        fields=(
            VersionedField("name", "text"),
            VersionedField("description", "text"),
            VersionedField("phase", "text", control=Control.ADMINISTRATIVE),
            VersionedField("owner_id", "bigint", control=Control.FREE, reference=USER),
            VersionedField("attributes", "jsonb", FieldKind.MAP),
        ),
    )
)
