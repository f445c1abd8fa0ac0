"""`part create|show|edit|list`."""

import json
from typing import Annotated, Any
from urllib.parse import quote

import typer

from cascadia.cli.remote.client import Client, Refused, signed_in
from cascadia.cli.remote.output import At, Json, Limit, Url, add_group, columns, show

Attributes = Annotated[list[str] | None, typer.Option("--set", help="ATTRIBUTE=VALUE (JSON or text); an empty value removes it.")]
Message = Annotated[str | None, typer.Option("--message", "-m", help="The commit's message.")]


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    add_group(
        app,
        "part",
        "Parts: create, show, edit, split, list.",
        {"create": create, "show": show_part, "edit": edit, "split": split, "list": list_parts},
    )


def part_by_number(client: Client, number: str, at: str | None = None) -> tuple[dict[str, Any], str]:
    """The part of a number or alias, with its ETag."""
    part, etag = client.fetch(f"/parts/by-number/{quote(number, safe='')}", at=at)
    return part, etag


def project_id(client: Client, code: str) -> str:
    """The id of a project's code."""
    return str(client.get(f"/projects/by-code/{quote(code, safe='')}")["id"])


def _attributes(pairs: list[str] | None) -> dict[str, Any]:
    attributes: dict[str, Any] = {}
    for pair in pairs or ():
        name, separator, text = pair.partition("=")
        if not separator:
            raise Refused(f'{pair} is not ATTRIBUTE=VALUE, such as material=steel or mass=\'{{"value":"0.2","unit":"kg"}}\'.')
        try:
            attributes[name] = json.loads(text) if text else None
        except ValueError:
            attributes[name] = text
    return attributes


def create(
    name: str,
    project: Annotated[str, typer.Option("--project", help="The project's code.")],
    number: Annotated[str | None, typer.Option("--number", help="Drawn by the scheme when absent.")] = None,
    attributes: Attributes = None,
    message: Message = None,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Create a part."""
    client = signed_in(url)
    body = {"project": project_id(client, project), "name": name, "attributes": _attributes(attributes)}
    part = client.send("POST", "/parts", body if number is None else {**body, "number": number}, message=message)
    show(part, as_json, lambda: f"{part['number']}  {part['name']}")


def show_part(number: str, at: At = None, url: Url = None, as_json: Json = False) -> None:
    """Show a part."""
    part, _ = part_by_number(signed_in(url), number, at)
    show(part, as_json, lambda: _text(part))


def _text(part: dict[str, Any]) -> str:
    rows = [
        ("number", part["number"]),
        ("aliases", ", ".join(part["aliases"])),
        ("name", part["name"]),
        ("status", f"{part['revision_status']} (next revision {part['expected_revision']})"),
        ("phase", part["phase"]),
        ("project", part["project"]["code"]),
        ("owner", part["owner"]["name"] if part["owner"] else ""),
        *((name, _value(value)) for name, value in sorted(part["attributes"].items())),
        ("version", f"{part['version']} by {part['updated_by']['name']} at {part['updated_at']}"),
    ]
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name.ljust(width)}  {value}" for name, value in rows if value)


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(str(v) for v in (value.get("value"), value.get("unit") or value.get("currency")) if v)
    return ", ".join(value) if isinstance(value, list) else str(value)


def edit(
    number: str,
    name: Annotated[str | None, typer.Option("--name")] = None,
    description: Annotated[str | None, typer.Option("--description")] = None,
    attributes: Attributes = None,
    message: Message = None,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Change a part's name, description or attributes."""
    client = signed_in(url)
    part, etag = part_by_number(client, number)
    members = {"name": name, "description": description, "attributes": _attributes(attributes) or None}
    changed = client.send("PATCH", f"/parts/{part['id']}", {k: v for k, v in members.items() if v is not None}, etag=etag, message=message)
    show(changed, as_json, lambda: _text(changed))


def split(
    number: str,
    lines: Annotated[list[str] | None, typer.Option("--line", help="Id of a line that the new part takes; repeat it.")] = None,
    row: Annotated[str | None, typer.Option("--row", help="The row of `proposal joined` that is the new part.")] = None,
    name: Annotated[str | None, typer.Option("--name", help="Its name; else that of the row.")] = None,
    new_number: Annotated[str | None, typer.Option("--number", help="Its number; else by the scheme.")] = None,
    message: Message = None,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Make two parts of one that an import joined wrongly: a new one takes some of its lines."""
    client = signed_in(url)
    part, _ = part_by_number(client, number)
    made = client.send(
        "POST", f"/parts/{part['id']}/split", {"name": name, "number": new_number, "lines": lines or [], "row": row}, message=message
    )
    show(made, as_json, lambda: f"{made['number']}  {made['name']}, split from {part['number']}")


def list_parts(
    project: Annotated[str | None, typer.Option("--project", help="Only this project.")] = None,
    q: Annotated[str | None, typer.Option("--search", "-q", help="A piece of number, alias or name.")] = None,
    sort: Annotated[str, typer.Option("--sort", help="number, name or updated_at; - before it reverses.")] = "number",
    at: At = None,
    limit: Limit = None,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """List parts."""
    client = signed_in(url)
    chosen = project_id(client, project) if project else None
    parts = list(client.pages("/parts", limit=limit, project=chosen, q=q, sort=sort, at=at))
    rows = [(p["number"], p["revision"] or "", p["name"], p["phase"], p["project"]["code"]) for p in parts]
    show(parts, as_json, lambda: columns(("NUMBER", "REV", "NAME", "PHASE", "PROJECT"), rows))
