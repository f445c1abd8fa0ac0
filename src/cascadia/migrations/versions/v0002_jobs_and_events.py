"""The complete job ledger, and what sends events out: from the SQL files of `sql/v0002`."""

from alembic import op

from cascadia.migrations.schema import read_sql, run_script, set_version

revision = "0002"
down_revision = "0001"

FILES = ("jobs", "notify", "vault")


def upgrade() -> None:
    """Expands only: programs of version 1 go on."""
    connection = op.get_bind()
    for name in FILES:
        run_script(connection, read_sql(f"v0002/{name}"))
    set_version(connection, version=2, oldest_code=1)
