"""Brings the tables of one service to the newest revision that its code knows.

All revisions of one run are one transaction, and one run at a time works on a service: instances
that start together may all call `migrate`.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg2
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import NullPool

from chassis.eventstore.location import is_postgres, sqlite_path
from chassis.eventstore.schema import role_of, schema_of

_ENVIRONMENT = Path(__file__).parent / "migrations"


class SchemaAhead(RuntimeError):  # noqa: N818 - it says what is the case
    """The database has a revision that this code does not know: the code is too old for it."""


def migrate(database_url: str, service: str, versions: Path) -> None:
    """Run the revisions that are missing.

    Args:
        database_url: `postgresql://…` of a user who may create schemas and roles, or
            `sqlite:////absolute/path/file.db`, whose folder is created where it is missing.
        service: names the schema on PostgreSQL.
        versions: the folder with the revision files of the service.

    Raises:
        SchemaAhead: the database has a revision that `versions` has not.
    """
    if not is_postgres(database_url):
        Path(sqlite_path(database_url)).parent.mkdir(parents=True, exist_ok=True)
    with _opened(database_url) as connection, connection.begin():
        schema = None
        if is_postgres(database_url):
            schema = schema_of(service)
            _prepare_schema(connection, schema, role_of(service))
        _missing(_heads(connection, schema), versions)
        command.upgrade(_config(versions, connection=connection, schema=schema), "heads")
        if schema:
            _guard_versions(connection, schema, role_of(service))


def pending(database_url: str, service: str, versions: Path) -> list[str]:
    """Return the ids of revisions that are missing, oldest first; changes nothing.

    Raises:
        SchemaAhead: the database has a revision that `versions` has not.
    """
    schema = schema_of(service) if is_postgres(database_url) else None
    if schema is None and not Path(sqlite_path(database_url)).exists():
        return _missing((), versions)
    with _opened(database_url) as connection:
        return _missing(_heads(connection, schema), versions)


def _heads(connection: Connection, schema: str | None) -> tuple[str, ...]:
    context = MigrationContext.configure(connection, opts={"version_table_schema": schema})
    return context.get_current_heads()


def _missing(current: tuple[str, ...], versions: Path) -> list[str]:
    script = ScriptDirectory.from_config(_config(versions))
    unknown = set(current) - {revision.revision for revision in script.walk_revisions()}
    if unknown:
        raise SchemaAhead(f"the database has revisions {sorted(unknown)}, {versions} has not")
    missing = script.iterate_revisions("heads", current or "base")
    return [revision.revision for revision in missing][::-1]


def _config(versions: Path, **attributes: Any) -> Config:
    config = Config(attributes=attributes)
    config.set_main_option("script_location", _escaped(_ENVIRONMENT))
    config.set_main_option("version_locations", _escaped(versions))
    config.set_main_option("path_separator", "newline")
    return config


def _escaped(path: Path) -> str:
    return str(path).replace("%", "%%")


@contextmanager
def _opened(database_url: str) -> Iterator[Connection]:
    engine = _postgres(database_url) if is_postgres(database_url) else _sqlite(database_url)
    with engine.connect() as connection:
        yield connection


def _postgres(database_url: str) -> Engine:
    return create_engine(
        "postgresql+psycopg2://",
        creator=lambda: psycopg2.connect(database_url),
        poolclass=NullPool,
    )


def _sqlite(database_url: str) -> Engine:
    engine = create_engine(
        "sqlite+pysqlite://",
        # Left to itself the driver commits before each statement that defines a table.
        creator=lambda: sqlite3.connect(sqlite_path(database_url), isolation_level=None),
        poolclass=NullPool,
    )
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def _prepare_schema(connection: Connection, schema: str, role: str) -> None:
    statements = [
        f"SELECT pg_advisory_xact_lock(hashtextextended('migrate {schema}', 0))",
        f"CREATE SCHEMA IF NOT EXISTS {schema}",
        f"SET LOCAL search_path = {schema}",
        _create_role(role),
        f"GRANT {role} TO CURRENT_USER",
        f"GRANT USAGE ON SCHEMA {schema} TO {role}",
        # What revisions create from here on the service may use; the log takes rights back.
        f"""ALTER DEFAULT PRIVILEGES IN SCHEMA {schema}
        GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}""",
    ]
    for statement in statements:
        connection.exec_driver_sql(statement)


def _create_role(role: str) -> str:
    # Roles belong to the server, not to the database: another migration may be faster.
    return f"""
        DO $$ BEGIN
            CREATE ROLE {role} NOLOGIN;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;
        END $$"""


def _guard_versions(connection: Connection, schema: str, role: str) -> None:
    connection.exec_driver_sql(
        f"REVOKE INSERT, UPDATE, DELETE ON {schema}.alembic_version FROM {role}"
    )
