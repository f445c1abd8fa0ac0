"""REST of users, programs, their roles, and projects. First start, sessions and tokens are in `session_routes`."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import Query, Request, Response

from cascadia.access import service, session_routes
from cascadia.access.http import CurrentActor, CurrentSession, Hashing
from cascadia.access.model import Role
from cascadia.access.schemas import (
    Grant,
    GrantPage,
    NewProgram,
    NewProject,
    NewRole,
    NewUser,
    Program,
    ProgramPage,
    Project,
    ProjectPage,
    SignedOut,
    User,
    UserPage,
    UserPatch,
)
from cascadia.access.service import UserChange
from cascadia.kernel.db import Write
from cascadia.kernel.http import Db, IdempotencyKey, Paging, answer, page_answer, permission
from cascadia.kernel.idempotency import is_repeated, repeatable
from cascadia.kernel.route import routes

people: Final = routes("people")
programs: Final = routes("programs")


@people.get("/users", response_model=UserPage)
@permission("signed_in")
async def list_users(
    request: Request,
    db: Db,
    _: CurrentActor,
    paging: Paging,
    q: Annotated[str | None, Query(max_length=200, description="A piece of the name or the email.")] = None,
) -> Response:
    """Everybody in the organisation."""
    async with db.read() as read:
        rows, cursor, total = await service.list_users(read, q, paging)
    return page_answer(request, UserPage(items=[User.of(row) for row in rows], next=cursor, total=total), cursor)


@people.post("/users", response_model=User, status_code=201)
@permission("administrator")
async def create_user(
    request: Request, db: Db, hashing: Hashing, actor: CurrentActor, body: NewUser, key: IdempotencyKey = None
) -> Response:
    """Adds somebody. They sign in with this password and may then change it."""
    actor.require_administrator()
    hashed = await service.first_password(db, hashing, body.password, (body.email, body.name))

    async def effect(write: Write) -> User:
        return User.of(await service.create_user(write, actor, body.email, body.name, hashed, administrator=body.administrator))

    return await repeatable(request, db, actor.user_id, key, effect, status=201, location="/api/v1/users")


@people.get("/users/{user_id}", response_model=User)
@permission("signed_in")
async def get_user(request: Request, db: Db, _: CurrentActor, user_id: UUID) -> Response:
    """One account."""
    async with db.read() as read:
        return answer(request, User.of(await service.user_by_uid(read, user_id)))


@people.patch("/users/{user_id}", response_model=User)
@permission("signed_in", scope="administer")
async def edit_user(
    request: Request, db: Db, hashing: Hashing, session: CurrentSession, user_id: UUID, body: UserPatch, key: IdempotencyKey = None
) -> Response:
    """Changes an account: one's own name and password, or as an administrator anybody's, also who is one.

    A new password and `active: false` end its sessions and API tokens, but for the one by which this is asked.
    """
    change, asker = UserChange(**dict(body)), session.actor.user_id
    done = await is_repeated(request, db, asker, key)
    password = None if done else await service.judge_password(db, hashing, session, user_id, change)

    async def effect(write: Write) -> User:
        return User.of(await service.change_user(write, session, user_id, change, password))

    response = await repeatable(request, db, asker, key, effect)
    if password and password.instead_of and session.by_cookie:
        await session_routes.remember(request, db, response, session.actor.email, password.hashed)
    return response


@people.post("/users/{user_id}/sign-out", response_model=SignedOut)
@permission("signed_in", scope="administer")
async def sign_out_everywhere(request: Request, db: Db, actor: CurrentActor, user_id: UUID, key: IdempotencyKey = None) -> Response:
    """Ends every session and every API token of an account, at once: one's own, this session too; as an administrator anybody's."""

    async def effect(write: Write) -> SignedOut:
        return SignedOut.of(await service.sign_out_everywhere(write, actor, user_id))

    return await repeatable(request, db, actor.user_id, key, effect)


@programs.get("/programs", response_model=ProgramPage)
@permission("signed_in")
async def list_programs(request: Request, db: Db, actor: CurrentActor, paging: Paging) -> Response:
    """The programs in which one has a role; administrators see all."""
    async with db.read() as read:
        rows, cursor, total = await service.list_programs(read, actor, paging)
    return page_answer(request, ProgramPage(items=[Program.of(row) for row in rows], next=cursor, total=total), cursor)


@programs.post("/programs", response_model=Program, status_code=201)
@permission("administrator")
async def create_program(request: Request, db: Db, actor: CurrentActor, body: NewProgram, key: IdempotencyKey = None) -> Response:
    """A new program; who makes it is its lead."""

    async def effect(write: Write) -> Program:
        return Program.of(await service.create_program(write, actor, body.code, body.name or body.code))

    return await repeatable(request, db, actor.user_id, key, effect, status=201, location="/api/v1/programs")


@programs.get("/programs/by-code/{code}", response_model=Program)
@permission("program.read")
async def get_program_by_code(request: Request, db: Db, actor: CurrentActor, code: str) -> Response:
    """A program by its code, upper and lower case alike."""
    async with db.read() as read:
        return answer(request, Program.of(await service.find_program(read, actor, code=code)))


@programs.get("/programs/{program_id}", response_model=Program)
@permission("program.read")
async def get_program(request: Request, db: Db, actor: CurrentActor, program_id: UUID) -> Response:
    """One program."""
    async with db.read() as read:
        return answer(request, Program.of(await service.find_program(read, actor, uid=program_id)))


@programs.get("/programs/{program_id}/roles", response_model=GrantPage)
@permission("program.read")
async def list_program_roles(request: Request, db: Db, actor: CurrentActor, paging: Paging, program_id: UUID) -> Response:
    """Who has which role in the program."""
    async with db.read() as read:
        rows, cursor, total = await service.list_grants(read, actor, program_id, paging)
    items = [Grant(user=User.of(row), role=Role(row.role)) for row in rows]
    return page_answer(request, GrantPage(items=items, next=cursor, total=total), cursor)


@programs.put("/programs/{program_id}/roles/{user_id}", response_model=Grant)
@permission("program.manage")
async def grant_role(
    request: Request, db: Db, actor: CurrentActor, program_id: UUID, user_id: UUID, body: NewRole, key: IdempotencyKey = None
) -> Response:
    """Gives somebody a role in the program, in place of the one that they had."""

    async def effect(write: Write) -> Grant:
        return Grant(user=User.of(await service.grant_role(write, actor, program_id, user_id, body.role)), role=body.role)

    return await repeatable(request, db, actor.user_id, key, effect)


@programs.delete("/programs/{program_id}/roles/{user_id}", status_code=204, response_class=Response)
@permission("program.manage")
async def revoke_role(
    request: Request, db: Db, actor: CurrentActor, program_id: UUID, user_id: UUID, key: IdempotencyKey = None
) -> Response:
    """Takes somebody's role in the program away: they see nothing of it any more, at once."""

    async def effect(write: Write) -> None:
        await service.revoke_role(write, actor, program_id, user_id)

    return await repeatable(request, db, actor.user_id, key, effect)


