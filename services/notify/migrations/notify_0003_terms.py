"""The plans of terms, and the due queue."""

from alembic import op

from chassis.eventstore.revisions import create_tables

revision = "notify_0003"
down_revision = "notify_0002"


def upgrade() -> None:
    create_tables(
        op,
        """
        CREATE TABLE term_plan (
            id TEXT PRIMARY KEY,
            petition_id TEXT NOT NULL,
            number TEXT NOT NULL,
            term TEXT NOT NULL,
            office TEXT NOT NULL,
            policy TEXT NOT NULL,
            provisional INTEGER NOT NULL,
            due_on TEXT NOT NULL,
            next_at TEXT NOT NULL,
            runs INTEGER NOT NULL
        )""",
        "CREATE INDEX term_plan_next ON term_plan (office, next_at) WHERE next_at <> ''",
        "CREATE INDEX term_plan_number ON term_plan (number)",
        """
        CREATE TABLE due (
            id TEXT PRIMARY KEY,
            petition_id TEXT NOT NULL,
            lane INTEGER NOT NULL,
            since TEXT NOT NULL,
            at TEXT NOT NULL
        )""",
        "CREATE INDEX due_at ON due (lane, at, id)",
        "INSERT INTO due (id, petition_id, lane, since, at)"
        " SELECT reminder_id, petition_id, 0, due_at, next_attempt_at FROM reminder"
        " WHERE state = 'planned'",
    )
