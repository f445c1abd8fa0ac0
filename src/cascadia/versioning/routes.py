"""REST of history: commits, and what they did."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Path, Query, Request, Response

from cascadia.access.http import CurrentActor
from cascadia.kernel.errors import NotFound
from cascadia.kernel.http import Db, Paging, answer, page_answer, permission
from cascadia.kernel.route import Threads, routes
from cascadia.versioning import history
from cascadia.versioning.history import CommitRow, Label, RowEdit
from cascadia.versioning.model import MAIN
from cascadia.versioning.schemas import (
    CommitPage,
    CommitView,
    FieldChange,
    HistoryEntry,
    HistoryPage,
    Named,
    PersonRef,
    RowChange,
    RowChangePage,
)

router: Final = routes("history")
BranchName = Annotated[str, Path(max_length=100, description="`main`, or a branch.")]


def commit_view(row: CommitRow) -> CommitView:
    """The answer for one commit."""
    return CommitView(
        id=row.uid,
        branch=row.branch,
        seq=row.seq,
        at=row.at,
        author=PersonRef(id=row.author_uid, name=row.author_name),
        message=row.message,
        kind=row.kind,
        hash=row.hash,
    )


def row_change(edit: RowEdit) -> RowChange:
    """The answer for what a commit did to one row."""
    return RowChange.model_validate(
        {
            "kind": edit.kind,
            "action": edit.action,
            "id": edit.uid,
            "item": _named(edit.owner),
            "fields": [FieldChange(field=e.field, old=_shown(e.old), new=_shown(e.new)) for e in edit.edits],
        }
    )


def _named(label: Label) -> Named:
    return Named(id=label.uid, label=label.text, restricted=label.restricted)


def _shown(value: Any) -> Any:
    return _named(value).model_dump(mode="json") if isinstance(value, Label) else value


@router.get("/commits", response_model=CommitPage)
@permission("commit.read")
async def list_commits(
    request: Request,
    db: Db,
    actor: CurrentActor,
    paging: Paging,
    branch: Annotated[str, Query(max_length=100, description="Whose commits.")] = MAIN,
    author: Annotated[UUID | None, Query(description="Only those of this user.")] = None,
) -> Response:
    """One page of commits, newest first: those that touched a program that one may see."""
    async with db.read() as read:
        rows, cursor = await history.commits(read, actor, paging, branch=branch, author=author)
    return page_answer(request, CommitPage(items=[commit_view(row) for row in rows], next=cursor), cursor)


@router.get("/commits/{branch}/{seq}", response_model=CommitView)
@permission("commit.read")
async def get_commit(request: Request, db: Db, actor: CurrentActor, branch: BranchName, seq: int) -> Response:
    """One commit."""
    async with db.read() as read:
        return answer(request, commit_view(await history.find_commit(read, actor, branch, seq)))


@router.get("/commits/{branch}/{seq}/changes", response_model=RowChangePage)
@permission("commit.read")
async def list_commit_changes(request: Request, db: Db, actor: CurrentActor, paging: Paging, branch: BranchName, seq: int) -> Response:
    """What a commit did, row by row, field by field."""
    if branch != MAIN:
        raise NotFound("There is no such commit, or you may not see it.")
    async with db.read() as read:
        await history.find_commit(read, actor, branch, seq)
        edits, cursor = await history.commit_edits(read, actor, seq, paging)
    return page_answer(request, RowChangePage(items=[row_change(edit) for edit in edits], next=cursor), cursor)


@router.get("/parts/{part_id}/history", response_model=HistoryPage)
@permission("part.read")
async def list_part_history(request: Request, db: Db, threads: Threads, actor: CurrentActor, paging: Paging, part_id: UUID) -> Response:
    """The commits that touched a part, its lines or its attachments, newest first."""
    async with db.read() as read:
        entries, cursor = await history.item_history(read, actor, part_id, paging)

    def answered() -> Response:
        shown = [HistoryEntry(commit=commit_view(row), changes=[row_change(edit) for edit in edits]) for row, edits in entries]
        return page_answer(request, HistoryPage(items=shown, next=cursor), cursor)

    many = sum(len(edits) for _, edits in entries) > history.ROWS_AT_ONCE
    return await threads.run(answered) if many else answered()
