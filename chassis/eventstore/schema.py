"""The tables that the chassis keeps for each service, as versioned definitions.

A definition that was released is never edited: a change is a new function and a new revision.
Revisions of services call these; so does the factory where CREATE_TABLE is on, as in tests.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Dialect = Literal["postgresql", "sqlite"]

EVENT_LOG: Final = "event_log"
_SERVICE: Final = re.compile(r"[a-z][a-z0-9_]{0,40}")


@dataclass(frozen=True, slots=True)
class ColumnTypes:
    """The types that differ between the databases.

    SQLite reads `uuid text` as a column of text, and its driver hands values out as `uuid.UUID`
    by the first word; plain `uuid` would turn an id of digits only into a number.
    """

    identifier: str
    position: str
    octets: str


COLUMN_TYPES: Final[Mapping[Dialect, ColumnTypes]] = {
    "postgresql": ColumnTypes(identifier="uuid", position="bigint", octets="bytea"),
    "sqlite": ColumnTypes(identifier="uuid text", position="integer", octets="blob"),
}


def schema_of(service: str) -> str:
    """Return the PostgreSQL schema of a service.

    Raises:
        ValueError: the name is no plain lower-case word.
    """
    if not _SERVICE.fullmatch(service):
        raise ValueError(f"{service!r} cannot name a schema; use a-z, 0-9 and _")
    return service


def role_of(service: str) -> str:
    """Return the PostgreSQL role that a service works under."""
    return f"shouwen_{schema_of(service)}"


def create_log_v1(dialect: Dialect, schema: str, role: str) -> list[str]:
    """Return the statements that create the log and the tables beside it.

    Args:
        dialect: name of the database as SQLAlchemy has it.
        schema: where the tables go on PostgreSQL; SQLite has none.
        role: who may append and read on PostgreSQL; empty for no grants.
    """
    if dialect == "sqlite":
        return [*_tables_v1(dialect, ""), *_sqlite_refusals_v1(EVENT_LOG)]
    prefix = f"{schema}."
    grants = _grants_v1(prefix, role) if role else []
    return [*_tables_v1(dialect, prefix), *_postgres_append_only_v1(prefix), *grants]


def append_only_v1(dialect: Dialect, schema: str, role: str, table: str) -> list[str]:
    """Return the statements that make a further table of a service refuse changes."""
    if dialect == "sqlite":
        return _sqlite_refusals_v1(table)
    prefix = f"{schema}."
    return [
        *_postgres_trigger_v1(prefix, table),
        f"REVOKE ALL ON {prefix}{table} FROM {role}",
        f"GRANT SELECT, INSERT ON {prefix}{table} TO {role}",
    ]


def create_stream_table_v1(dialect: Dialect, schema: str, table: str) -> list[str]:
    """Return the statements that create a table of streams without positions, for snapshots."""
    types = COLUMN_TYPES[dialect]
    prefix = "" if dialect == "sqlite" else f"{schema}."
    return [
        f"""
        CREATE TABLE IF NOT EXISTS {prefix}{table} (
            originator_id {types.identifier} NOT NULL,
            originator_version {types.position} NOT NULL,
            topic text NOT NULL,
            state {types.octets} NOT NULL,
            PRIMARY KEY (originator_id, originator_version)
        )""",
    ]


def _tables_v1(dialect: Dialect, prefix: str) -> list[str]:
    types = COLUMN_TYPES[dialect]
    return [
        f"""
        CREATE TABLE IF NOT EXISTS {prefix}event_log (
            position {types.position} PRIMARY KEY CHECK (position > 0),
            event_id {types.identifier} NOT NULL UNIQUE,
            originator_id {types.identifier} NOT NULL,
            originator_version integer NOT NULL,
            topic text NOT NULL,
            state {types.octets} NOT NULL,
            recorded_at text NOT NULL,
            actor text NOT NULL,
            correlation_id text NOT NULL,
            causation_id text NOT NULL,
            UNIQUE (originator_id, originator_version)
        )""",
        f"""
        CREATE TABLE IF NOT EXISTS {prefix}tracking (
            application_name text PRIMARY KEY,
            notification_id {types.position} NOT NULL
        )""",
        f"""
        CREATE TABLE IF NOT EXISTS {prefix}applied_position (
            source text PRIMARY KEY,
            position {types.position} NOT NULL
        )""",
        f"""
        CREATE TABLE IF NOT EXISTS {prefix}published_position (
            id integer PRIMARY KEY CHECK (id = 1),
            position {types.position} NOT NULL
        )""",
        f"""
        INSERT INTO {prefix}published_position (id, position)
        VALUES (1, 0) ON CONFLICT DO NOTHING""",  # noqa: S608 - no value in it
        f"""
        CREATE TABLE IF NOT EXISTS {prefix}command_answer (
            request_key text PRIMARY KEY,
            fingerprint text NOT NULL,
            answer text NOT NULL,
            recorded_at text NOT NULL
        )""",
        f"""
        CREATE TABLE IF NOT EXISTS {prefix}parked_event (
            source text NOT NULL,
            position {types.position} NOT NULL,
            subject text NOT NULL,
            event text NOT NULL,
            reason text NOT NULL,
            parked_at text NOT NULL,
            PRIMARY KEY (source, position)
        )""",
        f"""
        CREATE INDEX IF NOT EXISTS parked_event_of_subject
        ON {prefix}parked_event (source, subject)""",
    ]


def _sqlite_refusals_v1(table: str) -> list[str]:
    return [
        f"""
        CREATE TRIGGER IF NOT EXISTS {table}_refuses_{change} BEFORE {change} ON {table}
        BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END"""
        for change in ("UPDATE", "DELETE")
    ]


def _postgres_append_only_v1(prefix: str) -> list[str]:
    # ALWAYS: session_replication_role = replica does not switch it off.
    return [
        f"""
        CREATE OR REPLACE FUNCTION {prefix}refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION USING
                ERRCODE = 'restrict_violation',
                MESSAGE = 'the log is append-only, ' || TG_OP || ' is refused';
        END $$""",
        *_postgres_trigger_v1(prefix, EVENT_LOG),
    ]


def _postgres_trigger_v1(prefix: str, table: str) -> list[str]:
    return [
        f"""
        CREATE OR REPLACE TRIGGER {table}_refuses_change
        BEFORE UPDATE OR DELETE OR TRUNCATE ON {prefix}{table}
        FOR EACH STATEMENT EXECUTE FUNCTION {prefix}refuse_change()""",
        f"ALTER TABLE {prefix}{table} ENABLE ALWAYS TRIGGER {table}_refuses_change",
    ]


def _grants_v1(prefix: str, role: str) -> list[str]:
    changeable = (
        "tracking",
        "applied_position",
        "published_position",
        "command_answer",
        "parked_event",
    )
    tables = ", ".join(f"{prefix}{table}" for table in changeable)
    return [
        f"REVOKE ALL ON {prefix}event_log FROM {role}",
        f"GRANT SELECT, INSERT ON {prefix}event_log TO {role}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {tables} TO {role}",
    ]
