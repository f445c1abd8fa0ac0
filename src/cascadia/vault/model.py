"""Values and rules of files: rows as they are read, names, media types, roles of attachments. Pure."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from mimetypes import MimeTypes
from pathlib import PurePosixPath
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

from cascadia.kernel.errors import Invalid
from cascadia.kernel.text import one_line
from cascadia.versioning.model import Ref

NAME_LENGTH: Final = 255
COMPONENT_MAX: Final = 500
"""Characters of what a file calls one of its components."""
OCTETS: Final = "application/octet-stream"
UNTOLD: Final = frozenset({"", OCTETS, "application/x-www-form-urlencoded", "binary/octet-stream"})
"""Content types that clients send when they do not know."""
MEDIA_TYPE: Final = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,62}/[a-z0-9][a-z0-9!#$&^_.+-]{0,62}")

READ_BY_SUFFIX: Final = {
    ".3mf": "model/3mf",
    ".dwg": "image/vnd.dwg",
    ".dxf": "image/vnd.dxf",
    ".glb": "model/gltf-binary",
    ".gltf": "model/gltf+json",
    ".iges": "model/iges",
    ".igs": "model/iges",
    ".md": "text/markdown",
    ".p21": "model/step",
    ".step": "model/step",
    ".step.gz": "model/step+gzip",
    ".stl": "model/stl",
    ".stp": "model/step",
    ".stp.gz": "model/step+gzip",
    ".stpz": "model/step+zip",
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""What these names mean is known here, whatever a client calls it: `application/step`, or Excel's type for a CSV file."""
_types = MimeTypes()
for _suffix, _type in READ_BY_SUFFIX.items():
    _types.add_type(_type, _suffix)


class AttachmentRole(StrEnum):
    """What an attached file is for its item."""

    CAD = "cad"
    DRAWING = "drawing"
    SPECIFICATION = "specification"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Blob:
    """A content: `sha256` hexadecimal, `size` in bytes, `key` in the blob store."""

    blob_id: int
    sha256: str
    size: int
    key: str


@dataclass(frozen=True, slots=True)
class OutputRow:
    """A file that a job made for one person."""

    uid: UUID
    name: str
    media_type: str
    key: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file as it is read, with its content and project."""

    file_id: int
    uid: UUID
    name: str
    media_type: str
    size: int
    sha256: str
    key: str
    blob_id: int
    project_uid: UUID
    project_code: str
    project_name: str
    program_id: int
    created_by_uid: UUID
    created_by_name: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class DerivativeRow:
    """What a converter made from a content; `component` is '' for the whole."""

    source_blob_id: int
    kind: str
    component: str
    converter: str
    media_type: str
    size: int
    sha256: str
    key: str


@dataclass(frozen=True, slots=True)
class AttachmentRow:
    """An attachment at one point with its file; `derivatives` of the whole file as {kind, media_type, size, sha256}."""

    attachment_id: int
    uid: UUID
    branch_id: int
    from_seq: int
    role: str
    category: str | None
    component: str | None
    item_id: int
    item_uid: UUID
    item_number: str
    item_program_id: int
    file_id: int
    file_uid: UUID
    name: str
    media_type: str
    size: int
    sha256: str
    created_at: datetime
    project_uid: UUID
    project_code: str
    project_name: str
    created_by_uid: UUID
    created_by_name: str
    derivatives: list[dict[str, Any]]
    at_branch: str
    at_seq: int
    at_head: bool
    at_time: datetime

    @property
    def version(self) -> str:
        """What `If-Match` compares: branch and seq of the row that is read."""
        return f"{self.branch_id}-{self.from_seq}"


@dataclass(frozen=True, slots=True)
class ItemPoint:
    """An item at a point that was resolved."""

    item_id: int
    branch: str
    seq: int
    head: bool
    time: datetime


@dataclass(frozen=True, slots=True)
class NewAttachment:
    """An attachment to be made; its id comes from `service.draw_attachment_ids`. `component` None = the whole file shows the item."""

    attachment_id: int
    uid: UUID
    item: Ref
    file: Ref
    role: AttachmentRole
    category: str | None = None
    component: str | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """A judged upload: where its file will belong and what it is called."""

    project_id: int
    project_uid: UUID
    program_id: int
    name: str
    media_type: str


def check_name(name: str) -> str:
    """The name as it came: any Unicode that can be read, at most 255 characters, nothing that means a folder on any system."""
    if not 0 < len(name) <= NAME_LENGTH:
        raise _bad_name(f"A file's name has 1 to {NAME_LENGTH} characters; this one has {len(name)}.")
    try:
        one_line(name)
    except ValueError as error:
        raise _bad_name(f"Rename the file: {error}.") from error
    if "/" in name or "\\" in name or name in (".", ".."):
        raise _bad_name("A file's name is not a path: leave the folders out.")
    return name


def media_type_of(name: str, declared: str | None) -> str:
    """What a suffix tells that is known here; else what the client says, where it says something; else any suffix; else octets."""
    essence = (declared or "").split(";", 1)[0].strip().lower()
    if essence.startswith("multipart/"):
        raise Invalid("Send the bytes of the file as the body, not as a form.", code="raw_body_expected")
    suffixes = "".join(PurePosixPath(name.lower()).suffixes[-2:])
    if known := READ_BY_SUFFIX.get(suffixes) or READ_BY_SUFFIX.get(PurePosixPath(suffixes).suffix or suffixes):
        return known
    if essence not in UNTOLD and MEDIA_TYPE.fullmatch(essence):
        return essence
    guessed, encoding = _types.guess_type(f"x{name[-40:].lower()}", strict=True)
    if encoding is not None:
        return f"application/{encoding}"
    return guessed or OCTETS


def _bad_name(detail: str) -> Invalid:
    return Invalid(detail, code="bad_file_name", errors=[{"pointer": "/name", "message": detail}])


def derivative_url(file: UUID, kind: str, component: str = "", sha256: str | None = None) -> str:
    """Where a derivative's bytes are read, as a path; with `sha256` it names the bytes, so that a browser may keep them for ever."""
    query = [f"component={quote(component, safe='')}"] if component else []
    query += [f"v={sha256[:16]}"] if sha256 else []
    path = f"/api/v1/files/{file}/derivatives/{kind}"
    return f"{path}?{'&'.join(query)}" if query else path
