"""Facts stand under the petition that they name; which matter that belongs to may change."""

from alembic import op

from chassis.eventstore.revisions import create_tables

revision = "audit_0002"
down_revision = "audit_0001"


def upgrade() -> None:
    op.execute("ALTER TABLE timeline RENAME COLUMN matter_id TO petition_id")
    op.execute("DROP INDEX timeline_matter")
    # What a repeat told stood under its original: all is followed again from the beginning.
    for table in ("timeline", "matter", "applied_position", "parked_event"):
        op.execute(f"DELETE FROM {table}")
    create_tables(
        op,
        "CREATE INDEX timeline_petition ON timeline (petition_id, recorded_at)",
        "CREATE INDEX matter_matter ON matter (matter_id)",
    )
