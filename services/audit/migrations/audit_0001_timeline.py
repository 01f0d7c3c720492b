"""The log and the timelines."""

from alembic import op

from chassis.eventstore.revisions import create_log, create_tables

revision = "audit_0001"
down_revision = None


def upgrade() -> None:
    create_log(op, "audit")
    create_tables(
        op,
        """
        CREATE TABLE timeline (
            source TEXT NOT NULL,
            position BIGINT NOT NULL,
            matter_id TEXT NOT NULL,
            event_id TEXT NOT NULL,
            type TEXT NOT NULL,
            occurred_at TEXT NOT NULL,
            recorded_at TEXT NOT NULL,
            actor TEXT NOT NULL,
            cause TEXT NOT NULL,
            correlation_id TEXT NOT NULL,
            data TEXT NOT NULL,
            PRIMARY KEY (source, position)
        )""",
        "CREATE INDEX timeline_matter ON timeline (matter_id, recorded_at)",
        "CREATE TABLE matter (number TEXT PRIMARY KEY, petition_id TEXT NOT NULL UNIQUE,"
        " matter_id TEXT NOT NULL, matter_number TEXT NOT NULL)",
    )
