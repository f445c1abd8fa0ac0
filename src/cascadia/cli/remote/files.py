"""`files put|get|list|verify|damaged`."""

import hashlib
import os
import time
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Final
from urllib.parse import quote
from uuid import uuid4

import httpx
import typer
from pydantic import TypeAdapter, ValidationError

from cascadia.cli.remote.client import Client, Refused, signed_in
from cascadia.cli.remote.output import Json, Limit, Url, add_group, columns, show
from cascadia.cli.remote.parts import project_id
from cascadia.cli.remote.saving import Force, Output, named, save
from cascadia.settings import Bytes


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    commands: dict[str, Callable[..., None]] = {"put": put, "get": get, "list": list_files, "verify": verify, "damaged": list_damaged}
    commands |= {"uploads": uploads, "drop": drop, "quota": quota}
    add_group(app, "files", "Files: put, get, list, and what they take.", commands)


FIRST_PIECE: Final = 960 * 1024
"""Under the megabyte that a proxy passes without being told otherwise."""
LARGEST_PIECE: Final = 8 * 1024 * 1024
AGAIN: Final = ("upload_offset", "upload_busy", "upload_broken_off")
"""Refusals of a piece after which the server is asked how far it is: an earlier try of the same piece may still arrive."""
MOST_ASKED: Final = 15
POLL_SECONDS: Final = 0.3
SLOWEST_POLL_SECONDS: Final = 5.0
SAY_SO_SECONDS: Final = 30.0
"""After that the person is told what is waited for."""


def upload(client: Client, path: Path, project: str) -> Any:
    """The file's row. A larger file goes in pieces, and on where the connection broke."""
    if not os.path.isfile(path):  # noqa: PTH113 - is_file() raises where a name is too long
        raise Refused(f"There is no file {path}.")
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    if path.stat().st_size > FIRST_PIECE:
        return _in_pieces(client, path, project, digest.hexdigest())
    headers = {"Idempotency-Key": _key(digest.hexdigest(), project, path.name), "Content-Type": "application/octet-stream"}
    response = client.response("POST", "/files", params={"name": path.name, "project": project}, headers=headers, content=path.read_bytes())
    return response.json()


def _key(sha256: str, project: str, name: str) -> str:
    """The same for the same bytes under the same name in the same project, and for nothing else."""
    return hashlib.sha256(f"{sha256}/{project}/{name}".encode()).hexdigest()


def _in_pieces(client: Client, path: Path, project: str, sha256: str) -> Any:
    size, pairs = path.stat().st_size, {"name": path.name, "project": project, "sha256": sha256}
    metadata = ",".join(f"{key} {b64encode(value.encode()).decode()}" for key, value in pairs.items())
    headers = {"Idempotency-Key": str(uuid4()), "Upload-Length": str(size), "Upload-Metadata": metadata}
    where = f"/uploads/{client.response('POST', '/uploads', headers=headers).json()['id']}"
    with path.open("rb") as file:
        _send_pieces(client, where, file, size)
    return client.get(f"/files/{_stored(client, where)}")


def _stored(client: Client, where: str) -> str:
    """The id of the file that a complete upload became. Asks less and less often; a failure ends the waiting with its words."""
    waited, pause, told = 0.0, POLL_SECONDS, False
    while not (state := client.get(where))["file"]:
        if state["error"]:
            raise Refused(state["error"]["message"], code=state["error"]["code"])
        if waited > SAY_SO_SECONDS and not told:
            typer.echo("All of it has arrived. A worker puts it together; Ctrl-C ends the waiting, not the work.", err=True)
            told = True
        time.sleep(pause)
        waited, pause = waited + pause, min(pause * 1.5, SLOWEST_POLL_SECONDS)
    return str(state["file"])


