"""Facts stand under the petition that they name; which matter that belongs to may change."""

from alembic import op

from chassis.eventstore.revisions import create_tables

revision = "audit_0002"
down_revision = "audit_0001"


def upgrade() -> None:
    op.execute("ALTER TABLE timeline RENAME COLUMN matter_id TO petition_id")
    op.execute("DROP INDEX timeline_matter")
    # What a repeat told stood under its original: all is followed again from the beginning.
    op.execute("DELETE FROM timeline")
    op.execute("DELETE FROM matter")
    op.execute("DELETE FROM applied_position")
    op.execute("DELETE FROM parked_event")
    create_tables(
        op,
        "CREATE INDEX timeline_petition ON timeline (petition_id, recorded_at)",
        "CREATE INDEX matter_matter ON matter (matter_id)",
    )
