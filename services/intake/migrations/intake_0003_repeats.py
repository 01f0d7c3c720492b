"""What a petition repeats, since when content is kept, and what clerks have to decide on."""

from alembic import op

from chassis.eventstore.revisions import create_tables

revision = "intake_0003"
down_revision = "intake_0002"


def upgrade() -> None:
    op.execute("ALTER TABLE petition ADD COLUMN repeats_id TEXT NOT NULL DEFAULT ''")
    # Until now every repeat was one from its registration on.
    op.execute("UPDATE petition SET repeats_id = matter_id WHERE matter_id <> petition_id")
    op.execute("ALTER TABLE vault ADD COLUMN kept_at TEXT NOT NULL DEFAULT ''")
    op.execute(
        "UPDATE vault SET kept_at = COALESCE((SELECT registered_at FROM petition"
        " WHERE petition.petition_id = vault.petition_id), '')"
    )
    create_tables(
        op,
        "CREATE INDEX petition_repeats ON petition (repeats_id) WHERE repeats_id <> ''",
        "CREATE INDEX vault_petitioner ON vault (petitioner_id, kept_at)",
        """
        CREATE TABLE repeat_proposal (
            number TEXT PRIMARY KEY,
            repeat_of TEXT NOT NULL,
            score INTEGER NOT NULL,
            text INTEGER NOT NULL,
            same_category INTEGER NOT NULL,
            place TEXT NOT NULL,
            proposed_at TEXT NOT NULL,
            position BIGINT NOT NULL UNIQUE
        )""",
    )
