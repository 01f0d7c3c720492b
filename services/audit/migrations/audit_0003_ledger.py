"""The ledger; all is followed again, so that it begins with the first event of each log."""

from alembic import op

from chassis.eventstore.revisions import create_append_only, create_tables

revision = "audit_0003"
down_revision = "audit_0002"


def upgrade() -> None:
    create_append_only(
        op,
        "audit",
        ledger_leaf="""
            position BIGINT PRIMARY KEY CHECK (position >= 0),
            source TEXT NOT NULL,
            seq BIGINT NOT NULL,
            petition TEXT NOT NULL,
            petition_seq INTEGER NOT NULL,
            leaf BLOB NOT NULL,
            hash BLOB NOT NULL,
            UNIQUE (source, seq),
            UNIQUE (petition, petition_seq)""",
        ledger_subtree="""
            level INTEGER NOT NULL,
            position BIGINT NOT NULL,
            hash BLOB NOT NULL,
            PRIMARY KEY (level, position)""",
        ledger_checkpoint="""
            size BIGINT PRIMARY KEY,
            note TEXT NOT NULL,
            signed_at TEXT NOT NULL""",
    )
    create_tables(
        op,
        "CREATE TABLE ledger_end (key TEXT PRIMARY KEY, bucket INTEGER NOT NULL,"
        " petition_seq INTEGER NOT NULL, hash BLOB NOT NULL)",
        "CREATE INDEX ledger_end_bucket ON ledger_end (bucket)",
        "CREATE TABLE ledger_ends_hash (node INTEGER PRIMARY KEY, hash BLOB NOT NULL)",
        "CREATE TABLE ledger_ends (id INTEGER PRIMARY KEY, size BIGINT NOT NULL,"
        " root BLOB NOT NULL)",
    )
    op.execute("ALTER TABLE timeline ADD COLUMN stream TEXT NOT NULL DEFAULT ''")
    op.execute("ALTER TABLE timeline ADD COLUMN stream_version INTEGER NOT NULL DEFAULT 0")
    for table in ("timeline", "matter", "applied_position", "parked_event"):
        op.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names
