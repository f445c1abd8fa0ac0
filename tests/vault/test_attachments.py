"""Attachments: versioned like everything, read at any point, safe beside others."""

import asyncio
from dataclasses import dataclass
from uuid import UUID

import pytest
import pytest_asyncio

from cascadia.access.model import Actor
from cascadia.items.tables import ITEM_V
from cascadia.kernel.db import Database
from cascadia.kernel.errors import Conflict, Forbidden, Invalid, NotFound, PreconditionRequired, Stale
from cascadia.kernel.events import Event
from cascadia.kernel.ids import new_uid
from cascadia.kernel.paging import PageRequest
from cascadia.vault import attaching, service
from cascadia.vault.model import AttachmentRole, AttachmentRow
from cascadia.versioning import history
from cascadia.versioning import service as versioning
from cascadia.versioning.model import At, Author, Change, Delta, LostRace, Unchanged
from cascadia.versioning.verification import verify_chain
from tests.vault.conftest import Place, stream


@dataclass(frozen=True)
class Part:
    """A part in the place's project."""

    place: Place
    item_id: int
    uid: UUID

    async def attach(
        self, file: UUID, role: AttachmentRole = AttachmentRole.CAD, component: str | None = None, actor: Actor | None = None
    ) -> UUID:
        wanted = attaching.Attach(file, role, None, component)
        async with self.place.database.messages() as connection:
            change, uid = await attaching.judge_attach(connection, actor or self.place.engineer, self.uid, wanted, None)
            await versioning.commit(connection, change)
        return uid

    async def edit(self, uid: UUID, version: str, **patch: object) -> None:
        async with self.place.database.messages() as connection:
            change = await attaching.judge_edit(connection, self.place.engineer, uid, patch, if_match=f'"{version}.x"', message=None)
            await versioning.commit(connection, change)

    async def detach(self, uid: UUID, version: str) -> None:
        async with self.place.database.messages() as connection:
            await versioning.commit(connection, await attaching.judge_detach(connection, self.place.engineer, uid, f'"{version}"', None))

    async def delete(self, seen: int) -> None:
        async with self.place.database.messages() as connection:
            await versioning.commit(connection, self._change(Delta(ITEM_V.name, self.item_id, self.uid, seen, None)))

    async def make(self) -> None:
        fields = {"name": "Bracket", "phase": "prototype", "attributes": {}}
        async with self.place.database.messages() as connection:
            await versioning.commit(connection, self._change(Delta(ITEM_V.name, self.item_id, self.uid, None, fields)))

    def _change(self, delta: Delta) -> Change:
        author = self.place.engineer
        event = Event("part.changed", self.uid, author.user_id, self.place.program_id)
        return Change(Author(author.user_id, author.uid), "test", frozenset({self.place.program_id}), (delta,), events=(event,))

    async def attachments(self, at: At | None = None, actor: Actor | None = None) -> list[AttachmentRow]:
        async with self.place.database.read() as read:
            point = await service.item_point(read, actor or self.place.viewer, self.uid, at or At())
            return (await service.attachments_page(read, actor or self.place.viewer, point, PageRequest()))[0]


@pytest_asyncio.fixture
async def part(place: Place) -> Part:
    """Made by the first commit."""
    uid = new_uid()
    async with place.database.write() as write:
        item_id = await write.value(
            "INSERT INTO item (uid, kind, project_id, number) VALUES (%(uid)s, 'part', %(project)s, 'P-1') RETURNING item_id",
            {"uid": uid, "project": place.project_id},
        )
    made = Part(place, item_id, uid)
    await made.make()
    return made


async def head(database: Database) -> int:
    async with database.primary() as primary:
        return int(await primary.value("SELECT head_seq FROM branch WHERE branch_id = 0"))


