"""When a reminder was given up, and what was given up by index, for who looks after it at night."""

import json

from alembic import op
from sqlalchemy import text

revision = "notify_0006"
down_revision = "notify_0005"


def upgrade() -> None:
    op.execute("ALTER TABLE reminder ADD COLUMN given_up_at TEXT NOT NULL DEFAULT ''")
    given_up = op.get_bind().execute(
        text(
            "SELECT recorded_at, state FROM event_log"
            " WHERE topic = 'reminder.given_up.v1' ORDER BY position"
        )
    )
    for at, state in given_up.fetchall():
        op.get_bind().execute(
            text("UPDATE reminder SET given_up_at = :at WHERE reminder_id = :id"),
            {"at": at, "id": json.loads(bytes(state))["reminder_id"]},
        )
    for column in ("given_up_at", "position"):
        op.execute(
            f"CREATE INDEX reminder_given_up_{column} ON reminder ({column})"
            " WHERE state = 'given_up'"
        )
