"""REST of first start, sessions and API tokens."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Final
from uuid import UUID

from fastapi import Query, Request, Response

from cascadia.access import devices, sessions, setup_token, tokens
from cascadia.access.http import (
    CurrentActor,
    CurrentSession,
    Hashing,
    check_origin,
    device_cookie,
    here,
    session_cookies,
    settings_of,
    token_hash,
)
from cascadia.access.origin import DEVICE, cookie_name, is_secure
from cascadia.access.schemas import (
    Credentials,
    NewToken,
    OpenSession,
    OpenSessionPage,
    Session,
    Setup,
    SetupState,
    Token,
    TokenPage,
    TokenWithSecret,
)
from cascadia.access.sessions import FirstAdministrator, Started, Visitor
from cascadia.kernel.bodies import ACCESS, takes
from cascadia.kernel.db import Write
from cascadia.kernel.errors import Conflict
from cascadia.kernel.http import Db, IdempotencyKey, Paging, answer, page_answer, permission
from cascadia.kernel.idempotency import repeatable
from cascadia.kernel.route import routes

router: Final = routes("sign-in")
COOKIE_SECONDS: Final = 90 * 24 * 3600
"""The longest that a session lasts; it ends earlier in the database, 14 days after its last use."""
FORGOTTEN: Final[Mapping[str, str]] = {"Clear-Site-Data": '"cache"'}
"""What a browser kept of answers is for who was signed in. Not its cookies: one of them is that by which it is known."""

Everybody = Annotated[bool, Query(description="Those of everybody, with their owners; for administrators.")]


@router.get("/setup", response_model=SetupState)
@permission("public")
async def get_setup(request: Request, db: Db) -> Response:
    """There is no administrator yet, and the set-up token is needed to become the first one; 409 once there is one."""
    async with db.primary() as primary:
        if not await sessions.needs_setup(primary):
            raise Conflict("This Cascadia has an administrator already. Sign in.", code="already_set_up")
    return answer(request, SetupState())


@router.post("/setup", response_model=Session, status_code=201)
@permission("public")
@takes(ACCESS)
async def set_up(request: Request, db: Db, hashing: Hashing, body: Setup) -> Response:
    """Names the organisation, makes the first administrator and signs them in."""
    check_origin(request)
    first = FirstAdministrator(body.organisation, body.email, body.name or body.email.partition("@")[0], body.password)
    visitor = await _visitor(request, db, body.email)
    started = await sessions.set_up(db, hashing, first, visitor, token=body.token, expected=settings_of(request).setup_token)
    setup_token.forget(settings_of(request).data_dir)
    return await _started(request, db, started, body.email)


@router.post("/sessions", response_model=Session, status_code=201)
@permission("public")
@takes(ACCESS)
async def sign_in(request: Request, db: Db, hashing: Hashing, body: Credentials) -> Response:
    """Signs in by a cookie. 401 `wrong_credentials` for a wrong password and an unknown email alike.

    The session whose cookie the browser sends ends. After too many failures 429; a browser in which the person signed in before has tries
    of its own.
    """
    check_origin(request)
    started = await sessions.sign_in(db, hashing, body.email, body.password, await _visitor(request, db, body.email))
    return await _started(request, db, started, body.email)


async def _visitor(request: Request, db: Db, email: str) -> Visitor:
    device = await _known_device(request, db, email)
    return Visitor(
        request.headers.get("user-agent"),
        [token_hash(secret) for secret in (await session_cookies(request, db)).values()],
        f"device:{device}" if device else None,
        peer_is_client=bool(settings_of(request).trusted_proxies),
    )


async def _known_device(request: Request, db: Db, email: str) -> str | None:
    cookie = await device_cookie(request, db)
    if cookie is None:
        return None
    async with db.primary() as primary:
        stored = await sessions.stored_password(primary, email)
    return devices.known(cookie, devices.key_of((await here(request, db)).device_key, stored), email) if stored else None


async def _started(request: Request, db: Db, started: Started, email: str) -> Response:
    response = answer(request, Session.of(started.state, started.expires_at), status=201, headers={"Location": "/api/v1/sessions/current"})
    await _set_cookie(request, db, response, "", started.secret, COOKIE_SECONDS)
    await remember(request, db, response, email, started.password_hash)
    return response


async def remember(request: Request, db: Db, response: Response, email: str, password_hash: str) -> None:
    """Lets the browser be known again at this account, until it has another password."""
    key = devices.key_of((await here(request, db)).device_key, password_hash)
    await _set_cookie(request, db, response, DEVICE, devices.remembered(await device_cookie(request, db), key, email), devices.SECONDS)


async def _set_cookie(request: Request, db: Db, response: Response, suffix: str, value: str, seconds: int) -> None:
    secure = is_secure(settings_of(request).public_url, request.headers.get("origin"))
    name = cookie_name((await here(request, db)).uid, secure=secure)
    response.set_cookie(f"{name}{suffix}", value, max_age=seconds, path="/", secure=secure, httponly=True, samesite="lax")


@router.get("/sessions", response_model=OpenSessionPage)
@permission("signed_in")
async def list_sessions(request: Request, db: Db, session: CurrentSession, paging: Paging) -> Response:
    """Where one is signed in: one's own open sessions."""
    async with db.primary() as primary:
        rows, cursor, total = await sessions.list_sessions(primary, session, paging)
    return page_answer(request, OpenSessionPage(items=[OpenSession.of(row) for row in rows], next=cursor, total=total), cursor)


