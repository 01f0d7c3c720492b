"""Who is kept out of a matter, for lists that show it to others."""

from alembic import op

revision = "responsibility_0005"
down_revision = "responsibility_0004"


def upgrade() -> None:
    # Nobody could be named before, so nothing has to be filled again.
    op.execute("ALTER TABLE caseload ADD COLUMN kept_out TEXT NOT NULL DEFAULT ''")
