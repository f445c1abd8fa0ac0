"""First start, signing in and out, API tokens."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, NoReturn
from uuid import UUID

import structlog

from cascadia.access import queries
from cascadia.access.http import token_hash
from cascadia.access.model import Actor, ProgramRole, Role, SessionState, TokenRow, UserRow
from cascadia.access.passwords import Passwords, check_rules
from cascadia.kernel.db import Database, Primary, Read, Write
from cascadia.kernel.errors import Conflict, Forbidden, Invalid, NotFound, NotSignedIn, TooMany
from cascadia.kernel.events import Event, current_origin
from cascadia.kernel.ids import new_uid
from cascadia.kernel.paging import PageRequest
from cascadia.kernel.text import harmless

log = structlog.get_logger()

TOKEN_PREFIX: Final = "cascadia_"  # noqa: S105 - by it, scanners of repositories find a token that leaked
FAILURES_BY_PAIR: Final = 10
FAILURES_BY_ACCOUNT: Final = 50
FAILURES_BY_ADDRESS: Final = 100
"""Most failures in 15 minutes: of an account from one address, of an account, and of an address where it is known to be a client's."""
USER_AGENT_LENGTH: Final = 300


@dataclass(frozen=True, slots=True)
class FirstAdministrator:
    """What set-up needs: the organisation and its first administrator."""

    organisation: str
    email: str
    name: str
    password: str


@dataclass(frozen=True, slots=True)
class Started:
    """A new session: the secret for the cookie, the instance that the cookie belongs to, and when it ends unused."""

    secret: str
    instance: UUID
    expires_at: datetime
    state: SessionState


@dataclass(frozen=True, slots=True)
class _Credentials:
    user_id: int
    uid: UUID
    password_hash: str


@dataclass(frozen=True, slots=True)
class _Attempt:
    attempt_id: int | None
    wait: int


@dataclass(frozen=True, slots=True)
class _Begun:
    instance: UUID
    expires_at: datetime


async def needs_setup(primary: Primary) -> bool:
    """Whether there is no administrator yet."""
    return not await primary.value(queries.HAS_ADMINISTRATOR)


async def setup_token(primary: Primary) -> str | None:
    """The token that `migrate` made for the first administrator."""
    found: str | None = await primary.value(queries.SETUP_TOKEN)
    return found


async def set_up(
    database: Database,
    passwords: Passwords,
    first: FirstAdministrator,
    user_agent: str | None,
    *,
    token: str | None,
    expected: str | None,
) -> Started:
    """Names the organisation, makes its first administrator and signs them in; 409 where there is one already.

    `expected` is the token of the settings, if any; else the one that `migrate` made counts. Nobody is trusted by their address: what
    stands between is not always seen.
    """
    async with database.primary() as primary:
        if not await needs_setup(primary):
            _already_set_up()
        _check_token(token, expected or await setup_token(primary))
    check_rules(first.password, first.email)
    password_hash = await passwords.hash(first.password)
    async with database.write() as write:
        instance = await write.value(queries.INSTANCE_LOCK)
        if not await needs_setup(write):
            _already_set_up()
        user = await insert_user(write, first.email, first.name, password_hash, administrator=True)
        await write.execute(queries.NAME_ORGANISATION, {"organisation": first.organisation})
        await write.emit(Event("instance.set_up", instance, user.user_id, data={"organisation": first.organisation}))
        return await _begin(write, _Credentials(user.user_id, user.uid, password_hash), user_agent)


def _already_set_up() -> NoReturn:
    raise Conflict("This Cascadia has an administrator already. Sign in.", code="already_set_up")


def _check_token(token: str | None, expected: str | None) -> None:
    if not expected or not hmac.compare_digest((token or "").strip().encode(), expected.encode()):
        raise Forbidden(
            "Open the address that the program printed when it started, or type the token: it is in the log or in the settings.",
            code="wrong_setup_token",
            errors=[{"pointer": "/token", "message": "This is not the set-up token." if token else "The set-up token is missing."}],
        )


async def insert_user(write: Write, email: str, name: str, password_hash: str, *, administrator: bool) -> UserRow:
    """A new account with an event of nobody: who makes it leaves their own."""
    params = {"uid": new_uid(), "email": email, "name": name, "password_hash": password_hash, "administrator": administrator}
    user = await write.one(queries.INSERT_USER, UserRow, params)
    assert user
    return user


async def sign_in(
    database: Database, passwords: Passwords, email: str, password: str, user_agent: str | None, *, limit_address: bool
) -> Started:
    """A session for the right email and password; 401 for wrong ones, the same for an unknown email; 429 after too many failures.

    `limit_address` also limits the failures from one address: only where a proxy does not hide everybody behind its own.
    """
    await _begin_attempt(database, email, limit_address=limit_address)
    async with database.primary() as primary:
        found = await primary.one(queries.CREDENTIALS, _Credentials, {"email": email})
    if not await passwords.verify(found.password_hash if found else None, password) or found is None:
        _wrong_credentials(found.uid if found else None)
    renewed = await passwords.hash(password) if passwords.is_outdated(found.password_hash) else None
    async with database.write() as write:
        await write.execute(queries.FORGET_ATTEMPTS, {"email": email, "address": current_origin.get().address})
        started = await _begin(write, found, user_agent)
        if renewed:
            await write.execute(queries.SET_PASSWORD_HASH, {"user_id": found.user_id, "password_hash": renewed})
    return started


