"""By which calendar a term was counted, for when another takes its place; late ones by index."""

from alembic import op

revision = "responsibility_0003"
down_revision = "responsibility_0002"


def upgrade() -> None:
    # Which one it was stands in the events: a table that lost its rows is filled from them again.
    op.execute("ALTER TABLE term ADD COLUMN calendar TEXT NOT NULL DEFAULT ''")
    op.execute("DELETE FROM term")
    op.execute("CREATE INDEX term_late ON term (due_day, id) WHERE late_days > 0")
    op.execute("CREATE INDEX term_late_office ON term (office, due_day, id) WHERE late_days > 0")
