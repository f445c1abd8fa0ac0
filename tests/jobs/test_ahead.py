"""What a worker claims before a slot is free: only quick jobs, only behind quick jobs, and never for long."""

from uuid import uuid4

import pytest

from cascadia.jobs.model import Claimed
from cascadia.jobs.runner import Running
from cascadia.kernel.declare import Family, Isolation
from cascadia.worker import ahead
from cascadia.worker.ahead import Ahead
from cascadia.worker.slots import Slots

FAMILIES = {name: Family(name, Isolation.TRUSTED) for name in ("quick", "slow", "new")}


def running(family: str, number: int) -> Running:
    return Running(Claimed(number, uuid4(), 1, family, f"{family}.job", {}, None, None, None, None, 0.0))


def make(slots: int = 2) -> tuple[Slots, Ahead]:
    taken = Slots(slots, FAMILIES, None)
    made = Ahead(taken)
    made.note("quick", 0.002)
    made.note("slow", 3.0)
    return taken, made


def test_quick_jobs_are_claimed_beyond_the_slots_and_others_are_not() -> None:
    _, waiting = make()
    free, room = waiting.room()
    assert free == 2 + 2 * ahead.MOST_FOR_A_SLOT
    assert room == {"quick": free, "slow": 2, "new": 2}


def test_what_waits_takes_its_place_and_begins_when_a_slot_is_free() -> None:
    slots, waiting = make()
    for number in range(10):
        waiting.add(running("quick", number))
    assert waiting.room() == (0, {})
    begun = []
    while found := waiting.take():
        slots.add(found)
        begun.append(found.job.id)
    assert begun == [0, 1]
    assert waiting.take() is None
    assert waiting.room() == (0, {})
    slots.remove(next(iter(slots)))
    found = waiting.take()
    assert found is not None
    assert found.job.id == 2


@pytest.mark.parametrize("family", ("slow", "new"))
def test_nothing_is_claimed_ahead_behind_a_job_that_may_take_long(family: str) -> None:
    slots, waiting = make()
    slots.add(running(family, 1))
    assert waiting.room() == (1, {"quick": 1, "slow": 1, "new": 1})
    slots.add(running("quick", 2))
    assert waiting.room() == (0, {})


def test_a_quick_job_that_goes_on_for_long_holds_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    slots, waiting = make(1)
    slots.add(running("quick", 1))
    assert waiting.room()[0] == ahead.MOST_FOR_A_SLOT
    waiting.add(running("quick", 2))
    assert waiting.overdue() == []
    monkeypatch.setattr(ahead, "OVERDUE_SECONDS", -1.0)
    assert waiting.room() == (0, {})
    assert [r.job.id for r in waiting.overdue()] == [2]
    assert len(waiting) == 0


def test_a_family_that_turns_slow_is_claimed_ahead_no_more() -> None:
    _, waiting = make()
    for _ in range(10):
        waiting.note("quick", 1.0)
    assert waiting.room() == (2, {"quick": 2, "slow": 2, "new": 2})


def test_memory_of_a_family_holds_also_for_what_waits() -> None:
    slots = Slots(4, {"quick": Family("quick", Isolation.TRUSTED, memory_mb=1024)}, 2 * 1024**3)
    waiting = Ahead(slots)
    waiting.note("quick", 0.001)
    for number in range(6):
        waiting.add(running("quick", number))
    for _ in range(2):
        found = waiting.take()
        assert found is not None
        slots.add(found)
    assert waiting.take() is None
