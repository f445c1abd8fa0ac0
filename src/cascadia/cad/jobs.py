"""When files are converted, and what is kept of it: everything by content and converter version, so nothing is converted twice."""

from typing import Final

from cascadia.cad.model import CONVERTER_VERSION
from cascadia.kernel.db import Write
from cascadia.kernel.declare import Declared, Enqueue, Family, Incoming, Isolation, JobType, Subscription
from cascadia.structures.model import Reader
from cascadia.vault import converting

CAD: Final = Family(
    "conversion.cad",
    Isolation.SANDBOXED,
    memory_mb=3072,
    wall_seconds=900,
    cpu_seconds=900,
    output_mb=2048,
    max_failures=3,
    preload="cascadia.cad.preload",
    advice=(
        "In your CAD program, check and heal the model, then export it again, as STEP AP242 or AP214; "
        "a large assembly is imported by its sub-assemblies."
    ),
)
STEP: Final = "model/step"
KINDS: Final = frozenset({"structure", "geometry", "glb", "thumbnail"})


async def wanted(write: Write, event: Incoming) -> list[Enqueue]:
    """A new STEP file, or one that a proposal asks for, is converted unless this converter has done so before."""
    if event.data.get("reader", Reader.STEP) != Reader.STEP:
        return []
    return await converting.wanted(write, event, "conversion.cad.step", CONVERTER_VERSION)


DECLARED: Final = Declared(
    families=(CAD,),
    types=(
        JobType(
            "conversion.cad.step",
            "conversion.cad",
            prepare=converting.fetching("source.stp"),
            child="cascadia.cad.child:run",
            complete=converting.keeping("derivative.created", KINDS),
            failed=converting.conversion_failed,
        ),
    ),
    subscriptions=(
        Subscription("cad.files", ("file.created",), wanted, where={"media_type": STEP}),
        Subscription("cad.files.gzip", ("file.created",), wanted, where={"media_type": f"{STEP}+gzip"}),
        Subscription("cad.files.zip", ("file.created",), wanted, where={"media_type": f"{STEP}+zip"}),
        Subscription("cad.proposals", ("proposal.requested",), wanted),
    ),
)
