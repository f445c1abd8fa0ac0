"""Shapes of requests and answers about proposals."""

from collections.abc import Container
from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from cascadia.bom.schemas import Measured, Quantity
from cascadia.items.model import DESCRIPTION_MAX, NAME_MAX, NUMBER_MAX
from cascadia.kernel.schemas import Lines, OneLine
from cascadia.proposals.joined import Joined
from cascadia.proposals.model import found_by
from cascadia.proposals.reading_schemas import ReadingOptions
from cascadia.proposals.rows import Row
from cascadia.proposals.service import ProposalRow
from cascadia.proposals.standing import as_applied
from cascadia.structures.model import Reader, reader_of
from cascadia.vault.model import derivative_url
from cascadia.versioning.model import MAIN
from cascadia.versioning.schemas import PersonRef

CLASH: Final = "clash"
State = Literal["waiting", "open", "accepted", "discarded", "stale", "failed"]


class NewProposal(BaseModel):
    """A file whose structure is to be proposed for a project."""

    model_config = ConfigDict(extra="forbid")

    file: UUID
    project: UUID
    branch: Literal["main"] = MAIN
    reading: ReadingOptions | None = Field(default=None, description="How a parts list is read; null: everything is recognised.")


class FileRef(BaseModel):
    """A file by id and name."""

    id: UUID
    name: str


class ProposalProject(BaseModel):
    """The project that a proposal is for."""

    id: UUID
    code: str
    name: str


class Refused(BaseModel):
    """Why a proposal failed, for the person who asked."""

    code: str
    message: str


class Counts(BaseModel):
    """What would be there of the file, and what would change, as the rows are decided now.

    `usages` are those of the file; `files` is 1 where a newer content of it is checked in. `clashes`: lines that are to be checked, which
    no other count of lines that change has.
    """

    components: int
    leaf_parts: int
    usages: int
    lines: int
    occurrences: int
    leaf_occurrences: int
    new: int
    matched: int
    changed: int
    skipped: int = 0
    parts_changed: int = 0
    added: int = 0
    lines_changed: int = 0
    removed: int = 0
    unchanged: int
    clashes: int = 0
    files: int = 0

    @property
    def writes(self) -> int:
        """How many rows accepting would write; 0: there is nothing to accept."""
        return self.new + self.parts_changed + self.added + self.lines_changed + self.removed + self.files


class ReadingNote(BaseModel):
    """What was guessed, left out or found damaged on reading the file, in words; of a component, or (null) of the whole."""

    code: str
    message: str
    component: str | None = None


class CommitRef(BaseModel):
    """The commit that accepted it."""

    id: UUID
    seq: int


class RootItem(BaseModel):
    """The part that the file's root became."""

    id: UUID
    number: str


class Proposal(BaseModel):
    """What a file would change, to review and accept as one commit."""

    id: UUID
    file: FileRef
    project: ProposalProject
    branch: str
    base_seq: int | None
    state: State
    error: Refused | None
    counts: Counts | None
    notes: list[ReadingNote] = Field(description="What was guessed, left out or found damaged on reading the file.")
    root: UUID | None = Field(description="The row of the file's root.")
    root_item: RootItem | None
    job: UUID | None = Field(description="The job whose progress is shown: conversion, then match.")
    commit: CommitRef | None
    undone: CommitRef | None = Field(description="The commit that undid it.")
    to_mend: int = Field(
        description="Rows with `problems`, and rows of the list that cannot be meant: it is not accepted before each is mended or left out."
    )
    to_check: int = Field(description="Rows that were guessed: it is not accepted before each is `confirmed` or decided otherwise.")
    no_change: bool = Field(description="Everything is as the file says: accepting it closes it and makes no commit.")
    model: str | None = Field(description="Where the file's 3D model is read; null for a parts list, and as long as it is not there.")
    pictures: Literal["to_come", "there", "missing"] | None = Field(
        description="Whether 3D model and pictures are being made, are there, or will not come by themselves; null for a parts list."
    )
    created_at: datetime
    changed_at: datetime
    created_by: PersonRef

    @classmethod
    def of(cls, row: ProposalRow) -> "Proposal":
        """The answer for one row."""
        return cls(
            id=row.uid,
            file=FileRef(id=row.file_uid, name=row.file_name),
            project=ProposalProject(id=row.project_uid, code=row.project_code, name=row.project_name),
            branch=row.branch,
            base_seq=row.base_seq,
            state=row.state,
            error=Refused.model_validate(row.error) if row.error else None,
            counts=Counts.model_validate(row.counts) if row.counts else None,
            notes=[ReadingNote.model_validate(note) for note in row.notes],
            root=row.root_row,
            root_item=RootItem(id=row.root_uid, number=row.root_number) if row.root_uid and row.root_number else None,
            job=row.job,
            commit=CommitRef(id=row.commit_uid, seq=row.commit_seq) if row.commit_uid and row.commit_seq else None,
            undone=CommitRef(id=row.undone_uid, seq=row.undone_seq) if row.undone_uid and row.undone_seq else None,
            to_mend=row.to_mend,
            to_check=row.to_check,
            no_change=_has_no_change(row),
            model=derivative_url(row.file_uid, "glb") if row.has_model else None,
            pictures=_pictures(row),
            created_at=row.created_at,
            changed_at=row.changed_at,
            created_by=PersonRef(id=row.created_by_uid, name=row.created_by_name),
        )


