"""Roles, permissions and the actor on whose behalf something happens. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from cascadia.kernel.errors import Forbidden, NotFound

CODE_MAX: Final = 50
"""Characters of the code of a program or project."""


class Role(StrEnum):
    """What a user is in a program. Each role may do what the ones before it may."""

    VIEWER = "viewer"
    ENGINEER = "engineer"
    APPROVER = "approver"
    LEAD = "lead"


READ = frozenset({"program.read", "part.read", "bom.read", "file.read", "commit.read", "job.read", "proposal.read"})
WRITE = frozenset(
    {
        "part.create",
        "part.edit",
        "part.delete",
        "bom.edit",
        "file.create",
        "file.attach",
        "job.manage",
        "proposal.create",
        "proposal.accept",
    }
)
LEAD = frozenset({"program.manage", "project.create"})

PERMISSIONS: Mapping[Role, frozenset[str]] = {
    Role.VIEWER: READ,
    Role.ENGINEER: READ | WRITE,
    Role.APPROVER: READ | WRITE,
    Role.LEAD: READ | WRITE | LEAD,
}
"""Permissions inside a program, by role. `signed_in`, `administrator` and `public` are the ones outside of programs."""


class Scope(StrEnum):
    """What an API token may do at most, within the rights of its person. Each scope includes the ones before."""

    READ = "read"
    WRITE = "write"
    ADMINISTER = "administer"

    def includes(self, other: "Scope") -> bool:
        """Whether whoever has this scope has the other one too."""
        order = list(Scope)
        return order.index(self) >= order.index(other)


SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
ADMINISTERING: Final = LEAD | {"administrator"}
"""Permissions that decide over people and programs."""


def scope_needed(permission: str, method: str) -> Scope:
    """The scope for an operation that does not name one: reading, and of the rest what decides over others, or what does not."""
    if method in SAFE_METHODS:
        return Scope.READ
    return Scope.ADMINISTER if permission in ADMINISTERING else Scope.WRITE


@dataclass(frozen=True, slots=True)
class Actor:
    """The person (or service account) behind a request; `roles` maps program id → role."""

    user_id: int
    uid: UUID
    name: str
    email: str
    administrator: bool
    roles: Mapping[int, Role]

    @property
    def programs(self) -> list[int]:
        """Programs whose content this actor may read: what every list, tree and count is filtered by."""
        return sorted(self.roles)

    def rights(self) -> dict[str, int]:
        """A level for each program in which the actor has a role, and for being an administrator: less is less."""
        order = list(Role)
        levels = {str(program): order.index(role) + 1 for program, role in self.roles.items()}
        return {**levels, "administrator": 1} if self.administrator else levels

    def may(self, permission: str, program_id: int) -> bool:
        """Whether the actor holds the permission in the program."""
        role = self.roles.get(program_id)
        return role is not None and permission in PERMISSIONS[role]

    def require(self, permission: str, program_id: int) -> None:
        """Refuses with 404 what the actor may not even see, with 403 what they may see but not do."""
        role = self.roles.get(program_id)
        if role is None:
            raise NotFound("There is no such thing, or you may not see it.")
        if permission not in PERMISSIONS[role]:
            raise Forbidden(f"This needs the permission `{permission}`; your role in this program is {role.value}.")

    def require_administrator(self) -> None:
        """Refuses everybody but an administrator of the organisation."""
        if not self.administrator:
            raise Forbidden("Only an administrator may do this.")


@dataclass(frozen=True, slots=True)
class UserRow:
    """An account as it is read."""

    user_id: int
    uid: UUID
    email: str
    name: str
    administrator: bool
    active: bool


@dataclass(frozen=True, slots=True)
class ProgramRow:
    """A program with the reader's role in it, None for an administrator without one."""

    program_id: int
    uid: UUID
    code: str
    name: str
    role: str | None


@dataclass(frozen=True, slots=True)
class ProjectRow:
    """A project with its program."""

    project_id: int
    uid: UUID
    code: str
    name: str
    library: bool
    program_id: int
    program_uid: UUID
    program_code: str
    program_name: str


@dataclass(frozen=True, slots=True)
class GrantRow:
    """A user's role in a program."""

    user_id: int
    uid: UUID
    email: str
    name: str
    administrator: bool
    active: bool
    role: str


@dataclass(frozen=True, slots=True)
class TokenRow:
    """An API token without its secret, and whose it is."""

    token_id: int
    uid: UUID
    name: str
    scope: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    user_uid: UUID
    user_name: str
    user_email: str


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session that is open; `current` is the one that asks."""

    session_id: int
    uid: UUID
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    user_agent: str | None
    address: str | None
    current: bool


@dataclass(frozen=True, slots=True)
class Ended:
    """How many sessions and API tokens of an account were ended."""

    sessions: int
    tokens: int


@dataclass(frozen=True, slots=True)
class ProgramRole:
    """A role with the program that it is for, as a session shows it."""

    uid: UUID
    code: str
    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class SessionState:
    """Who is signed in, where, with which roles."""

    user: UserRow
    organisation: str
    roles: list[ProgramRole]
