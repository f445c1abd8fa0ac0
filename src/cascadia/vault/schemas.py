"""Shapes of requests and answers about files."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from cascadia.kernel.text import one_line
from cascadia.vault.model import COMPONENT_MAX, AttachmentRole, AttachmentRow, DerivativeRow, FileRow, derivative_url
from cascadia.vault.room import Usage
from cascadia.vault.uploads import UploadRow
from cascadia.vault.verification import Damaged
from cascadia.versioning.schemas import PersonRef, PointView

Category = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), AfterValidator(one_line)]
Component = Annotated[str, StringConstraints(min_length=1, max_length=COMPONENT_MAX), AfterValidator(one_line)]


class FileProject(BaseModel):
    """The project that a file belongs to."""

    id: UUID
    code: str
    name: str


class DerivativeView(BaseModel):
    """What a converter made from a file's content, and where its bytes are read."""

    kind: str = Field(description="`structure`, `glb`, `thumbnail`, …")
    component: str | None = Field(description="The part of the content that is meant; null = the whole.")
    media_type: str
    size: int
    url: str = Field(description="Path on this server; it changes when the bytes do, so they may be cached for ever.")

    @classmethod
    def of(cls, file: UUID, row: DerivativeRow) -> "DerivativeView":
        """The answer for one row, as a derivative of that file."""
        url = derivative_url(file, row.kind, row.component, row.sha256)
        return cls(kind=row.kind, component=row.component or None, media_type=row.media_type, size=row.size, url=url)


class DerivativePage(BaseModel):
    """One page of derivatives, by kind and component."""

    items: list[DerivativeView]
    next: str | None
    total: int | None = None


class FileView(BaseModel):
    """A file. It never changes: a new version is another file."""

    id: UUID
    name: str
    size: int = Field(description="Bytes.")
    sha256: str
    media_type: str
    project: FileProject
    created_at: datetime
    created_by: PersonRef
    derivatives: list[DerivativeView] = Field(description="Those of the whole content; `/derivatives` lists those of its components too.")

    @classmethod
    def of(cls, row: FileRow, derivatives: Sequence[DerivativeRow]) -> "FileView":
        """The answer for one row; derivatives of other contents are left out."""
        return cls(
            id=row.uid,
            name=row.name,
            size=row.size,
            sha256=row.sha256,
            media_type=row.media_type,
            project=FileProject(id=row.project_uid, code=row.project_code, name=row.project_name),
            created_at=row.created_at,
            created_by=PersonRef(id=row.created_by_uid, name=row.created_by_name),
            derivatives=[DerivativeView.of(row.uid, d) for d in derivatives if d.source_blob_id == row.blob_id],
        )


class FilePage(BaseModel):
    """One page of files, newest first."""

    items: list[FileView]
    next: str | None
    total: int | None = None


class UploadError(BaseModel):
    """Why an upload failed."""

    code: str
    message: str


class UploadView(BaseModel):
    """An upload in pieces. `file` is there once the whole was put together."""

    id: UUID
    state: Literal["receiving", "done", "failed"]
    name: str
    size: int = Field(description="Bytes of the whole.")
    offset: int = Field(description="Bytes that have arrived.")
    file: UUID | None
    error: UploadError | None
    project: FileProject
    created_at: datetime
    created_by: PersonRef
    expires_at: datetime

    @classmethod
    def of(cls, row: UploadRow) -> "UploadView":
        """The answer for one row."""
        return cls.model_validate(
            {
                "id": row.uid,
                "state": row.state,
                "name": row.name,
                "size": row.size,
                "offset": row.received,
                "file": row.file_uid,
                "error": row.error,
                "project": {"id": row.project_uid, "code": row.project_code, "name": row.project_name},
                "created_at": row.created_at,
                "created_by": {"id": row.created_by_uid, "name": row.created_by_name},
                "expires_at": row.expires_at,
            }
        )


class OpenUploadPage(BaseModel):
    """One page of uploads that became no file, newest first."""

    items: list[UploadView]
    next: str | None


