"""Which facts say that a sealed petition was shown among others."""

from alembic import op

from chassis.eventstore.revisions import create_tables

revision = "audit_0007"
down_revision = "audit_0006"


def upgrade() -> None:
    create_tables(
        op,
        "CREATE TABLE sealed_shown (petition_id TEXT NOT NULL, source TEXT NOT NULL,"
        " position BIGINT NOT NULL, PRIMARY KEY (petition_id, source, position))",
    )
