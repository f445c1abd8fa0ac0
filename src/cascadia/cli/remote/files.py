"""`files put|get|list|verify|damaged`."""

import hashlib
from pathlib import Path
from typing import Annotated, Any

import typer

from cascadia.cli.remote.client import Client, Refused, signed_in
from cascadia.cli.remote.output import Json, Limit, Url, add_group, columns, show
from cascadia.cli.remote.parts import project_id


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    add_group(
        app, "files", "Files: put, get, list.", {"put": put, "get": get, "list": list_files, "verify": verify, "damaged": list_damaged}
    )


def upload(client: Client, path: Path, project: str) -> Any:
    """The file's row; the bytes are streamed, and sent once more where the connection broke."""
    if not path.is_file():
        raise Refused(f"There is no file {path}.")
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    headers = {"Idempotency-Key": f"{digest.hexdigest()}:{project}", "Content-Type": "application/octet-stream"}
    response = client.response("POST", "/files", params={"name": path.name, "project": project}, headers=headers, content=path.read_bytes())
    return response.json()


def put(
    path: Path, project: Annotated[str, typer.Option("--project", help="The project's code.")], url: Url = None, as_json: Json = False
) -> None:
    """Upload a file."""
    client = signed_in(url)
    file = upload(client, path, project_id(client, project))
    show(file, as_json, lambda: f"{file['id']}  {file['name']}  {file['size']} bytes")


def get(
    file_id: str,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Where to write it; its own name when absent.")] = None,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Download a file; what arrives is checked against its hash."""
    client = signed_in(url)
    file = client.get(f"/files/{file_id}")
    target = output or Path(Path(file["name"]).name)
    partial = target.with_name(f".{target.name}.part")
    digest = hashlib.sha256()
    with client.stream(f"/files/{file_id}/content") as response, partial.open("wb") as out:
        response.raise_for_status()
        for piece in response.iter_bytes():
            digest.update(piece)
            out.write(piece)
    if digest.hexdigest() != file["sha256"]:
        partial.unlink()
        raise Refused(f"{file['name']} did not arrive whole. Try again.")
    partial.replace(target)
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


def list_damaged(limit: Limit = 500, url: Url = None, as_json: Json = False) -> None:
    """List the files whose bytes were found missing or changed (administrators)."""
    files = list(signed_in(url).pages("/vault/damaged", limit=limit))
    rows = [(f["id"], f["name"], f["damage"], f["verified_at"]) for f in files]
    show(files, as_json, lambda: columns(("ID", "NAME", "DAMAGE", "VERIFIED"), rows))
