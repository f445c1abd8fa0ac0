"""Mail over SMTP: one message, told apart by the job that sends it, so that a second try is the same message."""

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import UUID

from cascadia.jobs.model import PermanentJobError
from cascadia.kernel.errors import Unavailable

SMTP_SECONDS: Final = 20
CLOSING: Final = 421
"""What a server says that takes nothing now."""
PORTS: Final = {"smtp": 587, "smtps": 465}


@dataclass(frozen=True, slots=True)
class Server:
    """Where mail goes: `smtp://user:password@host:587?starttls=require`, or `smtps://…`."""

    host: str
    port: int
    tls: bool
    starttls: str
    user: str | None
    password: str | None

    @classmethod
    def of(cls, url: str) -> "Server":
        """Reads an `SMTP_URL` that the settings have checked."""
        parts = urlsplit(url)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        user, password = (unquote(text) if text else None for text in (parts.username, parts.password))
        tls = parts.scheme == "smtps"
        return cls(parts.hostname or "", parts.port or PORTS[parts.scheme], tls, query.get("starttls", "try"), user, password)


@dataclass(frozen=True, slots=True)
class Mail:
    """What is sent to whom."""

    to: str
    subject: str
    text: str


class MailDelayed(Unavailable):
    """The server could not take it now: tried again. `away`: it takes nothing at all; else it is about this one message."""

    def __init__(self, reason: str, *, away: bool) -> None:
        words = f"The mail server did not take it now: {reason}. It is tried again."
        super().__init__(words, code="mail_delayed", needs="mail" if away else None)


def message(mail: Mail, sender: str, job: UUID) -> EmailMessage:
    """The message. Its id is made from the job: however often it is sent, a mailbox knows it as one."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = sender, mail.to, mail.subject.replace("\n", " ").replace("\r", " ")
    made["Date"] = formatdate(localtime=False)
    made["Message-ID"] = f"<{job}@{sender.rpartition('@')[2].strip('<> ') or 'cascadia'}>"
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(mail.text)
    return made


def send(server: Server, mail: EmailMessage, context: ssl.SSLContext) -> None:
    """Hands the message over. Raises `PermanentJobError` for what the server refuses for good, `MailDelayed` for the rest."""
    try:
        with _connected(server, context) as smtp:
            if not server.tls and server.starttls != "off":
                _start_tls(smtp, context, required=server.starttls == "require")
            if server.user and server.password:
                smtp.login(server.user, server.password)
            smtp.send_message(mail)
    except smtplib.SMTPAuthenticationError as error:
        if error.smtp_code < 500:
            raise MailDelayed(f"{error.smtp_code} {_text(error.smtp_error)}", away=True) from error
        raise PermanentJobError("mail_login_refused", "The mail server refuses our password. Check SMTP_URL.") from error
    except smtplib.SMTPRecipientsRefused as error:
        code = max(answer[0] for answer in error.recipients.values())
        raise _refused(code, "It does not take mail for this address.") from error
    except smtplib.SMTPResponseException as error:
        raise _refused(error.smtp_code, _text(error.smtp_error)) from error
    except (smtplib.SMTPException, ssl.SSLError, OSError) as error:
        raise MailDelayed(str(error), away=True) from error


def _connected(server: Server, context: ssl.SSLContext) -> smtplib.SMTP:
    if server.tls:
        return smtplib.SMTP_SSL(server.host, server.port, timeout=SMTP_SECONDS, context=context)
    return smtplib.SMTP(server.host, server.port, timeout=SMTP_SECONDS)


def _start_tls(smtp: smtplib.SMTP, context: ssl.SSLContext, *, required: bool) -> None:
    smtp.ehlo()
    if smtp.has_extn("starttls"):
        smtp.starttls(context=context)
        smtp.ehlo()
    elif required:
        raise PermanentJobError("mail_not_private", "The mail server offers no encryption, and SMTP_URL requires it.")


def _refused(code: int, words: str) -> Exception:
    if 500 <= code < 600:
        return PermanentJobError("mail_refused", f"The mail server refused the message ({code}): {words}")
    return MailDelayed(f"{code} {words}", away=code == CLOSING)


def _text(answer: bytes | str) -> str:
    return answer.decode(errors="replace") if isinstance(answer, bytes) else answer
