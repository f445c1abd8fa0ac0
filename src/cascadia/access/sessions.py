"""First start, signing in and out."""

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, NoReturn
from uuid import UUID

import structlog

from cascadia.access import limits, queries, tokens
from cascadia.access.http import token_hash
from cascadia.access.known import SignedIn
from cascadia.access.limits import Attempt
from cascadia.access.model import Actor, Ended, ProgramRole, Role, SessionRow, SessionState, UserRow
from cascadia.access.passwords import Passwords
from cascadia.kernel.db import Database, Primary, Read, Write
from cascadia.kernel.errors import Conflict, Forbidden, NotFound, NotSignedIn
from cascadia.kernel.events import Event, current_origin
from cascadia.kernel.ids import new_uid
from cascadia.kernel.paging import PageRequest
from cascadia.kernel.text import harmless

log = structlog.get_logger()

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
    """A new session: the secret for the cookie, when it ends unused, and the hash of the password by which its browser is known again."""

    secret: str
    expires_at: datetime
    state: SessionState
    password_hash: str


@dataclass(frozen=True, slots=True)
class Visitor:
    """The browser in which somebody signs in. `replaced`: hashes of the sessions whose cookies it sends, which end."""

    user_agent: str | None
    replaced: Sequence[bytes] = ()
    budget: str | None = None
    """The name of the tries that it has for itself, where it is known; see `devices`."""
    peer_is_client: bool = False


@dataclass(frozen=True, slots=True)
class _Credentials:
    user_id: int
    uid: UUID
    password_hash: str


@dataclass(frozen=True, slots=True)
class _Begun:
    expires_at: datetime


async def needs_setup(primary: Primary) -> bool:
    """Whether there is no administrator yet."""
    return not await primary.value(queries.HAS_ADMINISTRATOR)


async def setup_token(primary: Primary) -> str | None:
    """The token that `migrate` made for the first administrator."""
    found: str | None = await primary.value(queries.SETUP_TOKEN)
    return found


async def stored_password(primary: Primary, email: str) -> str | None:
    """The hash of an active account's password; None where there is none."""
    found: str | None = await primary.value(queries.PASSWORD_HASH_AT, {"email": email})
    return found