async def _begin_attempt(database: Database, email: str, *, limit_address: bool) -> None:
    """Notes the try before it is judged, so that many at once cannot pass the limit."""
    params = {
        "email": email,
        "address": current_origin.get().address,
        "pair_limit": FAILURES_BY_PAIR,
        "account_limit": FAILURES_BY_ACCOUNT,
        "address_limit": FAILURES_BY_ADDRESS if limit_address else None,
    }
    async with database.write() as write:
        await write.execute(queries.ATTEMPT_LOCK, {"email": email})
        attempt = await write.one(queries.BEGIN_ATTEMPT, _Attempt, params)
    if attempt is None or attempt.attempt_id is None:
        log.warning("sign_in_limited", address=params["address"])
        wait = attempt.wait if attempt else 1
        raise TooMany("Too many attempts to sign in have failed. Wait, then try again.", retry_after=wait)


def _wrong_credentials(account: UUID | None) -> NoReturn:
    """The log names the account and not what was typed, which may be a password in the wrong field."""
    log.warning("sign_in_failed", address=current_origin.get().address, account=str(account) if account else "unknown")
    raise NotSignedIn("The email or the password is wrong.", code="wrong_credentials")


async def _begin(write: Write, who: _Credentials, user_agent: str | None) -> Started:
    secret = secrets.token_urlsafe(32)
    params = {
        "token_hash": token_hash(secret),
        "user_id": who.user_id,
        "password_hash": who.password_hash,
        "user_agent": harmless(user_agent or "")[:USER_AGENT_LENGTH] or None,
        "address": current_origin.get().address,
    }
    begun = await write.one(queries.START_SESSION, _Begun, params)
    if begun is None:
        _wrong_credentials(who.uid)
    await write.emit(Event("session.started", who.uid, who.user_id))
    return Started(secret, begun.instance, begun.expires_at, await session_state(write, who.user_id))


async def session_state(read: Read, user_id: int) -> SessionState:
    """Who is signed in, in which organisation, with which roles."""
    row = (await read.rows(queries.SESSION_STATE, {"user_id": user_id}))[0]
    organisation, roles = row.pop("organisation"), row.pop("roles")
    return SessionState(UserRow(**row), organisation, [_program_role(role) for role in roles])


def _program_role(role: dict[str, Any]) -> ProgramRole:
    return ProgramRole(UUID(role["uid"]), role["code"], role["name"], Role(role["role"]))


async def sign_out(write: Write, actor: Actor, hashed: bytes, *, by_cookie: bool) -> None:
    """Ends the session that signed the request in; where an API token did, revokes that token."""
    if by_cookie:
        if await write.execute(queries.END_SESSION, {"token_hash": hashed}):
            await write.emit(Event("session.ended", actor.uid, actor.user_id))
        return
    uid = await write.value(queries.DELETE_TOKEN_BY_HASH, {"token_hash": hashed})
    if uid:
        await write.emit(Event("token.revoked", uid, actor.user_id))


async def list_tokens(read: Read, actor: Actor, paging: PageRequest) -> tuple[list[TokenRow], str | None, int | None]:
    """One page of the actor's own API tokens, oldest first."""
    params = {"user_id": actor.user_id, "after": paging.after(int)[0], "limit": paging.limit + 1}
    rows = await read.all(queries.TOKEN_PAGE, TokenRow, params)
    total = await read.value(queries.TOKEN_COUNT, params) if paging.count else None
    return *paging.cut(rows, lambda row: [row.token_id]), total


async def create_token(write: Write, actor: Actor, name: str, expires_at: datetime | None) -> tuple[TokenRow, str]:
    """A new API token of the actor, with its secret, which nobody can read again."""
    if expires_at and expires_at <= datetime.now(UTC):
        raise Invalid("Choose a time to come.", errors=[{"pointer": "/expires_at", "message": "This time has passed."}])
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    params = {"uid": new_uid(), "token_hash": token_hash(secret), "user_id": actor.user_id, "name": name, "expires_at": expires_at}
    row = await write.one(queries.INSERT_TOKEN, TokenRow, params)
    assert row
    await write.emit(Event("token.created", row.uid, actor.user_id, data={"name": name}))
    return row, secret


async def revoke_token(write: Write, actor: Actor, uid: UUID) -> None:
    """Makes one of the actor's tokens worthless at once."""
    if await write.value(queries.DELETE_TOKEN, {"uid": uid, "user_id": actor.user_id}) is None:
        raise NotFound("You have no such token.")
    await write.emit(Event("token.revoked", uid, actor.user_id))
