"""Which facts say that a petition was shown: open ones too, where their matter was opened."""

from alembic import op

revision = "audit_0009"
down_revision = "audit_0008"


def upgrade() -> None:
    op.execute("ALTER TABLE sealed_shown RENAME TO case_shown")
