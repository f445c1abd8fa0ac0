"""Migrates a database to what all domains together declare."""

from cascadia.migrations.run import migrate
from cascadia.worker.registry import registry


def bring_up_to_date(url: str) -> None:
    """Creates or upgrades the schema, with a cursor for each subscription; raises `CascadiaError` where this program is too old."""
    migrate(url, subscriptions=registry().cursors())
