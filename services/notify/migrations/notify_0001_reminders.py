"""The log and the reminders."""

from alembic import op

from chassis.eventstore.revisions import create_log, create_tables

revision = "notify_0001"
down_revision = None


def upgrade() -> None:
    create_log(op, "notify")
    create_tables(
        op,
        """
        CREATE TABLE reminder (
            reminder_id TEXT PRIMARY KEY,
            petition_id TEXT NOT NULL,
            number TEXT NOT NULL,
            recipient TEXT NOT NULL,
            reason TEXT NOT NULL,
            state TEXT NOT NULL,
            due_at TEXT NOT NULL,
            next_attempt_at TEXT NOT NULL,
            attempts INTEGER NOT NULL,
            last_outcome TEXT NOT NULL,
            position BIGINT NOT NULL
        )""",
        "CREATE INDEX reminder_due ON reminder (next_attempt_at, reminder_id)"
        " WHERE state = 'planned'",
        "CREATE INDEX reminder_number ON reminder (number, position)",
        "CREATE INDEX reminder_recipient ON reminder (recipient, position)",
        "CREATE INDEX reminder_position ON reminder (position)",
    )