@programs.get("/projects", response_model=ProjectPage)
@permission("signed_in")
async def list_projects(
    request: Request,
    db: Db,
    actor: CurrentActor,
    paging: Paging,
    program: Annotated[UUID | None, Query(description="Only projects of this program.")] = None,
) -> Response:
    """The projects of one's programs, and libraries."""
    async with db.read() as read:
        rows, cursor, total = await service.list_projects(read, actor, program, paging)
    return page_answer(request, ProjectPage(items=[Project.of(row) for row in rows], next=cursor, total=total), cursor)


@programs.post("/projects", response_model=Project, status_code=201)
@permission("project.create")
async def create_project(request: Request, db: Db, actor: CurrentActor, body: NewProject, key: IdempotencyKey = None) -> Response:
    """A new project of a program."""

    async def effect(write: Write) -> Project:
        row = await service.create_project(write, actor, body.program, body.code, body.name or body.code, library=body.library)
        return Project.of(row)

    return await repeatable(request, db, actor.user_id, key, effect, status=201, location="/api/v1/projects")


@programs.get("/projects/by-code/{code}", response_model=Project)
@permission("program.read")
async def get_project_by_code(request: Request, db: Db, actor: CurrentActor, code: str) -> Response:
    """A project by its code, upper and lower case alike."""
    async with db.read() as read:
        return answer(request, Project.of(await service.find_project(read, actor, code=code)))


@programs.get("/projects/{project_id}", response_model=Project)
@permission("program.read")
async def get_project(request: Request, db: Db, actor: CurrentActor, project_id: UUID) -> Response:
    """One project."""
    async with db.read() as read:
        return answer(request, Project.of(await service.find_project(read, actor, uid=project_id)))
