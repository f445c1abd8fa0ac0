"""The next find number, whatever was taken and freed before."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascadia.bom.model import FIND_MAX, FIND_STEP, FindNumbers

numbers = st.one_of(st.integers(0, 60), st.integers(FIND_MAX - 30, FIND_MAX))


def plainly(taken: Counter[int]) -> int:
    """What `FindNumbers.next` should say, counted anew."""
    following = (max(taken, default=0) // FIND_STEP + 1) * FIND_STEP
    return following if following <= FIND_MAX else next(ten for ten in range(FIND_STEP, FIND_MAX, FIND_STEP) if ten not in taken)


@given(st.lists(numbers, max_size=5), st.lists(st.tuples(st.booleans(), numbers), max_size=30))
def test_the_next_is_right_after_every_step(first: list[int], steps: list[tuple[bool, int]]) -> None:
    held, found = Counter(first), FindNumbers(first)
    for taking, number in steps:
        if taking:
            held[number] += 1
            found.take(number)
        elif held[number]:
            held[number] -= 1
            held += Counter()
            found.free(number)
        assert found.next() == plainly(held)
        assert (found.twice is None) == all(count == 1 for count in held.values())


@pytest.mark.parametrize("taken", ([], [FIND_MAX]))
def test_ten_thousand_in_a_row_are_all_different(taken: list[int]) -> None:
    found = FindNumbers(taken)
    drawn = []
    for _ in range(10_000):
        drawn.append(found.next())
        found.take(drawn[-1])
    assert drawn == list(range(FIND_STEP, 10_001 * FIND_STEP, FIND_STEP))
