"""Mail, to a real SMTP server on loopback."""

import ssl
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from cascadia.jobs import service
from cascadia.jobs.ledger import Ledger as WorkerLedger
from cascadia.jobs.model import Failure, PermanentJobError, Retry
from cascadia.kernel.db import Database
from cascadia.kernel.declare import Enqueue
from cascadia.notify.mail import Mail, MailDelayed, Server, message, send
from tests.company import Workshop
from tests.jobs.conftest import Fleet, begin_subscriptions, free_port
from tests.until import eventually


class Mailbox:
    """Takes what comes; `answer` is what it says to each message."""

    def __init__(self) -> None:
        self.received: list[str] = []
        self.answer = "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - its name there
        self.received.append(envelope.content.decode() if isinstance(envelope.content, bytes) else str(envelope.content))
        return self.answer


def login(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (b"ada", b"s3cret")
    return AuthResult(success=right, handled=False)


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, int]]:
    box, port = Mailbox(), free_port()
    controller = Controller(box, hostname="127.0.0.1", port=port, authenticator=login, auth_require_tls=False)
    controller.start()
    yield box, port
    controller.stop()


def made() -> EmailMessage:
    return message(Mail("ben@example.org", "Schraube\nfertig", "Grüße"), "Cascadia <cascadia@example.org>", uuid4())


def test_a_message_arrives_signed_in(mailbox: tuple[Mailbox, int]) -> None:
    box, port = mailbox
    mail = made()
    send(Server.of(f"smtp://ada:s3cret@127.0.0.1:{port}"), mail, ssl.create_default_context())
    assert "Subject: Schraube fertig" in box.received[0]
    assert str(mail["Message-ID"]).endswith("@example.org>")
    assert "Auto-Submitted: auto-generated" in box.received[0]


def test_a_wrong_password_is_for_good_and_in_words(mailbox: tuple[Mailbox, int]) -> None:
    with pytest.raises(PermanentJobError, match="SMTP_URL"):
        send(Server.of(f"smtp://ada:wrong@127.0.0.1:{mailbox[1]}"), made(), ssl.create_default_context())


@pytest.mark.parametrize(
    ("answer", "error", "needs"),
    (
        ("550 no such user", PermanentJobError, None),
        ("451 come back later", MailDelayed, None),
        ("421 too busy, closing", MailDelayed, "mail"),
    ),
)
def test_what_the_server_says_decides_whether_it_is_tried_again_or_waited_for(
    mailbox: tuple[Mailbox, int], answer: str, error: type[Exception], needs: str | None
) -> None:
    box, port = mailbox
    box.answer = answer
    with pytest.raises(error) as raised:
        send(Server.of(f"smtp://127.0.0.1:{port}"), made(), ssl.create_default_context())
    assert getattr(raised.value, "needs", None) == needs


def test_a_server_without_encryption_is_refused_where_it_is_required(mailbox: tuple[Mailbox, int]) -> None:
    with pytest.raises(PermanentJobError, match="no encryption"):
        send(Server.of(f"smtp://127.0.0.1:{mailbox[1]}?starttls=require"), made(), ssl.create_default_context())


def test_nobody_there_is_waited_for() -> None:
    with pytest.raises(MailDelayed) as raised:
        send(Server.of(f"smtp://127.0.0.1:{free_port()}"), made(), ssl.create_default_context())
    assert raised.value.needs == "mail"


async def test_whoever_asked_for_a_job_that_failed_gets_mail_unless_they_do_not_want_it(
    workshop: Workshop, database_url: str, tmp_path: Path, mailbox: tuple[Mailbox, int]
) -> None:
    box, port = mailbox
    begin_subscriptions(database_url)
    await workshop.viewer.send("PUT", "/notifications/settings", {"mail_failures": False})
    assert await workshop.viewer.get("/notifications/settings") == {"mail_failures": False}
    assert await workshop.engineer.get("/notifications/settings") == {"mail_failures": True}
    database: Database = workshop.company.app.state.database
    for person in (workshop.viewer, workshop.engineer):
        async with database.write() as write:
            actor = await write.value("SELECT user_id FROM user_account WHERE uid = %(uid)s", {"uid": person.user["id"]})
            await service.enqueue(write, Enqueue("import.match", {}, actor_id=actor, subject_name="as1.step"))
    worker = WorkerLedger(database, "w")
    for job in (await worker.turn([], {"import": 9}, ["import.match"], 9)).claimed:
        await worker.fail(job, Failure("bad_file", "The file is damaged. Export it again.", permanent=True), Retry(3))
    fleet = Fleet(database_url, tmp_path)
    try:
        fleet.start(
            REGISTRY="cascadia.worker.registry:registry",
            JOB_TYPES="notification",
            SMTP_URL=f"smtp://127.0.0.1:{port}?starttls=off",
            PUBLIC_URL="https://plm.example.org",
        )
        await eventually(lambda: len(box.received) == 1, 20)
    finally:
        fleet.end()
    [mail] = box.received
    assert f"To: {workshop.engineer.user['email']}" in mail
    assert "as1.step: The file is damaged. Export it again." in mail
    assert "https://plm.example.org/jobs" in mail
