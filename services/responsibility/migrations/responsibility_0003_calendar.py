"""By which calendar a term was counted, for when another takes its place."""

from alembic import op

revision = "responsibility_0003"
down_revision = "responsibility_0002"


def upgrade() -> None:
    # Which one it was stands in the events: a table that lost its rows is filled from them again.
    op.execute("ALTER TABLE term ADD COLUMN calendar TEXT NOT NULL DEFAULT ''")
    op.execute("DELETE FROM term")
