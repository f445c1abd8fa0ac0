"""Distinct lines as columns: unpacked from what PostgreSQL sends, put together, and written as JSON without an object for each. Pure."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from cascadia.bom.graph import Amounts, Flags, Graph, Index, Numbers, Places
from cascadia.bom.model import QuantityKind, designator_list, plain

BILLIONTHS: Final = 10**9
FINEST: Final = 10**12
"""Quantities have at most twelve places."""
ARRAY_HEADER: Final = 20
"""Bytes before the elements of an array of one dimension: https://www.postgresql.org/docs/current/sql-createtype.html, `array_send`."""
LONGS: Final = np.dtype([("length", ">i4"), ("value", ">i8")])
UUIDS: Final = np.dtype([("length", ">i4"), ("value", "V16")])
DASHES: Final = (8, 13, 18, 23)
"""Their places in the text of a UUID."""
UUID_BYTES: Final = 16
UUID_LENGTH: Final = 36
HEX: Final = np.frombuffer(b"0123456789abcdef", np.uint8)
TEXT: Final = 60
"""Bytes of a text besides its characters."""

Texts = NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Packed:
    """The lines of some parents as `edge_columns.sql` returns them: arrays in PostgreSQL's binary form, None where there are no lines."""

    line: bytes | None
    from_seq: bytes
    uid: bytes
    parent: bytes
    child: bytes
    find: bytes
    quantity: bytes
    odd: dict[str, str]
    unit: list[str]
    kind: list[str]
    note: list[str | None]
    designators: list[str | None]
    instances: list[str | None]


@dataclass(frozen=True, slots=True)
class Lines:
    """Distinct lines, one entry of each column a line; `quantity` in billionths, -1 where it is one of the `odd` ones, by line id.

    `designators` and `instances` are written as JSON, None where there are none. `find` is 0 where there is no find number.
    """

    line: Index
    from_seq: Index
    uid: NDArray[np.void]
    parent: Index
    child: Index
    find: Index
    quantity: Index
    unit: Texts
    kind: Texts
    note: Texts
    designators: Texts
    instances: Texts
    odd: Mapping[int, Decimal] = field(default_factory=dict)

    @classmethod
    def unpacked(cls, packed: Packed) -> Self:
        """The lines of one answer."""
        if packed.line is None:
            return cls.none()
        return cls(
            line=_longs(packed.line),
            from_seq=_longs(packed.from_seq),
            uid=np.frombuffer(packed.uid, UUIDS, offset=ARRAY_HEADER)["value"],
            parent=_longs(packed.parent),
            child=_longs(packed.child),
            find=_longs(packed.find),
            quantity=_longs(packed.quantity),
            unit=_texts(packed.unit),
            kind=_texts(packed.kind),
            note=_texts(packed.note),
            designators=_texts(map(_sorted, packed.designators)),
            instances=_texts(packed.instances),
            odd={int(line): Decimal(quantity) for line, quantity in packed.odd.items()},
        )

    @classmethod
    def none(cls) -> Self:
        """No lines."""
        number, text = np.zeros(0, np.int64), np.zeros(0, object)
        return cls(number, number, np.zeros(0, "V16"), number, number, number, number, text, text, text, text, text)

    @classmethod
    def joined(cls, several: Sequence["Lines"]) -> Self:
        """All lines of several, sorted by parent and as its BOM shows them."""
        columns: dict[str, Any] = {name: np.concatenate([getattr(lines, name) for lines in several]) for name in COLUMNS}
        whole = cls(**columns, odd={line: quantity for lines in several for line, quantity in lines.odd.items()})
        last = np.where(whole.find == 0, np.iinfo(np.int64).max, whole.find)
        return whole.take(np.lexsort((whole.line, last, whole.parent)))

    def take(self, chosen: Index | Flags) -> Self:
        """The lines at these places, or for which a flag stands."""
        columns: dict[str, Any] = {name: getattr(self, name)[chosen] for name in COLUMNS}
        return type(self)(**columns, odd=self.odd)

    def __len__(self) -> int:
        return len(self.line)

    @property
    def size(self) -> int:
        """Bytes that it takes, about: texts that stand in many lines are counted in each."""
        texts = (self.note, self.designators, self.instances)
        arrays: list[int] = [getattr(self, name).nbytes for name in COLUMNS]
        return sum(arrays) + sum(len(text) + TEXT for column in texts for text in column if text)

    def amounts(self) -> tuple[Numbers, int]:
        """Quantities as integers over one base, the smallest that holds them all."""
        if self.odd:
            return np.array([int(quantity * FINEST) for quantity in self._quantities()], object), FINEST
        common = int(np.gcd.reduce(self.quantity, initial=BILLIONTHS))
        return self.quantity // common, BILLIONTHS // common

    def _quantities(self) -> list[Decimal]:
        """Exactly; those that are alike are one number."""
        known = {number: Decimal(number).scaleb(-9) for number in set(self.quantity.tolist())}
        pairs = zip(self.line.tolist(), self.quantity.tolist(), strict=True)
        return [self.odd[line] if number < 0 else known[number] for line, number in pairs]

    def graph(self, root: int) -> Graph:
        """The graph of the lines, each quantity in the line's own unit."""
        quantity, base = self.amounts()
        return Graph.of(root, self.parent, self.child, quantity, self.kind != QuantityKind.REFERENCE.value, base=base)

    def json(self, graph: Graph, branch_id: int) -> bytes:
        """`TreeLines` as JSON; the lines stand as in the graph."""
        quantities = self._quantities()
        shown = {quantity: b'"%s"' % plain(quantity).encode() for quantity in set(quantities)}
        words = {value: json.dumps(value).encode() for column in (self.unit, self.kind) for value in set(column.tolist())}
        columns = {
            "id": _uuids(self.uid),
            "version": b",".join(b'"%d-%d"' % (branch_id, seq) for seq in self.from_seq.tolist()),
            "parent": _numbers(graph.parent),
            "child": _numbers(graph.child),
            "quantity": b",".join(shown[quantity] for quantity in quantities),
            "unit": b",".join(words[unit] for unit in self.unit.tolist()),
            "quantity_kind": b",".join(words[kind] for kind in self.kind.tolist()),
            "find_number": b",".join(b"%d" % find if find else b"null" for find in self.find.tolist()),
            "designators": b",".join(text.encode() if text else b"[]" for text in self.designators.tolist()),
            "note": b",".join(b"null" if text is None else json.dumps(text, ensure_ascii=False).encode() for text in self.note.tolist()),
            "instances": b",".join(text.encode() if text else b"[]" for text in self.instances.tolist()),
        }
        return _object(columns)


