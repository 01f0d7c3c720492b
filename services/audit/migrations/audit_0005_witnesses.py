"""What witnesses have signed."""

from alembic import op

from chassis.eventstore.revisions import create_append_only

revision = "audit_0005"
down_revision = "audit_0004"


def upgrade() -> None:
    create_append_only(
        op,
        "audit",
        ledger_cosignature="""
            witness TEXT NOT NULL,
            size BIGINT NOT NULL,
            line TEXT NOT NULL,
            signed_at TEXT NOT NULL,
            PRIMARY KEY (witness, size)""",
    )
