"""What each role may do, written out: nothing here is taken from the program."""

from uuid import UUID

import pytest

from cascadia.access.model import PERMISSIONS, Actor, Role
from cascadia.kernel.errors import Forbidden, NotFound

VIEWER = """bom.read commit.read file.read job.read part.read program.read proposal.read"""
ENGINEER = """bom.edit file.attach file.create job.manage part.create part.delete part.edit proposal.accept proposal.create"""
LEAD = """program.manage project.create"""
MAY = {
    "viewer": {*VIEWER.split()},
    "engineer": {*VIEWER.split(), *ENGINEER.split()},
    "approver": {*VIEWER.split(), *ENGINEER.split()},
    "lead": {*VIEWER.split(), *ENGINEER.split(), *LEAD.split()},
}
EVERYTHING = sorted(MAY["lead"])
ROVER, OTHER = 1, 2


def actor(role: str) -> Actor:
    return Actor(7, UUID(int=7), "Ada", "ada@example.org", administrator=False, roles={ROVER: Role(role)})


def test_there_are_these_roles_and_permissions() -> None:
    assert {role.value: set(permissions) for role, permissions in PERMISSIONS.items()} == MAY


@pytest.mark.parametrize("permission", EVERYTHING)
@pytest.mark.parametrize("role", sorted(MAY))
def test_a_role_may_what_the_table_says_in_its_program_and_nothing_elsewhere(role: str, permission: str) -> None:
    allowed = permission in MAY[role]
    assert (actor(role).may(permission, ROVER), actor(role).may(permission, OTHER)) == (allowed, False)
    if allowed:
        actor(role).require(permission, ROVER)
    else:
        with pytest.raises(Forbidden):
            actor(role).require(permission, ROVER)
    with pytest.raises(NotFound):
        actor(role).require(permission, OTHER)
