import asyncio
from datetime import UTC, datetime

import pytest

from cascadia.jobs.schedules import Schedules, last_tick
from cascadia.kernel.declare import Schedule
from tests.jobs.conftest import Fleet, Ledger

NIGHTLY = Schedule("nightly", "17 3 * * *", "sample.empty")


@pytest.mark.parametrize(
    ("cron", "zone", "now", "tick"),
    (
        ("17 3 * * *", "UTC", "2026-11-25T03:16:59", "2026-11-24T03:17:00"),
        ("17 3 * * *", "UTC", "2026-11-25T03:17:00", "2026-11-25T03:17:00"),
        ("17 3 * * *", "UTC", "2026-11-25T03:17:00.5", "2026-11-25T03:17:00"),
        ("0 9 * * 1", "Europe/Berlin", "2026-07-08T00:00:00", "2026-07-06T07:00:00"),
        ("0 9 * * 1", "Europe/Berlin", "2026-12-09T00:00:00", "2026-12-07T08:00:00"),
    ),
)
def test_the_last_tick_is_the_latest_not_after_now(cron: str, zone: str, now: str, tick: str) -> None:
    schedule = Schedule("s", cron, "a.b", zone)
    assert last_tick(schedule, datetime.fromisoformat(now).replace(tzinfo=UTC)) == datetime.fromisoformat(tick).replace(tzinfo=UTC)


async def backdate(ledger: Ledger) -> None:
    """Makes the instance a year old, so that there are ticks that nobody has fired yet."""
    await ledger.rows("UPDATE instance SET created_at = now() - interval '1 year' RETURNING uid")


async def test_a_tick_leads_to_one_job_whoever_looks_and_however_often(ledger: Ledger) -> None:
    await backdate(ledger)
    workers = [Schedules(ledger.database, [NIGHTLY]) for _ in range(5)]
    fired = await asyncio.gather(*(w.fire() for w in workers for _ in range(3)))
    assert sum(fired) == 1
    await ledger.rows("UPDATE job SET state = 'succeeded' RETURNING id")
    assert await Schedules(ledger.database, [NIGHTLY]).fire() == 0
    assert await ledger.value("SELECT count(*) FROM job") == 1


async def test_a_new_instance_has_missed_nothing(ledger: Ledger) -> None:
    await ledger.rows("UPDATE instance SET created_at = now() RETURNING uid")
    assert await Schedules(ledger.database, [NIGHTLY]).fire() == 0


async def test_the_next_tick_waits_for_the_job_of_the_one_before(ledger: Ledger) -> None:
    await backdate(ledger)
    worker = Schedules(ledger.database, [NIGHTLY])
    assert await worker.fire() == 1
    await ledger.rows("UPDATE job SET dedupe = 'nightly@yesterday' RETURNING id")
    other = Schedules(ledger.database, [NIGHTLY])
    assert [await other.fire(), await other.fire()] == [0, 0]
    await ledger.rows("UPDATE job SET state = 'succeeded' RETURNING id")
    assert [await other.fire(), await other.fire()] == [1, 0]


async def test_a_worker_fires_its_schedules(fleet: Fleet, ledger: Ledger) -> None:
    await backdate(ledger)
    fleet.start()

    async def fired() -> bool:
        return bool(await ledger.value("SELECT count(*) FROM job WHERE type = 'sample.tick' AND state = 'succeeded'"))

    await ledger.until(fired)
