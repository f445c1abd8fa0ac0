"""Checks of the database: the server, the schema, and what lies in it."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Any, Final, LiteralString

import psycopg

from cascadia.cli.doctor.model import Check, Finding, Surroundings, bad, ok, skipped, warn
from cascadia.cli.schema import bring_up_to_date
from cascadia.jobs import service as jobs
from cascadia.kernel.declare import Enqueue
from cascadia.kernel.errors import CascadiaError
from cascadia.kernel.naming import listed
from cascadia.kernel.reach import why_not
from cascadia.kernel.trail import verify_trail
from cascadia.migrations import run, schema
from cascadia.versioning.verification import verify_chain
from cascadia.worker.registry import registry

SKEW_WARN, SKEW_BAD = 2.0, 30.0
LAG_EVENTS: Final = 1000
SAMPLE: Final = 200
CHAIN_MOST: Final = 20_000
"""Commits up to which the whole chain is read again."""
FAULTS_TOLD: Final = 3
WEBHOOKS_TOLD: Final = 5
NUMBERS_TOLD: Final = 5
SERVER: Final[LiteralString] = (
    "SELECT current_setting('server_version_num')::int AS version, pg_is_in_recovery() AS replica, "
    "(SELECT count(*) FROM pg_stat_activity) AS used, current_setting('max_connections')::int AS most, "
    "(SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND xact_start < now() - interval '5 minutes') AS old"
)


async def reached(around: Surroundings) -> Finding:
    """The database answers, also at the direct address."""
    settings = around.settings
    urls = {"DATABASE_URL": settings.database_url, "DATABASE_DIRECT_URL": settings.database_direct_url}
    for name, url in urls.items():
        try:
            if url:
                async with await psycopg.AsyncConnection.connect(url, connect_timeout=5) as connection:
                    await connection.execute("SELECT 1")
        except psycopg.OperationalError as error:
            return bad(why_not(error, url).replace("DATABASE_URL", name, 1), f"correct {name}, or start the database")
    return ok("it answers")


async def _server(around: Surroundings) -> dict[str, Any]:
    async with around.database.primary() as primary:
        return (await primary.rows(SERVER))[0]


async def version(around: Surroundings) -> Finding:
    """A server that is supported, and can be written to."""
    found = await _server(around)
    if found["version"] < run.OLDEST_SERVER:
        return bad(f"The server is PostgreSQL {found['version'] // 10_000}.", "use PostgreSQL 15 or newer")
    if found["replica"]:
        return bad("The server is a replica, which cannot be written to.", "name the primary in DATABASE_URL")
    return ok(f"PostgreSQL {found['version'] // 10_000}")


async def clock(around: Surroundings) -> Finding:
    """Order and leases go by the database's clock; logs and tokens of this machine should agree with it."""
    async with around.database.primary() as primary:
        began = time.time()
        now: datetime = await primary.value("SELECT clock_timestamp()")
        middle = (began + time.time()) / 2
    skew = abs(now.astimezone(UTC).timestamp() - middle)
    words = f"this machine and the database differ by {skew:.1f} s"
    if skew >= SKEW_WARN:
        return (bad if skew >= SKEW_BAD else warn)(f"{words[0].upper()}{words[1:]}.", "let both keep their time by NTP")
    return ok(words)


async def connections(around: Surroundings) -> Finding:
    """Room for more servers."""
    found = await _server(around)
    words = f"{found['used']} of {found['most']} connections are used"
    if found["used"] > found["most"] * 0.8:
        return warn(f"{words}.", "raise max_connections, lower DATABASE_POOL_SIZE, or put PgBouncer in between")
    return ok(words)


async def transactions(around: Surroundings) -> Finding:
    """A transaction that nobody ends keeps old rows."""
    found = await _server(around)
    if found["old"]:
        return warn(
            f"{found['old']} transactions are older than five minutes.", "look at pg_stat_activity, end them by pg_terminate_backend"
        )
    return ok("none is old")


async def schema_version(around: Surroundings) -> Finding:
    """A schema that this program can use."""
    url = around.settings.direct_url or ""

    async def migrate(_: Surroundings) -> str:
        await asyncio.to_thread(bring_up_to_date, url)
        return f"migrated to version {schema.CODE_VERSION}"

    try:
        await asyncio.to_thread(schema.check_schema, url)
    except CascadiaError as error:
        behind = error.code in {"schema_missing", "schema_behind"}
        return bad(error.detail, "cascadia migrate" if behind else "install the newer release", migrate if behind else None)
    return ok(f"version {schema.CODE_VERSION}")


