"""Whose a matter is, for who may read what is sealed."""

from alembic import op

revision = "intake_0002"
down_revision = "intake_0001"


def upgrade() -> None:
    # What was followed before has none; it is followed again from the beginning.
    op.execute("ALTER TABLE progress ADD COLUMN owner TEXT NOT NULL DEFAULT ''")
    op.execute("DELETE FROM progress")
    op.execute("DELETE FROM applied_position")
    op.execute("DELETE FROM parked_event")
