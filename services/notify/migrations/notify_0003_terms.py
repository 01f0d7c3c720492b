"""The plans of terms, and who is working on what falls due."""

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
        "CREATE INDEX term_plan_due ON term_plan (next_at, petition_id) WHERE next_at <> ''",
        "CREATE INDEX term_plan_number ON term_plan (number)",
        "CREATE TABLE lease (id TEXT PRIMARY KEY, until TEXT NOT NULL)",
        "CREATE INDEX lease_until ON lease (until)",
        "DROP INDEX reminder_due",
        "CREATE INDEX reminder_news ON reminder (next_attempt_at, due_at)"
        " WHERE state = 'planned' AND substr(reason, 1, 5) <> 'term_'",
        "CREATE INDEX reminder_terms ON reminder (next_attempt_at, due_at)"
        " WHERE state = 'planned' AND substr(reason, 1, 5) = 'term_'",
    )