COLUMNS: Final = tuple(column.name for column in fields(Lines) if column.name != "odd")


def _longs(packed: bytes) -> Index:
    return np.frombuffer(packed, LONGS, offset=ARRAY_HEADER)["value"].astype(np.int64)


def _texts(column: Iterable[str | None]) -> Texts:
    texts = list(column)
    made = np.empty(len(texts), object)
    made[:] = texts
    return made


def _sorted(designators: str | None) -> str | None:
    """A list of designators as JSON, in the order in which people read them."""
    return None if designators is None else json.dumps(designator_list(json.loads(designators)), ensure_ascii=False)


def _numbers(column: Index) -> bytes:
    return b",".join(b"%d" % number for number in column.tolist())


def _uuids(column: NDArray[np.void]) -> bytes:
    """UUIDs as texts in quotation marks, with commas between them."""
    raw = np.frombuffer(column.tobytes(), np.uint8).reshape(len(column), UUID_BYTES)
    digits = HEX[np.stack([raw >> 4, raw & 15], axis=2).reshape(len(column), 2 * UUID_BYTES)]
    text = np.full((len(column), UUID_LENGTH + 3), ord("-"), np.uint8)
    text[:, 0], text[:, -2], text[:, -1] = ord('"'), ord('"'), ord(",")
    text[:, [place for place in range(1, UUID_LENGTH + 1) if place - 1 not in DASHES]] = digits
    return text.tobytes()[:-1]


def texts(amounts: Amounts) -> list[str]:
    """The numbers as they are sent, each of those that are alike written once."""
    if amounts.base == 1 and amounts.denominator == 1 and amounts.numerator.dtype != object:
        return list(map(str, amounts.numerator.tolist()))
    known: dict[tuple[int, int], str] = {}
    pairs = list(zip(amounts.numerator.tolist(), amounts.exponent.tolist(), strict=True))
    for index, pair in enumerate(pairs):
        if pair not in known:
            known[pair] = plain(amounts[index])
    return [known[pair] for pair in pairs]


def written(places: Places) -> bytes:
    """`TreeOccurrences` as JSON."""
    extended = b",".join(b'"%s"' % text.encode() for text in texts(places.extended))
    return _object({"level": _numbers(places.level), "line": _numbers(places.line), "extended_quantity": extended})


def _object(columns: Mapping[str, bytes]) -> bytes:
    """An object of arrays, whose members are written."""
    return b"{%s}" % b",".join(b'"%s":[%s]' % (name.encode(), column) for name, column in columns.items())
