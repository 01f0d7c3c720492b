"""What was found to be a reason for supervision."""

from alembic import op

from chassis.eventstore.revisions import create_tables

revision = "responsibility_0006"
down_revision = "responsibility_0005"


def upgrade() -> None:
    # No fact of the kind is on record before it, so nothing has to be filled.
    create_tables(
        op,
        "CREATE TABLE supervision_reason (id TEXT PRIMARY KEY, number TEXT NOT NULL,"
        " shows TEXT NOT NULL, since_day INTEGER NOT NULL, settled INTEGER NOT NULL)",
        "CREATE INDEX supervision_open ON supervision_reason (number) WHERE settled = 0",
    )
