"""How events, webhooks and deliveries are shown and asked for."""

import re
from datetime import datetime
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from cascadia.kernel.schemas import OneLine
from cascadia.notify.model import Delivery, FeedEvent, Webhook

TYPE_GLOB = r"^[a-z_*]+(\.[a-z_*]+)*$"
PRINTED: Final = re.compile(r"[!-~]+")


def _address(value: str) -> str:
    if not PRINTED.fullmatch(value):
        raise ValueError("must be written in ASCII, without blanks: a host of other letters as its xn-- name, the rest percent-encoded")
    parts = urlsplit(value)
    if parts.port == 0 or parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.fragment:
        raise ValueError("must be an address such as https://example.org/hook, without a user or a fragment")
    return value


Address = Annotated[str, Field(max_length=2000), AfterValidator(_address)]
Types = Annotated[list[Annotated[str, Field(pattern=TYPE_GLOB, max_length=100)]], Field(min_length=1, max_length=50)]


class EventView(BaseModel):
    """One event. `position` is its place in the one order of all events."""

    position: int
    id: UUID
    type: str
    subject: UUID = Field(description="What it is about.")
    at: datetime
    program: UUID | None
    actor: UUID | None
    data: dict[str, Any]

    @classmethod
    def of(cls, event: FeedEvent) -> "EventView":
        return cls(
            position=event.position,
            id=event.uid,
            type=event.type,
            subject=event.subject,
            at=event.at,
            program=event.program_uid,
            actor=event.actor_uid,
            data=event.data,
        )


class EventPage(BaseModel):
    """Events, oldest first."""

    items: list[EventView]
    next: str | None
    total: int | None = Field(description="Not counted.")
    position: int = Field(description="Send it as `after` to go on from here, now or later.")


class WebhookView(BaseModel):
    """Somebody outside who is told of events."""

    id: UUID
    version: int
    program: UUID | None = Field(description="Whose events it is told; null: events that belong to no program.")
    program_code: str | None
    url: str
    types: list[str]
    description: str
    enabled: bool
    disabled_reason: str | None
    failing_since: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, row: Webhook) -> "WebhookView":
        return cls(
            id=row.uid,
            version=row.version,
            program=row.program_uid,
            program_code=row.program_code,
            url=row.url,
            types=row.types,
            description=row.description,
            enabled=row.enabled,
            disabled_reason=row.disabled_reason,
            failing_since=row.failing_since,
            created_at=row.created_at,
        )


class WebhookWithSecret(WebhookView):
    """The secret is shown this once."""

    secret: str = Field(description="What deliveries are signed with, as Standard Webhooks writes it.")


class WebhookPage(BaseModel):
    """Webhooks, oldest first."""

    items: list[WebhookView]
    next: str | None
    total: int | None


class NewWebhook(BaseModel):
    """Whom to tell of what."""

    model_config = ConfigDict(extra="forbid")

    url: Address
    types: Types = Field(default=["*"], description="Types of events; `*` stands for any letters: `part.*`.")
    description: OneLine = Field(default="", max_length=500)
    program: UUID | None = Field(default=None, description="Whose events; left out: those that belong to no program (administrators).")


class WebhookPatch(BaseModel):
    """What is to change."""

    model_config = ConfigDict(extra="forbid")

    url: Address | None = None
    types: Types | None = None
    description: Annotated[OneLine, Field(max_length=500)] | None = None
    enabled: bool | None = None


class DeliveryView(BaseModel):
    """One event on its way to a webhook, with the last answer."""

    id: UUID
    event: UUID
    type: str
    state: Literal["waiting", "delivered", "failed"]
    attempts: int
    status: int | None = Field(description="The HTTP status of the last answer.")
    milliseconds: int | None
    error: str | None
    answer: str | None = Field(description="How the last answer began.")
    created_at: datetime
    tried_at: datetime | None

    @classmethod
    def of(cls, row: Delivery) -> "DeliveryView":
        same = {name: getattr(row, name) for name in SAME}
        return cls(id=row.uid, event=row.event_uid, type=row.event_type, **same)


SAME = ("state", "attempts", "status", "milliseconds", "error", "answer", "created_at", "tried_at")


class DeliveryPage(BaseModel):
    """Deliveries, newest first."""

    items: list[DeliveryView]
    next: str | None
    total: int | None


class NotificationSettings(BaseModel):
    """What I want to be told."""

    model_config = ConfigDict(extra="forbid")

    mail_failures: bool = Field(description="Mail when something that I asked for failed for good.")


class EventsReplayWanted(BaseModel):
    """From where on events are told again."""

    model_config = ConfigDict(extra="forbid")

    after: int = Field(ge=0, le=2**63 - 1, description="A position of the feed.")
    dry_run: bool = Field(default=False, description="Only count them.")


class EventsReplayView(BaseModel):
    """How many events are told again (a thousand at once), of how many behind the position that the webhook takes."""

    replayed: int
    matching: int
    reached: int = Field(description="The position reached. Where `replayed` is less than `matching`, ask again with it as `after`.")
