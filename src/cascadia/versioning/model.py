"""Values of versioning: the registered table, the delta, the change, the point. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple
from uuid import UUID

from cascadia.kernel.errors import BadRequest, CascadiaError
from cascadia.kernel.events import Event
from cascadia.kernel.ids import new_uid
from cascadia.kernel.statements import Statement

OPEN_END: Final = 9223372036854775807
MAIN: Final = "main"


class FieldKind(StrEnum):
    """How a field merges: three-way, as a set, per key, never silently, or as a file."""

    SCALAR = "scalar"
    SET = "set"
    MAP = "map"
    QUANTITY = "quantity"
    FILE = "file"


class Control(StrEnum):
    """How a field of a released item changes: by order with a new revision, by order without one, or by ordinary edits for ever."""

    CONTROLLED = "controlled"
    ADMINISTRATIVE = "administrative"
    FREE = "free"


@dataclass(frozen=True, slots=True)
class Reference:
    """A field that names a row of an identity table: where its uid and its label are found."""

    table: str
    id_column: str
    label_column: str


ITEM: Final = Reference("item", "item_id", "number")
USER: Final = Reference("user_account", "user_id", "name")


@dataclass(frozen=True, slots=True)
class VersionedField:
    """One column of a `*_v` table. `sql_type` is its PostgreSQL type."""

    name: str
    sql_type: str
    kind: FieldKind = FieldKind.SCALAR
    control: Control = Control.CONTROLLED
    reference: Reference | None = None


@dataclass(frozen=True, slots=True)
class VersionedTable:
    """A `*_v` table as its domain declares it. `owner_column` is the item whose history shows its rows."""

    name: str
    table: str
    identity: str
    id_column: str
    owner_column: str
    fields: tuple[VersionedField, ...]


class Ref(NamedTuple):
    """The value of a reference: the id that is stored and the uid that is hashed and shown."""

    id: int
    uid: UUID


@dataclass(frozen=True, slots=True)
class Delta:
    """One row that a change closes (`seen`: its from_seq), inserts (`new`: every field), or both."""

    table: str
    id: int
    uid: UUID
    seen: int | None
    new: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Author:
    """Who commits."""

    user_id: int
    uid: UUID


@dataclass(frozen=True, slots=True)
class Change:
    """A prepared write, to be sent as one message.

    `before`: statements that may wait on a row or unique key; they run ahead of the lock on the branch.
    `expectations`: re-checks under the lock, before rows are closed; `checks`: after rows were inserted; `after`: inserts that
    need `seq()`.
    """

    author: Author
    message: str
    programs: frozenset[int]
    deltas: tuple[Delta, ...]
    branch_id: int = 0
    kind: str = "edit"
    import_id: UUID | None = None
    before: tuple[Statement, ...] = ()
    expectations: tuple[Statement, ...] = ()
    checks: tuple[Statement, ...] = ()
    after: tuple[Statement, ...] = ()
    events: tuple[Event, ...] = ()
    uid: UUID = field(default_factory=new_uid)

    def __post_init__(self) -> None:
        """A commit leaves an event, so that the sealed audit trail names every commit."""
        if not self.events:
            raise ValueError("a change says by an event what happened")


@dataclass(frozen=True, slots=True)
class CommitSeq:
    """Stands in a message for the seq of the commit that the same message writes."""

    uid: UUID


@dataclass(frozen=True, slots=True)
class Committed:
    """What the server answered to a change's message. `position` is the log position for reading one's own write."""

    uid: UUID
    seq: int
    at: datetime
    position: str
    rendered: list[list[dict[str, Any]]]


class LostRace(CascadiaError):
    """Something that the change relied on moved between judging and writing. The edge judges again."""

    status, code, title = 409, "lost_race", "Others were faster several times"


class Unchanged(Exception):
    """Raised by a judge whose request changes nothing: the edge answers the present state and writes no commit."""


@dataclass(frozen=True, slots=True)
class At:
    """The point that a read asks for: a branch, and there its head, a seq, or a moment."""

    branch: str = MAIN
    seq: int | None = None
    time: datetime | None = None

    def params(self) -> dict[str, Any]:
        """Parameters of the SQL function `point`."""
        return {"branch": self.branch, "at_seq": self.seq, "at_time": self.time}


def parse_at(text: str | None) -> At:
    """Reads `?at=`: absent, `branch:NAME`, `branch:NAME@SEQ`, `commit:SEQ`, `date:RFC3339`; refuses anything else with 400."""
    if not text:
        return At()
    kind, _, value = text.partition(":")
    name, _, seq = value.partition("@")
    match kind:
        case "branch" if name and not seq and "@" not in value:
            return At(branch=name)
        case "branch" if name and seq.isdecimal() and len(seq) < 19:
            return At(branch=name, seq=int(seq))
        case "commit" if value.isdecimal() and len(value) < 19:
            return At(seq=int(value))
        case "date":
            return At(time=_time(value))
        case _:
            raise _bad_at(text)


def _time(value: str) -> datetime:
    try:
        time = datetime.fromisoformat(value)
    except ValueError as error:
        raise _bad_at(f"date:{value}") from error
    if time.tzinfo is None:
        raise _bad_at(f"date:{value}")
    return time


def _bad_at(text: str) -> BadRequest:
    return BadRequest(
        f"`at={text[:80]}` names no point. Use `branch:main`, `branch:main@12`, `commit:12` or `date:2026-01-31T00:00:00Z`.",
        code="bad_point",
    )
