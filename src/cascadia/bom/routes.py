"""REST of BOMs: lines, trees, flattened lists, where-used; and deleting or phasing a part, which its use decides."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from cascadia.access.http import CurrentActor
from cascadia.access.model import Actor
from cascadia.bom import explode, service
from cascadia.bom.edit import ChangeLine, Operation, RemoveLine
from cascadia.bom.model import LineRow
from cascadia.bom.networks import Network, Networks, Place
from cascadia.bom.schemas import (
    BatchResult,
    Line,
    LineBatch,
    LinePage,
    LinePatch,
    NewLine,
    NewPhase,
    UsePage,
    UseView,
)
from cascadia.bom.service import MassRow
from cascadia.bom.tree_answer import TreeView, flat_lines, tree_json
from cascadia.bom.tree_schemas import BomTree, FlatPage
from cascadia.items import service as items
from cascadia.kernel.bodies import BATCH, LINE, takes
from cascadia.kernel.db import Database, Primary
from cascadia.kernel.http import Db, IdempotencyKey, IfMatch, Paging, answer, answer_bytes, check_version, page_answer, permission
from cascadia.kernel.route import Threads, routes
from cascadia.parts.model import PART
from cascadia.parts.routes import part_view
from cascadia.parts.schemas import Part
from cascadia.versioning.http import Judged, Point, VersionedWrite, View, Writing, write_versioned
from cascadia.versioning.schemas import PointView

router: Final = routes("bom")
BOM_ETAG: Final = "Cascadia-Bom-ETag"
PLACES_AT_ONCE: Final = 1000
"""Lines, and places in the tree, that are worked out in less than a few hundredths of a second."""


async def _networks(request: Request) -> Networks:
    found = request.app.state.networks
    assert isinstance(found, Networks)
    return found


KeptNetworks = Annotated[Networks, Depends(_networks)]


def line_view(actor: Actor) -> View:
    """How a line is answered to this actor."""
    return View(
        statement=lambda uid, seq: service.line_statement(actor, uid, seq),
        build=lambda row: ((line := Line.of(LineRow(**row))), line.version),
        path=lambda uid: f"/api/v1/bom-lines/{uid}",
    )


def batch_view(actor: Actor) -> View:
    """How a batch on a BOM is answered."""

    def build(row: Mapping[str, Any]) -> tuple[BatchResult, str]:
        done = service.Batch(**row)
        tag = bom_etag(done.bom_version)
        result = BatchResult(added=done.added, changed=done.changed, removed=done.removed, etag=tag, commit=done.commit)
        return result, done.bom_version

    return View(
        statement=lambda uid, seq: service.batch_statement(actor, uid, seq),
        build=build,
        path=lambda uid: f"/api/v1/parts/{uid}/bom",
    )


def bom_etag(version: str) -> str:
    """A BOM's ETag as a whole, where its bytes are not at hand."""
    return f'"{version}.0"'


def _bom_headers(seq: int) -> Mapping[str, str]:
    """The BOM's version after a commit that touched it."""
    return {BOM_ETAG: bom_etag(f"0-{seq}")}


def _point(head: service.Head) -> PointView:
    return PointView(branch=head.branch, seq=head.seq, head=head.head, time=head.time)


@router.get("/parts/{part_id}/bom", response_model=LinePage)
@permission("bom.read")
async def list_bom_lines(request: Request, db: Db, actor: CurrentActor, part_id: UUID, paging: Paging, at: Point) -> Response:
    """One page of a part's own lines, by find number, with the version of its BOM."""
    async with db.read() as read:
        head = await service.head_of(read, actor, part_id, at)
        rows, cursor = await service.page_lines(read, actor, head, paging)
    page = LinePage(items=[Line.of(row) for row in rows], next=cursor, etag=bom_etag(head.bom_version), at=_point(head))
    response = page_answer(request, page, cursor, version=head.bom_version)
    response.headers[BOM_ETAG] = page.etag
    return response