async def rights(around: Surroundings) -> Finding:
    """The program's own role may not change the schema."""
    async with around.database.primary() as primary:
        owns = await primary.value("SELECT pg_has_role(current_user, relowner, 'USAGE') FROM pg_class WHERE oid = 'audit'::regclass")
        name = await primary.value("SELECT current_user")
    if owns:
        return warn(
            f"{name} owns the tables: nothing keeps the program from changing what is only ever added to.",
            "let the login create roles, then: cascadia migrate",
        )
    return ok(f"the program acts as {name}")


async def administrators(around: Surroundings) -> Finding:
    """Somebody can sign in."""
    async with around.database.primary() as primary:
        number = await primary.value("SELECT count(*) FROM user_account WHERE administrator AND active")
    return ok(f"{number}") if number else warn("Nobody has set this Cascadia up.", "open it in a browser; the app's log has the token")


async def workers(around: Surroundings) -> Finding:
    """Every family has a worker that takes its jobs."""
    async with around.database.primary() as primary:
        rows = await primary.rows("SELECT name, families FROM worker WHERE seen_at > now() - interval '30 seconds' AND NOT stopping")
    served = {family for row in rows for family in row["families"]}
    missing = sorted(set(registry().families) - served)
    if missing:
        return bad(f"No worker takes {', '.join(missing)}.", "start a worker, or widen JOB_TYPES")
    return ok(f"{len(rows)} workers take every family")


async def waiting(around: Surroundings) -> Finding:
    """Jobs that are due are taken."""
    async with around.database.primary() as primary:
        rows = await primary.rows(
            "SELECT family, count(*) AS number, extract(epoch FROM now() - min(run_at))::bigint AS age FROM job"
            " WHERE state = 'queued' AND run_at < now() - interval '10 minutes' GROUP BY family ORDER BY family"
        )
    if rows:
        told = ", ".join(f"{row['number']} of {row['family']} for {row['age'] // 60} min" for row in rows)
        return warn(f"Jobs wait: {told}.", "start more workers of that family")
    return ok("nothing waits for long")


async def stuck(around: Surroundings) -> Finding:
    """A lease that ran out is taken up by any worker within seconds."""
    async with around.database.primary() as primary:
        number = await primary.value("SELECT count(*) FROM job WHERE state = 'running' AND lease_until < now() - interval '5 minutes'")
    return bad(f"{number} running jobs have lost their worker.", "start a worker: it takes them up") if number else ok("none")


async def failures(around: Surroundings) -> Finding:
    """What failed for good and nobody looked at."""
    async with around.database.primary() as primary:
        rows = await primary.rows(
            "SELECT type, count(*) AS number FROM job WHERE state = 'dead' AND finished_at > now() - interval '1 day'"
            " GROUP BY type ORDER BY type"
        )
    if rows:
        told = ", ".join(f"{row['number']} × {row['type']}" for row in rows)
        return warn(f"Failed since yesterday: {told}.", "cascadia jobs list --state dead; then: cascadia jobs replay --all")
    return ok("none since yesterday")


async def events(around: Surroundings) -> Finding:
    """Events are numbered and every subscription follows."""
    async with around.database.primary() as primary:
        new = await primary.value("SELECT count(*) FROM (SELECT 1 FROM outbox_new LIMIT 1001) AS newest")
        rows = await primary.rows(
            "SELECT name, (SELECT coalesce(max(position), 0) FROM outbox_position) - position AS behind"
            " FROM subscription_cursor ORDER BY name"
        )
    known = registry().subscriptions
    late = [f"{row['name']} ({row['behind']})" for row in rows if row["behind"] > LAG_EVENTS and row["name"] in known]
    if new > LAG_EVENTS:
        return bad("Over 1000 events are not numbered yet: no worker relays.", "start a worker")
    if late:
        return warn(f"Subscriptions are behind: {', '.join(late)}.", "look in the workers' log for subscription_failed")
    return ok("every subscription follows")


async def webhooks(around: Surroundings) -> Finding:
    """Receivers that were given up."""
    async with around.database.primary() as primary:
        rows = await primary.rows("SELECT url, disabled_reason FROM webhook WHERE NOT enabled AND disabled_reason IS NOT NULL ORDER BY url")
    if rows:
        return warn(f"Webhooks were switched off: {listed([row['url'] for row in rows], WEBHOOKS_TOLD)}.", "cascadia webhook list")
    return ok("none was switched off")


