"""Who sends a request: a dependency that turns a session cookie or an API token into an `Actor`, in one statement."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Request

from cascadia.access import queries
from cascadia.access.model import Actor, Role
from cascadia.access.origin import same_origin, session_cookies
from cascadia.access.passwords import Passwords
from cascadia.kernel.errors import Forbidden, NotSignedIn
from cascadia.kernel.http import Db, database
from cascadia.settings import Settings

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class SignedIn:
    """An actor and what they are signed in by: the hash of a session's token, or of an API token."""

    actor: Actor
    token_hash: bytes
    expires_at: datetime | None
    by_cookie: bool


@dataclass(frozen=True, slots=True)
class ActorRow:
    """A row of `session_actor` and `token_actor`."""

    token_hash: bytes
    expires_at: datetime | None
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


async def signed_in(request: Request, db: Db) -> SignedIn:
    """Who sends the request, by `Authorization: Bearer` or by cookie; 401 where nobody (any more) is signed in. Asked once a request."""
    known = getattr(request.state, "signed_in", None)
    if isinstance(known, SignedIn):
        return known
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    by_cookie = scheme.lower() != "bearer"
    secrets = session_cookies(request.cookies, settings_of(request).public_url).values() if by_cookie else [secret.strip()]
    row = await _find(db, secrets, by_cookie=by_cookie)
    if row is None:
        raise NotSignedIn("Sign in, or send an API token that is still valid as `Authorization: Bearer TOKEN`.")
    if by_cookie and request.method not in SAFE_METHODS:
        check_origin(request)
    request.state.user = row.uid
    found = SignedIn(row.actor(), row.token_hash, row.expires_at, by_cookie)
    request.state.signed_in = found
    return found


async def identify(request: Request) -> None:
    """Refuses with 401 whom `signed_in` would: for what comes before the dependencies of a route."""
    await signed_in(request, await database(request))


async def _find(db: Db, secrets: Iterable[str], *, by_cookie: bool) -> ActorRow | None:
    hashes = [token_hash(secret) for secret in secrets if secret]
    if not hashes:
        return None
    async with db.messages() as connection:
        return await connection.one(queries.SESSION_ACTOR if by_cookie else queries.TOKEN_ACTOR, ActorRow, {"hashes": hashes})


async def _actor(found: Annotated[SignedIn, Depends(signed_in)]) -> Actor:
    return found.actor


CurrentSession = Annotated[SignedIn, Depends(signed_in)]
CurrentActor = Annotated[Actor, Depends(_actor)]
Hashing = Annotated[Passwords, Depends(passwords_of)]
