"""What a worker does while something does not answer; its clock is the test's."""

from uuid import UUID

from cascadia.jobs.model import Claimed
from cascadia.worker.breakers import FORGOTTEN_SECONDS, LONGEST_PAUSE, LONGEST_PAUSE_OF_ADDRESS, Breakers

ROOM = {"cad": 4, "mail": 4, "webhook": 4}


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def job(family: str, away: str | None = None) -> Claimed:
    return Claimed(1, UUID(int=1), 1, family, f"{family}.x", {}, None, None, None, None, 0.0, away)


def test_while_it_is_open_a_family_gets_one_trial_at_a_time_and_none_in_the_pause_after_it() -> None:
    clock = Clock()
    breakers = Breakers(clock)
    assert breakers.allow(ROOM, []) == ROOM
    breakers.put_off("cad", "storage")
    assert breakers.allow(ROOM, []) == {"mail": 4, "webhook": 4}
    clock.now += 2.0
    assert breakers.allow(ROOM, [job("mail")]) == {"cad": 1, "mail": 4, "webhook": 4}
    assert breakers.allow(ROOM, [job("cad")]) == {"mail": 4, "webhook": 4}
    assert breakers.open() == ["storage"]


def test_pauses_grow_with_each_trial_up_to_a_bound_and_not_with_what_began_before() -> None:
    clock = Clock()
    breakers = Breakers(clock)
    paused = False
    for _ in range(50):
        breakers.put_off("cad", "storage")
    clock.now += 2.0
    assert "cad" in breakers.allow(ROOM, [])
    for _ in range(10):
        breakers.put_off("cad", "storage")
        clock.now += LONGEST_PAUSE / 2 - 0.1
        paused = "cad" not in breakers.allow(ROOM, [])
        clock.now += LONGEST_PAUSE / 2 + 0.1
        assert "cad" in breakers.allow(ROOM, [])
    assert paused


def test_the_first_success_closes_it_and_says_once_what_answers_again() -> None:
    breakers = Breakers(Clock())
    breakers.put_off("cad", "storage")
    breakers.put_off("webhook", "storage")
    breakers.put_off("mail", "mail")
    assert not breakers.answered(job("import"))
    assert breakers.closed() == []
    assert breakers.answered(job("webhook"))
    assert breakers.allow(ROOM, []) == {"cad": 4, "webhook": 4}
    assert (breakers.closed(), breakers.closed()) == (["storage"], [])
    assert breakers.open() == ["mail"]


def test_an_address_holds_back_only_what_waits_for_it() -> None:
    clock = Clock()
    breakers = Breakers(clock)
    breakers.put_off("webhook", "address a.example")
    assert breakers.allow(ROOM, []) == ROOM
    assert breakers.held_back([]) == ["address a.example"]
    clock.now += 2.0
    assert breakers.held_back([]) == []
    assert breakers.held_back([job("webhook", "address a.example")]) == ["address a.example"]
    assert breakers.held_back([job("webhook", "address b.example")]) == []
    assert not breakers.answered(job("webhook"))
    assert not breakers.answered(job("webhook", "address b.example"))
    assert breakers.answered(job("webhook", "address a.example"))
    assert (breakers.open(), breakers.closed()) == ([], ["address a.example"])


def test_an_address_is_left_alone_for_longer_than_what_all_need() -> None:
    clock = Clock()
    breakers = Breakers(clock)
    for _ in range(12):
        breakers.put_off("webhook", "address a.example")
        clock.now += LONGEST_PAUSE_OF_ADDRESS
    breakers.put_off("webhook", "address a.example")
    clock.now += LONGEST_PAUSE_OF_ADDRESS / 2 - 1
    assert breakers.held_back([]) == ["address a.example"]


def test_what_nobody_waits_for_any_more_is_forgotten() -> None:
    clock = Clock()
    breakers = Breakers(clock)
    breakers.put_off("cad", "storage")
    clock.now += FORGOTTEN_SECONDS
    assert breakers.allow(ROOM, []) == ROOM
    assert (breakers.open(), breakers.closed()) == ([], [])
