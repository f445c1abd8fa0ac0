"""The first schema: every package's tables, from the SQL files beside this folder."""

from alembic import op

from cascadia.migrations.schema import read_sql, run_script, set_version

revision = "0001"
down_revision = None

FILES = ("kernel", "access", "versioning", "jobs", "items", "vault", "bom", "proposals")


def upgrade() -> None:
    """Creates everything."""
    connection = op.get_bind()
    for name in FILES:
        run_script(connection, read_sql(name))
    set_version(connection, version=1, oldest_code=1)
