"""Corrections, withdrawal, and who is kept out of a matter."""

from alembic import op

from chassis.eventstore.revisions import create_tables

revision = "intake_0004"
down_revision = "intake_0003"


def upgrade() -> None:
    op.execute("ALTER TABLE petition ADD COLUMN revision INTEGER NOT NULL DEFAULT 1")
    op.execute("ALTER TABLE petition ADD COLUMN content_version INTEGER NOT NULL DEFAULT 1")
    op.execute("ALTER TABLE petition ADD COLUMN corrected_at TEXT NOT NULL DEFAULT ''")
    op.execute("ALTER TABLE petition ADD COLUMN withdrawn_at TEXT NOT NULL DEFAULT ''")
    create_tables(
        op,
        # Only of matters that name parties or were sealed later: a petition is found as before.
        "CREATE TABLE matter_sight (number TEXT PRIMARY KEY, sealed INTEGER NOT NULL,"
        " kept_out TEXT NOT NULL)",
        "CREATE TABLE course_begun (number TEXT PRIMARY KEY, begun_at TEXT NOT NULL)",
        # A table of its own, so that nothing of what was kept before is written again.
        "CREATE TABLE vault_version (petition_id TEXT, version INTEGER, role TEXT,"
        " ordinal INTEGER, petitioner_id TEXT NOT NULL, ciphertext BLOB NOT NULL,"
        " PRIMARY KEY (petition_id, version, role, ordinal))",
    )
    # Which courses have begun was not followed before; all is followed again from the beginning.
    op.execute("DELETE FROM progress")
    op.execute("DELETE FROM applied_position")
    op.execute("DELETE FROM parked_event")
