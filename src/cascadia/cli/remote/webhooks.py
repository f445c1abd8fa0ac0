"""`webhook list|add|show|edit|remove|rotate|test|log|replay`, and `events`."""

import time
from collections.abc import Callable
from typing import Annotated, Any, Final

import typer

from cascadia.cli.remote.client import PAGE, Client, signed_in
from cascadia.cli.remote.output import Json, Limit, Url, add_group, columns, note, show

FOLLOW_SECONDS: Final = 1.0
Types = Annotated[list[str] | None, typer.Option("--type", help="Types of events; * stands for any letters. May be repeated.")]
Address = Annotated[str | None, typer.Option("--address", help="Where it leads.")]


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    commands: dict[str, Callable[..., None]] = {
        "list": list_webhooks,
        "add": add,
        "show": show_webhook,
        "edit": edit,
        "remove": remove,
        "rotate": rotate,
        "test": send_test,
        "log": show_log,
        "replay": replay,
    }
    add_group(app, "webhook", "Signed calls to programs of your own.", commands)
    app.command("events")(events)


def _row(hook: dict[str, Any]) -> tuple[Any, ...]:
    state = "on" if hook["enabled"] else f"off: {hook['disabled_reason']}"
    return hook["id"], hook["url"], ", ".join(hook["types"]), hook["program_code"] or "", state


def _told(hooks: list[dict[str, Any]]) -> str:
    return columns(("ID", "ADDRESS", "EVENTS", "PROGRAM", "STATE"), [_row(hook) for hook in hooks])


def _program(client: Client, code: str) -> str:
    for program in client.pages("/programs"):
        if program["code"].lower() == code.lower():
            return str(program["id"])
    raise typer.BadParameter(f"there is no program {code}, or you may not see it")


def list_webhooks(limit: Limit = None, url: Url = None, as_json: Json = False) -> None:
    """List webhooks."""
    hooks = list(signed_in(url).pages("/webhooks", limit=limit))
    show(hooks, as_json, lambda: _told(hooks))


def add(
    address: str,
    types: Types = None,
    program: Annotated[str | None, typer.Option(help="The code of the program whose events it is told.")] = None,
    description: Annotated[str, typer.Option(help="What it is for.")] = "",
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Have an address called at events; prints the secret, once."""
    client = signed_in(url)
    body = {"url": address, "types": types or ["*"], "description": description}
    hook = client.send("POST", "/webhooks", {**body, "program": _program(client, program) if program else None})
    show(hook, as_json, lambda: f"{hook['id']}\nIts secret, shown only now: {hook['secret']}")


def show_webhook(webhook_id: str, url: Url = None, as_json: Json = False) -> None:
    """Show a webhook."""
    hook = signed_in(url).get(f"/webhooks/{webhook_id}")
    show(hook, as_json, lambda: _told([hook]))


def edit(
    webhook_id: str,
    address: Address = None,
    types: Types = None,
    description: Annotated[str | None, typer.Option(help="What it is for.")] = None,
    enabled: Annotated[bool | None, typer.Option("--on/--off", help="Switch it on or off.")] = None,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Change a webhook, or switch it on or off."""
    client = signed_in(url)
    seen = client.get(f"/webhooks/{webhook_id}")
    wanted = {"url": address, "types": types, "description": description, "enabled": enabled}
    body = {name: value for name, value in wanted.items() if value is not None}
    hook = client.send("PATCH", f"/webhooks/{webhook_id}", body, etag=f'"{seen["version"]}"')
    show(hook, as_json, lambda: _told([hook]))


def remove(webhook_id: str, url: Url = None, as_json: Json = False) -> None:
    """Remove a webhook with its log."""
    client = signed_in(url)
    seen = client.get(f"/webhooks/{webhook_id}")
    client.send("DELETE", f"/webhooks/{webhook_id}", etag=f'"{seen["version"]}"')
    show({"removed": webhook_id}, as_json, lambda: f"{webhook_id} removed")


def rotate(webhook_id: str, url: Url = None, as_json: Json = False) -> None:
    """Make a new secret; the old one signs besides for 24 hours."""
    hook = signed_in(url).send("POST", f"/webhooks/{webhook_id}/rotate")
    show(hook, as_json, lambda: f"Its new secret, shown only now: {hook['secret']}")


def send_test(webhook_id: str, url: Url = None, as_json: Json = False) -> None:
    """Call it with a `webhook.test`."""
    delivery = signed_in(url).send("POST", f"/webhooks/{webhook_id}/test")
    show(delivery, as_json, lambda: f"{delivery['id']} {delivery['state']}")


def show_log(webhook_id: str, limit: Limit = 50, url: Url = None, as_json: Json = False) -> None:
    """Show what it was told and what it answered, newest first."""
    rows = list(signed_in(url).pages(f"/webhooks/{webhook_id}/deliveries", limit=limit))
    shown = [(r["id"], r["type"], r["state"], r["attempts"], r["status"] or "", r["error"] or "") for r in rows]
    show(rows, as_json, lambda: columns(("ID", "EVENT", "STATE", "TRIES", "STATUS", "ERROR"), shown))


def replay(
    webhook_id: str,
    after: Annotated[int | None, typer.Option(help="Tell again what happened behind this position of the feed.")] = None,
    delivery: Annotated[str | None, typer.Option(help="Tell again this one delivery.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count them.")] = False,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Tell a webhook again: one delivery, or all from a position on."""
    if (after is None) == (delivery is None):
        raise typer.BadParameter("name either --after POSITION or --delivery ID")
    client = signed_in(url)
    if delivery:
        row = client.send("POST", f"/webhooks/{webhook_id}/deliveries/{delivery}/replay")
        show(row, as_json, lambda: f"{row['id']} {row['state']}")
        return
    outcome = _replay_from(client, f"/webhooks/{webhook_id}/replay", {"after": after, "dry_run": dry_run})
    show(outcome, as_json, lambda: f"{outcome['replayed']} of {outcome['matching']} told again")


def _replay_from(client: Client, path: str, wanted: dict[str, Any]) -> dict[str, Any]:
    """Asks until as many are told again as there were at first: what happens meanwhile is told anyway."""
    outcome: dict[str, Any] = client.send("POST", path, wanted)
    answer = outcome
    while answer["replayed"] and outcome["replayed"] < outcome["matching"]:
        answer = client.send("POST", path, {"after": answer["reached"]})
        outcome = {**outcome, "replayed": outcome["replayed"] + answer["replayed"], "reached": answer["reached"]}
    return outcome


def events(
    after: Annotated[int, typer.Option(help="Only events behind this position.")] = 0,
    types: Types = None,
    follow: Annotated[bool, typer.Option("--follow", help="Go on printing what happens.")] = False,
    limit: Annotated[int, typer.Option(help="How many at most, without --follow.")] = 500,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Print what happened, oldest first, as far as you may see it."""
    client = signed_in(url)
    left, position = limit, after
    while follow or left > 0:
        page = client.get("/events", after=position, type=types, limit=PAGE if follow else min(PAGE, left))
        for event in page["items"]:
            show(event, as_json, lambda event=event: f"{event['position']}  {event['at']}  {event['type']}  {event['subject']}")  # type: ignore[misc]
        left, position = left - len(page["items"]), page["position"]
        if page["next"] is None:
            if not follow:
                return
            time.sleep(FOLLOW_SECONDS)
    note(f"There are more: go on by --after {position}, or with a higher --limit.")
