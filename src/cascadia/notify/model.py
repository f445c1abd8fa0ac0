"""Patterns of event types, signatures of deliveries, and what their lists hold. Pure."""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from cascadia.kernel.sql import like_itself

SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - a mark, not a secret
NOT_TOLD: Final = ("job.changed", "job.children_ended", "webhook.created", "webhook.changed", "webhook.deleted", "webhook.disabled")
"""Types that no webhook is told of: a delivery is a job itself, and would tell of itself for ever."""
TRIES_AFTER: Final = (5.0, 300.0, 1800.0, 7200.0, 18000.0, 36000.0, 50400.0, 72000.0, 86400.0)
"""Seconds before each further try: three days in all, as Standard Webhooks suggests."""


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """An event as the feed tells it."""

    position: int
    uid: UUID
    type: str
    subject: UUID
    at: datetime
    program_uid: UUID | None
    actor_uid: UUID | None
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Webhook:
    """Somebody outside who is told of events, without the secret."""

    webhook_id: int
    uid: UUID
    version: int
    program_id: int | None
    program_uid: UUID | None
    program_code: str | None
    url: str
    description: str
    types: list[str]
    enabled: bool
    disabled_reason: str | None
    failing_since: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way to one webhook."""

    delivery_id: int
    uid: UUID
    event_uid: UUID
    event_type: str
    state: str
    attempts: int
    status: int | None
    milliseconds: int | None
    error: str | None
    answer: str | None
    created_at: datetime
    tried_at: datetime | None


def new_secret() -> str:
    """256 random bits as Standard Webhooks writes them."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def sign(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """`v1,` and the signature that Standard Webhooks 1.0 asks for: HMAC-SHA256 over id, timestamp and body."""
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def pattern(glob: str) -> str:
    """`part.*` as a pattern of LIKE: `part.%`; what LIKE would take for a wildcard stands for itself."""
    return like_itself(glob).replace("*", "%")
