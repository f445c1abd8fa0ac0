"""What attacks and faults showed: from the SQL files of `sql/v0005`."""

from alembic import op

from cascadia.migrations.schema import read_sql, run_script, set_version

revision = "0005"
down_revision = "0004"

FILES = ("kernel", "access", "versioning", "items", "bom", "jobs", "vault", "notify", "proposals")


def upgrade() -> None:
    """Expands only: programs of version 1 go on."""
    connection = op.get_bind()
    for name in FILES:
        run_script(connection, read_sql(f"v0005/{name}"))
    set_version(connection, version=5, oldest_code=1)
