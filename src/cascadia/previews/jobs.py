"""When documents are previewed, and what is kept of it: by content and converter version, so nothing is made twice."""

from typing import Final

from cascadia.kernel.db import Write
from cascadia.kernel.declare import Declared, Enqueue, Family, Incoming, Isolation, JobType, Subscription
from cascadia.previews.model import CONVERTER_VERSION, PREVIEWED
from cascadia.vault import converting

PREVIEW: Final = "conversion.document.preview"
KINDS: Final = frozenset({"preview", "text"})


async def wanted(write: Write, event: Incoming) -> list[Enqueue]:
    """A new document gets a preview, unless one was made of the same content."""
    if event.data["media_type"] not in PREVIEWED:
        return []
    return await converting.wanted(write, event, PREVIEW, CONVERTER_VERSION, kind=None)


DECLARED: Final = Declared(
    families=(
        Family(
            "conversion.document",
            Isolation.SANDBOXED,
            memory_mb=1024,
            wall_seconds=120,
            cpu_seconds=120,
            output_mb=64,
            max_failures=3,
            preload="cascadia.previews.preload",
        ),
    ),
    types=(
        JobType(
            PREVIEW,
            "conversion.document",
            prepare=converting.fetching("source"),
            child="cascadia.previews.child:run",
            complete=converting.keeping("preview.created", KINDS),
        ),
    ),
    subscriptions=(Subscription("previews.files", ("file.created",), wanted),),
)
