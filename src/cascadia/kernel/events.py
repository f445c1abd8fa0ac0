"""Events: what happened, written into outbox and audit trail with the change itself, published after it."""

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, LiteralString
from uuid import UUID

from psycopg.types.json import Jsonb

from cascadia.kernel.ids import new_uid

EMIT: LiteralString = "SELECT emit(%(uid)s, %(type)s, %(subject)s, %(program_id)s, %(actor_id)s, %(data)s, %(request_id)s, %(address)s)"
NOTIFY: LiteralString = "SELECT pg_notify('cascadia_outbox', '')"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request came from, for the audit trail and for the jobs that follow from it."""

    request_id: str | None = None
    address: str | None = None
    trace_id: str | None = None


current_origin: ContextVar[Origin] = ContextVar("current_origin", default=Origin())  # noqa: B039 - frozen


@dataclass(frozen=True, slots=True)
class Event:
    """`type` like `part.changed`; `subject` the uid of what it is about; `program_id` decides who may see it."""

    type: str
    subject: UUID
    actor_id: int | None
    program_id: int | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    uid: UUID = field(default_factory=new_uid)

    def params(self) -> dict[str, Any]:
        """Parameters of `EMIT`."""
        origin = current_origin.get()
        return {
            "uid": self.uid,
            "type": self.type,
            "subject": self.subject,
            "program_id": self.program_id,
            "actor_id": self.actor_id,
            "data": Jsonb(dict(self.data)),
            "request_id": origin.request_id,
            "address": origin.address,
        }
