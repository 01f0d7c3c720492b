"""The statutory terms and the courses."""

from alembic import op

from chassis.eventstore.revisions import create_tables

revision = "responsibility_0002"
down_revision = "responsibility_0001"


def upgrade() -> None:
    create_tables(
        op,
        """
        CREATE TABLE term (
            id TEXT PRIMARY KEY,
            number TEXT NOT NULL,
            term TEXT NOT NULL,
            office TEXT NOT NULL,
            due_day INTEGER NOT NULL,
            ended_on TEXT NOT NULL,
            provisional INTEGER NOT NULL,
            late_days INTEGER NOT NULL
        )""",
        "CREATE INDEX term_office ON term (office, ended_on, due_day, id)",
        "CREATE INDEX term_matter ON term (number)",
        "CREATE INDEX term_provisional ON term (id) WHERE provisional = 1",
        "CREATE INDEX term_running ON term (due_day) WHERE ended_on = ''",
        """
        CREATE TABLE course (
            number TEXT PRIMARY KEY,
            state TEXT NOT NULL,
            unit TEXT NOT NULL,
            passed_on INTEGER NOT NULL,
            passed_on_day INTEGER NOT NULL
        )""",
        "CREATE INDEX course_unit ON course (unit, number)",
        "CREATE INDEX course_passed_on ON course (passed_on) WHERE passed_on > 1",
    )
