"""When tables are read: a proposal asks for it. What is kept goes by content, name and converter version."""

from typing import Final

from cascadia.importing.model import CONVERTER_VERSION
from cascadia.kernel.db import Write
from cascadia.kernel.declare import Declared, Enqueue, Incoming, JobType, Subscription
from cascadia.structures.model import Reader
from cascadia.vault import converting

TABLE: Final = "conversion.document.table"
STRUCTURE: Final = frozenset({"structure"})


async def wanted(write: Write, event: Incoming) -> list[Enqueue]:
    """A table that a proposal asks for is read unless this reader has done so before."""
    if event.data.get("reader") != Reader.TABLE:
        return []
    return await converting.wanted(write, event, TABLE, CONVERTER_VERSION)


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
