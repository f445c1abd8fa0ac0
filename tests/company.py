"""People who use the program through its API: an administrator, and whoever a test needs besides."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from http.cookiejar import Cookie
from typing import Any
from uuid import uuid4

import httpx
from fastapi import FastAPI

from cascadia.access.sessions import setup_token

ADDRESS = "http://localhost:3000"
PASSWORD = "correct horse battery staple"
JSON = dict[str, Any]


def visitor(app: FastAPI) -> httpx.AsyncClient:
    """A client that is nobody yet, on this machine, with cookies of its own."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ADDRESS)


@dataclass(frozen=True)
class Person:
    """Somebody who is signed in. Paths are those under `/api/v1`."""

    http: httpx.AsyncClient
    user: JSON

    async def get(self, path: str, **params: Any) -> JSON:
        """The body of an answer 200."""
        return self._body(await self.http.get(f"/api/v1{path}", params=params), 200)

    async def post(self, path: str, body: Any, *, status: int = 201, headers: Mapping[str, str] | None = None) -> JSON:
        """The body of a successful POST."""
        return self._body(await self.send("POST", path, body, headers=headers), status)

    async def send(self, method: str, path: str, body: Any = None, *, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """Any answer. A body is sent as JSON."""
        return await self.http.request(method, f"/api/v1{path}", json=body, headers=headers)

    def _body(self, answer: httpx.Response, status: int) -> JSON:
        assert answer.status_code == status, f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text}"
        found: JSON = answer.json()
        return found

    async def part(self, project: str, name: str = "Bracket", **members: Any) -> JSON:
        """A new part."""
        return await self.post("/parts", {"project": project, "name": name, **members})

    async def bom_etag(self, part: str) -> str:
        """The version of a part's BOM as a whole, as `If-Match` wants it."""
        etag: str = (await self.get(f"/parts/{part}/bom"))["etag"]
        return etag

    async def line(self, parent: str, child: str, **members: Any) -> JSON:
        """A new BOM line, added to whatever is there."""
        return await self.post(f"/parts/{parent}/bom", {"child": child, **members}, headers={"If-Match": await self.bom_etag(parent)})


@dataclass(frozen=True)
class SignedIn:
    """Somebody's sign-in, to be taken up again on a copy of the database."""

    cookies: Sequence[Cookie]
    user: JSON

    @classmethod
    def of(cls, person: Person) -> "SignedIn":
        return cls(list(person.http.cookies.jar), person.user)

    async def on(self, app: FastAPI, clients: AsyncExitStack) -> Person:
        """The same person at a program on a copy of that database."""
        http = await clients.enter_async_context(visitor(app))
        for cookie in self.cookies:
            http.cookies.jar.set_cookie(cookie)
        return Person(http, dict(self.user))


@dataclass(frozen=True)
class Company:
    """An organisation that has just been set up."""

    app: FastAPI
    administrator: Person
    clients: AsyncExitStack

    def look_again(self) -> None:
        """Lets the server look into the database who asks, after a test changed there what nobody may change."""
        self.app.state.known.forget()

    async def person(self, name: str, roles: Mapping[str, str] | None = None) -> Person:
        """A new user with a role for each program id, signed in."""
        email = f"{name.lower()}-{uuid4().hex[:6]}@example.org"
        user = await self.administrator.post("/users", {"email": email, "name": name, "password": PASSWORD})
        for program, role in (roles or {}).items():
            given = await self.administrator.send("PUT", f"/programs/{program}/roles/{user['id']}", {"role": role})
            assert given.status_code == 200, given.text
        http = await self.clients.enter_async_context(visitor(self.app))
        session = await http.post("/api/v1/sessions", json={"email": email, "password": PASSWORD})
        assert session.status_code == 201, session.text
        return Person(http, session.json()["user"])

    async def program(self, code: str) -> str:
        """The id of a new program that the administrator leads."""
        found = await self.administrator.post("/programs", {"code": code, "name": code.capitalize()})
        return str(found["id"])

    async def project(self, code: str, program: str) -> str:
        """The id of a new project."""
        found = await self.administrator.post("/projects", {"code": code, "name": code.capitalize(), "program": program})
        return str(found["id"])


@asynccontextmanager
async def set_up(app: FastAPI) -> AsyncIterator[Company]:
    """The company of a fresh database: the first administrator is made as the first page does it."""
    async with AsyncExitStack() as clients:
        http = await clients.enter_async_context(visitor(app))
        async with app.state.database.primary() as primary:
            token = await setup_token(primary)
        ada = {"organisation": "Acme", "email": "ada@example.org", "name": "Ada", "password": PASSWORD, "token": token}
        session = await http.post("/api/v1/setup", json=ada)
        assert session.status_code == 201, session.text
        yield Company(app, Person(http, session.json()["user"]), clients)


@dataclass(frozen=True)
class Workshop:
    """A company with one program and one project: who leads it, who works in it, who looks on, who has no business there."""

    company: Company
    program: str
    project: str
    lead: Person
    engineer: Person
    viewer: Person
    stranger: Person


async def open_workshop(company: Company) -> Workshop:
    """Program ROVER with project ROVER; the stranger has a program and a project of their own."""
    program = await company.program("ROVER")
    other = await company.program("SECRET")
    project = await company.project("ROVER", program)
    await company.project("SECRET", other)
    return Workshop(
        company,
        program,
        project,
        company.administrator,
        await company.person("Engineer", {program: "engineer"}),
        await company.person("Viewer", {program: "viewer"}),
        await company.person("Stranger", {other: "lead"}),
    )


@asynccontextmanager
async def reopened(app: FastAPI, administrator: SignedIn) -> AsyncIterator[Company]:
    """The company that was set up on the database that this program's was copied from."""
    async with AsyncExitStack() as clients:
        yield Company(app, await administrator.on(app, clients), clients)


@dataclass(frozen=True)
class Closed:
    """A workshop without its program: what can be opened again on each copy of its database."""

    program: str
    project: str
    people: Mapping[str, SignedIn]

    @classmethod
    def of(cls, workshop: Workshop) -> "Closed":
        people = {name: SignedIn.of(getattr(workshop, name)) for name in ("lead", "engineer", "viewer", "stranger")}
        return cls(workshop.program, workshop.project, people)

    async def reopened(self, company: Company) -> Workshop:
        """The workshop with the same people."""
        engineer, viewer, stranger = [
            await self.people[name].on(company.app, company.clients) for name in ("engineer", "viewer", "stranger")
        ]
        return Workshop(company, self.program, self.project, company.administrator, engineer, viewer, stranger)
