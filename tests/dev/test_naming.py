"""Lists in sentences say what they leave out."""

from cascadia.kernel.naming import listed


def test_a_list_that_is_cut_says_how_much_is_left() -> None:
    assert listed(["A", "B"], 2) == "A, B"
    assert listed(["A", "B", "C", "D"], 2) == "A, B and 2 more"
    assert listed(["a.", "b.", "c."], 2, between="; ") == "a.; b. and 1 more"
    assert listed([], 2) == ""
