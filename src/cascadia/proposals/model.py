"""Values of proposals: what a file says of a product, parts that may be it, and how sure that is. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from cascadia.structures.model import Component, MakerPart


class Verdict(StrEnum):
    """What a row would do if it were accepted as it stands."""

    NEW = "new"
    MATCHED = "matched"
    ADD = "add"
    CHANGE = "change"
    SAME = "same"
    REMOVE = "remove"


class Choice(StrEnum):
    """What a person decides: for parts create, use or skip; for lines apply or skip."""

    CREATE = "create"
    USE = "use"
    SKIP = "skip"
    APPLY = "apply"


class Certainty(StrEnum):
    """How sure it is that a component is a part: what is `likely` is used and looked at before, a `suggestion` is only shown."""

    SURE = "sure"
    LIKELY = "likely"
    SUGGESTION = "suggestion"
    NONE = "none"


class Way(StrEnum):
    """How a part was found, the surest first.

    `other_name`: by its name, but in another project, or against a number; `choice`: by a person.
    """

    SOURCE = "source"
    NUMBER = "number"
    ALIAS = "alias"
    MAKER = "maker"
    NAME_GEOMETRY = "name_geometry"
    RENAMED = "renamed"
    NAME = "name"
    GEOMETRY = "geometry"
    OTHER_NAME = "other_name"
    CHOICE = "choice"


GUESSED: Final[Mapping[Way, str]] = {
    Way.MAKER: "it was found by the maker's number, and who the maker is stands on one side only",
    Way.NAME_GEOMETRY: "it was found by its name and shape",
    Way.RENAMED: "it has the shape of a part that this file had under another name",
    Way.NAME: "it was found by its name alone",
}
"""Why a person looks at a part that was found so."""


FOUND: Final[Mapping[str, str]] = {
    Way.SOURCE: "by this file before",
    Way.NUMBER: "by number",
    Way.ALIAS: "by another number",
    Way.MAKER: "by maker's number",
    Way.NAME_GEOMETRY: "by name and shape",
    Way.RENAMED: "renamed, by shape",
    Way.NAME: "by name",
    Way.GEOMETRY: "same shape",
    Way.OTHER_NAME: "same name",
    Way.CHOICE: "chosen",
}


def found_by(way: str) -> str:
    """How a part was found, in words; those of earlier releases are their own."""
    return FOUND.get(way, way)


@dataclass(frozen=True, slots=True)
class Product:
    """A component as far as it tells who it is. `called`: for people.

    `sources`: what identifies it in every state of its file, the best first. `number`: that it claims, `only_alias`: it is the name again.
    `name`: None where it says nothing. `volume` in mm³; `component` for its shape. `is_named`: its name is not made of the file's.
    """

    key: str
    called: str
    sources: tuple[str, ...] = ()
    number: str | None = None
    own_number: bool = False
    only_alias: bool = False
    name: str | None = None
    makers: tuple[MakerPart, ...] = ()
    component: Component | None = None
    volume: Decimal | None = None
    is_root: bool = False
    is_named: bool = True
    fitted: bool = True

    @property
    def shapes(self) -> frozenset[str]:
        """By what its shape may be remembered."""
        if self.component is None:
            return frozenset()
        same = self.component.likeness.same if self.component.likeness else []
        return frozenset({*same, *(known for known in (self.component.shape, self.component.geometry_hash) if known)})


@dataclass(frozen=True, slots=True)
class Hit:
    """A part that may be a component. `ways`: what of it is the component's, `here`: it is of the file's project.

    `numbers`: all under which it is found, `chosen`: those of them that were not drawn by the scheme.
    """

    component: str
    item_id: int
    uid: UUID
    number: str
    name: str
    ways: Sequence[str]
    here: bool
    numbers: Sequence[str]
    chosen: Sequence[str]
    attributes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Judged:
    """What is thought of one part for one component. `doubts`: why a person looks at it; `agreeing`: how much else is the same."""

    hit: Hit
    way: Way
    certainty: Certainty
    doubts: tuple[str, ...] = ()
    agreeing: int = 0

    @property
    def order(self) -> tuple[int, int, int]:
        """The surest first."""
        return CERTAINTIES[self.certainty], WAYS[self.way], -self.agreeing


CERTAINTIES: Final = {certainty: n for n, certainty in enumerate(Certainty)}
WAYS: Final = {way: n for n, way in enumerate(Way)}