async def test_a_check_in_keeps_role_and_component_and_the_past_keeps_its_file(place: Place, part: Part) -> None:
    old, _ = await place.upload("a.step", b"old")
    new, _ = await place.upload("a.step", b"new")
    uid = await part.attach(old.uid, component="c1")
    await part.edit(uid, "0-2", file=new.uid)
    [now] = await part.attachments()
    [then] = await part.attachments(At(seq=2))
    assert (now.uid, now.file_uid, now.role, now.component, now.version, now.at_head) == (uid, new.uid, "cad", "c1", "0-3", True)
    assert (then.uid, then.file_uid, then.role, then.component, then.version, then.at_head) == (uid, old.uid, "cad", "c1", "0-2", False)
    assert await part.attachments(At(seq=1)) == []


async def test_a_detached_file_is_gone_from_now_on_only(place: Place, part: Part) -> None:
    file, _ = await place.upload("a.step", b"a")
    uid = await part.attach(file.uid)
    await part.detach(uid, "0-2")
    assert await part.attachments() == []
    assert [row.uid for row in await part.attachments(At(seq=2))] == [uid]
    async with place.database.read() as read:
        with pytest.raises(NotFound):
            await attaching.one(read, place.engineer, uid)
        assert (await service.file_by_uid(read, place.engineer, file.uid)).uid == file.uid


async def test_a_write_needs_the_version_that_is_there_and_a_stale_one_learns_what_differs(place: Place, part: Part) -> None:
    file, _ = await place.upload("a.step", b"a")
    other, _ = await place.upload("b.step", b"b")
    uid = await part.attach(file.uid)
    await part.edit(uid, "0-2", file=other.uid, category="sheet")
    async with place.database.primary() as primary:
        with pytest.raises(PreconditionRequired):
            await attaching.judge_edit(primary, place.engineer, uid, {"role": "other"}, if_match=None, message=None)
        with pytest.raises(Stale) as stale:
            await attaching.judge_edit(primary, place.engineer, uid, {"role": "other"}, if_match='"0-2.x"', message=None)
        with pytest.raises(Stale):
            await attaching.judge_detach(primary, place.engineer, uid, 'W/"0-2.x"', None)
    assert (stale.value.extra["current_version"], stale.value.extra["differing"]) == ("0-3", ["category", "file"])
    assert await head(place.database) == 3


async def test_a_patch_that_changes_nothing_makes_no_commit(place: Place, part: Part) -> None:
    file, _ = await place.upload("a.step", b"a")
    uid = await part.attach(file.uid)
    with pytest.raises(Unchanged):
        await part.edit(uid, "0-2", file=file.uid, role="cad", category=None)
    assert await head(place.database) == 2


async def test_the_same_file_is_attached_once_in_a_role_also_by_twins_at_once(place: Place, part: Part) -> None:
    file, _ = await place.upload("a.step", b"a")
    judged = []
    async with place.database.messages() as connection:
        for _ in range(4):
            wanted = attaching.Attach(file.uid, AttachmentRole.CAD, None, None)
            judged.append((await attaching.judge_attach(connection, place.engineer, part.uid, wanted, None))[0])

    async def commit(change: Change) -> bool:
        async with place.database.messages() as connection:
            try:
                await versioning.commit(connection, change)
            except LostRace:
                return False
            return True

    assert sorted(await asyncio.gather(*map(commit, judged))) == [False, False, False, True]
    with pytest.raises(Conflict) as refusal:
        await part.attach(file.uid)
    assert refusal.value.code == "already_attached"
    uid = await part.attach(file.uid, AttachmentRole.DRAWING)
    with pytest.raises(Conflict):
        await part.edit(uid, "0-3", role="cad")
    assert [row.role for row in await part.attachments()] == ["cad", "drawing"]


async def test_nothing_is_attached_to_a_deleted_item(place: Place, part: Part) -> None:
    file, _ = await place.upload("a.step", b"a")
    wanted = attaching.Attach(file.uid, AttachmentRole.CAD, None, None)
    async with place.database.messages() as connection:
        judged, _ = await attaching.judge_attach(connection, place.engineer, part.uid, wanted, None)
        await part.delete(1)
        with pytest.raises(LostRace):
            await versioning.commit(connection, judged)
        with pytest.raises(NotFound):
            await attaching.judge_attach(connection, place.engineer, part.uid, wanted, None)
    assert await head(place.database) == 2
    with pytest.raises(NotFound):
        await part.attachments()
    assert await part.attachments(At(seq=1)) == []