def _send_pieces(client: Client, where: str, file: BinaryIO, size: int) -> None:
    """Pieces grow until a proxy on the way refuses one; where an answer was lost the server says how far it is."""
    offset, piece, most, asked = 0, FIRST_PIECE, LARGEST_PIECE, 0
    while offset < size:
        file.seek(offset)
        headers = {"Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
        try:
            client.response("PATCH", where, headers=headers, content=file.read(piece))
        except Refused as refused:
            if refused.http_status == httpx.codes.REQUEST_ENTITY_TOO_LARGE and piece > FIRST_PIECE:
                piece = most = FIRST_PIECE
            elif refused.code in AGAIN and asked < MOST_ASKED:
                time.sleep(asked * POLL_SECONDS)
                asked += 1
                offset = int(client.response("HEAD", where).headers["Upload-Offset"])
            else:
                raise
        else:
            offset += piece
            piece, asked = min(piece * 2, most), 0


def put(
    path: Path, project: Annotated[str, typer.Option("--project", help="The project's code.")], url: Url = None, as_json: Json = False
) -> None:
    """Upload a file."""
    client = signed_in(url)
    file = upload(client, path, project_id(client, project))
    show(file, as_json, lambda: f"{file['id']}  {file['name']}  {file['size']} bytes")


def get(
    file_id: str,
    output: Output = None,
    force: Force = False,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Download a file; what arrives is checked against its hash. Nothing that is there is overwritten without `--force`."""
    client = signed_in(url)
    file = client.get(f"/files/{file_id}")
    target = output or named(file["name"])
    save(client, f"/files/{file_id}/content", target, force=force, sha256=file["sha256"])
    show({**file, "path": str(target)}, as_json, lambda: f"{target}  {file['size']} bytes")


def list_files(
    project: Annotated[str | None, typer.Option("--project", help="Only this project.")] = None,
    limit: Limit = None,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """List files, newest first."""
    client = signed_in(url)
    chosen = project_id(client, project) if project else None
    files = list(client.pages("/files", limit=limit, project=chosen))
    rows = [(f["id"], f["size"], f["created_at"][:19], f["name"]) for f in files]
    show(files, as_json, lambda: columns(("ID", "BYTES", "CREATED", "NAME"), rows))


def verify(url: Url = None, as_json: Json = False) -> None:
    """Have stored bytes read again and compared with their hashes (administrators)."""
    job = signed_in(url).send("POST", "/vault/verifications")
    show(job, as_json, lambda: f"{job['id']} {job['state']}")


def list_damaged(limit: Limit = None, url: Url = None, as_json: Json = False) -> None:
    """List the files whose bytes were found missing or changed (administrators)."""
    files = list(signed_in(url).pages("/vault/damaged", limit=limit))
    rows = [(f["id"], f["name"], f["damage"], f["verified_at"]) for f in files]
    show(files, as_json, lambda: columns(("ID", "NAME", "DAMAGE", "VERIFIED"), rows))


def uploads(
    everyone: Annotated[bool, typer.Option("--everyone", help="Everybody's (administrators).")] = False,
    limit: Limit = None,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """List uploads that became no file: still on their way, or failed."""
    found = list(signed_in(url).pages("/uploads", limit=limit, everyone=everyone or None))
    rows = [(u["id"], u["state"], u["offset"], u["size"], u["expires_at"][:19], u["created_by"]["name"], u["name"]) for u in found]
    show(found, as_json, lambda: columns(("ID", "STATE", "ARRIVED", "BYTES", "KEPT UNTIL", "OF", "NAME"), rows))


def drop(upload_id: str, url: Url = None, as_json: Json = False) -> None:
    """Drop an upload that became no file, with what arrived of it; administrators drop anybody's. A file stays."""
    client, path = signed_in(url), f"/uploads/{quote(upload_id, safe='')}"
    upload = client.get(path)
    client.send("DELETE", path)
    show(upload, as_json, lambda: _dropped(upload))


def _dropped(upload: Any) -> str:
    """What went, and what stays."""
    if upload["state"] == "done":
        return f"Forgot the upload of {upload['name']}; the file that it became stays: {upload['file']}."
    arrived = f"{upload['offset']} of {upload['size']} bytes that had arrived"
    return f"Dropped the upload of {upload['name']} with the {arrived}. It became no file; send it again from its beginning."


def quota(
    program: Annotated[str | None, typer.Argument(help="The program's code; all of them where it is left out (administrators).")] = None,
    allow: Annotated[str | None, typer.Option("--allow", help="What its files may take, such as 50GiB; `none` for no bound.")] = None,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Show what the files of programs take and may take, or set what they may (administrators)."""
    client = signed_in(url)
    if program is None:
        found = list(client.pages("/vault/usage"))
    else:
        where = f"/programs/{client.get('/programs/by-code/' + quote(program, safe=''))['id']}"
        found = [client.get(f"{where}/usage") if allow is None else client.send("PUT", f"{where}/quota", {"allowed": _bytes(allow)})]
    rows = [(u["code"], u["used"], u["promised"], "" if u["allowed"] is None else u["allowed"]) for u in found]
    show(found, as_json, lambda: columns(("PROGRAM", "BYTES", "PROMISED", "ALLOWED"), rows))


def _bytes(text: str) -> int | None:
    """`50GiB`, `2 TB`, `1000`; None for `none`."""
    if text.strip().lower() == "none":
        return None
    try:
        return TypeAdapter[int](Bytes).validate_python(text)
    except ValidationError as error:
        raise Refused(f"{text} is no amount of whole bytes. Write 50GiB, 1.5TB, 1000, or none.") from error
