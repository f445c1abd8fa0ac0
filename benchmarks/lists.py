"""How long parts lists take to be read: a dry reading of 100,000 rows as XLSX and as CSV, flat and in levels.

`./dev bench lists --size 100k`. The contract: 100,000 rows of XLSX in 20 s.
"""

import csv
import io
import resource
import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

import xlsxwriter

from benchmarks.harness import Result, at_most
from cascadia.importing.read_table import read_list
from cascadia.structures.model import bom_lines, decode, encode

ROWS: Final = {"10k": 10_000, "100k": 100_000, "1M": 100_000}
"""A list has no more."""
HEADING: Final = ("Level", "Item", "Part Number", "Description", "Qty", "Unit", "Reference", "MPN", "Manufacturer", "Cost", "Note")
MOST_SECONDS: Final = 20.0


def rows_of(count: int, *, levels: bool) -> Iterator[tuple[object, ...]]:
    """Rows of an assembly: every hundredth is a sub-assembly where there are levels."""
    for n in range(count):
        top = not levels or n % 100 == 0
        names = f"R{2 * n}, R{2 * n + 1}" if n % 3 == 0 else ""
        quantity: object = 2 if names else 1.5 if n % 7 == 0 else n % 9 + 1
        unit = "m" if n % 7 == 0 and not names else "pcs"
        yield (
            (1 if top else 2),
            n % 1000 + 1,
            f"P-{n:06}",
            f"Part {n % 5000} of steel",
            quantity,
            unit,
            names,
            f"M{n}-{n % 77}",
            "Maker",
            0.25,
            "",
        )


def as_xlsx(rows: Iterator[tuple[object, ...]], heading: tuple[str, ...]) -> bytes:
    """The rows as a workbook."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("BOM")
        sheet.write_row(0, 0, heading)
        for n, row in enumerate(rows, start=1):
            sheet.write_row(n, 0, row)
    return file.getvalue()


def as_csv(rows: Iterator[tuple[object, ...]], heading: tuple[str, ...]) -> bytes:
    """The rows as a text."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(heading)
    writer.writerows(rows)
    return file.getvalue().encode()


def run(size: str) -> list[Result]:
    """Reads each list, checks what was read, and measures seconds of CPU with its document, and memory."""
    count = ROWS[size]
    results = []
    for name, write in (("XLSX", as_xlsx), ("CSV", as_csv)):
        for levels in (False, True):
            data = write(rows_of(count, levels=levels), HEADING if levels else ("Row", *HEADING[1:]))
            begun = time.process_time()
            found = read_list(data)
            document = encode(found.structure)
            seconds = time.process_time() - begun
            _check(document, count, levels=levels)
            what = f"{count:,} rows of {name}{' in levels' if levels else ''} read in"
            results.append(at_most(what, seconds, "s CPU", MOST_SECONDS * count / 100_000))
    results.append(Result("memory at most", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "MiB"))
    return results


def _check(document: bytes, count: int, *, levels: bool) -> None:
    structure = decode(document)
    quantity = sum((group.quantity for group in bom_lines(structure)), Decimal(0))
    expected = sum((Decimal(str(row[4])) for row in rows_of(count, levels=levels)), Decimal(0))
    if (quantity, len(structure.components)) != (expected, count + 1):
        raise AssertionError(f"{len(structure.components)} components, {quantity} pieces, not {expected}")
