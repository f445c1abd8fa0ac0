"""`import`, `proposal list|show|accept|discard`."""

import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from cascadia.cli.remote.client import Client, Refused, signed_in
from cascadia.cli.remote.files import upload
from cascadia.cli.remote.output import Json, Limit, Url, add_group, columns, note, show
from cascadia.cli.remote.parts import Message, part_by_number, project_id

NAME_SHOWN: Final = 60
"""Characters by which a row is told; a name may be too long to be kept."""


class Decimals(StrEnum):
    """What stands before the decimals of a number."""

    POINT = "point"
    COMMA = "comma"


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command("import")(import_file)
    add_group(
        app,
        "proposal",
        "What files would change, to review and accept.",
        {"list": list_proposals, "show": show_proposal, "accept": accept, "discard": discard},
    )


def import_file(
    path: Path,
    project: Annotated[str, typer.Option("--project", help="The project's code.")],
    wait: Annotated[bool, typer.Option("--wait", help="Wait until the proposal is open, and print it.")] = False,
    take: Annotated[bool, typer.Option("--accept", help="Accept it as it stands.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print it and keep nothing.")] = False,
    seconds: Annotated[int, typer.Option("--timeout", help="Seconds to wait at most.")] = 600,
    into: Annotated[str | None, typer.Option("--into", help="The number of the assembly that the file is a newer state of.")] = None,
    decimals: Annotated[
        Decimals | None, typer.Option("--decimals", help="What stands before decimals, where the list does not say: 1,000 is 1 or 1000.")
    ] = None,
    message: Message = None,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Propose the structure of a STEP file or a CSV parts list for a project."""
    if take and dry_run:
        raise Refused("--accept keeps what --dry-run throws away: choose one.")
    client = signed_in(url)
    place = project_id(client, project)
    assembly = part_by_number(client, into)[0]["id"] if into else None
    file = upload(client, path, place)
    proposal = client.send("POST", "/proposals", {"file": file["id"], "project": place})
    if wait or take or dry_run or assembly or decimals:
        proposal = _wait(client, proposal, seconds)
    if assembly:
        client.send("PATCH", f"/proposals/{proposal['id']}/rows/{proposal['root']}", {"choice": "use", "use": assembly})
    rows = list(client.pages(f"/proposals/{proposal['id']}/rows")) if proposal["state"] == "open" else []
    if decimals and _decide(client, proposal, rows, decimals):
        proposal = client.get(f"/proposals/{proposal['id']}")
        rows = list(client.pages(f"/proposals/{proposal['id']}/rows"))
    if take:
        proposal = client.send("POST", f"/proposals/{proposal['id']}/accept", {"message": message})
    if dry_run:
        proposal = client.send("POST", f"/proposals/{proposal['id']}/discard")
    show({**proposal, "rows": rows}, as_json, lambda: proposal_text(proposal, rows))


def _decide(client: Client, proposal: dict[str, Any], rows: list[dict[str, Any]], decimals: Decimals) -> bool:
    """Answers how the list's numbers are read; False where it does not ask."""
    asked = next(((row["id"], problem["readings"]) for row in rows for problem in row["problems"] if problem["readings"]), None)
    if asked:
        meant = asked[1][0 if decimals is Decimals.POINT else 1]
        client.send("PATCH", f"/proposals/{proposal['id']}/rows/{asked[0]}", {"quantity": meant})
    return asked is not None


def _wait(client: Client, proposal: dict[str, Any], seconds: int) -> dict[str, Any]:
    """The proposal once it is open; `Refused` with the server's words where it failed."""
    deadline, told = time.monotonic() + seconds, ""
    while proposal["state"] == "waiting":
        if time.monotonic() > deadline:
            raise Refused(f"The proposal {proposal['id']} is still waiting after {seconds} s. Look at: cascadia jobs list")
        time.sleep(0.25)
        proposal = client.get(f"/proposals/{proposal['id']}")
        told = _progress(client, proposal, told)
    if proposal["state"] == "failed":
        raise Refused(proposal["error"]["message"], code=proposal["error"]["code"])
    return proposal


def _progress(client: Client, proposal: dict[str, Any], told: str) -> str:
    """Says on stderr how far the job is, when that changed."""
    if not proposal["job"] or proposal["state"] != "waiting":
        return told
    job = client.get(f"/jobs/{proposal['job']}")
    words = f"{job['type']}: {job['note'] or job['state']}"
    if words != told:
        note(words)
    return words


def proposal_text(proposal: dict[str, Any], rows: list[dict[str, Any]]) -> str:
    """A proposal for people: its state, its counts, and a line per row."""
    head = f"Proposal {proposal['id']}  {proposal['state']}  {proposal['file']['name']} → {proposal['project']['code']}"
    if proposal["error"]:
        return f"{head}\n{proposal['error']['message']}"
    counts = proposal["counts"]
    lines = [head]
    if counts:
        lines.append(
            f"{counts['leaf_parts']} leaf parts, {counts['components'] - counts['leaf_parts']} assemblies, {counts['usages']} usages, "
            f"{counts['lines']} lines, {counts['occurrences']} occurrences ({counts['leaf_occurrences']} leaves); "
            f"{counts['new']} new, {counts['matched']} matched"
        )
    lines += [f"! {note['message']}" for note in proposal.get("notes", ())]
    if rows:
        names = {r["id"]: r["product_number"] or r["name"] for r in rows if r["kind"] == "part"}
        lines += [columns(("VERDICT", "CHOICE", "PART", "IN ALL", "MATCH"), [_part(r) for r in rows if r["kind"] == "part"])]
        lines += [
            columns(
                ("VERDICT", "CHOICE", "PARENT", "CHILD", "QUANTITY", "DESIGNATORS"), [_line(r, names) for r in rows if r["kind"] == "line"]
            )
        ]
    lines += [f"Read otherwise: {row['number'] or row['name']}: {'; '.join(row['notes'])}" for row in rows if row["notes"]]
    if proposal["to_mend"]:
        lines += [f"To mend or skip before it is accepted ({proposal['to_mend']}):", *_problems(rows)]
    if proposal["commit"]:
        root = f", {proposal['root_item']['number']}" if proposal["root_item"] else ""
        lines.append(f"Accepted as {proposal['branch']}@{proposal['commit']['seq']}{root}")
    return "\n".join(lines)


def _problems(rows: list[dict[str, Any]]) -> list[str]:
    names = {r["id"]: r["name"] or r["product_number"] for r in rows if r["kind"] == "part"}
    return [
        f"  {(row['name'] or names.get(row['child'], ''))[:NAME_SHOWN]}: {problem['message']} (row {row['id']})"
        for row in rows
        for problem in row["problems"]
    ]


def _part(row: dict[str, Any]) -> tuple[Any, ...]:
    match = f"{row['match']['number']} (by {row['match_by']})" if row["match"] else ""
    return row["verdict"], row["choice"], row["product_number"] or row["name"], row["quantity_total"], match


def _line(row: dict[str, Any], names: dict[str, str]) -> tuple[Any, ...]:
    quantity = row["quantity"] if row["old_quantity"] is None else f"{row['old_quantity']} → {row['quantity'] or 0}"
    child = names.get(row["child"] or "", row["old_child"] or "")
    return row["verdict"], row["choice"], names.get(row["parent"] or "", ""), child, quantity, redline(row)


def redline(row: dict[str, Any]) -> str:
    """Which designators come and go on a line, and which part went before: `+C92 -C7 (was P-000012)`."""
    old, new = row["old_designators"], row["designators"] if row["fitted"] and row["verdict"] != "remove" else []
    words = [f"+{name}" for name in new if name not in old] if row["verdict"] != "add" else list(new)
    words += [f"-{name}" for name in old if name not in new] if new or row["verdict"] == "remove" else []
    return " ".join(words)


def list_proposals(
    state: Annotated[str | None, typer.Option("--state", help="waiting, open, accepted, discarded or failed.")] = None,
    limit: Limit = None,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """List proposals, newest first."""
    proposals = list(signed_in(url).pages("/proposals", limit=limit, state=state))
    rows = [(p["id"], p["state"], p["project"]["code"], p["created_at"][:19], p["file"]["name"]) for p in proposals]
    show(proposals, as_json, lambda: columns(("ID", "STATE", "PROJECT", "CREATED", "FILE"), rows))


def show_proposal(proposal_id: str, url: Url = None, as_json: Json = False) -> None:
    """Show a proposal with its rows."""
    client = signed_in(url)
    proposal = client.get(f"/proposals/{proposal_id}")
    rows = list(client.pages(f"/proposals/{proposal_id}/rows"))
    show({**proposal, "rows": rows}, as_json, lambda: proposal_text(proposal, rows))


def accept(proposal_id: str, message: Message = None, url: Url = None, as_json: Json = False) -> None:
    """Accept a proposal: everything that its rows say, as one commit."""
    proposal = signed_in(url).send("POST", f"/proposals/{proposal_id}/accept", {"message": message})
    show(proposal, as_json, lambda: proposal_text(proposal, []))


def discard(proposal_id: str, url: Url = None, as_json: Json = False) -> None:
    """Discard a proposal; nothing was changed by it."""
    proposal = signed_in(url).send("POST", f"/proposals/{proposal_id}/discard")
    show(proposal, as_json, lambda: proposal_text(proposal, []))
