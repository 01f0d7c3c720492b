"""Matters whose owner was voided before there was a fact for it that somebody owns it no more.

Whoever is to see that it is taken was told of it again after its owner was told that he owns it.
"""

from alembic import op

from chassis.eventstore.revisions import create_tables

revision = "notify_0008"
down_revision = "notify_0007"


def upgrade() -> None:
    create_tables(
        op,
        "CREATE TABLE earlier_voided (petition_id TEXT PRIMARY KEY)",
        """
        INSERT INTO earlier_voided (petition_id)
        SELECT petition_id FROM reminder WHERE reason IN ('ownership_taken', 'untaken')
        GROUP BY petition_id
        HAVING count(CASE WHEN reason = 'ownership_taken' THEN 1 END) > 0
            AND max(CASE WHEN reason = 'untaken' THEN position ELSE 0 END)
                > max(CASE WHEN reason = 'ownership_taken' THEN position ELSE 0 END)""",
    )
