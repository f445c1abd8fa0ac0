"""When files are converted, and what is kept of it: everything by content and converter version, so nothing is converted twice."""

from typing import Final
from uuid import UUID

from cascadia.cad.model import CONVERTER_VERSION, OCCURRENCES_MAX
from cascadia.jobs import service as jobs
from cascadia.kernel.db import Write
from cascadia.kernel.declare import Declared, Enqueue, Family, Incoming, Isolation, JobContext, JobType, Payload, Subscription
from cascadia.kernel.errors import NotFound
from cascadia.structures.model import Reader
from cascadia.vault import converting
from cascadia.vault import service as vault

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
READ: Final = "conversion.cad.step"
MODEL: Final = "conversion.cad.model"
PICTURES: Final = "conversion.cad.pictures"
KINDS: Final = frozenset({"structure", "geometry", "layout", "shapes"})
AT_ONCE: Final = 100
"""Components in one job of pictures: several jobs draw those of a large file beside each other."""
COMPONENTS_MAX: Final = OCCURRENCES_MAX
"""As many as a file may have: what counts them has read a stranger's bytes."""
LATER: Final = -1
"""Priority of what can wait: proposals of other files come first."""


async def wanted(write: Write, event: Incoming) -> list[Enqueue]:
    """A new STEP file, or one that a proposal asks for, is read unless this converter has done so before.

    Then only its 3D model is asked for again, where that did not come.
    """
    if event.data.get("reader", Reader.STEP) != Reader.STEP:
        return []
    asked = await converting.wanted(write, event, READ, CONVERTER_VERSION)
    return asked or await _model_again(write, event)


async def _model_again(write: Write, event: Incoming) -> list[Enqueue]:
    file = UUID(str(event.data["file"]))
    try:
        blob = await vault.blob_of_file(write, file)
    except NotFound:
        return []
    made = await vault.derivatives_of(write, [blob.blob_id], component=vault.WHOLE, converter=CONVERTER_VERSION)
    kinds = {derivative.kind for derivative in made}
    if "glb" in kinds or "shapes" not in kinds:
        return []
    about = {"file": str(file), "blob": blob.blob_id, "name": event.data.get("name", ""), "converter": CONVERTER_VERSION}
    return [_following(MODEL, "model", {**about, "actor_id": event.actor_id, "program_id": event.program_id})]


async def model_follows(write: Write, context: JobContext, payload: Payload, result: Payload) -> None:
    """The structure is there: proposals open, and the 3D model is made beside that."""
    about = {**payload, "converter": result["converter"], "actor_id": context.actor_id, "program_id": context.program_id}
    await jobs.enqueue(write, _following(MODEL, "model", about))


async def pictures_follow(write: Write, context: JobContext, payload: Payload, result: Payload) -> None:
    """The 3D model is there: pictures are drawn from it, and nobody needs the shapes any more."""
    about = {**payload, "actor_id": context.actor_id, "program_id": context.program_id}
    for first in range(0, min(int(result["components"]), COMPONENTS_MAX), AT_ONCE):
        await jobs.enqueue(write, _following(PICTURES, f"pictures:{first}", {**about, "first": first, "end": first + AT_ONCE}))
    await vault.drop_derivative(write, payload["blob"], payload["converter"], "shapes")


def _following(job_type: str, what: str, payload: Payload) -> Enqueue:
    return Enqueue(
        type=job_type,
        payload=payload,
        key=f"{payload['blob']}:{payload['converter']}:{what}",
        actor_id=payload["actor_id"],
        program_id=payload["program_id"],
        subject_kind="file",
        subject=UUID(payload["file"]),
        subject_name=payload["name"],
        priority=LATER,
    )


DECLARED: Final = Declared(
    families=(CAD,),
    types=(
        JobType(
            READ,
            "conversion.cad",
            prepare=converting.fetching("source.stp"),
            child="cascadia.cad.child:run",
            complete=converting.keeping("derivative.created", KINDS, model_follows),
            failed=converting.conversion_failed,
        ),
        JobType(
            MODEL,
            "conversion.cad",
            prepare=converting.fetching_made({"layout": "layout.json", "shapes": "shapes.zip"}),
            child="cascadia.cad.child:model",
            complete=converting.keeping("derivative.created", frozenset({"glb"}), pictures_follow),
            failed=converting.not_made,
        ),
        JobType(
            PICTURES,
            "conversion.cad",
            prepare=converting.fetching_made({"layout": "layout.json", "glb": "model.glb"}),
            child="cascadia.cad.child:pictures",
            complete=converting.keeping("derivative.created", frozenset({"thumbnail"})),
            failed=converting.not_made,
        ),
    ),
    subscriptions=(
        Subscription("cad.files", ("file.created",), wanted, where={"media_type": STEP}),
        Subscription("cad.files.gzip", ("file.created",), wanted, where={"media_type": f"{STEP}+gzip"}),
        Subscription("cad.files.zip", ("file.created",), wanted, where={"media_type": f"{STEP}+zip"}),
        Subscription("cad.proposals", ("proposal.requested",), wanted),
    ),
)
