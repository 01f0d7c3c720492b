"""The public keys that have signed, kept after the private ones are gone."""

from alembic import op

from chassis.eventstore.revisions import create_append_only

revision = "audit_0008"
down_revision = "audit_0007"


def upgrade() -> None:
    create_append_only(
        op,
        "audit",
        ledger_key="""
            key TEXT PRIMARY KEY,
            size BIGINT NOT NULL,
            signed_at TEXT NOT NULL""",
    )
