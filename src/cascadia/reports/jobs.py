"""The job that writes a BOM into a file."""

import asyncio
from pathlib import Path
from typing import Final
from uuid import UUID

from cascadia.access.actors import actor_of
from cascadia.bom import service as bom
from cascadia.bom.service import Tree
from cascadia.items import service as items
from cascadia.jobs.model import PermanentJobError
from cascadia.kernel.declare import Declared, Family, Isolation, JobContext, JobType, Payload
from cascadia.reports.boms import PLACES_MAX, TooManyPlaces, bom_table
from cascadia.reports.model import MEDIA_TYPES, SUFFIXES, ExportFormat, ExportView
from cascadia.reports.writers import LONGEST_CELL, CellTooLong, TooManyRows, write
from cascadia.vault import service as vault
from cascadia.versioning.model import At

EXPORT_BOM: Final = "export.bom"


async def export_bom(context: JobContext, payload: Payload) -> None:
    """Reads the tree as the asker may see it today, at the commit of the time of asking, and keeps the file for them."""
    assert context.actor_id is not None
    form, view = ExportFormat(payload["format"]), ExportView(payload["view"])
    async with context.database.snapshot() as read:
        actor = await actor_of(read, context.actor_id)
        tree = await bom.tree(read, actor, UUID(payload["part"]), At(payload["branch"], payload["seq"]))
        programs = await items.programs_of(read, [item.item_id for item in tree.items if item.visible])
    context.progress(0.3, "writing")
    root = tree.items[0]
    name = f"{root.number}-bom-{payload['seq']}.{SUFFIXES[form]}".replace("/", "_")
    path = context.folder / "output" / "table"
    rows = await asyncio.to_thread(_write, tree, view, form, path)
    context.progress(0.8, "storing")
    stored = await vault.keep(context.blobs, path)
    output = vault.NewOutput(name, MEDIA_TYPES[form], context.actor_id, programs, stored)
    async with context.finish({"output": str(output.uid), "name": name, "rows": rows}) as write_rows:
        await vault.save_output(write_rows, output)


def _write(tree: Tree, view: ExportView, form: ExportFormat, path: Path) -> int:
    """How many rows; whatever does not go into the file whole is refused by its name."""
    try:
        return write(bom_table(tree, view), form, path)
    except TooManyPlaces as error:
        words = f"The BOM has {error.args[0]:,} places, and an indented export holds {PLACES_MAX:,}. Export it flat, or its sub-assemblies."
        raise PermanentJobError("too_many_rows", words) from error
    except TooManyRows as error:
        raise PermanentJobError("too_many_rows", "The BOM has more rows than a sheet holds. Export it as CSV.") from error
    except CellTooLong as error:
        column, row = error.args
        words = f"{column} of row {row} are longer than a cell of a sheet holds ({LONGEST_CELL:,} characters). Export it as CSV."
        raise PermanentJobError("cell_too_long", words) from error


DECLARED: Final = Declared(
    families=(Family("export", Isolation.TRUSTED, memory_mb=1024, wall_seconds=600, cpu_seconds=600),),
    types=(JobType(EXPORT_BOM, "export", run=export_bom),),
)
