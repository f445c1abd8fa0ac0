"""Shapes of requests and answers about people, sessions, tokens, programs and projects."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from cascadia.access.model import (
    CODE_MAX,
    Ended,
    GrantRow,
    ProgramRow,
    ProjectRow,
    Role,
    Scope,
    SessionRow,
    SessionState,
    TokenRow,
    UserRow,
)
from cascadia.access.passwords import MAX_LENGTH
from cascadia.kernel.schemas import Name
from cascadia.kernel.text import one_line

Email = Annotated[str, StringConstraints(strip_whitespace=True, max_length=254, pattern=r"^[^\s@]+@[^\s@]+$"), AfterValidator(one_line)]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=CODE_MAX)]
Password = Annotated[str, StringConstraints(max_length=MAX_LENGTH)]


class Body(BaseModel):
    """A body of a request: members that nobody knows are refused."""

    model_config = ConfigDict(extra="forbid")


class SetupState(BaseModel):
    """There is no administrator yet."""

    token_required: bool = Field(default=True, description="Always: no address is trusted, not that of the machine itself.")


class Setup(Body):
    """The organisation and its first administrator."""

    organisation: Name
    email: Email
    name: Name | None = None
    password: Password
    token: Annotated[str, StringConstraints(max_length=1000)] | None = Field(
        default=None, description="The set-up token, from the program's log or its settings. Needed."
    )


class Credentials(Body):
    """Who signs in."""

    email: Annotated[str, StringConstraints(strip_whitespace=True, max_length=254), AfterValidator(one_line)]
    password: Password


class User(BaseModel):
    """An account."""

    id: UUID
    name: str
    email: str
    administrator: bool
    active: bool

    @classmethod
    def of(cls, row: UserRow | GrantRow) -> "User":
        """The answer for one row."""
        return cls(id=row.uid, name=row.name, email=row.email, administrator=row.administrator, active=row.active)


class UserPage(BaseModel):
    """One page of accounts."""

    items: list[User]
    next: str | None
    total: int | None = None


class NewUser(Body):
    """An account to be made."""

    email: Email
    name: Name
    password: Password
    administrator: bool = False


class UserPatch(Body):
    """What is to change of an account; what is not mentioned stays."""

    name: Name | None = None
    active: bool | None = None
    administrator: bool | None = Field(default=None, description="Whether it is an administrator's, at once (administrators).")
    password: Password | None = None
    current_password: Password | None = Field(default=None, description="Needed to change one's own password.")


class ProgramRef(BaseModel):
    """A program by id, code and name."""

    id: UUID
    code: str
    name: str


class SessionRole(BaseModel):
    """A role of the user who is signed in."""

    program: ProgramRef
    role: Role


class Organisation(BaseModel):
    """Whose Cascadia this is."""

    name: str


class Session(BaseModel):
    """Who is signed in, with their roles. `expires_at` moves while the session is used; that of an API token stays."""

    user: User
    organisation: Organisation
    roles: list[SessionRole]
    expires_at: datetime | None

    @classmethod
    def of(cls, state: SessionState, expires_at: datetime | None) -> "Session":
        """The answer about one session or token."""
        roles = [SessionRole(program=ProgramRef(id=r.uid, code=r.code, name=r.name), role=r.role) for r in state.roles]
        return cls(user=User.of(state.user), organisation=Organisation(name=state.organisation), roles=roles, expires_at=expires_at)


class OpenSession(BaseModel):
    """A session of one's own that is open; `current` is the one that asks."""

    id: UUID
    created_at: datetime
    seen_at: datetime = Field(description="When it was last used, to five minutes.")
    expires_at: datetime
    user_agent: str | None
    address: str | None
    current: bool

    @classmethod
    def of(cls, row: SessionRow) -> "OpenSession":
        """The answer for one row."""
        return cls(
            id=row.uid,
            created_at=row.created_at,
            seen_at=row.seen_at,
            expires_at=row.expires_at,
            user_agent=row.user_agent,
            address=row.address,
            current=row.current,
        )


class OpenSessionPage(BaseModel):
    """One page of one's open sessions."""

    items: list[OpenSession]
    next: str | None
    total: int | None = None


class SignedOut(BaseModel):
    """How many sessions and API tokens of an account were ended."""

    sessions: int
    tokens: int

    @classmethod
    def of(cls, ended: Ended) -> "SignedOut":
        """The answer."""
        return cls(sessions=ended.sessions, tokens=ended.tokens)


class UserRef(BaseModel):
    """A person by id, name and email."""

    id: UUID
    name: str
    email: str


class Token(BaseModel):
    """An API token, and whose it is."""

    id: UUID
    name: str
    scope: Scope
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    user: UserRef

    @classmethod
    def of(cls, row: TokenRow) -> "Token":
        """The answer for one row."""
        return cls(
            id=row.uid,
            name=row.name,
            scope=Scope(row.scope),
            created_at=row.created_at,
            expires_at=row.expires_at,
            last_used_at=row.last_used_at,
            user=UserRef(id=row.user_uid, name=row.user_name, email=row.user_email),
        )


class TokenWithSecret(Token):
    """A new API token. The secret is shown this once."""

    secret: str


class TokenPage(BaseModel):
    """One page of API tokens."""

    items: list[Token]
    next: str | None
    total: int | None = None


class NewToken(Body):
    """An API token to be made."""

    name: Name
    scope: Scope = Field(
        default=Scope.WRITE,
        description="`read`: nothing but reading. `write`: what one's roles allow, but for deciding over people and programs. "
        "`administer`: everything that one may oneself.",
    )
    expires_at: AwareDatetime | None = Field(
        default=None, description="Absent: in 90 days. No later than the settings allow, and than the token that makes it."
    )


class Program(BaseModel):
    """A program. `role` is that of the reader, null for an administrator without one."""

    id: UUID
    code: str
    name: str
    role: Role | None

    @classmethod
    def of(cls, row: ProgramRow) -> "Program":
        """The answer for one row."""
        return cls(id=row.uid, code=row.code, name=row.name, role=Role(row.role) if row.role else None)


class ProgramPage(BaseModel):
    """One page of programs."""

    items: list[Program]
    next: str | None
    total: int | None = None


class NewProgram(Body):
    """A program to be made; without a name it is called as its code."""

    code: Code
    name: Name | None = None


class Grant(BaseModel):
    """A user's role in a program."""

    user: User
    role: Role


class GrantPage(BaseModel):
    """One page of the roles in a program."""

    items: list[Grant]
    next: str | None
    total: int | None = None


class NewRole(Body):
    """The role to give."""

    role: Role


class Project(BaseModel):
    """A project of a program. A `library` is readable by all who are signed in: they see which program keeps it, too."""

    id: UUID
    code: str
    name: str
    program: ProgramRef
    library: bool

    @classmethod
    def of(cls, row: ProjectRow) -> "Project":
        """The answer for one row."""
        program = ProgramRef(id=row.program_uid, code=row.program_code, name=row.program_name)
        return cls(id=row.uid, code=row.code, name=row.name, program=program, library=row.library)


class ProjectPage(BaseModel):
    """One page of projects."""

    items: list[Project]
    next: str | None
    total: int | None = None


class NewProject(Body):
    """A project to be made; without a name it is called as its code."""

    program: UUID
    code: Code
    name: Name | None = None
    library: bool = False