@router.get("/sessions/current", response_model=Session)
@permission("signed_in")
async def get_session(request: Request, db: Db, session: CurrentSession) -> Response:
    """Who one is, with one's roles."""
    async with db.primary() as primary:
        state = await sessions.session_state(primary, session.actor.user_id)
    return answer(request, Session.of(state, session.expires_at))


@router.delete("/sessions/current", status_code=204, response_class=Response)
@permission("signed_in", scope="read")
async def sign_out(request: Request, db: Db, session: CurrentSession) -> Response:
    """Ends the session, here and wherever its cookie was copied to. With an API token instead of a cookie: revokes the token."""
    async with db.write() as write:
        await sessions.sign_out(write, session)
    response = Response(status_code=204, headers=FORGOTTEN if session.by_cookie else {})
    for name, secret in (await session_cookies(request, db)).items():
        if token_hash(secret) == session.token_hash:
            response.delete_cookie(name, path="/", secure=name.startswith("__Host-"), httponly=True, samesite="lax")
    return response


@router.delete("/sessions/{session_id}", status_code=204, response_class=Response)
@permission("signed_in", scope="administer")
async def end_session(request: Request, db: Db, actor: CurrentActor, session_id: UUID, key: IdempotencyKey = None) -> Response:
    """Ends one of one's own sessions, wherever it is."""

    async def effect(write: Write) -> None:
        await sessions.end_session(write, actor, session_id)

    return await repeatable(request, db, actor.user_id, key, effect)


@router.get("/tokens", response_model=TokenPage)
@permission("signed_in")
async def list_tokens(request: Request, db: Db, actor: CurrentActor, paging: Paging, everybody: Everybody = False) -> Response:  # noqa: FBT002 - a query parameter
    """One's own API tokens, or as an administrator everybody's, without their secrets."""
    async with db.primary() as primary:
        rows, cursor, total = await tokens.list_tokens(primary, actor, paging, everybody=everybody)
    return page_answer(request, TokenPage(items=[Token.of(row) for row in rows], next=cursor, total=total), cursor)


@router.post("/tokens", response_model=TokenWithSecret, status_code=201)
@permission("signed_in", scope="administer")
async def create_token(request: Request, db: Db, session: CurrentSession, body: NewToken, key: IdempotencyKey = None) -> Response:
    """A new API token with one's own rights within its scope, for a time; made by another token, it ends with that one.

    A repeat under the same key is refused (409): the secret is not kept.
    """
    settings = settings_of(request)
    wanted, longest = tokens.Wanted(body.name, body.scope, body.expires_at), timedelta(days=settings.token_max_days)

    async def effect(write: Write) -> TokenWithSecret:
        row, secret = await tokens.create_token(write, session, wanted, longest)
        return TokenWithSecret(**Token.of(row).model_dump(), secret=secret)

    return await repeatable(request, db, session.actor.user_id, key, effect, status=201, secret=True)


@router.delete("/tokens/{token_id}", status_code=204, response_class=Response)
@permission("signed_in", scope="administer")
async def revoke_token(request: Request, db: Db, actor: CurrentActor, token_id: UUID, key: IdempotencyKey = None) -> Response:
    """Makes a token and those that were made by it worthless at once: one's own, as an administrator anybody's."""

    async def effect(write: Write) -> None:
        await tokens.revoke_token(write, actor, token_id)

    return await repeatable(request, db, actor.user_id, key, effect)
