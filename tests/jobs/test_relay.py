import asyncio
import random

from structlog.testing import capture_logs

from cascadia.jobs.relay import Relay
from cascadia.kernel.db import Database
from cascadia.kernel.events import Event
from cascadia.kernel.ids import new_uid
from tests.jobs import sample
from tests.jobs.conftest import Fleet, Ledger


def relay_of(database: Database) -> Relay:
    return Relay(database, sample.registry().subscriptions.values())


async def ping(database: Database, number: int, *, poison: bool = False) -> None:
    async with database.write() as write:
        await write.emit(Event("ping", new_uid(), None, data={"number": number, "poison": poison}))


async def ping_slowly(database: Database, number: int, statements: int) -> None:
    """Emits one event in a transaction that goes on for some statements."""
    async with database.write() as write:
        await write.emit(Event("ping", new_uid(), None, data={"number": number}))
        for _ in range(statements):
            await write.value("SELECT 1")


async def follow_ups(ledger: Ledger) -> list[int]:
    rows = await ledger.rows("SELECT payload ->> 'note' AS note FROM job WHERE type = 'sample.effect' ORDER BY id")
    return [int(r["note"]) for r in rows]


async def test_each_event_of_concurrent_writers_leads_to_one_job_beside_three_relays(ledger: Ledger) -> None:
    chance = random.Random(7)
    relays = [relay_of(ledger.database) for _ in range(3)]
    writing = True

    async def turn(relay: Relay) -> None:
        while writing:
            await relay.turn()

    turning = [asyncio.create_task(turn(r)) for r in relays]
    limit = asyncio.Semaphore(10)

    async def write(number: int) -> None:
        async with limit:
            await ping_slowly(ledger.database, number, chance.randrange(20))

    await asyncio.gather(*(write(n) for n in range(200)))
    writing = False
    await asyncio.gather(*turning)
    for _ in range(2):
        await relays[0].turn()
    assert sorted(await follow_ups(ledger)) == list(range(200))
    positions = [r["position"] for r in await ledger.rows("SELECT position FROM outbox_position ORDER BY position")]
    assert positions == list(range(1, len(positions) + 1))
    assert await ledger.value("SELECT count(*) FROM outbox_new") == 0
    assert await ledger.value("SELECT count(*) FROM outbox") == len(positions)


async def test_an_event_that_commits_late_is_not_passed_by(ledger: Ledger) -> None:
    relay = relay_of(ledger.database)
    async with ledger.database.write() as late:
        await late.emit(Event("ping", new_uid(), None, data={"number": 1}))
        await ping(ledger.database, 2)
        await relay.turn()
        assert await follow_ups(ledger) == [2]
    await relay.turn()
    assert await follow_ups(ledger) == [2, 1]


async def test_an_event_that_cannot_be_served_gets_a_job_and_later_events_do_not_wait(fleet: Fleet, ledger: Ledger) -> None:
    relays = [relay_of(ledger.database) for _ in range(2)]
    for number in (1, 2, 3):
        await ping(ledger.database, number, poison=number == 2)
    with capture_logs() as logs:
        await asyncio.gather(*(relay.turn() for relay in relays))
    assert await follow_ups(ledger) == [1, 3]
    poison = await ledger.value("SELECT uid FROM outbox WHERE data ->> 'poison' = 'true'")
    told = [log for log in logs if log["event"] == "subscription_failed"]
    assert [log["failed"].split(" at ")[0] for log in told] == [f"ping {poison}"]
    uid = await ledger.value("SELECT uid FROM job WHERE type = 'maintenance.follow'")
    await relays[0].turn()
    assert await ledger.value("SELECT count(*) FROM job WHERE type = 'maintenance.follow'") == 1
    await ledger.rows("INSERT INTO told VALUES ('{}', '', '') RETURNING code")
    fleet.start()
    await ledger.state(uid, "succeeded")
    assert await follow_ups(ledger) == [1, 3, 2]


async def test_a_new_subscription_starts_where_migrate_put_its_cursor(ledger: Ledger) -> None:
    relay = relay_of(ledger.database)
    await ping(ledger.database, 1)
    await ledger.rows("DELETE FROM subscription_cursor WHERE name = 'sample.pings' RETURNING name")
    await relay.turn()
    assert await follow_ups(ledger) == []
    await ledger.rows(
        "INSERT INTO subscription_cursor (name, position) SELECT 'sample.pings', max(position) FROM outbox_position RETURNING name"
    )
    await ping(ledger.database, 2)
    await relay.turn()
    assert await follow_ups(ledger) == [2]


async def test_cursors_of_subscriptions_without_events_move_along(ledger: Ledger) -> None:
    relay = relay_of(ledger.database)
    await ledger.enqueue("sample.empty")
    await relay.turn()
    last = await ledger.value("SELECT max(position) FROM outbox_position")
    assert last > 0
    rows = await ledger.rows("SELECT name, position FROM subscription_cursor ORDER BY name")
    assert {r["name"]: r["position"] for r in rows} == {
        "job.failed:cage.read": last,
        "job.failed:sample.refuse": last,
        "sample.pings": last,
    }


async def test_workers_follow_events_while_they_are_killed(fleet: Fleet, ledger: Ledger) -> None:
    for _ in range(2):
        fleet.start(wait=False)
    for number in range(30):
        await ping(ledger.database, number)
        if number == 15:
            fleet.workers[0].kill()

    async def followed() -> bool:
        return len(await follow_ups(ledger)) == 30

    await ledger.until(followed)
    await ledger.all_ended()
    assert await follow_ups(ledger) == list(range(30))
    notes = await ledger.rows("SELECT note FROM effect")
    assert sorted(int(n["note"]) for n in notes) == list(range(30))
