"""Where petitions belonged before they were linked or unlinked; all is followed again for it."""

from alembic import op

from chassis.eventstore.revisions import create_tables

revision = "audit_0006"
down_revision = "audit_0005"


def upgrade() -> None:
    op.execute("ALTER TABLE matter ADD COLUMN repeats_id TEXT NOT NULL DEFAULT ''")
    create_tables(
        op,
        "CREATE INDEX matter_repeats ON matter (repeats_id) WHERE repeats_id <> ''",
        "CREATE TABLE matter_moved (number TEXT NOT NULL, position BIGINT NOT NULL,"
        " moved_at TEXT NOT NULL, matter_id TEXT NOT NULL, matter_number TEXT NOT NULL,"
        " PRIMARY KEY (number, position))",
        "CREATE INDEX matter_moved_matter ON matter_moved (matter_id, moved_at)",
    )
    for table in ("timeline", "matter", "applied_position", "parked_event"):
        op.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names
