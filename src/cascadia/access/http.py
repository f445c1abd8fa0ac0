"""Who sends a request: a dependency that turns a session cookie or an API token into an `Actor`, in one statement."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Request

from cascadia.access import queries
from cascadia.access.known import Known, SignedIn
from cascadia.access.model import SAFE_METHODS, Actor, Role, Scope, scope_needed
from cascadia.access.origin import DEVICE, cookies_of, same_origin
from cascadia.access.passwords import Passwords
from cascadia.kernel.db import Write
from cascadia.kernel.errors import Forbidden, NotSignedIn
from cascadia.kernel.http import Db, database
from cascadia.kernel.idempotency import RIGHTS
from cascadia.settings import Settings

NOBODY: Final = "Sign in, or send an API token that is still valid as `Authorization: Bearer TOKEN`."


@dataclass(frozen=True, slots=True)
class Here:
    """This instance: its id, which its cookies name, and what signs the cookie of a known browser."""

    uid: UUID
    device_key: str


@dataclass(frozen=True, slots=True)
class ActorRow:
    """A row of `session_actor` and `token_actor`."""

    token_hash: bytes
    expires_at: datetime | None
    scope: str
    token_id: int | None
    user_id: int
    uid: UUID
    name: str
    email: str
    administrator: bool
    roles: Mapping[str, str]

    def actor(self) -> Actor:
        """The actor with typed roles."""
        roles = {int(program): Role(role) for program, role in self.roles.items()}
        return Actor(self.user_id, self.uid, self.name, self.email, self.administrator, roles)


def settings_of(request: Request) -> Settings:
    """The settings of this process."""
    found = request.app.state.settings
    assert isinstance(found, Settings)
    return found


async def passwords_of(request: Request) -> Passwords:
    """How this process hashes passwords."""
    found = request.app.state.passwords
    assert isinstance(found, Passwords)
    return found


def token_hash(secret: str) -> bytes:
    """What is stored of a token. The token is 256 random bits, so a fast hash is enough."""
    return hashlib.sha256(secret.encode()).digest()


def check_origin(request: Request) -> None:
    """Refuses with 403 what another site's page makes a browser send (CSRF)."""
    headers = request.headers
    if not same_origin(headers.get("origin"), headers.get("sec-fetch-site"), headers.get("host", ""), settings_of(request).public_url):
        raise Forbidden(
            "This came from a page of another site, or PUBLIC_URL is not the address in your browser. Open the program itself.",
            code="wrong_origin",
        )


async def here(request: Request, db: Db) -> Here:
    """Which instance this is; read once for a process."""
    kept: Here | None = getattr(request.app.state, "here", None)
    if kept is None:
        async with db.messages() as connection:
            kept = await connection.one(queries.HERE, Here)
        assert kept
        request.app.state.here = kept
    return kept


async def session_cookies(request: Request, db: Db) -> Mapping[str, str]:
    """The cookies of the request that may hold a session of this instance, by name."""
    return cookies_of(request.cookies, settings_of(request).public_url, (await here(request, db)).uid)


async def device_cookie(request: Request, db: Db) -> str | None:
    """What the browser keeps of those who signed in with it."""
    found = cookies_of(request.cookies, settings_of(request).public_url, (await here(request, db)).uid, DEVICE)
    return next(iter(found.values()), None)


def scope_of(endpoint: object, method: str) -> Scope:
    """What an API token needs for an operation: as its route says, else by its permission and method."""
    declared: str | None = getattr(endpoint, "__cascadia_scope__", None)
    return Scope(declared) if declared else scope_needed(getattr(endpoint, "__cascadia_permission__", ""), method)


def known_of(request: Request) -> Known:
    """Who was asking a moment ago, in this process."""
    found = request.app.state.known
    assert isinstance(found, Known)
    return found


async def signed_in(request: Request, db: Db) -> SignedIn:
    """Who sends the request, as `signed_in_now` says; asked once a request, and for reads once in some seconds."""
    found = getattr(request.state, "signed_in", None)
    if not isinstance(found, SignedIn):
        found = request.state.signed_in = await (_known(request, db) if request.method in SAFE_METHODS else signed_in_now(request, db))
    return found


async def _known(request: Request, db: Db) -> SignedIn:
    hashes, known = await _hashes(request, db), known_of(request)
    found = known.get(hashes, by_cookie=_bearer(request) is None)
    if found is None:
        moment = known.moment
        async with db.messages() as connection:
            found = await _signed_in(request, connection, hashes)
        known.keep(hashes, found, moment=moment)
        return found
    request.state.believed = True
    return _let_in(request, found)


async def signed_in_now(request: Request, db: Db) -> SignedIn:
    """Who sends the request, by `Authorization: Bearer` or by cookie; 401 where nobody (any more) is signed in.

    403 where an API token is for less than this operation does. An answer that goes on for long asks again and again.
    """
    hashes = await _hashes(request, db)
    async with db.messages() as connection:
        return await _signed_in(request, connection, hashes)


async def signed_in_on(request: Request, db: Db, write: Write) -> SignedIn:
    """As `signed_in_now`, in a transaction: what took long to come is judged again where it is recorded."""
    return await _signed_in(request, write, await _hashes(request, db))


async def _hashes(request: Request, db: Db) -> list[bytes]:
    """Of the secrets that the request shows; 401 where it shows none."""
    bearer = _bearer(request)
    secrets: Iterable[str] = [bearer or ""]
    if bearer is None:
        secrets = (await session_cookies(request, db)).values() if request.cookies else []
    hashes = [token_hash(secret) for secret in secrets if secret]
    if not hashes:
        raise NotSignedIn(NOBODY)
    return hashes


def _bearer(request: Request) -> str | None:
    """The secret of `Authorization: Bearer`; None where the request does not send that."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else None


async def _signed_in(request: Request, connection: Write, hashes: Sequence[bytes]) -> SignedIn:
    by_cookie = _bearer(request) is None
    row = await connection.one(queries.SESSION_ACTOR if by_cookie else queries.TOKEN_ACTOR, ActorRow, {"hashes": hashes})
    if row is None:
        raise NotSignedIn(NOBODY)
    return _let_in(request, SignedIn(row.actor(), row.token_hash, row.expires_at, by_cookie, row.token_id, row.scope))


def _let_in(request: Request, who: SignedIn) -> SignedIn:
    """Notes in the request who sends it; 403 where it comes of another site's page, or the API token is for less."""
    if who.by_cookie and request.method not in SAFE_METHODS:
        check_origin(request)
    request.state.user = who.actor.uid
    _check_scope(request, Scope(who.scope))
    setattr(request.state, RIGHTS, who.actor.rights())
    return who


def _check_scope(request: Request, scope: Scope) -> None:
    needed = scope_of(request.scope.get("endpoint"), request.method)
    if not scope.includes(needed):
        detail = f"This API token is for `{scope}`; this needs one for `{needed}`. Make it with that scope."
        raise Forbidden(detail, code="scope_too_narrow")


async def identify(request: Request, *, again: bool = False) -> None:
    """Refuses with 401 whom `signed_in` would: for what comes before the dependencies of a route. `again`: by what is so now."""
    db = await database(request)
    if again:
        request.state.signed_in = await signed_in_now(request, db)
    await signed_in(request, db)


async def _actor(found: Annotated[SignedIn, Depends(signed_in)]) -> Actor:
    return found.actor


CurrentSession = Annotated[SignedIn, Depends(signed_in)]
CurrentActor = Annotated[Actor, Depends(_actor)]
Hashing = Annotated[Passwords, Depends(passwords_of)]
