"""Structured logs: one line per event, JSON where machines read, colours where people do."""

import logging
import re
import sys
from typing import Final

import structlog

UNSEEN: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff\U000e0000-\U000e007f]")
"""Characters that move a terminal's cursor, colour it, turn the direction of text, or show as nothing."""
LINES: Final = frozenset({"exception", "stack"})
"""What has lines of its own."""

STRIP: Final = structlog.stdlib.ProcessorFormatter.remove_processors_meta


def quoted(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """The event with every unseen character as an escape: who reads the log on a terminal is not written to by a request."""
    return {name: _escape(value, "\n\t" if name in LINES else "") if isinstance(value, str) else value for name, value in event.items()}


def _escape(text: str, kept: str) -> str:
    return UNSEEN.sub(lambda found: found[0] if found[0] in kept else found[0].encode("unicode_escape").decode(), text)


def configure(level: str, log_format: str) -> None:
    """Sends structlog and the standard library's loggers to stderr in one format (`json` or `text`)."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    text = (quoted, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()))
    renderers: tuple[structlog.typing.Processor, ...] = (structlog.processors.JSONRenderer(),) if log_format == "json" else text
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processors=[STRIP, *renderers], foreign_pre_chain=shared))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in ("uvicorn.access", "psycopg.pool", "httpx", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
