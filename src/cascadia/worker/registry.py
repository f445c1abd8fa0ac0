"""The one list of what all domains declare."""

from functools import cache
from typing import Final

from cascadia.access.jobs import DECLARED as ACCESS
from cascadia.cad.jobs import DECLARED as CAD
from cascadia.importing.jobs import DECLARED as IMPORTING
from cascadia.jobs.registry import Registry, collect
from cascadia.jobs.upkeep import DECLARED as JOBS
from cascadia.kernel.declare import Declared
from cascadia.notify.jobs import DECLARED as NOTIFY
from cascadia.notify.mail_jobs import DECLARED as MAIL
from cascadia.previews.jobs import DECLARED as PREVIEWS
from cascadia.proposals.jobs import DECLARED as PROPOSALS
from cascadia.reports.jobs import DECLARED as REPORTS
from cascadia.vault.jobs import DECLARED as VAULT

DOMAINS: Final[tuple[Declared, ...]] = (ACCESS, JOBS, NOTIFY, MAIL, VAULT, PROPOSALS, CAD, PREVIEWS, IMPORTING, REPORTS)


@cache
def registry() -> Registry:
    """Families, job types, subscriptions and schedules of this program."""
    return collect(DOMAINS)
