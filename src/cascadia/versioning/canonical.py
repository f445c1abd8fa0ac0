"""The bytes that can never change: what a commit's digest covers, computed alike from a change and from stored rows. Pure."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from cascadia.kernel.decimals import plain
from cascadia.versioning.model import Ref


def canonical(value: Any) -> Any:
    """A JSON value in one spelling: decimals as plain strings, references as uids, null members left out."""
    match value:
        case None | bool() | str():
            return value
        case Ref():
            return str(value.uid)
        case UUID():
            return str(value)
        case float():
            return plain(Decimal(repr(value)))
        case int() | Decimal():
            return plain(Decimal(value))
        case Mapping():
            return {str(k): canonical(v) for k, v in value.items() if v is not None}
        case Iterable():
            return [canonical(v) for v in value]
        case _:
            raise TypeError(f"no canonical form for {type(value).__name__}")


def canonical_delta(table: str, uid: UUID, new: Mapping[str, Any] | None) -> dict[str, Any]:
    """One delta as it is hashed; `new` absent means that the row was deleted."""
    delta: dict[str, Any] = {"table": table, "uid": str(uid)}
    if new is not None:
        delta["new"] = canonical(new)
    return delta


def digest(author: UUID, message: str, deltas: Iterable[Mapping[str, Any]]) -> bytes:
    """SHA-256 over author, message and the canonical deltas, in order of (table, uid)."""
    document = {
        "author": str(author),
        "deltas": sorted(deltas, key=lambda d: (d["table"], d["uid"])),
        "message": message,
    }
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).digest()
