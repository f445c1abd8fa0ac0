"""Users, programs, roles and projects: who may do what, and where."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, LiteralString
from uuid import UUID

from psycopg.errors import UniqueViolation

from cascadia.access import limits, queries
from cascadia.access.actors import administering, as_of_now, lock_signed_in
from cascadia.access.known import SignedIn
from cascadia.access.limits import Attempt
from cascadia.access.model import Actor, Ended, GrantRow, ProgramRow, ProjectRow, Role, UserRow
from cascadia.access.passwords import Passwords
from cascadia.access.sessions import end_access, insert_user
from cascadia.kernel.db import Database, Read, Write
from cascadia.kernel.errors import Conflict, Invalid, NotFound
from cascadia.kernel.events import Event
from cascadia.kernel.ids import new_uid
from cascadia.kernel.paging import PageRequest

NAME_LENGTH: Final = 32
"""Of a session's tries: so many characters of its hash are its own."""
NOT_PRESENT: Final = "This is not your present password."


@dataclass(frozen=True, slots=True)
class NewPassword:
    """The hash of a new password, and of the present one that its owner typed; None where an administrator gives it."""

    hashed: str
    instead_of: str | None


@dataclass(frozen=True, slots=True)
class UserChange:
    """What is to change of an account; None = stays. `current_password` is needed to change one's own password."""

    name: str | None = None
    active: bool | None = None
    administrator: bool | None = None
    password: str | None = None
    current_password: str | None = None

    @property
    def may_leave_none(self) -> bool:
        """Whether it could take the last active administrator away."""
        return self.active is False or self.administrator is False


async def list_users(read: Read, q: str | None, paging: PageRequest) -> tuple[list[UserRow], str | None, int | None]:
    """One page of all accounts, oldest first; `q` is a piece of the name or the email."""
    params = {"q": q, "after": paging.after(int)[0], "limit": paging.limit + 1}
    rows = await read.all(queries.USER_PAGE, UserRow, params)
    total = await read.value(queries.USER_COUNT, params) if paging.count else None
    return *paging.cut(rows, lambda row: [row.user_id]), total


async def user_by_uid(read: Read, uid: UUID) -> UserRow:
    """One account."""
    found = await read.one(queries.USER, UserRow, {"uid": uid})
    if found is None:
        raise NotFound("There is no such user.")
    return found


async def create_user(write: Write, actor: Actor, email: str, name: str, password_hash: str, *, administrator: bool) -> UserRow:
    """A new account; `password_hash` is made before the transaction. 409 where the email is taken."""
    await administering(write, actor)
    try:
        user = await insert_user(write, email, name, password_hash, administrator=administrator)
    except UniqueViolation as error:
        raise _taken(error, "user_email", "email", "email_taken", "There is a user with this email.") from error
    await write.emit(Event("user.created", user.uid, actor.user_id, data={"email": email, "administrator": administrator}))
    return user


async def first_password(database: Database, passwords: Passwords, password: str, about: Sequence[str]) -> str:
    """The hash of a password that an administrator chose for somebody; refuses one that is easy to guess."""
    async with database.primary() as primary:
        organisation = await primary.value(queries.ORGANISATION)
    async with passwords.turn(known=True):
        await passwords.check(password, (organisation, *about))
        return await passwords.hash(password)


def _is_for_administrators(actor: Actor, uid: UUID, change: UserChange) -> bool:
    return uid != actor.uid or change.active is not None or change.administrator is not None


async def judge_password(database: Database, passwords: Passwords, who: SignedIn, uid: UUID, change: UserChange) -> NewPassword | None:
    """The new password, where there is one; refuses one's own without the present one, and one that is easy to guess.

    Judged before the transaction: it takes a while. Each session has as many tries at the present password as a known browser, all
    API tokens together have as many: who stole one uses up its own.
    """
    if change.password is None:
        return None
    actor = who.actor
    async with database.primary() as primary:
        user = await user_by_uid(primary, uid)
        if _is_for_administrators(actor, uid, change):
            actor.require_administrator()
        organisation = await primary.value(queries.ORGANISATION)
        stored = await primary.value(queries.PASSWORD_HASH, {"user_id": actor.user_id})
    async with passwords.turn(known=True):
        if uid == actor.uid:
            await _check_own_password(database, passwords, who, change.current_password, stored)
        await passwords.check(change.password, (organisation, user.email, user.name))
        return NewPassword(await passwords.hash(change.password), stored if uid == actor.uid else None)


async def _check_own_password(database: Database, passwords: Passwords, who: SignedIn, current: str | None, stored: str | None) -> None:
    tries = f"session:{who.token_hash.hex()[:NAME_LENGTH]}" if who.token_id is None else f"tokens:{who.actor.user_id}"
    attempt = Attempt(who.actor.email, tries)
    if current is not None:
        await limits.begin(database, attempt)
    if current is None or not await passwords.verify(stored, current):
        raise _wrong_current_password("Type your present password." if current is None else NOT_PRESENT)
    async with database.write() as write:
        await limits.forget(write, attempt)