def _has_no_change(row: ProposalRow) -> bool:
    if row.state == "accepted":
        return row.commit_uid is None
    if row.state != "open" or row.to_check or row.to_mend or row.counts is None:
        return False
    return "added" in row.counts and Counts.model_validate(row.counts).writes == 0


def _pictures(row: ProposalRow) -> Literal["to_come", "there", "missing"] | None:
    if reader_of(row.file_name, row.media_type) is not Reader.STEP:
        return None
    if row.is_drawn_now or row.state == "waiting":
        return "to_come"
    return "there" if row.has_picture else "missing"


class ProposalPage(BaseModel):
    """One page of proposals, newest first."""

    items: list[Proposal]
    next: str | None
    total: int | None = None


class Candidate(BaseModel):
    """A part that the component may be. `words`: how it was found."""

    id: UUID
    number: str
    name: str
    match_by: str
    words: str = ""


class MatchedItem(BaseModel):
    """The part that a component is taken for."""

    id: UUID
    number: str
    name: str


class AttributeChange(BaseModel):
    """What accepting changes on a part: an attribute, `name`, or `alias` (another number that finds it); offered where not `apply`.

    Of a line: a field that people changed since the file before, which stays as it is unless it is taken (`line`: somebody took it out).
    """

    field: str
    old: Any | None
    new: Any | None
    apply: bool = True
    words: str | None = Field(default=None, description="What differs of a shape; why a field of a line stays.")


class RowProblem(BaseModel):
    """Why a row cannot be accepted as it is: the member to mend, and words."""

    field: str
    message: str
    readings: list[str] = Field(
        default=[],
        description="Of a quantity that has two: with a point before its decimals, with a comma. Sent as the row's `quantity`, it decides "
        "for all rows of the list that ask the same.",
    )


class ProposalRowView(BaseModel):
    """One row: a part (`component`, …) or a line (`parent`, `child`, `quantity`, …). Members of the other kind are null."""

    id: UUID
    kind: Literal["part", "line"]
    verdict: Literal["new", "matched", "add", "change", "same", "remove", "clash"] = Field(
        description="What accepting the row does; `clash`: file and people made something else of a line, and a person decides first."
    )
    choice: Literal["create", "use", "skip", "apply"]
    component: str | None = None
    name: str | None = None
    product_number: str | None = None
    is_assembly: bool | None = None
    is_root: bool | None = None
    match: MatchedItem | None = None
    match_by: str | None = None
    match_words: str | None = Field(default=None, description="How the match was found, in words.")
    candidates: list[Candidate] = []
    certainty: Literal["sure", "likely", "suggestion", "none"] = Field(
        default="sure", description="How sure the match is; candidates of a suggestion are shown only, and a part is made by default."
    )
    doubts: list[str] = Field(default=[], description="Why a person looks at the row before it is accepted.")
    confirmed: bool = Field(default=True, description="False: to be checked, then confirmed or decided otherwise.")
    left_out: bool = Field(default=False, description="Nothing of it is written, because what it belongs to is skipped.")
    problems: list[RowProblem] = []
    notes: list[str] = Field(default=[], description="How the part was read otherwise than the file has it.")
    number: str | None = Field(default=None, description="The number to be created under; null = drawn by the scheme.")
    description: str | None = None
    quantity_total: int | None = None
    mass: Measured | None = None
    volume: Measured | None = None
    bbox: list[str] | None = None
    thumbnail: str | None = None
    changes: list[AttributeChange] = []
    parent: UUID | None = None
    child: UUID | None = None
    quantity: str | None = None
    old_quantity: str | None = None
    designators: list[str] = []
    old_designators: list[str] = []
    fitted: bool | None = Field(
        default=None, description="False where the file says that the line is not fitted: it is left out, or taken out."
    )
    old_child: str | None = Field(default=None, description="The number of the part that the line has now.")
    instances: list[str] = []

    @classmethod
    def of(cls, row: Row, file: UUID, pictured: Container[str]) -> "ProposalRowView":
        """The answer for one row of a proposal of `file`, of which the components in `pictured` have a picture."""
        verdict = CLASH if row.kind == "line" and not row.confirmed else row.verdict
        common = {"id": row.uid, "kind": row.kind, "verdict": verdict, "choice": row.choice, "problems": row.problems}
        common |= {"certainty": row.certainty, "doubts": row.doubts, "confirmed": row.confirmed, "left_out": row.left_out}
        return cls.model_validate({**common, **(_part(row, file, pictured) if row.kind == "part" else _line(row))})


