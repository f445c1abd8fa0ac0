"""The rule by which workers are scaled, and what it is told by the ledger."""

import pytest

from cascadia.jobs import service
from cascadia.jobs.ledger import Finish, Ledger
from cascadia.jobs.scaling import Load, wanted
from cascadia.kernel.db import Database
from cascadia.kernel.declare import Enqueue


@pytest.mark.parametrize(
    ("there", "load", "expected"),
    (
        (1, Load(0, 0, 10, 0, 0), 1),
        (0, Load(0, 0, 10, 0, 0), 1),
        (1, Load(3, 1, 10, 1, 0), 1),
        (2, Load(36, 1, 10, 4, 0), 3),
        (2, Load(1000, 1, 10, 4, 0), 4),
        (7, Load(1000, 1, 10, 14, 0), 8),
        (2, Load(1, 61, 10, 4, 0), 3),
        (4, Load(0, 0, 10, 0, 31), 4),
        (4, Load(0, 0, 10, 0, 30), 2),
        (4, Load(0, 0, 10, 6.0, 0), 4),
        (4, Load(0, 0, 10, 3.0, 0), 3),
        (9, Load(0, 0, 10, 9.0, 0), 7),
    ),
)
def test_the_rule(there: int, load: Load, expected: int) -> None:
    assert wanted(there, 2, load, most=8) == expected


async def test_the_ledger_tells_what_the_rule_asks(database: Database) -> None:
    ledger = Ledger(database, "w")
    assert await ledger.load(["sample"]) == Load(0, 0.0, 10.0, 0.0, 0.0)
    async with database.write() as write:
        for kind in ("sample.empty", "sample.empty", "sample.empty", "vault.collect"):
            await service.enqueue(write, Enqueue(kind, {}))
        await write.execute("UPDATE job SET run_at = now() - interval '40 s'")
    [ended, running] = (await ledger.turn([], {"sample": 2}, ["sample.empty"], 2)).claimed
    await ledger.turn([Finish(ended, None)], {}, [], 0)
    async with database.write() as write:
        await write.execute("UPDATE job SET started_at = now() - interval '60 s', run_at = now() - interval '90 s' WHERE state <> 'queued'")
    load = await ledger.load(["sample"])
    assert load.queued == 1
    assert load.oldest_seconds == pytest.approx(40, abs=5)
    assert load.mean_seconds == pytest.approx(60, abs=5)
    assert load.busy == pytest.approx(1.0, abs=0.1)
    assert load.waited_seconds == pytest.approx(30, abs=5)
    assert running.type == "sample.empty"
