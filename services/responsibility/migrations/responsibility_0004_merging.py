"""All numbers of a matter, for the terms that began under them."""

from alembic import op

revision = "responsibility_0004"
down_revision = "responsibility_0003"


def upgrade() -> None:
    op.execute("CREATE INDEX matter_petition ON matter (petition_id)")
