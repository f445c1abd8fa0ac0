"""`bom`, `export`, `line add|edit|remove`, `where-used`, `log`."""

import time
from typing import Annotated, Any, Final

import typer

from cascadia.cli.remote.client import Client, Refused, signed_in
from cascadia.cli.remote.output import At, Json, Limit, Url, add_group, columns, note, show
from cascadia.cli.remote.parts import Message, part_by_number
from cascadia.cli.remote.saving import Force, Output, check_free, named, save

EXPORT_SECONDS: Final = 0.3
MISSING_NAMED: Final = 20
"""Parts without a mass of which a tree says the numbers; so many may be all of them or not."""
Find = Annotated[int, typer.Option("--find", help="The line's find number.")]
Quantity = Annotated[str | None, typer.Option("--quantity", "-n")]
Designators = Annotated[str | None, typer.Option("--designators", help="Separated by commas.")]


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command("bom")(bom)
    app.command("where-used")(where_used)
    app.command("log")(log)
    app.command("export")(export)
    add_group(app, "line", "Lines of a BOM.", {"add": add, "edit": edit, "remove": remove})


def bom(
    number: str,
    at: At = None,
    flat: Annotated[bool, typer.Option("--flat", help="Each part once, with its quantity in the whole.")] = False,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Show a part's multi-level bill of materials."""
    client = signed_in(url)
    part, _ = part_by_number(client, number, at)
    if flat:
        lines = list(client.pages(f"/parts/{part['id']}/bom/flat", at=at))
        show(lines, as_json, lambda: columns(("NUMBER", "NAME", "QUANTITY", "UNIT", "MASS"), [_flat(line) for line in lines]))
        return
    tree = client.get(f"/parts/{part['id']}/bom/tree", at=at)
    show(tree, as_json, lambda: tree_text(tree))


def export(
    number: str,
    form: Annotated[str, typer.Option("--format", help="csv, xlsx or json")] = "xlsx",
    flat: Annotated[bool, typer.Option("--flat", help="Each part once, with its quantity in the whole.")] = False,
    output: Output = None,
    force: Force = False,
    at: At = None,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Write a part's bill of materials into a file, for spreadsheets or programs."""
    client = signed_in(url)
    part, _ = part_by_number(client, number, at)
    if output:
        check_free(output, force=force)
    job = client.send("POST", f"/parts/{part['id']}/bom/exports", {"format": form, "view": "flat" if flat else "indented"}, at=at)
    while job["state"] in {"queued", "running"}:
        time.sleep(EXPORT_SECONDS)
        job = client.get(f"/jobs/{job['id']}")
    if job["state"] != "succeeded":
        raise Refused(job["error"]["message"] if job["error"] else "The export was cancelled.")
    target = output or named(job["result"]["name"])
    save(client, f"/outputs/{job['result']['output']}", target, force=force)
    show({**job["result"], "path": str(target)}, as_json, lambda: f"{target}  {job['result']['rows']} rows")


def _flat(line: dict[str, Any]) -> tuple[Any, ...]:
    item = line["item"]
    mass = f"{line['mass']['value']} {line['mass']['unit']}" if line["mass"] else ""
    return item["number"] or "restricted", item["name"], line["quantity"], line["unit"], mass


def tree_text(tree: dict[str, Any]) -> str:
    """The tree in columns, indented by level, with its totals below."""
    items, lines, places = tree["items"], tree["lines"], tree["occurrences"]
    rows = [("", items["number"][tree["root"]], items["name"][tree["root"]], "", "", _mass(items, tree["root"]))]
    for level, line, extended in zip(places["level"], places["line"], places["extended_quantity"], strict=True):
        child = lines["child"][line]
        find = lines["find_number"][line]
        name = "  " * level + (items["number"][child] or "restricted")
        quantity = f"{lines['quantity'][line]} {lines['unit'][line]}"
        rows.append((str(find or ""), name, items["name"][child] or "", quantity, extended, _mass(items, child)))
    totals = tree["totals"]
    at = tree["at"]
    mass = f"{totals['mass']['value']} {totals['mass']['unit']}" if totals["mass"] else "unknown"
    words = "" if totals["mass_complete"] else f" (incomplete: no mass for {named_without_mass(totals['missing_mass'])})"
    table = columns(("FIND", "NUMBER", "NAME", "QUANTITY", "IN ALL", "MASS kg"), rows)
    counts = f"{totals['distinct_items']} parts, {totals['occurrences']} occurrences, {totals['leaf_occurrences']} of them leaves"
    cut = "" if totals["complete"] else f"\nThe tree is cut: it is deeper or longer than is sent. Rows shown: {totals['rows']}."
    return f"{table}\n{counts}, mass {mass}{words}, at {at['branch']}@{at['seq']}{cut}"


def named_without_mass(named: list[str]) -> str:
    """The parts that a tree names as without a mass; it names the first only."""
    others = " and perhaps others" if len(named) >= MISSING_NAMED else ""
    return ", ".join(named) + others if named else "restricted parts"


def _mass(items: dict[str, Any], index: int) -> str:
    mass = items["rolled_mass"][index]
    return "" if mass is None else mass if items["mass_complete"][index] else f"> {mass}"


def where_used(
    number: str,
    levels: Annotated[str, typer.Option("--levels", help="direct, all or top")] = "direct",
    at: At = None,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Show which parts use a part."""
    client = signed_in(url)
    part, _ = part_by_number(client, number, at)
    pages = list(client.whole_pages(f"/parts/{part['id']}/where-used", levels=levels, at=at))
    uses = [use for page in pages for use in page["items"]]
    rows = [(u["level"], u["number"], u["name"], u["quantity"] or "") for u in uses]
    show(uses, as_json, lambda: columns(("LEVEL", "NUMBER", "NAME", "QUANTITY"), rows))
    if any(page["hidden"] for page in pages):
        note(f"{part['number']} is also used in items that you may not see.")


def log(number: str, limit: Limit = None, url: Url = None, as_json: Json = False) -> None:
    """Show a part's history, newest first."""
    client = signed_in(url)
    part, _ = part_by_number(client, number)
    entries = list(client.pages(f"/parts/{part['id']}/history", limit=limit))
    rows = [
        (f"{e['commit']['branch']}@{e['commit']['seq']}", e["commit"]["at"][:19], e["commit"]["author"]["name"], e["commit"]["message"])
        for e in entries
    ]
    show(entries, as_json, lambda: columns(("COMMIT", "TIME", "AUTHOR", "MESSAGE"), rows))


def _line(client: Client, parent: dict[str, Any], find: int) -> tuple[dict[str, Any], str]:
    for line in client.pages(f"/parts/{parent['id']}/bom"):
        if line["find_number"] == find:
            return client.fetch(f"/bom-lines/{line['id']}")
    raise Refused(f"{parent['number']} has no line with the find number {find}.")


def _text(line: dict[str, Any]) -> str:
    child = line["child"]["number"] or "restricted"
    return f"{line['parent']['number']}  {line['find_number'] or ''}  {child}  {line['quantity']} {line['unit']}"


def add(
    parent: str,
    child: str,
    quantity: Quantity = "1",
    unit: Annotated[str | None, typer.Option("--unit", help="The child's own when absent.")] = None,
    find: Annotated[int | None, typer.Option("--find", help="The next ten when absent.")] = None,
    designators: Designators = None,
    message: Message = None,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Add a line to a part's BOM."""
    client = signed_in(url)
    part, _ = part_by_number(client, parent)
    page = client.get(f"/parts/{part['id']}/bom", limit=1)
    body = {"child_number": child, "quantity": {"typed": quantity}, "unit": unit, "find_number": find, "designators": _names(designators)}
    chosen = {k: v for k, v in body.items() if v is not None}
    line = client.send("POST", f"/parts/{part['id']}/bom", chosen, etag=page["etag"], message=message)
    show(line, as_json, lambda: _text(line))


def _names(text: str | None) -> list[str] | None:
    return None if text is None else [name.strip() for name in text.split(",") if name.strip()]


def edit(
    parent: str,
    find: Find,
    quantity: Quantity = None,
    new_find: Annotated[int | None, typer.Option("--new-find")] = None,
    designators: Designators = None,
    note: Annotated[str | None, typer.Option("--note")] = None,
    message: Message = None,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Change a line, named by its find number."""
    client = signed_in(url)
    part, _ = part_by_number(client, parent)
    line, etag = _line(client, part, find)
    body = {
        "quantity": None if quantity is None else {"typed": quantity},
        "find_number": new_find,
        "designators": _names(designators),
        "note": note,
    }
    changed = client.send("PATCH", f"/bom-lines/{line['id']}", {k: v for k, v in body.items() if v is not None}, etag=etag, message=message)
    show(changed, as_json, lambda: _text(changed))


def remove(parent: str, find: Find, message: Message = None, url: Url = None, as_json: Json = False) -> None:
    """Remove a line, named by its find number."""
    client = signed_in(url)
    part, _ = part_by_number(client, parent)
    line, etag = _line(client, part, find)
    client.send("DELETE", f"/bom-lines/{line['id']}", etag=etag, message=message)
    show({"id": line["id"]}, as_json, lambda: f"Removed {_text(line)}")
