"""Which delays were answered by an order, and when a term was over that a hearing holds up."""

from alembic import op

revision = "responsibility_0009"
down_revision = "responsibility_0008"


def upgrade() -> None:
    # Both stand in the events: a table that lost its rows is filled from them again. Where no step
    # of a course was taken, nobody ordered a supervision and no hearing began.
    for column in ("over_day", "answered"):
        op.execute(f"ALTER TABLE term ADD COLUMN {column} INTEGER NOT NULL DEFAULT 0")
    op.execute("CREATE INDEX term_delay ON term (number) WHERE late_days > 0 AND answered = 0")
    op.execute(
        "DELETE FROM term WHERE EXISTS (SELECT 1 FROM event_log"
        " WHERE topic = 'course.step_taken.v1')"
    )