async def set_up(
    database: Database,
    passwords: Passwords,
    first: FirstAdministrator,
    visitor: Visitor,
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
    await passwords.check(first.password, (first.organisation, first.email, first.name))
    password_hash = await passwords.hash(first.password)
    async with database.write() as write:
        instance = await write.value(queries.INSTANCE_LOCK)
        if not await needs_setup(write):
            _already_set_up()
        user = await insert_user(write, first.email, first.name, password_hash, administrator=True)
        await write.execute(queries.NAME_ORGANISATION, {"organisation": first.organisation})
        await write.emit(Event("instance.set_up", instance, user.user_id, data={"organisation": first.organisation}))
        started = await _begin(write, _Credentials(user.user_id, user.uid, password_hash), visitor)
        assert started
        return started


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


async def sign_in(database: Database, passwords: Passwords, email: str, password: str, visitor: Visitor) -> Started:
    """A session for the right email and password; 401 for wrong ones, the same for an unknown email; 429 after too many failures.

    Beside another sign-in that stores the hash of the same password anew, the password is checked once more.
    """
    attempt = Attempt(email, visitor.budget, visitor.peer_is_client)
    async with passwords.turn(known=attempt.budget is not None):
        await limits.begin(database, attempt)
        found = await _known(database, passwords, email, password)
        started = await _signed_in(database, passwords, found, password, visitor, attempt)
        if started is None:
            found = await _known(database, passwords, email, password)
            started = await _signed_in(database, passwords, found, password, visitor, attempt)
    return started or _wrong_credentials(found.uid)


async def _known(database: Database, passwords: Passwords, email: str, password: str) -> _Credentials:
    async with database.primary() as primary:
        found = await primary.one(queries.CREDENTIALS, _Credentials, {"email": email})
    if not await passwords.verify(found.password_hash if found else None, password) or found is None:
        _wrong_credentials(found.uid if found else None)
    return found


async def _signed_in(
    database: Database, passwords: Passwords, found: _Credentials, password: str, visitor: Visitor, attempt: Attempt
) -> Started | None:
    """The session; None where the password's hash is another one by now."""
    fresh = await passwords.hash(password) if passwords.is_outdated(found.password_hash) else None
    async with database.write() as write:
        started = await _begin(write, found, visitor)
        if started is None:
            return None
        await limits.forget(write, attempt)
        if fresh:
            await write.execute(queries.SET_PASSWORD_HASH, {"user_id": found.user_id, "password_hash": fresh})
    return replace(started, password_hash=fresh) if fresh else started


def _wrong_credentials(account: UUID | None) -> NoReturn:
    """The log names the account and not what was typed, which may be a password in the wrong field."""
    log.warning("sign_in_failed", address=current_origin.get().address, account=str(account) if account else "unknown")
    raise NotSignedIn("The email or the password is wrong.", code="wrong_credentials")


async def _begin(write: Write, who: _Credentials, visitor: Visitor) -> Started | None:
    """None where the account was switched off or has another hash since the password was checked."""
    secret = secrets.token_urlsafe(32)
    params = {
        "token_hash": token_hash(secret),
        "user_id": who.user_id,
        "password_hash": who.password_hash,
        "user_agent": harmless(visitor.user_agent or "")[:USER_AGENT_LENGTH] or None,
        "address": current_origin.get().address,
    }
    begun = await write.one(queries.START_SESSION, _Begun, params)
    if begun is None:
        return None
    await write.emit(Event("session.started", who.uid, who.user_id))
    await _end_by_hash(write, visitor.replaced)
    return Started(secret, begun.expires_at, await session_state(write, who.user_id), who.password_hash)


async def session_state(read: Read, user_id: int) -> SessionState:
    """Who is signed in, in which organisation, with which roles."""
    row = (await read.rows(queries.SESSION_STATE, {"user_id": user_id}))[0]
    organisation, roles = row.pop("organisation"), row.pop("roles")
    return SessionState(UserRow(**row), organisation, [_program_role(role) for role in roles])


def _program_role(role: dict[str, Any]) -> ProgramRole:
    return ProgramRole(UUID(role["uid"]), role["code"], role["name"], Role(role["role"]))


async def sign_out(write: Write, who: SignedIn) -> None:
    """Ends the session that signed the request in; where an API token did, revokes that token."""
    if who.by_cookie:
        await _end_by_hash(write, [who.token_hash])
    else:
        await tokens.revoke_own(write, who.actor, who.token_hash)


async def _end_by_hash(write: Write, hashes: Sequence[bytes]) -> None:
    for row in await write.rows(queries.END_SESSIONS_BY_HASH, {"hashes": list(hashes)}) if hashes else ():
        await write.emit(Event("session.ended", row["uid"], row["user_id"]))


async def list_sessions(read: Read, who: SignedIn, paging: PageRequest) -> tuple[list[SessionRow], str | None, int | None]:
    """One page of one's own open sessions, in the order of their begin."""
    params = {"user_id": who.actor.user_id, "current": who.token_hash, "after": paging.after(int)[0], "limit": paging.limit + 1}
    rows = await read.all(queries.SESSIONS, SessionRow, params)
    total = await read.value(queries.SESSION_COUNT, params) if paging.count else None
    return *paging.cut(rows, lambda row: [row.session_id]), total


async def end_session(write: Write, actor: Actor, uid: UUID) -> None:
    """Ends one of the actor's own sessions."""
    if await write.value(queries.END_SESSION, {"uid": uid, "user_id": actor.user_id}) is None:
        raise NotFound("You have no such session, or it has ended.")
    await write.emit(Event("session.ended", actor.uid, actor.user_id))


async def end_access(write: Write, user_id: int, *, keep: bytes | None = None) -> Ended:
    """Ends every session and API token of a user, but the one with the hash `keep`; those that are being made are waited for."""
    await write.value(queries.LOCK_USER, {"user_id": user_id})
    ended = await write.one(queries.END_ACCESS, Ended, {"user_id": user_id, "keep": keep})
    assert ended
    return ended
