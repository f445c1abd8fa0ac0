"""A short history, and whoever may do anything to the database that holds it."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import psycopg

from cascadia.bom.edit import ChangeLine
from cascadia.kernel.db import Database
from cascadia.kernel.embedded.cluster import SUPERUSER
from tests.conftest import with_database
from tests.desk import Desk, open_desk

Connection = psycopg.Connection[tuple[Any, ...]]


async def six_commits(database: Database) -> Desk:
    """P-000001 and P-000002 are made (1, 2), a line between them added, changed and removed (3, 4, 6); 5 renames P-000001. All sealed."""
    desk = await open_desk(database)
    top, child = await desk.part("Top"), await desk.part("Child")
    line = await desk.line(top.uid, child.uid, "2.50")
    await desk.lines(top.uid, [ChangeLine(line.uid, {"quantity": Decimal(3)})])
    await desk.edit(await desk.read(top.uid), {"name": "Top, long"})
    await desk.remove(top.uid, line.uid)
    async with database.write() as write:
        assert await write.value("SELECT number_outbox(100)") == 6
    return desk


@contextmanager
def superuser(url: str) -> Iterator[Connection]:
    """The database as its superuser, statement by statement."""
    with psycopg.connect(with_database(url, urlsplit(url).path.lstrip("/"), SUPERUSER), autocommit=True) as connection:
        yield connection
