"""Uploads in pieces: from the SQL files of `sql/v0003`."""

from alembic import op

from cascadia.migrations.schema import read_sql, run_script, set_version

revision = "0003"
down_revision = "0002"

FILES = ("vault",)


def upgrade() -> None:
    """Expands only: programs of version 1 go on."""
    connection = op.get_bind()
    for name in FILES:
        run_script(connection, read_sql(f"v0003/{name}"))
    set_version(connection, version=3, oldest_code=1)
