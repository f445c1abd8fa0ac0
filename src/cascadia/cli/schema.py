"""Migrates a database to what all domains together declare."""

from cascadia.migrations.run import migrate
from cascadia.migrations.waiting import until_reached
from cascadia.worker.registry import registry


def bring_up_to_date(url: str, *, wait: bool = False) -> None:
    """Creates or upgrades the schema, with a cursor for each subscription; raises `CascadiaError` where that cannot be.

    With `wait` it waits for the database.
    """
    until_reached(url, lambda: migrate(url, subscriptions=registry().cursors()), wait=wait)
