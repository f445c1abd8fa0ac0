"""Lists read in tests: what they say, as short values."""

from decimal import Decimal

import msgspec

from cascadia.importing.read_table import Read, read_list
from cascadia.structures.model import bom_lines, decode, encode
from cascadia.structures.reading import Options, RowRead, Verdict

Line = tuple[str, str, str]
"""Parent, child (each its number, else its name; the list's own assembly is empty), quantity."""


def read(text: str | bytes, **said: object) -> Read:
    """The list, as it is recognised or as is said."""
    return read_list(text.encode() if isinstance(text, str) else text, msgspec.convert(said, Options, strict=False))


def lines(found: Read) -> list[Line]:
    """Its lines, after a journey through the document."""
    structure = decode(encode(found.structure))
    names = {component.key: component.number or component.name for component in structure.components}
    return [(names[g.parent], names[g.child], f"{g.quantity.normalize():f}") for g in bom_lines(structure)]


def parts(found: Read) -> dict[str, str]:
    """Number (else name) → name of each component but the root."""
    return {c.number or c.name: c.name for c in found.structure.components if c.key != found.structure.root}


def wrong(found: Read) -> dict[int, str]:
    """Row → why it cannot be meant."""
    return {row.place: row.messages[0] for row in rows(found, Verdict.WRONG)}


def left_out(found: Read) -> dict[int, str]:
    """Row → why it is left out."""
    return {row.place: row.messages[0] for row in rows(found, Verdict.LEFT_OUT)}


def rows(found: Read, verdict: Verdict) -> list[RowRead]:
    """The rows with a verdict."""
    return [row for row in found.report.rows if row.verdict is verdict]


def quantities(found: Read) -> list[tuple[str, ...]]:
    """What each row's quantity can be."""
    return [
        tuple(f"{value:f}" for value in (row.item.quantity, row.item.otherwise) if isinstance(value, Decimal))
        for row in found.rows
        if row.item
    ]


def meanings(found: Read) -> dict[str, str | None]:
    """Heading → what it is read as."""
    return {column.heading: column.meaning and column.meaning.value for column in found.report.columns}
