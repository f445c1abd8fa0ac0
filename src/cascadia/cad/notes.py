"""What is said of a file beside its structure: what was guessed, left out, or differs from what the file says of itself. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Final, Protocol

from cascadia.bom.model import DESIGNATOR
from cascadia.kernel.naming import listed
from cascadia.structures.model import Note

NAMED: Final = 5
"""How many components one note names."""
BROKEN: Final = frozenset({"shape_unreadable", "bodies_lost"})
VALIDATION: Final = 5e-3
"""How far a measure may be from what the file says of it: exporters take areas from triangles, the well-known `as1` 0.13 % off."""


class Used(Protocol):
    """A usage, as far as notes are about it."""

    @property
    def parent(self) -> str: ...
    @property
    def child(self) -> str: ...
    @property
    def placement(self) -> object | None: ...
    @property
    def designator(self) -> str | None: ...


def called(number: str, name: str) -> str:
    """A component in words."""
    return name or number if name == number or not number else f"{name} ({number})" if name else number


def shape_unreadable(key: str, words: str) -> Note:
    message = f"The shape of {words} could not be read: it is damaged. Heal or rebuild the part in your CAD program, then export again."
    return Note(code="shape_unreadable", component=key, message=message)


def bodies_lost(key: str, words: str, read: int, stated: int) -> Note:
    message = (
        f"{words} has {stated} solids in the file, {read} could be read: its volume is not known. "
        "Heal the part in your CAD program, then export again."
    )
    return Note(code="bodies_lost", component=key, message=message)


def document_missing(name: str, reason: str | None) -> Note:
    """`reason`: why it cannot be read; None where it is not there, or not one part or assembly."""
    if reason is not None:
        return Note(code="document_missing", message=f"{name}, to which the file refers, cannot be read. {reason}")
    message = f"The file refers to {name}, which is not here: its parts have no shape. Pack it with the assembly as a zip."
    return Note(code="document_missing", message=message)


def name_given(key: str, name: str) -> Note:
    return Note(code="name_given", component=key, message=f"A component has no name in the file: it is called {name}.")


def measure_differs(key: str, words: str, what: str, read: float, stated: float) -> Note:
    message = (
        f"The file says that the {what} of {words} is {stated:.6g} in its own unit, which is not what was read ({read:.6g} in mm). "
        "Compare it with your CAD program."
    )
    return Note(code="measure_differs", component=key, message=message)


def without_place(usages: Sequence[Used], words: dict[str, str]) -> Iterator[Note]:
    """What is in the structure and not in the picture."""
    children = [words[usage.child] for usage in usages if usage.placement is None]
    if children:
        names = listed(list(dict.fromkeys(children)), NAMED)
        count = "a usage" if len(children) == 1 else f"{len(children)} usages"
        message = f"The file gives no place for {count} of {names}: in the structure as it says, not in the 3D model."
        yield Note(code="without_place", message=message)


def designators(usages: Sequence[Used], words: dict[str, str]) -> tuple[set[tuple[str, str]], list[Note]]:
    """Lines (parent and child) whose usages all have a designator, each once in its parent; and what is not kept of others."""
    given: dict[str, Counter[str]] = defaultdict(Counter)
    lines: dict[tuple[str, str], list[str]] = defaultdict(list)
    for usage in usages:
        given[usage.parent][usage.designator or ""] += 1
        lines[usage.parent, usage.child].append(usage.designator or "")
    kept, left = set(), []
    for (parent, child), names in lines.items():
        if all(DESIGNATOR.fullmatch(name) and given[parent][name] == 1 for name in names):
            kept.add((parent, child))
        elif any(names):
            left.append(f"{words[child]}: {listed([name for name in names if name], NAMED)}")
    if not left:
        return kept, []
    message = f"Reference designators are not kept where some are missing, double or of an odd form: {listed(left, NAMED, between='; ')}."
    return kept, [Note(code="designators_left", message=message)]