async def test_a_viewer_may_look_and_a_stranger_may_not_know(place: Place, part: Part) -> None:
    file, _ = await place.upload("a.step", b"a")
    with pytest.raises(Forbidden):
        await part.attach(file.uid, actor=place.viewer)
    with pytest.raises(NotFound):
        await part.attach(file.uid, actor=place.stranger)
    uid = await part.attach(file.uid)
    assert [row.uid for row in await part.attachments(actor=place.viewer)] == [uid]
    with pytest.raises(NotFound):
        await part.attachments(actor=place.stranger)
    async with place.database.primary() as primary:
        for actor, refusal in ((place.viewer, Forbidden), (place.stranger, NotFound)):
            with pytest.raises(refusal):
                await attaching.judge_edit(primary, actor, uid, {"role": "other"}, if_match='"0-2"', message=None)
            with pytest.raises(refusal):
                await attaching.judge_detach(primary, actor, uid, '"0-2"', None)


async def test_a_file_of_another_program_is_not_attached_unless_it_lies_in_a_library(place: Place, part: Part) -> None:
    file, _ = await place.upload("a.step", b"a", project=place.elsewhere)
    for actor, code in ((place.everywhere, "foreign_file"), (place.engineer, "unknown_file")):
        with pytest.raises(Invalid) as refusal:
            await part.attach(file.uid, actor=actor)
        assert refusal.value.code == code
    async with place.database.write() as write:
        await write.execute("UPDATE project SET library = true WHERE code = 'elsewhere'")
    await part.attach(file.uid)
    assert [row.file_uid for row in await part.attachments()] == [file.uid]


async def test_the_first_cad_file_gives_an_item_its_picture_and_model(place: Place, part: Part) -> None:
    drawing, _ = await place.upload("a.pdf", b"pdf")
    assembly, blob = await place.upload("a.step", b"a")
    await part.attach(drawing.uid, AttachmentRole.DRAWING)
    await part.attach(assembly.uid, component="c1")
    shown = "SELECT * FROM item_model(%(item)s, 0, %(seq)s)"
    async with place.database.primary() as primary:
        assert await primary.rows(shown, {"item": part.item_id, "seq": 2}) == []
        before = await primary.rows(shown, {"item": part.item_id, "seq": 3})
    made = [
        service.NewDerivative(kind, component, "image/png", await place.store.put(stream(kind.encode()), new_uid()))
        for kind, component in (("thumbnail", "c1"), ("glb", ""))
    ]
    async with place.database.write() as write:
        await service.save_derivatives(write, blob.blob_id, "step/1", made)
    async with place.database.primary() as primary:
        after = await primary.rows(shown, {"item": part.item_id, "seq": 3})
    assert before == [{"file_uid": assembly.uid, "component": "c1", "thumbnail": False, "model": False}]
    assert after == [{"file_uid": assembly.uid, "component": "c1", "thumbnail": True, "model": True}]


async def test_history_names_the_files_and_the_chain_covers_attachments(place: Place, part: Part) -> None:
    old, _ = await place.upload("old.step", b"old")
    new, _ = await place.upload("new.step", b"new")
    uid = await part.attach(old.uid)
    await part.edit(uid, "0-2", file=new.uid)
    await part.detach(uid, "0-3")
    async with place.database.read() as read:
        entries, _ = await history.item_history(read, place.viewer, part.uid, PageRequest())
        assert await verify_chain(read) == []
    assert [commit.message for commit, _ in entries] == [
        "Detach new.step from P-1",
        "Check in new.step for P-1",
        "Attach old.step to P-1",
        "test",
    ]
    [check_in] = entries[1][1]
    assert (check_in.kind, check_in.action, check_in.uid) == ("attachment", "changed", uid)
    assert check_in.edits == [history.Edit("file", history.Label(old.uid, "old.step"), history.Label(new.uid, "new.step"))]
