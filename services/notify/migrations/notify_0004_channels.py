"""Preferences, endpoints, and the pace at which these are called."""

from alembic import op

from chassis.eventstore.revisions import create_tables

revision = "notify_0004"
down_revision = "notify_0003"


def upgrade() -> None:
    create_tables(
        op,
        """
        CREATE TABLE preference (
            recipient TEXT PRIMARY KEY,
            channels TEXT NOT NULL,
            hours TEXT NOT NULL,
            deputies TEXT NOT NULL,
            digest TEXT NOT NULL,
            digest_at TEXT NOT NULL
        )""",
        "CREATE INDEX preference_due ON preference (digest_at, recipient) WHERE digest_at <> ''",
        """
        CREATE TABLE endpoint (
            id TEXT PRIMARY KEY,
            recipient TEXT NOT NULL,
            place INTEGER NOT NULL,
            kind TEXT NOT NULL,
            sealed BLOB NOT NULL
        )""",
        "CREATE INDEX endpoint_recipient ON endpoint (recipient, place)",
        """
        CREATE TABLE endpoint_pace (
            endpoint TEXT PRIMARY KEY,
            sent TEXT NOT NULL,
            failures INTEGER NOT NULL,
            closed_until TEXT NOT NULL
        )""",
    )
