"""The parties to sealed petitions, who are told nothing."""

from alembic import op

from chassis.eventstore.revisions import create_tables

revision = "notify_0002"
down_revision = "notify_0001"


def upgrade() -> None:
    create_tables(op, "CREATE TABLE kept_out (number TEXT PRIMARY KEY, marks TEXT NOT NULL)")
