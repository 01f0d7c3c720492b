"""The log."""

from alembic import op

from chassis.eventstore.schema import create_log_v1, role_of, schema_of

revision = "0001"
down_revision = None


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    for statement in create_log_v1(dialect, schema_of("sample"), role_of("sample")):
        op.execute(statement)
