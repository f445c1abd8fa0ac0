"""Which shapes that parts have are those of a file's components. Pure: what is compared is given, and read by whoever calls."""

import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from cascadia.structures.congruence import Shape, Verdict, compare, key_of, keys_near
from cascadia.structures.model import Component, Likeness

SECONDS: Final = 60.0
"""What all comparisons of a file may take together; what is left then is told as not compared."""
WORDS_MAX: Final = 6
NOT_THERE: Final = "the shape that it had is not kept any more, so it was not compared"
NO_TIME: Final = "so much was to be compared that it was not"
COARSELY: Final = "its shape was measured coarsely before (until 0.1), and is the same by that measure"
COARSELY_OTHER: Final = "its shape was measured coarsely before (until 0.1), and is another one by that measure"

Pointer = str


def wanted_keys(components: Sequence[Component], own: Mapping[Pointer, Shape]) -> dict[str, list[str]]:
    """Component → the coarse keys of parts that may have its shape, for those that have one."""
    return {c.key: keys_near(own[c.shape]) for c in components if c.shape is not None and c.shape in own}


def with_likeness(
    components: Sequence[Component], own: Mapping[Pointer, Shape], asked: Mapping[str, Sequence[Pointer]], known: Mapping[Pointer, Shape]
) -> list[Component]:
    """The components, each with what its shape is and is not (`likeness`), under the pointer by which it is known already, if it is.

    `own`: shapes of the file; `asked`: component → pointers of parts that it may be; `known`: their shapes, as far as they are kept.
    """
    until = time.monotonic() + SECONDS
    before: dict[str, list[Pointer]] = {}
    shape_of = {**known, **own}
    found = []
    for component in components:
        shape = own.get(component.shape or "")
        if component.shape is None or shape is None:
            found.append(component)
            continue
        keys = keys_near(shape)
        twins = [pointer for key in keys for pointer in before.get(key, ())]
        likeness = _likeness(component.shape, shape, [*asked.get(component.key, ()), *twins], shape_of, until)
        pointer = min((p for p in likeness.same if p in known), default=None) or next((p for p in twins if p in likeness.same), None)
        if pointer is None:
            before.setdefault(key_of(shape), []).append(component.shape)
        near = [key for key in keys if key != component.geometry]
        found.append(
            msgspec.structs.replace(component, shape=pointer or component.shape, likeness=msgspec.structs.replace(likeness, near=near))
        )
    return found


def _likeness(pointer: Pointer, shape: Shape, others: Sequence[Pointer], shape_of: Mapping[Pointer, Shape], until: float) -> Likeness:
    same, other = {pointer}, dict[Pointer, list[str]]()
    for each in dict.fromkeys(others):
        if each in same:
            continue
        if each not in shape_of:
            other[each] = [NOT_THERE]
        elif time.monotonic() > until:
            other[each] = [NO_TIME]
        else:
            found = compare(shape_of[each], shape)
            if found.verdict is Verdict.SAME:
                same.add(each)
            else:
                other[each] = list(found.words[:WORDS_MAX])
    return Likeness(same=sorted(same), other=other)


def same_shape(component: Component, attributes: Mapping[str, Any]) -> bool | None:
    """Whether a part has the component's shape; None where one of them has none, or nothing is known of it.

    A part that was measured until 0.1 is compared by the hash of that time.
    """
    pointer = attributes.get("shape")
    if pointer is None:
        coarse = attributes.get("geometry_hash")
        return coarse == component.geometry_hash if coarse and component.geometry_hash else None
    if component.shape is None:
        return None
    if component.likeness is None:
        return True if pointer == component.shape else None
    return pointer in component.likeness.same


def what_differs(component: Component, attributes: Mapping[str, Any]) -> list[str]:
    """In words, why the part's shape would change; nothing where it is the same, or where there is nothing to compare."""
    if same_shape(component, attributes) is True and "shape" in attributes:
        return []
    pointer = attributes.get("shape")
    if pointer is None:
        same = same_shape(component, attributes)
        return [] if same is None or component.shape is None else [COARSELY if same else COARSELY_OTHER]
    return component.likeness.other.get(pointer, []) if component.likeness else []


def shape_attributes(component: Component, attributes: Mapping[str, Any]) -> dict[str, Any]:
    """A merge patch of what the shape changes on a part with these attributes (none: a new part); empty where it is the same."""
    if component.shape is None:
        return {}
    if attributes.get("shape") is not None and same_shape(component, attributes):
        return {}
    gone = {"geometry_hash": None} if "geometry_hash" in attributes else {}
    return {"geometry": component.geometry, "shape": component.shape, **gone}
