"""The page of permissions: which role holds which, and which one each operation of the API asks for."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from cascadia.access.model import PERMISSIONS, Role
from cascadia.api.openapi import PUBLIC, walk
from cascadia.settings import Settings
from cascadia.web import create_app
from tools.reference.source import SOURCE

PAGE: Final = """# Permissions

Generated from the roles and the routes; do not edit. How it is enforced is in [the explanation of security](../explanation/security.md).

Who is signed in has one role, or none, in each program; an administrator of the organisation sees no program's content by that alone.
What one may not see is answered as if it were not there (404), also in lists, counts, searches, trees and events; what one may see but
not do is refused (403). A *library* is a project that everybody who is signed in may read. A role that is taken away is gone with the
next request, and within five seconds from event streams that are open.

## Roles in a program

Each role may do what the ones before it may.

| permission | {roles} |
|---|{lines}|
{permissions}

Outside of programs there are three more: `public` (nobody has to be signed in), `signed_in` (everybody who is; each sees their own,
or what their roles let them see) and `administrator` (of the organisation: people, programs, number schemes, workers and queues).

An API token has the rights of its person within its scope: `read` for reading, `write` for what roles allow but deciding over people and
programs, `administer` for everything. The scope that each operation needs at least stands beside its permission.

## Operations

{operations}
"""


def page() -> str:
    """The whole page."""
    document = create_app(Settings(database_url="postgresql:///", data_dir=Path("unused"))).openapi()
    asked = {operation["x-permission"] for _, _, operation in walk(document)}
    return PAGE.format(
        roles=" | ".join(role.value for role in Role),
        lines="|".join("---" for _ in Role),
        permissions="\n".join(_permission(name, asked) for name in _names()),
        operations="\n\n".join(_operations(document)),
    )


def _names() -> list[str]:
    """In the order of the first role that holds them."""
    return list(dict.fromkeys(name for role in Role for name in sorted(PERMISSIONS[role])))


def _permission(name: str, asked: set[str]) -> str:
    held = " | ".join("yes" if name in PERMISSIONS[role] else "" for role in Role)
    return f"| `{name}`{'' if name in asked else _not_of_a_route(name)} | {held} |"


def _not_of_a_route(name: str) -> str:
    """Some are asked about inside of operations, by what a request wants; some wait for what is to come."""
    texts = (path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py") if path != SOURCE / "access/model.py")
    return " (asked inside of operations)" if any(f'"{name}"' in text for text in texts) else " (no operation asks for it yet)"


def _operations(document: Mapping[str, Any]) -> Iterator[str]:
    by_tag: dict[str, list[str]] = defaultdict(list)
    for path, method, operation in walk(document):
        said = operation.get("description", operation.get("summary", ""))
        words = " ".join(said.split("\n\n")[0].split()).replace("|", "\\|")
        needed = operation["x-permission"]
        row = f"| `{method.upper()} {path}` | `{needed}` | {_scope(operation)} | {_least(needed)} | {words} |"
        by_tag[(operation.get("tags") or ["other"])[0]].append(row)
    for tag, rows in sorted(by_tag.items()):
        heading = "| operation | permission | scope | least role | what it does |\n|---|---|---|---|---|"
        yield f"### {tag.capitalize()}\n\n{heading}\n" + "\n".join(rows)


def _scope(operation: Mapping[str, Any]) -> str:
    return f"`{operation['x-scope']}`" if "x-scope" in operation else ""


def _least(permission: str) -> str:
    if permission == PUBLIC:
        return "nobody"
    return next((role.value for role in Role if permission in PERMISSIONS[role]), permission.replace("_", " "))
