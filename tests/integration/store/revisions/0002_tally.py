"""A read model, and a table of ids."""

from alembic import op

from chassis.eventstore.schema import COLUMN_TYPES

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    types = COLUMN_TYPES[op.get_bind().dialect.name]
    op.execute("CREATE TABLE tally (name text PRIMARY KEY, amount integer NOT NULL)")
    op.execute(f"CREATE TABLE seen (stream {types.identifier} PRIMARY KEY)")
