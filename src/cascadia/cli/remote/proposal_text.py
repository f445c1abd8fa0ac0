"""A proposal for people, in the words of the interface."""

from collections.abc import Iterator
from typing import Any, Final

from cascadia.cli.remote.output import columns

NAME_SHOWN: Final = 60
"""Characters by which a row is told; a name may be too long to be kept."""

Row = dict[str, Any]


def proposal_text(proposal: Row, rows: list[Row]) -> str:
    """Its state, its counts, what is to be done before it is accepted, and a line per row: those to be checked first."""
    head = f"Proposal {proposal['id']}  {proposal['state']}  {proposal['file']['name']} → {proposal['project']['code']}"
    if proposal["error"]:
        return f"{head}\n{proposal['error']['message']}"
    parts = sorted((row for row in rows if row["kind"] == "part"), key=lambda row: row["confirmed"])
    lines = [row for row in rows if row["kind"] == "line" and (not row["left_out"] or row["fitted"] is False)]
    names = {row["id"]: row["product_number"] or row["name"] for row in parts}
    told = [head]
    told += [_counts(proposal["counts"])] if proposal["counts"] else []
    told += [f"! {note['message']}" for note in proposal.get("notes", ())]
    told += [*_to_check(proposal, parts), *_clashes(lines, names)]
    if parts:
        told += [columns(("VERDICT", "CHOICE", "PART", "IN ALL", "MATCH"), [_part(row) for row in parts if not row["left_out"]])]
    if lines:
        told += [columns(("VERDICT", "CHOICE", "PARENT", "CHILD", "QUANTITY", "DESIGNATORS"), [_line(row, names) for row in lines])]
    told += [*_left_out(parts), *_standing(lines, names)]
    told += [f"Changes: {called(row)}: {'; '.join(_changes(row))}" for row in parts if _changes(row) and not row["left_out"]]
    told += [f"Read otherwise: {row['number'] or row['name']}: {'; '.join(row['notes'])}" for row in rows if row["notes"]]
    told += [*_to_mend(proposal, rows), *_end(proposal)]
    return "\n".join(told)


COUNTED: Final = (
    ("skipped", "skipped or left out"),
    ("parts_changed", "changed"),
    ("added", "lines added"),
    ("lines_changed", "lines changed"),
    ("removed", "lines removed"),
    ("clashes", "lines to check"),
)


def _counts(counts: Row) -> str:
    told = [f"{counts['new']} new", f"{counts['matched']} matched"]
    told += [f"{counts[name]} {words}" for name, words in COUNTED if counts.get(name) and (counts["matched"] or name == "skipped")]
    return (
        f"{counts['leaf_parts']} leaf parts, {counts['components'] - counts['leaf_parts']} assemblies, {counts['usages']} usages, "
        f"{counts['lines']} lines, {counts['occurrences']} occurrences ({counts['leaf_occurrences']} leaves); {', '.join(told)}"
    )


def called(row: Row) -> str:
    """Number and name of a part in the file, each where it says something of its own."""
    number, name = row["product_number"], row["name"][:NAME_SHOWN]
    return f"{number} {name}" if number and number != name else name


def _to_check(proposal: Row, parts: list[Row]) -> Iterator[str]:
    if proposal["to_check"]:
        yield f"To check before it is accepted ({proposal['to_check']}):"
    for row in parts:
        if not row["confirmed"] and not row["left_out"]:
            match = (
                f" → {row['match']['number']} {row['match']['name']}" if row["match"] and row["choice"] == "use" else f" → {row['choice']}"
            )
            yield f"  {called(row)}{match}: {'; '.join(row['doubts'])} (row {row['id']})"


def _clashes(lines: list[Row], names: dict[str, str]) -> Iterator[str]:
    for row in lines:
        if not row["confirmed"] and not row["left_out"]:
            how = "`proposal confirm` keeps what is there, `proposal take` takes the file's"
            yield f"  {_between(row, names)}: {'; '.join(row['doubts'])} (row {row['id']}; {how})"


def _standing(lines: list[Row], names: dict[str, str]) -> Iterator[str]:
    """What people changed since the file before, which stays."""
    for row in lines:
        said = [f"{c['field']} {c['words']}" if c["field"] != "line" else c["words"] for c in row["changes"] if not c["apply"]]
        if said and row["confirmed"]:
            yield f"Stays: {_between(row, names)}: {'; '.join(said)}"


