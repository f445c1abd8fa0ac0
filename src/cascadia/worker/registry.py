"""The one list of what all domains declare."""

from functools import cache
from typing import Final

from cascadia.jobs.registry import Registry, collect
from cascadia.kernel.declare import Declared
from cascadia.vault.jobs import DECLARED as VAULT

DOMAINS: Final[tuple[Declared, ...]] = (VAULT,)


@cache
def registry() -> Registry:
    """Families, job types, subscriptions and schedules of this program."""
    return collect(DOMAINS)
