"""`import`, `proposal list|show|confirm|accept|discard|joined`."""

import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from cascadia.cli.remote import reading as how
from cascadia.cli.remote.client import Client, Refused, signed_in
from cascadia.cli.remote.files import upload
from cascadia.cli.remote.output import Json, Limit, Url, add_group, columns, note, show
from cascadia.cli.remote.parts import Message, part_by_number, project_id
from cascadia.cli.remote.proposal_text import proposal_text, readings_of

Likely = Annotated[bool, typer.Option("--likely", help="Also what was guessed and is likely, without looking at it.")]


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
        {
            "list": list_proposals,
            "show": show_proposal,
            "confirm": confirm,
            "take": take,
            "accept": accept,
            "discard": discard,
            "undo": undo,
            "joined": list_joined,
        },
    )


def import_file(
    path: Path,
    project: Annotated[str, typer.Option("--project", help="The project's code.")],
    wait: Annotated[bool, typer.Option("--wait", help="Wait until the proposal is open, and print it.")] = False,
    take: Annotated[bool, typer.Option("--accept", help="Accept it as it stands; it stops where a part was guessed.")] = False,
    likely: Annotated[bool, typer.Option("--accept-likely", help="Accept it, also where a part was guessed and is likely.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print it and keep nothing.")] = False,
    seconds: Annotated[int, typer.Option("--timeout", help="Seconds to wait at most.")] = 600,
    into: Annotated[str | None, typer.Option("--into", help="The number of the assembly that the file is a newer state of.")] = None,
    decimals: Annotated[
        Decimals | None, typer.Option("--decimals", help="What stands before decimals, where the list does not say: 1,000 is 1 or 1000.")
    ] = None,
    reading: how.FromFile = None,
    encoding: how.Encoding = None,
    delimiter: how.Delimiter = None,
    quote: how.Quote = None,
    sheet: how.Sheet = None,
    heading_row: how.HeadingRow = None,
    column: how.Column = None,
    levels: how.LevelsOption = None,
    leave_out: how.LeaveOut = None,
    leave_out_wrong: how.LeaveOutWrong = False,
    message: Message = None,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Propose the structure of a STEP file or a parts list (CSV, TSV, XLSX, XLS, ODS) for a project."""
    if (take or likely) and dry_run:
        raise Refused("--accept keeps what --dry-run throws away: choose one.")
    said = how.reading_of(
        file=reading,
        encoding=encoding,
        delimiter=delimiter,
        quote=quote,
        sheet=sheet,
        heading_row=heading_row,
        column=column,
        levels=levels,
        leave_out=leave_out,
        leave_out_wrong=leave_out_wrong,
    )
    client = signed_in(url)
    place = project_id(client, project)
    assembly = part_by_number(client, into)[0]["id"] if into else None
    file = upload(client, path, place)
    proposal = client.send("POST", "/proposals", {"file": file["id"], "project": place, **({"reading": said} if said else {})})
    if wait or take or likely or dry_run or assembly or decimals:
        proposal = _wait(client, proposal, seconds)
    if assembly:
        client.send("PATCH", f"/proposals/{proposal['id']}/rows/{proposal['root']}", {"choice": "use", "use": assembly})
        proposal = client.get(f"/proposals/{proposal['id']}")
    rows = list(client.pages(f"/proposals/{proposal['id']}/rows")) if proposal["state"] == "open" else []
    read = client.get(f"/proposals/{proposal['id']}/reading") if proposal["state"] == "open" else {"report": None}
    if decimals and _decide(client, proposal, rows, decimals):
        proposal = client.get(f"/proposals/{proposal['id']}")
        rows = list(client.pages(f"/proposals/{proposal['id']}/rows"))
    if take or likely:
        proposal = _accept(client, proposal, rows, message, likely=likely, as_json=as_json)
    if dry_run:
        discarded = client.send("POST", f"/proposals/{proposal['id']}/discard")
        proposal = {**proposal, "state": discarded["state"], "changed_at": discarded["changed_at"]}
    shown = {**proposal, "rows": rows, "reading": read["report"]}
    show(shown, as_json, lambda: "\n".join(filter(None, (how.reading_text(read), proposal_text(proposal, rows)))))


def _accept(
    client: Client, proposal: dict[str, Any], rows: list[dict[str, Any]], message: str | None, *, likely: bool, as_json: bool
) -> dict[str, Any]:
    """The proposal, accepted; where a person has to look first it is shown, and `Refused` says what to do."""
    refused = refusal(proposal, rows, likely=likely)
    if refused:
        show({**proposal, "rows": rows}, as_json, lambda: proposal_text(proposal, rows))
        raise refused
    if proposal["to_check"]:
        client.send("POST", f"/proposals/{proposal['id']}/confirm", {})
    accepted: dict[str, Any] = client.send("POST", f"/proposals/{proposal['id']}/accept", {"message": message})
    return accepted


def refusal(proposal: dict[str, Any], rows: list[dict[str, Any]], *, likely: bool) -> Refused | None:
    """Why the proposal is not accepted as it stands. `likely` takes guesses of parts, but decides no line that file and people changed."""
    if any(map(readings_of, rows)):
        return Refused(
            "Numbers of the list can be read in two ways. Import it again and say which, or choose in its page.", code="rows_to_mend"
        )
    clashes = sum(row["kind"] == "line" and not row["confirmed"] and not row["left_out"] for row in rows)
    if clashes:
        return Refused(
            f"File and people made something else of lines, which somebody decides before anything is accepted: {clashes} (above). "
            f"To keep what is there: cascadia proposal confirm {proposal['id']} ROW; to take the file's: cascadia proposal take …",
            code="rows_to_check",
        )
    if proposal["to_check"] and not likely:
        return Refused(
            f"Guessed, and to be checked before anything is accepted: {proposal['to_check']} (above). If they are right: "
            f"cascadia proposal accept {proposal['id']} --likely",
            code="rows_to_check",
        )
    return None


def _decide(client: Client, proposal: dict[str, Any], rows: list[dict[str, Any]], decimals: Decimals) -> bool:
    """Answers how the list's numbers are read; False where it does not ask."""
    asked = next(((row["id"], readings) for row in rows if (readings := readings_of(row))), None)
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


def list_joined(limit: Limit = None, url: Url = None, as_json: Json = False) -> None:
    """List parts that earlier imports joined with something else by a guess. What is wrong: part split."""
    found = list(signed_in(url).pages("/joined-parts", limit=limit))
    rows = [
        (j["row"], f"{j['part']['number']} {j['part']['name']}", f"{j['number'] or ''} {j['name']}".strip(), _guess(j), j["file"])
        for j in found
    ]
    show(found, as_json, lambda: columns(("ROW", "PART", "IN THE FILE", "FOUND", "FILE"), rows))


def _guess(joined: dict[str, Any]) -> str:
    return f"{joined['words']}, with {joined['together'] - 1} more of the file" if joined["together"] > 1 else str(joined["words"])


def show_proposal(proposal_id: str, url: Url = None, as_json: Json = False) -> None:
    """Show a proposal with its rows."""
    client = signed_in(url)
    proposal = client.get(f"/proposals/{proposal_id}")
    rows = list(client.pages(f"/proposals/{proposal_id}/rows"))
    show({**proposal, "rows": rows}, as_json, lambda: proposal_text(proposal, rows))


def confirm(
    proposal_id: str,
    rows: Annotated[list[str] | None, typer.Argument(help="Ids of rows; all without any.")] = None,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Say that rows which were guessed are right as they are."""
    proposal = signed_in(url).send("POST", f"/proposals/{proposal_id}/confirm", {"rows": rows or None})
    show(proposal, as_json, lambda: proposal_text(proposal, []))


def accept(proposal_id: str, likely: Likely = False, message: Message = None, url: Url = None, as_json: Json = False) -> None:
    """Accept a proposal: everything that its rows say, as one commit."""
    client = signed_in(url)
    proposal = client.get(f"/proposals/{proposal_id}")
    rows = list(client.pages(f"/proposals/{proposal_id}/rows")) if proposal["to_mend"] or proposal["to_check"] else []
    proposal = _accept(client, proposal, rows, message, likely=likely, as_json=as_json)
    show(proposal, as_json, lambda: proposal_text(proposal, []))


def discard(proposal_id: str, url: Url = None, as_json: Json = False) -> None:
    """Discard a proposal; nothing was changed by it."""
    proposal = signed_in(url).send("POST", f"/proposals/{proposal_id}/discard")
    show(proposal, as_json, lambda: proposal_text(proposal, []))


def take(
    proposal_id: str,
    rows: Annotated[list[str], typer.Argument(help="Ids of rows of lines.")],
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Take the file's where somebody changed the same line otherwise since the file before."""
    client = signed_in(url)
    found = {row["id"]: row for row in client.pages(f"/proposals/{proposal_id}/rows", kind="line")}
    for row in rows:
        fields = [change["field"] for change in found.get(row, {}).get("changes", ()) if change["field"] != "line"]
        choice = {"choice": "apply", **({"take": dict.fromkeys(fields, True)} if fields else {})}
        client.send("PATCH", f"/proposals/{proposal_id}/rows/{row}", choice)
    proposal = client.get(f"/proposals/{proposal_id}")
    show(proposal, as_json, lambda: proposal_text(proposal, []))


def undo(proposal_id: str, message: Message = None, url: Url = None, as_json: Json = False) -> None:
    """Take back what accepting a proposal wrote, as one commit, while nothing rests on it."""
    proposal = signed_in(url).send("POST", f"/proposals/{proposal_id}/undo", {"message": message} if message else {})
    show(proposal, as_json, lambda: proposal_text(proposal, []))
