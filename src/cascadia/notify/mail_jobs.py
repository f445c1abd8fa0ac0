"""Who gets mail of what: the person whose job failed for good, unless they do not want it."""

import asyncio
from typing import Final

from cascadia.kernel.db import Write
from cascadia.kernel.declare import Declared, Enqueue, Family, Incoming, Isolation, JobContext, JobType, Payload, Subscription
from cascadia.kernel.tls import trust
from cascadia.notify import queries
from cascadia.notify.mail import Mail, Server, message, send
from cascadia.settings import load

MAIL: Final = "notification.mail"
NOT_MAILED: Final = ("notification", "webhook", "maintenance")
"""Families whose failures nobody gets mail of: mail about mail would never end."""


async def mail(context: JobContext, payload: Payload) -> None:
    """Sends one message."""
    settings = load()
    if not settings.smtp_url:
        return
    made = message(Mail(payload["to"], payload["subject"], payload["text"]), settings.smtp_from, context.job_uid)
    await asyncio.to_thread(send, Server.of(settings.smtp_url), made, trust(settings.ca_bundle))


async def told_of_failures(write: Write, event: Incoming) -> list[Enqueue]:
    """A mail for each person who asked for the job that died; none without a mail server."""
    settings = load()
    if not settings.smtp_url or event.data["state"] != "dead" or event.data["family"] in NOT_MAILED:
        return []
    people = await write.rows(queries.TO_BE_MAILED, {"job": event.subject})
    return [Enqueue(MAIL, _words(person, event, settings.public_url), key=f"{event.uid}:{person['user_id']}") for person in people]


def _words(person: dict[str, str], event: Incoming, address: str | None) -> dict[str, str]:
    name = person["subject_name"] or event.data["type"]
    why = event.data["error"]["message"]
    where = f"\n{address}/jobs" if address else ""
    text = f"Hello {person['name']},\n\n{name}: {why}\n\nThe jobs page shows it, and lets you try it again.{where}\n"
    return {"to": person["email"], "subject": f"Cascadia: {name} failed", "text": text}


DECLARED: Final = Declared(
    families=(Family("notification", Isolation.TRUSTED, memory_mb=128, wall_seconds=90, cpu_seconds=600),),
    types=(JobType(MAIL, "notification", run=mail, retry=(30, 300, 1800, 7200, 21600)),),
    subscriptions=(Subscription("notification.failures", ("job.changed",), told_of_failures, where={"failed": True}),),
)
