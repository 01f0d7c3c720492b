"""What the migrations of the services have in common."""

from typing import Any

from chassis.eventstore.schema import (
    COLUMN_TYPES,
    append_only_v1,
    create_log_v1,
    role_of,
    schema_of,
)


def create_log(op: Any, service: str) -> None:
    """Create the log of a service and the tables beside it, in their first version."""
    dialect = op.get_bind().dialect.name
    for statement in create_log_v1(dialect, schema_of(service), role_of(service)):
        op.execute(statement)


def create_tables(op: Any, *statements: str) -> None:
    """Run statements written for SQLite; `BLOB` is what the database calls octets."""
    octets = COLUMN_TYPES[op.get_bind().dialect.name].octets
    for statement in statements:
        op.execute(statement.replace("BLOB", octets))


def create_append_only(op: Any, service: str, **tables: str) -> None:
    """Create tables that refuse changes as the log does.

    Args:
        tables: name to its columns, written for SQLite; the log has been created.
    """
    dialect = op.get_bind().dialect.name
    for table, columns in tables.items():
        create_tables(op, f"CREATE TABLE {table} ({columns})")
        for statement in append_only_v1(dialect, schema_of(service), role_of(service), table):
            op.execute(statement)
