"""An engineer's desk without HTTP: creates parts and lines through the services that the routes use."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from cascadia.access.model import Actor, Role
from cascadia.bom import service as bom
from cascadia.bom.edit import AddLine, ChangeLine, Operation, RemoveLine
from cascadia.bom.model import LineRow
from cascadia.items import service as items
from cascadia.items.model import ItemRow
from cascadia.items.service import NewItem
from cascadia.kernel.db import Database, Write
from cascadia.kernel.ids import new_uid
from cascadia.parts.model import PART
from cascadia.versioning import service as versioning
from cascadia.versioning.model import At


@dataclass(frozen=True)
class Desk:
    """One actor in one project."""

    database: Database
    actor: Actor
    project: UUID

    async def part(self, name: str = "Part", **members: Any) -> ItemRow:
        """A new part, as it is at its own commit."""
        async with self.database.messages() as connection:
            created = await items.judge_create(connection, self.actor, PART, NewItem(self.project, name, **members), None)
            done = await versioning.commit(
                connection, created.change, render=lambda seq: [items.one_statement(self.actor, ["part"], seq, uid=created.uid)]
            )
        return ItemRow(**done.rendered[0][0])

    async def read(self, uid: UUID, at: At | None = None) -> ItemRow:
        """The part at a point."""
        async with self.database.read() as read:
            return await items.find(read, self.actor, ["part"], uid=uid, at=at or At())

    async def edit(self, row: ItemRow, patch: Mapping[str, Any]) -> int:
        """Edits the part over the row that was seen; the seq of the commit."""
        async with self.database.messages() as connection:
            change = await items.judge_edit(connection, self.actor, PART, row, patch, None)
            return (await versioning.commit(connection, change)).seq

    async def lines(self, parent: UUID, operations: list[Operation]) -> tuple[int, list[UUID]]:
        """Operations on a BOM as one commit: its seq, and the line of each operation."""
        async with self.database.messages() as connection:
            return await lines_on(connection, self.actor, parent, operations)

    async def line(self, parent: UUID, child: UUID, quantity: str = "1", **members: Any) -> LineRow:
        """A new line."""
        _, (uid,) = await self.lines(parent, [AddLine(child=child, quantity=Decimal(quantity), **members)])
        return await self.read_line(uid)

    async def read_line(self, uid: UUID, at: At | None = None) -> LineRow:
        """The line at a point."""
        async with self.database.read() as read:
            return await bom.find_line(read, self.actor, uid, at or At())

    async def set_quantity(self, parent: UUID, line: UUID, quantity: str) -> int:
        """Changes a line's quantity; the seq of the commit."""
        return (await self.lines(parent, [ChangeLine(line, {"quantity": Decimal(quantity)})]))[0]

    async def remove(self, parent: UUID, line: UUID) -> int:
        """Removes a line; the seq of the commit."""
        return (await self.lines(parent, [RemoveLine(line)]))[0]

    async def tree(self, root: UUID, at: At | None = None) -> bom.Tree:
        """The BOM of an item at a point."""
        async with self.database.read() as read:
            return await bom.tree(read, self.actor, root, at or At())


async def lines_on(connection: Write, actor: Actor, parent: UUID, operations: list[Operation]) -> tuple[int, list[UUID]]:
    head = await bom.head_of(connection, actor, parent, At())
    edited = await bom.judge_lines(connection, actor, operations, parent=parent, if_match=f'"{head.bom_version}.0"', message=None)
    return (await versioning.commit(connection, edited.change)).seq, edited.lines


async def open_desk(database: Database, name: str = "Ada", role: Role = Role.LEAD) -> Desk:
    """A new user with a program and a project of their own."""
    user, program, project = new_uid(), new_uid(), new_uid()
    async with database.write() as write:
        user_id = await write.value(
            "INSERT INTO user_account (uid, email, name) VALUES (%(uid)s, %(email)s, %(name)s) RETURNING user_id",
            {"uid": user, "email": f"{user}@example.org", "name": name},
        )
        program_id = await write.value(
            "INSERT INTO program (uid, code, name) VALUES (%(uid)s, %(code)s, 'Program') RETURNING program_id",
            {"uid": program, "code": f"P{program.hex[-12:]}"},
        )
        await write.execute(
            "INSERT INTO project (uid, program_id, code, name) VALUES (%(uid)s, %(program)s, %(code)s, 'Project')",
            {"uid": project, "program": program_id, "code": f"J{project.hex[-12:]}"},
        )
        await write.execute(
            "INSERT INTO program_role (program_id, user_id, role) VALUES (%(program)s, %(user)s, %(role)s)",
            {"program": program_id, "user": user_id, "role": role.value},
        )
    return Desk(database, Actor(user_id, user, name, f"{user}@example.org", False, {program_id: role}), project)
