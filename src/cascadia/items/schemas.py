"""Shapes of requests and answers about number schemes."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from cascadia.kernel.text import one_line

Text = Annotated[str, StringConstraints(min_length=1, max_length=30), AfterValidator(one_line)]


class Literally(BaseModel):
    """A text that every number has in this place."""

    model_config = ConfigDict(extra="forbid")

    literal: Text


class Sequence(BaseModel):
    """A number that is never drawn twice, with at least so many digits."""

    model_config = ConfigDict(extra="forbid")

    sequence: int = Field(ge=1, le=12)


class ProjectCode(BaseModel):
    """The code of the item's project."""

    model_config = ConfigDict(extra="forbid")

    project: Literal[True]


class Year(BaseModel):
    """The year in UTC, with two or four digits."""

    model_config = ConfigDict(extra="forbid")

    year: Literal[2, 4]


Segment = Literally | Sequence | ProjectCode | Year


class NumberScheme(BaseModel):
    """How numbers of a kind are made: segments in order, one of them the sequence."""

    model_config = ConfigDict(extra="forbid")

    segments: list[Segment] = Field(min_length=1, max_length=8)
    typed_allowed: bool = Field(default=True, description="Whether a number may be typed instead.")


class NumberSchemeView(NumberScheme):
    """A kind's scheme."""

    kind: str


class NumberSchemePage(BaseModel):
    """The schemes of all kinds."""

    items: list[NumberSchemeView]
    next: str | None
    total: int | None = None
