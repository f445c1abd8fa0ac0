"""REST of first start, sessions and API tokens."""

from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request, Response

from cascadia.access import sessions, setup_token
from cascadia.access.http import CurrentActor, CurrentSession, Hashing, check_origin, settings_of, token_hash
from cascadia.access.origin import cookie_name, is_secure, session_cookies
from cascadia.access.schemas import Credentials, NewToken, Session, Setup, SetupState, Token, TokenPage, TokenWithSecret
from cascadia.access.sessions import FirstAdministrator, Started
from cascadia.kernel.bodies import ACCESS, takes
from cascadia.kernel.db import Write
from cascadia.kernel.errors import Conflict
from cascadia.kernel.http import Db, IdempotencyKey, Paging, answer, page_answer, permission
from cascadia.kernel.idempotency import repeatable
from cascadia.kernel.route import Route

router: Final = APIRouter(tags=["sign-in"], route_class=Route)
COOKIE_SECONDS: Final = 90 * 24 * 3600
"""The longest that a session lasts; it ends earlier in the database, 14 days after its last use."""


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
    started = await sessions.set_up(
        db,
        hashing,
        first,
        request.headers.get("user-agent"),
        token=body.token,
        expected=settings_of(request).setup_token,
    )
    setup_token.forget(settings_of(request).data_dir)
    return _started(request, started)


@router.post("/sessions", response_model=Session, status_code=201)
@permission("public")
@takes(ACCESS)
async def sign_in(request: Request, db: Db, hashing: Hashing, body: Credentials) -> Response:
    """Signs in by a cookie. 401 `wrong_credentials` for a wrong password and an unknown email alike."""
    check_origin(request)
    limit_address = bool(settings_of(request).trusted_proxies)
    user_agent = request.headers.get("user-agent")
    started = await sessions.sign_in(db, hashing, body.email, body.password, user_agent, limit_address=limit_address)
    return _started(request, started)


def _started(request: Request, started: Started) -> Response:
    response = answer(request, Session.of(started.state, started.expires_at), status=201, headers={"Location": "/api/v1/sessions/current"})
    secure = is_secure(settings_of(request).public_url, request.headers.get("origin"))
    name = cookie_name(started.instance, secure=secure)
    response.set_cookie(name, started.secret, max_age=COOKIE_SECONDS, path="/", secure=secure, httponly=True, samesite="lax")
    return response


@router.get("/sessions/current", response_model=Session)
@permission("signed_in")
async def get_session(request: Request, db: Db, session: CurrentSession) -> Response:
    """Who one is, with one's roles."""
    async with db.primary() as primary:
        state = await sessions.session_state(primary, session.actor.user_id)
    return answer(request, Session.of(state, session.expires_at))


@router.delete("/sessions/current", status_code=204, response_class=Response)
@permission("signed_in")
async def sign_out(request: Request, db: Db, session: CurrentSession) -> Response:
    """Ends the session, here and wherever its cookie was copied to. With an API token instead of a cookie: revokes the token."""
    async with db.write() as write:
        await sessions.sign_out(write, session.actor, session.token_hash, by_cookie=session.by_cookie)
    response = Response(status_code=204)
    for name, secret in session_cookies(request.cookies, settings_of(request).public_url).items():
        if token_hash(secret) == session.token_hash:
            response.delete_cookie(name, path="/", secure=name.startswith("__Host-"), httponly=True, samesite="lax")
    return response


@router.get("/tokens", response_model=TokenPage)
@permission("signed_in")
async def list_tokens(request: Request, db: Db, actor: CurrentActor, paging: Paging) -> Response:
    """One's own API tokens, without their secrets."""
    async with db.primary() as primary:
        rows, cursor, total = await sessions.list_tokens(primary, actor, paging)
    return page_answer(request, TokenPage(items=[Token.of(row) for row in rows], next=cursor, total=total), cursor)


@router.post("/tokens", response_model=TokenWithSecret, status_code=201)
@permission("signed_in")
async def create_token(request: Request, db: Db, actor: CurrentActor, body: NewToken, key: IdempotencyKey = None) -> Response:
    """A new API token with one's own rights. A repeat under the same key is refused (409): the secret is not kept."""

    async def effect(write: Write) -> TokenWithSecret:
        row, secret = await sessions.create_token(write, actor, body.name, body.expires_at)
        return TokenWithSecret(**Token.of(row).model_dump(), secret=secret)

    return await repeatable(request, db, actor.user_id, key, effect, status=201, secret=True)


@router.delete("/tokens/{token_id}", status_code=204, response_class=Response)
@permission("signed_in")
async def revoke_token(request: Request, db: Db, actor: CurrentActor, token_id: UUID, key: IdempotencyKey = None) -> Response:
    """Makes a token of one's own worthless at once."""

    async def effect(write: Write) -> None:
        await sessions.revoke_token(write, actor, token_id)

    return await repeatable(request, db, actor.user_id, key, effect)
