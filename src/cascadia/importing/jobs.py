"""When tables are read: a proposal asks for it. What is kept goes by content, name and converter version."""

from dataclasses import replace
from typing import Final

from cascadia.kernel.db import Write
from cascadia.kernel.declare import Declared, Enqueue, Incoming, JobType, Subscription
from cascadia.structures.model import Reader
from cascadia.structures.reading import options_of, reader_version
from cascadia.vault import converting

TABLE: Final = "conversion.document.table"
STRUCTURE: Final = frozenset({"structure"})


async def wanted(write: Write, event: Incoming) -> list[Enqueue]:
    """A table that a proposal asks for is read unless this reader has done so before, as its person says."""
    if event.data.get("reader") != Reader.TABLE:
        return []
    reading = event.data.get("reading") or {}
    made = await converting.wanted(write, event, TABLE, reader_version(options_of(reading)))
    return [replace(job, payload={**job.payload, "reading": reading}) for job in made]


DECLARED: Final = Declared(
    types=(
        JobType(
            TABLE,
            "conversion.document",
            prepare=converting.fetching("source"),
            child="cascadia.importing.child:run",
            complete=converting.keeping("derivative.created", STRUCTURE),
            failed=converting.conversion_failed,
        ),
    ),
    subscriptions=(Subscription("importing.proposals", ("proposal.requested",), wanted),),
)
