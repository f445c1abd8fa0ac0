"""What files that come in are remembered by: from the SQL files of `sql/v0006`."""

from alembic import op

from cascadia.migrations.locking import lock_tables
from cascadia.migrations.schema import read_sql, run_script, set_version

revision = "0006"
down_revision = "0005"

FILES = ("items", "proposals")

ALTERED = ("proposal", "proposal_row")
WRITTEN = ("bom_line", "item", "item_v", "project", "schema_state")


def upgrade() -> None:
    """Expands only: programs of version 1 go on."""
    connection = op.get_bind()
    lock_tables(connection, altered=ALTERED, written=WRITTEN)
    for name in FILES:
        run_script(connection, read_sql(f"v0006/{name}"))
    set_version(connection, version=6, oldest_code=1)
