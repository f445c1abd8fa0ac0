"""Shapes of requests and answers about files."""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote
from uuid import UUID

from pydantic import BaseModel, Field

from cascadia.vault.model import DerivativeRow, FileRow
from cascadia.versioning.schemas import PersonRef


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
        query = f"component={quote(row.component, safe='')}&" if row.component else ""
        return cls(
            kind=row.kind,
            component=row.component or None,
            media_type=row.media_type,
            size=row.size,
            url=f"/api/v1/files/{file}/derivatives/{row.kind}?{query}v={row.sha256[:16]}",
        )


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
