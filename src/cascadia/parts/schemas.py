"""Shapes of requests and answers about parts."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from cascadia.items.model import (
    DESCRIPTION_MAX,
    NAME_MAX,
    NUMBER_MAX,
    AttributeType,
    ItemRow,
    Phase,
    RevisionStatus,
    next_revision,
    revision_status,
)
from cascadia.kernel.text import lines, one_line
from cascadia.vault.model import derivative_url
from cascadia.versioning.model import Control
from cascadia.versioning.schemas import PersonRef, PointView

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=NAME_MAX), AfterValidator(one_line)]
Number = Annotated[str, StringConstraints(min_length=1, max_length=NUMBER_MAX), AfterValidator(one_line)]
Description = Annotated[str, StringConstraints(max_length=DESCRIPTION_MAX), AfterValidator(lines)]


class ProjectRef(BaseModel):
    """The project that an item belongs to."""

    id: UUID
    code: str
    name: str


class Part(BaseModel):
    """A part at one point in history. `version` is what `If-Match` compares."""

    id: UUID
    number: str
    aliases: list[str]
    name: str
    description: str | None
    phase: Phase
    revision: str | None
    revision_status: RevisionStatus
    expected_revision: str
    project: ProjectRef
    owner: PersonRef | None
    attributes: dict[str, Any]
    thumbnail: str | None = Field(description="Path of a PNG, where a file shows the part.")
    model: str | None = Field(description="Path of a GLB, where a file shows the part in 3D.")
    model_component: str | None = Field(description="Which component of the model the part is; null = the whole.")
    version: str
    created_at: datetime
    updated_at: datetime
    updated_by: PersonRef
    at: PointView

    @classmethod
    def of(cls, row: ItemRow) -> "Part":
        """The answer for one row."""
        return cls(
            id=row.uid,
            number=row.number,
            aliases=row.aliases,
            name=row.name,
            description=row.description,
            phase=Phase(row.phase),
            revision=row.revision,
            revision_status=revision_status(row.revision),
            expected_revision=next_revision(row.revision),
            project=ProjectRef(id=row.project_uid, code=row.project_code, name=row.project_name),
            owner=PersonRef(id=row.owner_uid, name=row.owner_name) if row.owner_uid and row.owner_name else None,
            attributes=row.attributes,
            thumbnail=thumbnail_url(row.model_file, row.model_component) if row.has_thumbnail else None,
            model=derivative_url(row.model_file, "glb") if row.model_file and row.has_model else None,
            model_component=row.model_component if row.has_model else None,
            version=row.version,
            created_at=row.created_at,
            updated_at=row.updated_at,
            updated_by=PersonRef(id=row.updated_by_uid, name=row.updated_by_name),
            at=PointView(branch=row.at_branch, seq=row.at_seq, head=row.at_head, time=row.at_time),
        )


def thumbnail_url(file: UUID | None, component: str | None) -> str | None:
    """Where the picture of a file, or of a component of it, is read; None without a file."""
    return derivative_url(file, "thumbnail", component or "") if file else None


class PartPage(BaseModel):
    """One page of parts."""

    items: list[Part]
    next: str | None
    total: int | None = None


class NewPart(BaseModel):
    """A part to be made. Without `number` the scheme draws one."""

    model_config = ConfigDict(extra="forbid")

    project: UUID
    name: Name
    number: Number | None = None
    description: Description | None = None
    owner: UUID | None = None
    attributes: dict[str, Any] = {}


class PartPatch(BaseModel):
    """A JSON Merge Patch: what is not mentioned stays, null removes. Fields that a rule owns are refused, naming the rule."""

    model_config = ConfigDict(extra="allow")

    name: Name | None = None
    description: Description | None = None
    owner: UUID | None = None
    attributes: dict[str, Any] | None = None


class NewNumber(BaseModel):
    """The corrected number of an item that was never released."""

    model_config = ConfigDict(extra="forbid")

    number: Number


class NewAlias(BaseModel):
    """Another number that finds the item."""

    model_config = ConfigDict(extra="forbid")

    alias: Number


class KindField(BaseModel):
    """One attribute of a kind, with its control class."""

    name: str
    title: str
    type: AttributeType
    control: Control
    dimension: str | None
    derived: bool = Field(description="Set by a rule, never typed.")
    choices: list[str]
    units: list[str] = Field(description="The units that a value may have.")


class KindView(BaseModel):
    """A kind of item and its attributes."""

    kind: str
    title: str
    fields: list[KindField]
