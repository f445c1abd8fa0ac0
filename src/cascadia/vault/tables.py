"""`attachment_v`, one row per version of an attachment, registered with versioning."""

from typing import Final

from cascadia.versioning.model import ITEM, Control, FieldKind, Reference, VersionedField, VersionedTable
from cascadia.versioning.registry import register

FILE: Final = Reference("file", "file_id", "name")

ATTACHMENT_V: Final = register(
    VersionedTable(
        name="attachment",
        table="attachment_v",
        identity="attachment",
        id_column="attachment_id",
        owner_column="item_id",
        fields=(
            VersionedField("item_id", "bigint", reference=ITEM),
            VersionedField("file_id", "bigint", FieldKind.FILE, reference=FILE),
            VersionedField("role", "text"),
            VersionedField("category", "text", control=Control.FREE),
            VersionedField("component", "text"),
        ),
    )
)
