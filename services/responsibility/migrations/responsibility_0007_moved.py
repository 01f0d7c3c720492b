"""Where numbers led before they were merged or split, for what is asked as of an instant."""

import json
from typing import Any, Final

from alembic import op
from sqlalchemy import text

from chassis.eventstore.revisions import create_tables

revision = "responsibility_0007"
down_revision = "responsibility_0006"

# Fact to the name of its field with what its numbers led to before.
MOVED: Final = {
    "matter.merged.v1": "merged_petition_id",
    "ownership.split.v1": "from_petition_id",
}


def upgrade() -> None:
    create_tables(
        op,
        "CREATE TABLE matter_moved (number TEXT NOT NULL, position BIGINT NOT NULL,"
        " moved_at TEXT NOT NULL, petition_id TEXT NOT NULL, PRIMARY KEY (number, position))",
    )
    facts = op.get_bind().execute(
        text(
            "SELECT position, recorded_at, topic, state FROM event_log"
            " WHERE topic IN ('matter.merged.v1', 'ownership.split.v1') ORDER BY position"
        )
    )
    for position, moved_at, topic, state in facts.fetchall():
        fact: dict[str, Any] = json.loads(bytes(state))
        for number in fact["numbers"]:
            op.get_bind().execute(
                text("INSERT INTO matter_moved VALUES (:number, :position, :at, :before)"),
                {
                    "number": number,
                    "position": position,
                    "at": moved_at,
                    "before": fact[MOVED[topic]],
                },
            )
