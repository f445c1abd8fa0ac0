"""Notices of PostgreSQL: one connection that listens, renewed whenever it breaks. Notices may be lost; listeners also poll."""

import asyncio
import contextlib
import random
from collections.abc import Callable, Sequence
from typing import Final

import psycopg
import structlog
from psycopg import AsyncConnection, sql
from psycopg.conninfo import make_conninfo

from cascadia.kernel.db import KEEPALIVE

log = structlog.get_logger()

PROBE_SECONDS: Final = 10.0
PROBE_DEADLINE: Final = 5.0
RECONNECT_SECONDS: Final = 2.0


async def listen(url: str, channels: Sequence[str], heard: Callable[[str, str], None], *, name: str) -> None:
    """Calls `heard(channel, payload)` for each notice, until it is cancelled; once with ("", "") after each connection.

    A link that died without closing is noticed by a probe within 15 seconds.
    """
    while True:
        try:
            connection = await AsyncConnection.connect(_conninfo(url, name), autocommit=True)
            try:
                await _serve(connection, channels, heard)
            finally:
                await connection.close()
        except (psycopg.Error, OSError, TimeoutError) as error:
            log.warning("listening_broke", reason=str(error).strip() or type(error).__name__)
            await asyncio.sleep(random.uniform(0.1, RECONNECT_SECONDS))  # noqa: S311 - jitter


def _conninfo(url: str, name: str) -> str:
    return make_conninfo(url, application_name=f"cascadia-{name}-listen", **KEEPALIVE)


async def _serve(connection: AsyncConnection, channels: Sequence[str], heard: Callable[[str, str], None]) -> None:
    for channel in channels:
        await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
    heard("", "")
    while True:
        async with contextlib.aclosing(connection.notifies(timeout=PROBE_SECONDS)) as notices:
            async for notice in notices:
                heard(notice.channel, notice.payload)
        async with asyncio.timeout(PROBE_DEADLINE):
            await connection.execute("SELECT 1")