def _between(row: Row, names: dict[str, str]) -> str:
    return f"{names.get(row['parent'], '?')} → {names.get(row['child'], row['old_child'] or 'restricted')}"


def _left_out(parts: list[Row]) -> Iterator[str]:
    out = [called(row) for row in parts if row["left_out"]]
    if out:
        yield f"Left out with what is skipped: {', '.join(out)}"


def _changes(row: Row) -> list[str]:
    """What becomes otherwise of the part itself; an offer that is not taken says so."""
    told = []
    for change in row["changes"] if row["choice"] == "use" else ():
        if change["field"] in ("geometry", "geometry_hash", "mass_source"):
            continue
        old, new = (_value(change[side]) for side in ("old", "new"))
        words = change["words"] or "another one" if change["field"] == "shape" else f"{old} → {new}" if old else new
        told.append(f"{change['field'].replace('alias', 'also known as')} {words}{'' if change['apply'] else ' (offered, not applied)'}")
    return told


def _value(value: Any) -> str:
    return f"{value['value']} {value['unit']}" if isinstance(value, dict) and "unit" in value else "" if value is None else str(value)


def _to_mend(proposal: Row, rows: list[Row]) -> Iterator[str]:
    names = {r["id"]: r["name"] or r["product_number"] for r in rows if r["kind"] == "part"}
    if proposal["to_mend"]:
        yield f"To mend or skip before it is accepted ({proposal['to_mend']}):"
        for row in rows:
            name = (row["name"] or names.get(row["child"], ""))[:NAME_SHOWN]
            yield from (f"  {name}: {problem['message']} (row {row['id']})" for problem in row["problems"])
        readings = next((found for row in rows if (found := readings_of(row))), None)
        if readings:
            yield f"  Say which when it is imported: --decimals point ({readings[0]}) or --decimals comma ({readings[1]})"


def readings_of(row: Row) -> list[str] | None:
    """The two that a quantity has which nothing of the list explains: with a point, with a comma before decimals."""
    return next((problem["readings"] for problem in row["problems"] if problem["readings"]), None)


def _end(proposal: Row) -> Iterator[str]:
    root = f", {proposal['root_item']['number']}" if proposal["root_item"] else ""
    if proposal.get("undone"):
        yield f"Undone by {proposal['branch']}@{proposal['undone']['seq']}"
    elif proposal["commit"]:
        yield f"Accepted as {proposal['branch']}@{proposal['commit']['seq']}{root}"
    elif proposal["no_change"]:
        yield f"No change: everything is as the file says{root}"


def _part(row: Row) -> tuple[Any, ...]:
    match = f"{row['match']['number']} {row['match']['name']} ({row['match_words']})" if row["match"] else ""
    if row["choice"] == "create" and row["candidates"]:
        match = "maybe " + ", ".join(f"{c['number']} {c['name']} ({c['words']})" for c in row["candidates"][:2])
        match += f" and {len(row['candidates']) - 2} more" if len(row["candidates"]) > 2 else ""
    return row["verdict"] if row["confirmed"] else "check", row["choice"], called(row), row["quantity_total"], match


def _line(row: Row, names: dict[str, str]) -> tuple[Any, ...]:
    is_other = _goes(row) or row["old_quantity"] not in (None, row["quantity"])
    now = " or ".join(readings_of(row) or [row["quantity"] or "0"])
    quantity = f"{row['old_quantity']} → {'0' if _goes(row) else now}" if is_other else now
    child = names.get(row["child"] or "", row["old_child"] or "")
    return row["verdict"], row["choice"], names.get(row["parent"] or "", ""), child, quantity, redline(row)


def redline(row: Row) -> str:
    """Which designators come and go on a line, and which part went before: `+C92 -C7 (was P-000012)`."""
    old, new = row["old_designators"], row["designators"] if row["fitted"] and not _goes(row) else []
    words = [f"+{name}" for name in new if name not in old] if row["old_quantity"] is not None else list(new)
    words += [f"-{name}" for name in old if name not in new] if new or _goes(row) else []
    return " ".join(words)


def _goes(row: Row) -> bool:
    """Whether the file does not have the line, or has it as not fitted."""
    return row["old_quantity"] is not None and (row["quantity"] is None or row["fitted"] is False)
