"""What attacks and faults showed: from the SQL files of `sql/v0005`."""

from alembic import op

from cascadia.migrations.locking import lock_tables
from cascadia.migrations.schema import read_sql, run_script, set_version

revision = "0005"
down_revision = "0004"

FILES = ("kernel", "access", "versioning", "items", "bom", "jobs", "vault", "notify", "proposals")

ALTERED = (
    *("api_token", "idempotency", "item_number", "item_v", "job", "output_file", "proposal", "proposal_row", "session"),
    *("sign_in_attempt", "upload"),
)
WRITTEN = (
    *("attachment", "attachment_v", "audit", "audit_seal", "blob", "bom_line", "bom_v", "commit_log", "commit_program", "file"),
    *("instance_secret", "item", "job_archive", "job_subscriber", "outbox_new", "program", "revision"),
    *("schema_state", "user_account"),
)


def upgrade() -> None:
    """Expands only: programs of version 1 go on."""
    connection = op.get_bind()
    lock_tables(connection, altered=ALTERED, written=WRITTEN)
    for name in FILES:
        run_script(connection, read_sql(f"v0005/{name}"))
    set_version(connection, version=5, oldest_code=1)
