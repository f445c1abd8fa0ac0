"""What of a part is taken over from a file together. From values alone."""

import pytest

from cascadia.proposals.parts import MEASURED, together


@pytest.mark.parametrize("apply", (False, True))
def test_what_is_measured_of_a_shape_goes_with_it(*, apply: bool) -> None:
    assert together({"shape": apply, "name": not apply}) == {"name": not apply, **dict.fromkeys(MEASURED, apply)}
    assert together({"geometry": apply}) == dict.fromkeys(MEASURED, apply)
    assert together({"mass": apply}) == {"mass": apply}
