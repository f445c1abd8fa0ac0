"""Reading a parts list, step by step: bytes into cells, columns, rows with verdicts, levels, and the structure that they say. Pure."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from cascadia.importing import levels
from cascadia.importing.cells import designators_of
from cascadia.importing.columns import Columns, choose
from cascadia.importing.grid import Grid, grid_of
from cascadia.importing.items import Cells
from cascadia.importing.makers import tell_makers
from cascadia.importing.model import Judged, TableError
from cascadia.importing.quantities import sign_of
from cascadia.importing.rows import judge
from cascadia.importing.structure import structure_of
from cascadia.importing.tree import tree_of
from cascadia.kernel.naming import listed
from cascadia.structures.meanings import Meaning
from cascadia.structures.model import Note, Structure
from cascadia.structures.reading import RECOGNISED, ROWS_NAMED, Levels, Options, Report, RowRead, Verdict

SAMPLE: Final = 200
CELL_MAX: Final = 500
"""Characters of a cell in a report."""
NAMED: Final = 12
PLACES_NAMED: Final = 10
BY_FORMAT: Final = (
    "The list is read as flat: its sheet has grouped rows or indented cells, which say no levels here. Write the levels into a column."
)
SAID: Final = 5


@dataclass(frozen=True, slots=True)
class Read:
    """A list that was read: all its rows with their verdicts, and its structure, which has the report."""

    rows: Sequence[Judged]
    structure: Structure

    @property
    def report(self) -> Report:
        """How it was read."""
        assert self.structure.reading
        return self.structure.reading


def read_list(data: bytes, options: Options = RECOGNISED, progress: Callable[[float, str], None] = lambda _, __: None) -> Read:
    """A parts list as its person says, or as it is recognised. `TableError` where it is none."""
    grid = grid_of(data, options)
    if not grid.rows:
        raise TableError("table_empty", "The file has a heading and no rows below it.")
    progress(0.3, f"{len(grid.rows)} rows")
    columns = choose(grid.heading.cells, [line.cells for line in grid.rows[:SAMPLE]], options)
    if not {Meaning.QUANTITY, Meaning.DESIGNATORS} & set(columns.at):
        raise TableError(
            "table_heading", f"No column of row {grid.heading.place} says how often a part stands there: say which is the quantity."
        )
    sign = options.decimals or sign_of(
        (cells.raw(Meaning.QUANTITY) or "", _count(cells)) for cells in (Cells(row.cells, columns) for row in grid.rows)
    )
    rows = list(judge(grid.rows, columns, options, sign))
    tell_makers(rows)
    progress(0.6, "levels")
    by = levels.found(rows, columns) if options.levels is None else options.levels
    structure = structure_of(rows, tree_of(rows, columns, by), exact=columns.exact)
    if options.leave_out_wrong:
        for row in rows:
            if row.verdict is Verdict.WRONG:
                row.leave_out("left out as its person said")
    report = _report(grid, columns, rows, by, sign)
    flat = levels.flattened(rows, columns) if options.levels is None and by is Levels.NONE else None
    said = [Note(code="table_levels", message=flat)] if flat else []
    if grid.has_levels_by_format and by is Levels.NONE and not columns.exact:
        said.append(Note(code="table_levels", message=BY_FORMAT))
    if grid.damaged:
        said.append(Note(code="table_bytes", message=f"Bytes that are no UTF-8: {grid.damaged}. Mend these cells, or say the encoding."))
    return Read(rows, msgspec.structs.replace(structure, reading=report, notes=[*said, *_notes(report, columns)]))


def _count(cells: Cells) -> int:
    raw = cells.raw(Meaning.DESIGNATORS)
    try:
        return len(designators_of(raw)) if raw else 0
    except ValueError:
        return 0


def _report(grid: Grid, columns: Columns, rows: Sequence[Judged], by: Levels, sign: str | None) -> Report:
    counts = Counter(row.verdict for row in rows)
    odd = sorted((row for row in rows if row.verdict is not Verdict.OK), key=lambda row: row.verdict is not Verdict.WRONG)[:ROWS_NAMED]
    return Report(
        format=grid.format,
        encoding=grid.encoding,
        delimiter=grid.marks.delimiter if grid.marks else None,
        quote=grid.marks.quote if grid.marks else None,
        sheet=grid.sheet,
        sheets=list(grid.sheets),
        heading_row=grid.heading.place,
        program=columns.program,
        decimals=sign,
        levels=by,
        guessed=list(grid.guessed),
        columns=list(columns.told),
        counts={verdict: counts[verdict] for verdict in Verdict},
        rows=[_row(row) for row in sorted(odd, key=lambda row: row.place)],
    )


def _row(row: Judged) -> RowRead:
    cells = [str(cell)[:CELL_MAX] for cell in row.cells]
    return RowRead(place=row.place, verdict=row.verdict, messages=row.messages, column=row.column, cells=cells)


def _notes(report: Report, columns: Columns) -> list[Note]:
    """What a person has to know of the reading before anything else."""
    notes = []
    if "encoding" in report.guessed:
        notes.append(Note(code="table_encoding", message=f"The file does not say its encoding: it is read as {report.encoding}."))
    if "delimiter" in report.guessed:
        notes.append(Note(code="table_delimiter", message=f"Its cells are taken to end with “{report.delimiter}”."))
    if others := [name for name in report.sheets if name != report.sheet]:
        notes.append(Note(code="table_sheets", message=f"Of its sheets “{report.sheet}” is read, not {listed(others, NAMED)}."))
    if columns.unused:
        words = listed([f"“{heading}”" for heading in columns.unused], NAMED)
        notes.append(Note(code="table_columns", message=f"Columns that are not used: {words}."))
    notes += [Note(code=f"table_rows_{v.value}", message=m) for v in (Verdict.WRONG, Verdict.LEFT_OUT) if (m := _rows_said(report, v))]
    return notes


def _rows_said(report: Report, verdict: Verdict) -> str | None:
    count = report.counts.get(verdict, 0)
    if not count:
        return None
    places: dict[str, list[str]] = {}
    for row in report.rows:
        if row.verdict is verdict:
            places.setdefault("; ".join(row.messages), []).append(str(row.place))
    said = [f"row{'s' * (len(found) > 1)} {listed(found, PLACES_NAMED)}: {message}" for message, found in places.items()]
    named = sum(map(len, places.values()))
    more = f" ({count - named} more rows are not named)" if count > named else ""
    words = "Rows that cannot be meant" if verdict is Verdict.WRONG else "Rows that are left out"
    return f"{words}: {listed(said, SAID, between='; ')}{more}."