def _wrong_current_password(message: str) -> Invalid:
    errors = [{"pointer": "/current_password", "message": message}]
    return Invalid("Changing your own password needs the present one.", code="wrong_current_password", errors=errors)


async def change_user(write: Write, who: SignedIn, uid: UUID, change: UserChange, password: NewPassword | None) -> UserRow:
    """The changed account. A new password or `active: false` ends its sessions and API tokens, except the one by which this is asked.

    A new password also clears the limits of its tries. Who may not, is signed in no more, or knows a password that is not the present
    one any more, is refused by what is so under the locks.
    """
    actor = who.actor
    await user_by_uid(write, uid)
    if _is_for_administrators(actor, uid, change):
        await administering(write, actor)
    if uid == actor.uid:
        await lock_signed_in(write, who)
    if password and password.instead_of and password.instead_of != await write.value(queries.PASSWORD_HASH, {"user_id": actor.user_id}):
        raise _wrong_current_password(NOT_PRESENT)
    password_hash = password.hashed if password else None
    said: dict[str, Any] = {"name": change.name, "active": change.active, "administrator": change.administrator}
    user = await write.one(queries.CHANGE_USER, UserRow, {"uid": uid, **said, "password_hash": password_hash})
    if user is None:
        raise NotFound("There is no such user.")
    if change.may_leave_none and not await write.value(queries.ACTIVE_ADMINISTRATORS):
        raise Conflict("This is the last active administrator. Make another one first.", code="last_administrator")
    if password_hash or not user.active:
        await end_access(write, user.user_id, keep=who.token_hash)
    if password_hash:
        await limits.forget_all(write, user.email)
    said["password"] = True if password_hash else None
    data = {member: value for member, value in said.items() if value is not None}
    if data:
        await write.emit(Event("user.changed", uid, actor.user_id, data=data))
    return user


async def reset_password(database: Database, passwords: Passwords, email: str, password: str) -> tuple[UserRow, Ended]:
    """The account with its new password, and what that ended; for whoever has the database, since nobody is asked who they are.

    The limits of its tries are cleared. Refuses an account that is not active, and a password that is easy to guess.
    """
    async with database.primary() as primary:
        user = await primary.one(queries.ACTIVE_USER_AT, UserRow, {"email": email})
    if user is None:
        raise NotFound(f"There is no active account with the email {email}.")
    password_hash = await first_password(database, passwords, password, (user.email, user.name))
    async with database.write() as write:
        await write.execute(queries.SET_PASSWORD_HASH, {"user_id": user.user_id, "password_hash": password_hash})
        ended = await end_access(write, user.user_id)
        await limits.forget_all(write, user.email)
        await write.emit(Event("user.changed", user.uid, None, data={"password": True}))
    return user, ended


async def sign_out_everywhere(write: Write, actor: Actor, uid: UUID) -> Ended:
    """Ends every session and every API token of oneself, or as an administrator of anybody."""
    user = await user_by_uid(write, uid)
    if uid != actor.uid:
        await administering(write, actor)
    ended = await end_access(write, user.user_id)
    await write.emit(Event("user.signed_out", uid, actor.user_id, data={"sessions": ended.sessions, "tokens": ended.tokens}))
    return ended


def _seen_by(actor: Actor) -> dict[str, Any]:
    return {"user_id": actor.user_id, "administrator": actor.administrator, "programs": actor.programs}


async def list_programs(read: Read, actor: Actor, paging: PageRequest) -> tuple[list[ProgramRow], str | None, int | None]:
    """One page of the programs that the actor has a role in, oldest first; administrators see all."""
    params = {**_seen_by(actor), "after": paging.after(int)[0], "limit": paging.limit + 1}
    rows = await read.all(queries.PROGRAM_PAGE, ProgramRow, params)
    total = await read.value(queries.PROGRAM_COUNT, params) if paging.count else None
    return *paging.cut(rows, lambda row: [row.program_id]), total


async def find_program(read: Read, actor: Actor, *, uid: UUID | None = None, code: str | None = None) -> ProgramRow:
    """A program by id or by code, upper and lower case alike; 404 where the actor may not see it."""
    by: LiteralString = queries.PROGRAM if uid else queries.PROGRAM_BY_CODE
    found = await read.one(by, ProgramRow, {**_seen_by(actor), "uid": uid, "code": code})
    if found is None:
        raise NotFound("There is no such program, or you may not see it.")
    return found


