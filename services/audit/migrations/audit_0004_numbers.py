"""Numbers beside the ends of chains, which are made again; facts found by who did them."""

from alembic import op

from chassis.eventstore.revisions import create_tables

revision = "audit_0004"
down_revision = "audit_0003"


def upgrade() -> None:
    for table in ("ledger_end", "ledger_ends_hash", "ledger_ends"):
        op.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names
    create_tables(
        op,
        "CREATE INDEX timeline_actor ON timeline (actor, recorded_at, source, position)",
    )
