"""REST of exports. The file itself is an output of the vault."""

from uuid import UUID

from fastapi import Request, Response

from cascadia.access.http import CurrentActor
from cascadia.bom import service as bom
from cascadia.items import service as items
from cascadia.jobs import service as jobs
from cascadia.jobs.schemas import JobView
from cascadia.kernel.db import Write
from cascadia.kernel.declare import Enqueue
from cascadia.kernel.http import Db, IdempotencyKey, permission
from cascadia.kernel.idempotency import repeatable
from cascadia.kernel.route import routes
from cascadia.reports.jobs import EXPORT_BOM
from cascadia.reports.schemas import BomExport
from cascadia.versioning.http import Point

router = routes("bom")


@router.post("/parts/{part_id}/bom/exports", response_model=JobView, status_code=202)
@permission("signed_in")
async def export_bom(
    request: Request, db: Db, actor: CurrentActor, part_id: UUID, body: BomExport, at: Point, key: IdempotencyKey = None
) -> Response:
    """Writes the BOM, as I may see it, into a file: the job's result names the `output`, which is kept for a week."""

    async def effect(write: Write) -> JobView:
        head = await bom.head_of(write, actor, part_id, at)
        payload = {"part": str(part_id), "branch": head.branch, "seq": head.seq, "format": body.format, "view": body.view}
        programs = await items.programs_of(write, [head.item_id])
        job = Enqueue(
            EXPORT_BOM,
            payload,
            actor_id=actor.user_id,
            program_id=programs[0] if programs else None,
            subject_kind="part",
            subject=part_id,
            subject_name=head.number,
        )
        return JobView.of(await jobs.get_job(write, actor, await jobs.enqueue(write, job)))

    return await repeatable(request, db, actor.user_id, key, effect, status=202)
