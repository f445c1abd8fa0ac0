"""A chain of hashes over numbered records, and what is wrong with one: removed, altered, reordered. Pure."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Final

COMPARED: Final = 40
"""How many broken links are tried at each other's places: more than that is no reordering that one could follow."""


@dataclass(frozen=True, slots=True)
class Record:
    """One link: its number, the bytes that are hashed after it, and the hash that is stored."""

    number: int
    body: bytes
    hash: bytes


def link(previous: bytes, number: int, body: bytes) -> bytes:
    """SHA-256 over the previous hash (empty for the first), the number as eight bytes, and the body."""
    return hashlib.sha256(previous + number.to_bytes(8, "big", signed=True) + body).digest()


@dataclass(slots=True)
class Walk:
    """Takes records by rising number; `missing` are gaps (first, last), `broken` are links that do not hold."""

    missing: list[tuple[int, int]] = field(default_factory=list)
    broken: list[Record] = field(default_factory=list)
    last: int = 0
    hash: bytes = b""
    _previous: frozenset[bytes] = frozenset({b""})
    _near: set[bytes] = field(default_factory=lambda: {b""})

    def take(self, record: Record) -> None:
        """The next record. After a gap nothing is known about the link: the gap is the fault."""
        gap = record.number != self.last + 1
        made = {link(previous, record.number, record.body) for previous in self._previous}
        if gap:
            self.missing.append((self.last + 1, record.number - 1))
        elif record.hash not in made:
            self.broken.append(record)
            self._near |= {record.hash, *self._previous}
        # An altered hash is one fault, not two: the next link may hold with the one that should be here.
        self._previous = frozenset({record.hash}) if gap or record.hash in made else frozenset({record.hash, *made})
        self.last, self.hash = record.number, record.hash

    def moved(self) -> Mapping[int, int]:
        """Where a broken record stands → the number under which it was made, as far as that can be found.

        Records that hold where they stand, only behind another one than before, are not broken: they leave the list.
        """
        if len(self.broken) > COMPARED:
            return {}
        numbers = [record.number for record in self.broken]
        found: dict[int, int] = {}
        for record in self.broken:
            for number, previous in product((*numbers, self.last + 1), self._near):
                if link(previous, number, record.body) == record.hash:
                    found[record.number] = number
        self.broken = [record for record in self.broken if found.get(record.number) != record.number]
        return {stands: made for stands, made in found.items() if stands != made}