async def create_program(write: Write, actor: Actor, code: str, name: str) -> ProgramRow:
    """A new program whose lead is the actor. 409 where the code is taken."""
    await administering(write, actor)
    try:
        program = await write.one(queries.INSERT_PROGRAM, ProgramRow, {"uid": new_uid(), "code": code, "name": name})
    except UniqueViolation as error:
        raise _taken(error, "program_code", "code", "code_taken", "There is a program with this code.") from error
    assert program
    await write.emit(Event("program.created", program.uid, actor.user_id, program.program_id, {"code": code, "name": name}))
    await _set_role(write, actor, program, actor.uid, Role.LEAD)
    return program


async def _managed(write: Write, actor: Actor, uid: UUID, permission: str) -> ProgramRow:
    """The program, where the actor holds the permission in it or is an administrator, who could give it to themselves.

    Its roles and projects are no others until the transaction ends.
    """
    program = await find_program(write, actor, uid=uid)
    await write.value(queries.LOCK_PROGRAM, {"program_id": program.program_id})
    now = await as_of_now(write, actor)
    if not now.administrator:
        now.require(permission, program.program_id)
    return program


async def list_grants(read: Read, actor: Actor, program: UUID, paging: PageRequest) -> tuple[list[GrantRow], str | None, int | None]:
    """One page of the users with a role in a program that the actor may see."""
    row = await find_program(read, actor, uid=program)
    params = {"program_id": row.program_id, "after": paging.after(int)[0], "limit": paging.limit + 1}
    rows = await read.all(queries.GRANTS, GrantRow, params)
    total = await read.value(queries.GRANT_COUNT, params) if paging.count else None
    return *paging.cut(rows, lambda grant: [grant.user_id]), total


async def grant_role(write: Write, actor: Actor, program: UUID, user: UUID, role: Role) -> UserRow:
    """Gives a user a role in a program, in place of the one that they had."""
    return await _set_role(write, actor, await _managed(write, actor, program, "program.manage"), user, role)


async def _set_role(write: Write, actor: Actor, program: ProgramRow, user: UUID, role: Role) -> UserRow:
    row = await user_by_uid(write, user)
    await write.execute(queries.SET_ROLE, {"program_id": program.program_id, "user_id": row.user_id, "role": role})
    await write.emit(Event("role.granted", user, actor.user_id, program.program_id, {"program": str(program.uid), "role": role}))
    return row


async def revoke_role(write: Write, actor: Actor, program: UUID, user: UUID) -> None:
    """Takes a user's role in a program away."""
    managed = await _managed(write, actor, program, "program.manage")
    row = await user_by_uid(write, user)
    if not await write.execute(queries.DELETE_ROLE, {"program_id": managed.program_id, "user_id": row.user_id}):
        raise NotFound("This user has no role in the program.")
    await write.emit(Event("role.revoked", user, actor.user_id, managed.program_id, {"program": str(managed.uid)}))


async def list_projects(
    read: Read, actor: Actor, program: UUID | None, paging: PageRequest
) -> tuple[list[ProjectRow], str | None, int | None]:
    """One page of the projects that the actor may see, oldest first: those of their programs, and libraries."""
    params = {**_seen_by(actor), "program": program, "after": paging.after(int)[0], "limit": paging.limit + 1}
    rows = await read.all(queries.PROJECT_PAGE, ProjectRow, params)
    total = await read.value(queries.PROJECT_COUNT, params) if paging.count else None
    return *paging.cut(rows, lambda row: [row.project_id]), total


async def find_project(read: Read, actor: Actor, *, uid: UUID | None = None, code: str | None = None) -> ProjectRow:
    """A project by id or by code, upper and lower case alike; 404 where the actor may not see it."""
    by: LiteralString = queries.PROJECT if uid else queries.PROJECT_BY_CODE
    found = await read.one(by, ProjectRow, {**_seen_by(actor), "uid": uid, "code": code})
    if found is None:
        raise NotFound("There is no such project, or you may not see it.")
    return found


async def create_project(write: Write, actor: Actor, program: UUID, code: str, name: str, *, library: bool) -> ProjectRow:
    """A new project of a program; a library is readable by all who are signed in. 409 where the code is taken."""
    managed = await _managed(write, actor, program, "project.create")
    uid = new_uid()
    params = {"uid": uid, "program_id": managed.program_id, "code": code, "name": name, "library": library}
    try:
        await write.execute(queries.INSERT_PROJECT, params)
    except UniqueViolation as error:
        raise _taken(error, "project_code", "code", "code_taken", "There is a project with this code.") from error
    await write.emit(Event("project.created", uid, actor.user_id, managed.program_id, {"code": code, "name": name, "library": library}))
    return await find_project(write, actor, uid=uid)


def _taken(error: UniqueViolation, constraint: str, field: str, code: str, sentence: str) -> Exception:
    if error.diag.constraint_name != constraint:
        return error
    return Conflict(sentence, code=code, errors=[{"pointer": f"/{field}", "message": sentence}])
