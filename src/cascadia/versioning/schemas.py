"""Shapes that every answer about versioned data shares."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel


class PointView(BaseModel):
    """What `?at=` resolved to. `head` is false when one looks at the past."""

    branch: str
    seq: int
    head: bool
    time: datetime


class PersonRef(BaseModel):
    """Somebody, by id and name."""

    id: UUID
    name: str


class CommitView(BaseModel):
    """One commit. `hash` extends the chain of its branch (hexadecimal)."""

    id: UUID
    branch: str
    seq: int
    at: datetime
    author: PersonRef
    message: str
    kind: str
    hash: str


class CommitPage(BaseModel):
    """One page of commits, newest first."""

    items: list[CommitView]
    next: str | None
    total: int | None = None


class Named(BaseModel):
    """What a reference names, where one may see it; `restricted` where not."""

    id: UUID | None
    label: str | None
    restricted: bool = False


class FieldChange(BaseModel):
    """One field before and after. References come as `Named`."""

    field: str
    old: Any | None
    new: Any | None


class RowChange(BaseModel):
    """One versioned row that a commit added, changed or removed. `item` is the one whose history shows it."""

    kind: str
    action: Literal["added", "changed", "removed"]
    id: UUID
    item: Named
    fields: list[FieldChange]


class HistoryEntry(BaseModel):
    """A commit with what it did to one item."""

    commit: CommitView
    changes: list[RowChange]


class HistoryPage(BaseModel):
    """One page of an item's history, newest first."""

    items: list[HistoryEntry]
    next: str | None
    total: int | None = None


class RowChangePage(BaseModel):
    """One page of what a commit did."""

    items: list[RowChange]
    next: str | None
    total: int | None = None
