"""The marks of name and phone of people who gave an id number beside them."""

from alembic import op

from chassis.eventstore.revisions import create_tables

revision = "intake_0005"
down_revision = "intake_0004"


def upgrade() -> None:
    # Who is known from before is marked by intake itself, which has the key to read him by.
    op.execute("ALTER TABLE petitioner_key ADD COLUMN phone_kept INTEGER NOT NULL DEFAULT 0")
    op.execute("ALTER TABLE repeat_proposal ADD COLUMN known_by TEXT NOT NULL DEFAULT ''")
    create_tables(
        op,
        "CREATE INDEX petitioner_unmarked ON petitioner_key (petitioner_id) WHERE phone_kept = 0",
        "CREATE INDEX vault_version_petitioner ON vault_version (petitioner_id)",
        "CREATE TABLE petitioner_phone (mark TEXT, petitioner_id TEXT NOT NULL"
        " REFERENCES petitioner_key (petitioner_id) ON DELETE CASCADE,"
        " PRIMARY KEY (mark, petitioner_id))",
        "CREATE INDEX petitioner_phone_of ON petitioner_phone (petitioner_id)",
    )