@router.post("/parts/{part_id}/bom", response_model=Line, status_code=201)
@permission("bom.edit")
@takes(LINE)
async def add_bom_line(
    request: Request,
    db: Db,
    actor: CurrentActor,
    part_id: UUID,
    body: NewLine,
    options: Writing,
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response:
    """Adds a line, as one commit. `If-Match` is the ETag of the BOM as a whole."""

    async def judge(primary: Primary) -> Judged:
        edited = await service.judge_lines(primary, actor, [body.operation()], parent=part_id, if_match=if_match, message=options.message)
        return Judged(edited.change, edited.lines[0])

    return await write_versioned(VersionedWrite(request, db, actor, key, judge, line_view(actor), 201, headers=_bom_headers))


@router.post("/parts/{part_id}/bom:batch", response_model=BatchResult)
@permission("bom.edit")
@takes(BATCH)
async def edit_bom(
    request: Request,
    db: Db,
    actor: CurrentActor,
    part_id: UUID,
    body: LineBatch,
    options: Writing,
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response:
    """Adds, changes and removes lines of one BOM, all or nothing, as one commit. `If-Match` is the ETag of the BOM as a whole."""
    operations = body.as_operations()

    async def judge(primary: Primary) -> Judged:
        edited = await service.judge_lines(primary, actor, operations, parent=part_id, if_match=if_match, message=options.message)
        return Judged(edited.change, part_id)

    return await write_versioned(VersionedWrite(request, db, actor, key, judge, batch_view(actor), target=part_id, headers=_bom_headers))


@router.get("/bom-lines/{line_id}", response_model=Line)
@permission("bom.read")
async def get_bom_line(request: Request, db: Db, actor: CurrentActor, line_id: UUID, at: Point) -> Response:
    """A line at a point in history."""
    async with db.read() as read:
        line = Line.of(await service.find_line(read, actor, line_id, at))
    return answer(request, line, version=line.version)


async def _edit_line(
    request: Request,
    db: Database,
    actor: Actor,
    operation: ChangeLine | RemoveLine,
    message: str | None,
    if_match: str | None,
    key: str | None,
) -> Response:
    async def judge(primary: Primary) -> Judged:
        operations: list[Operation] = [operation]
        edited = await service.judge_lines(primary, actor, operations, if_match=if_match, message=message)
        return Judged(edited.change, operation.line)

    view = line_view(actor) if isinstance(operation, ChangeLine) else None
    status = 200 if view else 204
    return await write_versioned(VersionedWrite(request, db, actor, key, judge, view, status, target=operation.line, headers=_bom_headers))


@router.patch("/bom-lines/{line_id}", response_model=Line)
@permission("bom.edit")
@takes(LINE)
async def edit_bom_line(
    request: Request,
    db: Db,
    actor: CurrentActor,
    line_id: UUID,
    body: LinePatch,
    options: Writing,
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response:
    """Changes a line, as one commit. `If-Match` is the line's own ETag."""
    operation = ChangeLine(line_id, body.model_dump(exclude_unset=True))
    return await _edit_line(request, db, actor, operation, options.message, if_match, key)


@router.delete("/bom-lines/{line_id}", status_code=204)
@permission("bom.edit")
async def remove_bom_line(
    request: Request, db: Db, actor: CurrentActor, line_id: UUID, options: Writing, if_match: IfMatch = None, key: IdempotencyKey = None
) -> Response:
    """Removes a line, as one commit; its past stays readable."""
    return await _edit_line(request, db, actor, RemoveLine(line_id), options.message, if_match, key)


@router.get("/parts/{part_id}/bom/tree", response_model=BomTree)
@permission("bom.read")
async def get_bom_tree(
    request: Request,
    db: Db,
    networks: KeptNetworks,
    threads: Threads,
    actor: CurrentActor,
    part_id: UUID,
    at: Point,
    depth: Annotated[int, Query(ge=1, le=explode.DEPTH_MAX, description="How many levels of occurrences.")] = explode.DEPTH_MAX,
) -> Response:
    """The multi-level BOM as columns: distinct items, distinct lines, and every occurrence in depth-first order."""
    async with db.read() as read:
        head = await service.head_of(read, actor, part_id, at)
        network = await networks.find(read, Place(head.branch_id, head.item_id, head.seq))
        found = await service.tree_items(read, actor, head, network.graph.items.tolist())

    def answered() -> Response:
        return answer_bytes(request, tree_json(head, TreeView.of(network, found), depth), version=head.bom_version)

    return await threads.run(answered) if _is_large(network) else answered()


def _is_large(network: Network) -> bool:
    """Whether there is more than can be worked out on the event loop."""
    return max(len(network.lines), network.places) > PLACES_AT_ONCE


@router.get("/parts/{part_id}/bom/flat", response_model=FlatPage)
@permission("bom.read")
async def get_flat_bom(
    request: Request,
    db: Db,
    networks: KeptNetworks,
    threads: Threads,
    actor: CurrentActor,
    part_id: UUID,
    paging: Paging,
    at: Point,
) -> Response:
    """The flattened BOM: each distinct item below with its quantity in one root."""
    start = paging.after(int)[0] or 0
    async with db.read() as read:
        head = await service.head_of(read, actor, part_id, at)
        network = await networks.find(read, Place(head.branch_id, head.item_id, head.seq))
        rows = await service.mass_rows(read, actor, head, network.graph.items.tolist())

        def chosen() -> tuple[TreeView[MassRow], list[int]]:
            view = TreeView.of(network, rows)
            return view, view.order()[start : start + paging.limit + 1]

        view, wanted = await threads.run(chosen) if _is_large(network) else chosen()
        page, cursor = paging.cut(list(enumerate(wanted, start + 1)), lambda numbered: [numbered[0]])
        shown = await service.tree_items(read, actor, head, [view.items[index].item_id for _, index in page])

    def answered() -> Response:
        lines = flat_lines(view, [index for _, index in page], {item.item_id: item for item in shown})
        return page_answer(request, FlatPage(items=lines, next=cursor, at=_point(head)), cursor)

    return await threads.run(answered) if _is_large(network) else answered()


@router.get("/parts/{part_id}/where-used", response_model=UsePage)
@permission("bom.read")
async def get_where_used(
    request: Request,
    db: Db,
    actor: CurrentActor,
    part_id: UUID,
    paging: Paging,
    at: Point,
    levels: Annotated[
        Literal["direct", "all", "top"], Query(description="Direct users, users on all levels, or top items only.")
    ] = "direct",
) -> Response:
    """Which items use a part; `hidden` says that others do which one may not see."""
    async with db.read() as read:
        head = await service.head_of(read, actor, part_id, at)
        uses, hidden, cursor = await service.where_used(read, actor, head, levels, paging)
    page = UsePage(items=[UseView.of(use) for use in uses], next=cursor, hidden=hidden, at=_point(head))
    return page_answer(request, page, cursor)


@router.post("/parts/{part_id}/phase", response_model=Part)
@permission("part.edit")
async def set_part_phase(
    request: Request,
    db: Db,
    actor: CurrentActor,
    part_id: UUID,
    body: NewPhase,
    options: Writing,
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response:
    """Moves a part to another phase of its life, as one commit."""

    async def judge(primary: Primary) -> Judged:
        row = await items.find(primary, actor, [PART.name], uid=part_id)
        check_version(if_match, row.version)
        return Judged(await service.judge_phase(primary, actor, PART, row, body.phase, options.message), part_id)

    return await write_versioned(VersionedWrite(request, db, actor, key, judge, part_view(actor), target=part_id))


@router.delete("/parts/{part_id}", status_code=204)
@permission("part.delete")
async def delete_part(
    request: Request, db: Db, actor: CurrentActor, part_id: UUID, options: Writing, if_match: IfMatch = None, key: IdempotencyKey = None
) -> Response:
    """Takes a part that nothing uses off `main`, as one commit; its past stays readable."""

    async def judge(primary: Primary) -> Judged:
        row = await items.find(primary, actor, [PART.name], uid=part_id)
        check_version(if_match, row.version)
        return Judged(await service.judge_delete(primary, actor, PART, row, options.message), part_id)

    return await write_versioned(VersionedWrite(request, db, actor, key, judge, None, 204, target=part_id))
