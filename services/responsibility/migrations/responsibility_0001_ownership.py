"""The log, the index of matters and the caseloads."""

from alembic import op

from chassis.eventstore.revisions import create_log, create_tables

revision = "responsibility_0001"
down_revision = None


def upgrade() -> None:
    create_log(op, "responsibility")
    create_tables(
        op,
        "CREATE TABLE matter (number TEXT PRIMARY KEY, petition_id TEXT NOT NULL,"
        " office TEXT NOT NULL)",
        """
        CREATE TABLE caseload (
            number TEXT PRIMARY KEY,
            office TEXT NOT NULL,
            channel TEXT NOT NULL,
            petition_class TEXT NOT NULL,
            awaits TEXT NOT NULL,
            registered_at TEXT NOT NULL,
            owner TEXT NOT NULL,
            owned_since TEXT NOT NULL,
            state TEXT NOT NULL,
            repeats INTEGER NOT NULL
        )""",
        "CREATE INDEX caseload_open ON caseload (office, state, registered_at, number)",
        "CREATE INDEX caseload_owner ON caseload (owner, state, owned_since, number)",
    )
