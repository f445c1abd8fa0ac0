"""What a row of a proposal has that nobody could accept: said before, so that a person mends or skips it. Pure."""

from collections.abc import Sequence
from typing import Any

from cascadia.kernel.decimals import plain
from cascadia.proposals.model import Choice, Verdict
from cascadia.proposals.parts import maker_attributes, measured
from cascadia.structures.limits import Problem, line_problems, measure_problems, new_part_problems
from cascadia.structures.model import Component, LineGroup


def of_part(component: Component, choice: str, number: str | None, name: str | None, description: str | None) -> list[Problem]:
    """`number`, `name` and `description` are what a person (or the file, of its own number) says; None = as the file has it."""
    if choice == Choice.SKIP:
        return []
    found = measure_problems({**measured(component), **maker_attributes(component.makers)})
    if choice == Choice.CREATE:
        described = component.description if description is None else description
        found = [*new_part_problems(number, component.name if name is None else name, described), *found]
    return found


def of_line(group: LineGroup | None, choice: str, verdict: str) -> list[Problem]:
    """`group` None: a line that only the BOM has."""
    if group is None or choice == Choice.SKIP or verdict == Verdict.REMOVE:
        return []
    if group.otherwise is not None:
        readings = (plain(group.quantity), plain(group.otherwise))
        return [Problem("quantity", f"its quantity can be {' or '.join(readings)}: no number of the list says which", readings)]
    if verdict == Verdict.SAME:
        return []
    return line_problems(group.quantity, group.designators, group.placements)


def as_json(problems: Sequence[Problem]) -> list[dict[str, Any]]:
    """As a row keeps them."""
    return [{"field": p.field, "message": p.message, "readings": list(p.readings)} for p in problems]
