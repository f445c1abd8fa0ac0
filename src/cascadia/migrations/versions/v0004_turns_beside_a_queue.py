"""A job's end costs the same however many wait: from the SQL files of `sql/v0004`."""

from alembic import op

from cascadia.migrations.schema import read_sql, run_script, set_version

revision = "0004"
down_revision = "0003"

FILES = ("jobs",)


def upgrade() -> None:
    """Expands only: programs of version 1 go on."""
    connection = op.get_bind()
    for name in FILES:
        run_script(connection, read_sql(f"v0004/{name}"))
    set_version(connection, version=4, oldest_code=1)
