from uuid import UUID

from cascadia.jobs.model import Claimed
from cascadia.jobs.runner import Running
from cascadia.kernel.declare import Family, Isolation
from cascadia.worker.slots import MEBIBYTE, Slots

SMALL = Family("small", Isolation.TRUSTED, memory_mb=100)
LARGE = Family("large", Isolation.TRUSTED, memory_mb=900)
FAMILIES = {"small": SMALL, "large": LARGE}


def running(number: int, family: str) -> Running:
    return Running(Claimed(number, UUID(int=number), 1, family, f"{family}.x", {}, None, None, None, None, 0.0))


def test_a_family_has_as_many_slots_as_fit_into_the_memory() -> None:
    assert Slots(8, FAMILIES, 2000 * MEBIBYTE).room() == {"small": 8, "large": 2}
    assert Slots(8, FAMILIES, None).room() == {"small": 8, "large": 8}


def test_a_family_that_is_larger_than_the_memory_still_runs_one_by_one() -> None:
    assert Slots(8, FAMILIES, 500 * MEBIBYTE).room() == {"small": 5, "large": 1}


def test_a_family_at_its_limit_is_left_out_until_one_of_its_jobs_ends() -> None:
    slots = Slots(3, FAMILIES, 900 * MEBIBYTE)
    first = running(1, "large")
    slots.add(first)
    assert (slots.room(), slots.free) == ({"small": 3}, 2)
    slots.remove(first)
    assert (slots.room(), slots.free) == ({"small": 3, "large": 1}, 3)


def test_a_job_that_came_back_under_a_new_attempt_keeps_its_slot() -> None:
    slots = Slots(2, FAMILIES, None)
    old, new = running(1, "small"), running(1, "small")
    slots.add(old)
    slots.add(new)
    slots.remove(old)
    assert len(slots) == 1
