"""The log, the register of petitions and the vault."""

from alembic import op

from chassis.eventstore.revisions import create_log, create_tables

revision = "intake_0001"
down_revision = None


def upgrade() -> None:
    create_log(op, "intake")
    create_tables(
        op,
        """
        CREATE TABLE petition (
            petition_id TEXT PRIMARY KEY,
            number TEXT NOT NULL UNIQUE,
            office TEXT NOT NULL,
            region TEXT NOT NULL,
            channel TEXT NOT NULL,
            petition_class TEXT NOT NULL,
            category TEXT NOT NULL,
            headcount INTEGER NOT NULL,
            occurred_at TEXT NOT NULL,
            registered_at TEXT NOT NULL,
            registered_by TEXT NOT NULL,
            sealed INTEGER NOT NULL,
            matter_id TEXT NOT NULL,
            matter_number TEXT NOT NULL,
            external_number TEXT NOT NULL,
            position BIGINT NOT NULL UNIQUE
        )""",
        "CREATE INDEX petition_office ON petition (office, position)",
        "CREATE INDEX petition_external ON petition (external_number, position)",
        "CREATE TABLE progress (number TEXT PRIMARY KEY, state TEXT NOT NULL,"
        " changed_at TEXT NOT NULL)",
        "CREATE TABLE matter_mark (mark TEXT PRIMARY KEY, petition_id TEXT NOT NULL,"
        " number TEXT NOT NULL)",
        "CREATE TABLE number_serial (region TEXT, day TEXT, last INTEGER NOT NULL,"
        " PRIMARY KEY (region, day))",
        "CREATE TABLE petitioner_key (petitioner_id TEXT PRIMARY KEY,"
        " person_mark TEXT NOT NULL UNIQUE, wrapped_key BLOB NOT NULL)",
        "CREATE TABLE vault (petition_id TEXT, role TEXT, ordinal INTEGER,"
        " petitioner_id TEXT NOT NULL, ciphertext BLOB NOT NULL,"
        " PRIMARY KEY (petition_id, role, ordinal))",
    )