class QuotaBody(BaseModel):
    """What the files of a program may take."""

    model_config = ConfigDict(extra="forbid")

    allowed: int | None = Field(ge=0, le=2**62, description="Bytes; null: no bound.")


class UsageView(BaseModel):
    """What the files of a program take and may take, in bytes. Each file counts whole, also where others have the same contents."""

    id: UUID = Field(description="The program.")
    code: str
    name: str
    used: int
    promised: int = Field(description="Of open uploads, whole.")
    allowed: int | None = Field(description="null: no bound.")

    @classmethod
    def of(cls, row: Usage) -> "UsageView":
        """The answer for one row."""
        return cls(id=row.uid, code=row.code, name=row.name, used=row.used, promised=row.promised, allowed=row.allowed)


class UsagePage(BaseModel):
    """One page of programs with what their files take."""

    items: list[UsageView]
    next: str | None
    total: int | None = None


class AttachedItem(BaseModel):
    """The item that a file is attached to."""

    id: UUID
    number: str


class AttachmentView(BaseModel):
    """A file that belongs to an item, at one point in history. `version` is what `If-Match` compares."""

    id: UUID
    item: AttachedItem
    file: FileView
    role: AttachmentRole
    category: str | None
    component: str | None = Field(description="The component of the file that the item is; null = the whole.")
    version: str
    at: PointView

    @classmethod
    def of(cls, row: AttachmentRow) -> "AttachmentView":
        """The answer for one row."""
        made = [
            DerivativeView(
                kind=d["kind"],
                component=None,
                media_type=d["media_type"],
                size=d["size"],
                url=derivative_url(row.file_uid, d["kind"], "", d["sha256"]),
            )
            for d in row.derivatives
        ]
        file = FileView(
            id=row.file_uid,
            name=row.name,
            size=row.size,
            sha256=row.sha256,
            media_type=row.media_type,
            project=FileProject(id=row.project_uid, code=row.project_code, name=row.project_name),
            created_at=row.created_at,
            created_by=PersonRef(id=row.created_by_uid, name=row.created_by_name),
            derivatives=made,
        )
        return cls(
            id=row.uid,
            item=AttachedItem(id=row.item_uid, number=row.item_number),
            file=file,
            role=AttachmentRole(row.role),
            category=row.category,
            component=row.component,
            version=row.version,
            at=PointView(branch=row.at_branch, seq=row.at_seq, head=row.at_head, time=row.at_time),
        )


class AttachmentPage(BaseModel):
    """One page of an item's attachments, oldest first, at the point `at`."""

    items: list[AttachmentView]
    next: str | None
    total: int | None = None
    at: PointView


class NewAttachmentBody(BaseModel):
    """A file to be attached."""

    model_config = ConfigDict(extra="forbid")

    file: UUID
    role: AttachmentRole = AttachmentRole.OTHER
    category: Category | None = None
    component: Component | None = None


class AttachmentPatch(BaseModel):
    """A JSON Merge Patch: what is not mentioned stays; null removes category or component. Another `file` is a check-in."""

    model_config = ConfigDict(extra="forbid")

    file: UUID | None = None
    role: AttachmentRole | None = None
    category: Category | None = None
    component: Component | None = None

    @model_validator(mode="after")
    def _file_and_role_stay(self) -> "AttachmentPatch":
        if any(name in self.model_fields_set and getattr(self, name) is None for name in ("file", "role")):
            raise ValueError("file and role cannot be removed; delete the attachment instead")
        return self


class DamagedFile(BaseModel):
    """A file whose stored bytes are missing, or are not what was stored."""

    id: UUID
    name: str
    size: int
    damage: Literal["missing", "changed"]
    verified_at: datetime

    @classmethod
    def of(cls, row: Damaged) -> "DamagedFile":
        same = {name: getattr(row, name) for name in ("name", "size", "damage", "verified_at")}
        return cls(id=row.uid, **same)


class DamagedPage(BaseModel):
    """Damaged files, oldest first."""

    items: list[DamagedFile]
    next: str | None
    total: int | None
