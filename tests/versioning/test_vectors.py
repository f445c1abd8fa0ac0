"""Bytes that can never change, written down: another canonical form or another hash would disown every history there is."""

from decimal import Decimal
from typing import LiteralString
from uuid import UUID

from cascadia.kernel.chain import link
from cascadia.kernel.db import Database
from cascadia.versioning.canonical import canonical_delta, digest
from cascadia.versioning.model import Ref

AUTHOR = UUID("00000000-0000-4000-8000-00000000000a")
ITEM = UUID("00000000-0000-4000-8000-000000000001")
LINE = UUID("00000000-0000-4000-8000-000000000002")
PART = {
    "name": "Träger ½″",
    "description": None,
    "phase": "prototype",
    "owner_id": Ref(7, AUTHOR),
    "attributes": {
        "mass": {"value": "0.25", "unit": "kg"},
        "empty": None,
        "tags": ["b", "a"],
        "n": 1.50,
        "big": 10**20,
        "neg": Decimal("-0.0"),
    },
}
USE = {
    "parent_id": Ref(1, ITEM),
    "child_id": Ref(2, LINE),
    "quantity": Decimal("2.500"),
    "unit": "each",
    "quantity_kind": "counted",
    "find_number": 10,
    "designators": {"R1": {}},
    "note": "",
    "placements": {"1": [1.0, 0, 0.5, -0.0]},
}
DIGEST = bytes.fromhex("7b7d49f9d2d3a0b0377b23b7a83f4777398c2be17752459381e92531efa64edd")
MICROSECONDS = 1764417600123456
FIRST = "43cb8886e2e7acc019bedd3040c200de733fc2c9c84383b0278921b1fc6f4aec"
SECOND = "2d725dcd225eb069749315cf687e543d285e785b3a71ee7cd76e8f2e67401592"
CHAIN: LiteralString = "SELECT encode(chain_hash(%(previous)s, %(seq)s, '2025-11-29 12:00:00.123456+00'::timestamptz, %(digest)s), 'hex')"
SEALED: LiteralString = (
    "SELECT encode(audit_digest(ROW(42, '2025-11-29 12:00:00.123456+00', 'part.changed', %(part)s, 3, NULL, 'r-1', '192.0.2.7', "
    '\'{"seq": 12, "number": "P-000001", "mass": 2.50, "name": "Träger \\" ½″"}\')::audit), \'hex\')'
)


def test_a_digest_is_these_bytes() -> None:
    deltas = [canonical_delta("item", ITEM, PART), canonical_delta("bom", LINE, USE), canonical_delta("bom", ITEM, None)]
    assert digest(AUTHOR, "a message, “quoted”", deltas) == DIGEST


async def test_a_link_of_the_chain_is_these_bytes(database: Database) -> None:
    body = MICROSECONDS.to_bytes(8, "big") + DIGEST
    previous = bytes(range(32))
    assert (link(b"", 1, body).hex(), link(previous, 2, body).hex()) == (FIRST, SECOND)
    async with database.read() as read:
        assert await read.value(CHAIN, {"previous": None, "seq": 1, "digest": DIGEST}) == FIRST
        assert await read.value(CHAIN, {"previous": previous, "seq": 2, "digest": DIGEST}) == SECOND


async def test_an_event_of_the_audit_trail_is_sealed_as_these_bytes(database: Database) -> None:
    async with database.read() as read:
        assert await read.value(SEALED, {"part": ITEM}) == "d92d48f3aefe6268d9f62dae45ed2bcb125cea6f7101bd9a337d350de1799055"