def picture_of(row: Row) -> str:
    """The component whose picture shows the row; the root has a larger one, of the whole."""
    return "" if row.found.get("is_root") else row.component or ""


def _part(row: Row, file: UUID, pictured: Container[str]) -> dict[str, Any]:
    found = row.found
    return {
        "component": row.component,
        "name": row.name or found["name"],
        "product_number": found["number"],
        "is_assembly": found["is_assembly"],
        "is_root": found["is_root"],
        "match": {"id": row.match_uid, "number": row.match_number, "name": row.match_name or ""} if row.match_uid else None,
        "match_by": row.match_by,
        "match_words": found_by(row.match_by) if row.match_by else None,
        "candidates": [{**candidate, "words": found_by(candidate["match_by"])} for candidate in row.candidates],
        "notes": found.get("notes", []),
        "number": row.number,
        "description": found.get("description") if row.description is None else row.description or None,
        "quantity_total": found["quantity"],
        "mass": {"value": found["mass"], "unit": "kg"} if found.get("mass") else None,
        "volume": {"value": found["volume"], "unit": "mm3"} if found.get("volume") else None,
        "bbox": found.get("bbox"),
        "thumbnail": derivative_url(file, "thumbnail", picture_of(row)) if picture_of(row) in pictured else None,
        "changes": row.changes,
    }


def _line(row: Row) -> dict[str, Any]:
    found = as_applied(row.found, row.changes)
    return {
        "parent": row.parent_row,
        "child": row.child_row,
        "quantity": str(found["quantity"]) if found.get("quantity") else None,
        "old_quantity": row.found.get("old_quantity"),
        "designators": found.get("designators", []),
        "old_designators": row.found.get("old_designators", []),
        "fitted": row.found.get("fitted", True),
        "old_child": row.found.get("old_child"),
        "instances": sorted(found.get("placements", {})),
        "changes": row.changes,
    }


class ProposalRowPage(BaseModel):
    """One page of rows: parts first, then lines."""

    items: list[ProposalRowView]
    next: str | None
    total: int | None = None


class RowPatch(BaseModel):
    """What a row is to do. For parts `create`, `use` (the id of an existing one) or `skip`; for lines `apply` or `skip`.

    A member that is null is as in the file.
    """

    model_config = ConfigDict(extra="forbid")

    choice: Literal["create", "use", "skip", "apply"] | None = None
    use: UUID | None = None
    number: Annotated[OneLine, Field(max_length=NUMBER_MAX)] | None = None
    name: Annotated[OneLine, Field(max_length=NAME_MAX)] | None = None
    description: Annotated[Lines, Field(max_length=DESCRIPTION_MAX)] | None = Field(
        default=None, description="Of a part to be created; null = the file's, empty = none."
    )
    take: dict[str, bool] | None = Field(default=None, max_length=100, description="Which `changes` are applied, by their `field`.")
    quantity: Quantity | None = Field(default=None, description="Of a line without designators and placements.")


class Confirmation(BaseModel):
    """Which rows marked *check* are right as they are; null: all."""

    model_config = ConfigDict(extra="forbid")

    rows: Annotated[list[UUID], Field(max_length=1000)] | None = None


class JoinedPart(BaseModel):
    """A component of a file that became a part by a guess, in an import of a release that took guesses: look whether it is that part."""

    row: UUID = Field(description="The row of the proposal: what a split names.")
    part: MatchedItem
    number: str | None = Field(description="In the file.")
    name: str | None = Field(description="In the file.")
    words: str = Field(description="How the part was found.")
    together: int = Field(description="How many components of that file are this part.")
    file: str
    proposal: UUID
    project: str
    at: datetime

    @classmethod
    def of(cls, row: Joined) -> "JoinedPart":
        """The answer for one guess."""
        return cls(
            row=row.uid,
            part=MatchedItem(id=row.part_uid, number=row.part_number, name=row.part_name),
            number=row.number,
            name=row.name,
            words=found_by(row.match_by),
            together=row.together,
            file=row.file_name,
            proposal=row.proposal_uid,
            project=row.project_code,
            at=row.at,
        )


class JoinedPage(BaseModel):
    """One page of guesses, the oldest first."""

    items: list[JoinedPart]
    next: str | None
    total: int | None = None


class PartSplit(BaseModel):
    """What of a part becomes a part of its own: `lines` that use it, and (`row` of an accepted proposal) what that component of a file is.

    `name` and `number` of the new part; null: the row's name, a number by the scheme.
    """

    model_config = ConfigDict(extra="forbid")

    name: Annotated[OneLine, Field(max_length=NAME_MAX)] | None = None
    number: Annotated[OneLine, Field(max_length=NUMBER_MAX)] | None = None
    lines: Annotated[list[UUID], Field(max_length=1000)] = []
    row: UUID | None = None


class Acceptance(BaseModel):
    """How a proposal is accepted."""

    model_config = ConfigDict(extra="forbid")

    message: Annotated[Lines, Field(max_length=1000)] | None = None
