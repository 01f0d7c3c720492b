"""How far the terms that ran before there were plans have been gone through.

There is a row while there is something left of it; a new installation has none.
"""

from alembic import op

from chassis.eventstore.revisions import create_tables

revision = "notify_0005"
down_revision = "notify_0004"


def upgrade() -> None:
    create_tables(
        op,
        "CREATE TABLE earlier_terms (id INTEGER PRIMARY KEY, page TEXT NOT NULL)",
        "INSERT INTO earlier_terms (id, page) SELECT 1, '' WHERE EXISTS (SELECT 1 FROM reminder)",
    )