async def chain(around: Surroundings) -> Finding:
    """The history is the one that was committed."""
    async with around.database.read() as read:
        number = await read.value("SELECT count(*) FROM commit_log")
        if number > CHAIN_MOST:
            return skipped(f"{number} commits are more than are read here: `cascadia history verify` reads them all")
        faults = await verify_chain(read)
    return _changed("The history", faults) if faults else ok(f"{number} commits are as they were")


async def seals(around: Surroundings) -> Finding:
    """Nothing of the audit trail was changed."""
    async with around.database.read() as read:
        number = await read.value("SELECT count(*) FROM audit_seal")
        if number > CHAIN_MOST:
            return skipped(f"{number} events are more than are read here: `cascadia history verify` reads them all")
        number, faults = await verify_trail(read)
    return _changed("The audit trail", faults) if faults else ok(f"{number} events are as they were")


def _changed(what: str, faults: list[str]) -> Finding:
    remedy = "cascadia history verify tells all; restore a backup, and find out who had access to the database"
    return bad(f"{what} was changed: {listed(faults, FAULTS_TOLD, between='; ')}.", remedy)


async def numbers(around: Surroundings) -> Finding:
    """No two numbers differ only in case, width or kind of hyphen: such were taken before version 5 of the schema."""
    async with around.database.read() as read:
        rows = await read.rows('SELECT number FROM item_number WHERE twin > 0 ORDER BY number COLLATE "C"')
    if rows:
        names = listed([row["number"] for row in rows], NUMBERS_TOLD)
        return warn(
            f"{names}: another number differs from it in case, width or hyphens only.",
            "each is found by its exact spelling alone; renumber one of the two, or delete the part that is not meant",
        )
    return ok("each is one, however it is written")


async def bytes_of_rows(around: Surroundings) -> Finding:
    """The newest contents have their bytes; older ones are read by night."""
    async with around.database.read() as read:
        rows = await read.rows("SELECT key FROM blob WHERE doomed_at IS NULL ORDER BY blob_id DESC LIMIT %(n)s", {"n": SAMPLE})
        damaged = await read.value("SELECT count(*) FROM blob WHERE damage IS NOT NULL")
    missing = [row["key"] for row in rows if not await around.store.exists(row["key"])]
    if missing or damaged:
        return bad(
            f"{len(missing)} of the newest {len(rows)} contents have no bytes, {damaged} were found damaged.",
            "cascadia files damaged; restore them from a backup",
        )
    return ok(f"the newest {len(rows)} are there")


async def rows_of_bytes(around: Surroundings) -> Finding:
    """Bytes without a row are harmless; the nightly collection removes them after a day."""

    async def collect(surroundings: Surroundings) -> str:
        async with surroundings.database.write() as write:
            await jobs.enqueue(write, Enqueue("vault.collect", {}, key="collect"))
        return "a collection was asked for"

    listed: list[str] = []
    async for found in around.store.list():
        listed.append(found.key)
        if len(listed) >= SAMPLE:
            break
    async with around.database.read() as read:
        rows = await read.rows("SELECT key FROM blob WHERE key = ANY(%(keys)s)", {"keys": listed})
    left = len(listed) - len(rows)
    if left > SAMPLE // 4:
        return warn(f"{left} of {len(listed)} objects belong to nothing.", "cascadia doctor --fix collects them", collect)
    return ok(f"{left} of {len(listed)} objects wait for the collection")


CHECKS: Final = (
    Check("server", version),
    Check("clock", clock),
    Check("connections", connections),
    Check("transactions", transactions),
    Check("schema", schema_version),
    Check("rights", rights, needs_schema=True),
    Check("administrators", administrators, needs_schema=True),
    Check("workers", workers, needs_schema=True),
    Check("waiting jobs", waiting, needs_schema=True),
    Check("stuck jobs", stuck, needs_schema=True),
    Check("failed jobs", failures, needs_schema=True),
    Check("events", events, needs_schema=True),
    Check("webhooks", webhooks, needs_schema=True),
    Check("numbers", numbers, needs_schema=True),
    Check("history", chain, needs_schema=True),
    Check("audit trail", seals, needs_schema=True),
    Check("rows without bytes", bytes_of_rows, needs_schema=True, needs_store=True),
    Check("bytes without rows", rows_of_bytes, needs_schema=True, needs_store=True),
)
