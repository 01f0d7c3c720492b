"""Persistence module of `eventsourcing` for PostgreSQL, on psycopg2.

It works on plain threads and, after `eventlet.monkey_patch(psycopg=True)`, on greenlets. Green
psycopg2 refuses COPY, and no connection may serve two greenlets.

BEGIN is written out, so that it travels together with the lock and the first statement.
"""

import hashlib
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any, Final

import psycopg2
import psycopg2.extras
from eventsourcing.persistence import PersistenceError
from eventsourcing.utils import Environment, EnvType
from psycopg2.extensions import connection as Connection  # noqa: N812 - a class of the driver
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - a class of the driver

from chassis.eventstore.columns import columns_of
from chassis.eventstore.commits import Commits
from chassis.eventstore.database import OpenTransaction, committed
from chassis.eventstore.factory import RecorderFactory
from chassis.eventstore.faults import TransactionLost
from chassis.eventstore.log import Lease
from chassis.eventstore.pending import NewRows, Statement, chunks_of
from chassis.eventstore.pool import Pool
from chassis.eventstore.postgres_connection import (
    LimitedConnection,
    PostgresSettings,
    answers,
    at_rest,
    connect,
    settings_from,
    translated,
)
from chassis.eventstore.schema import EVENT_LOG, Dialect
from chassis.eventstore.transaction import Row

_ROWS_PER_MESSAGE: Final = 100
# Of so many rows, arrays are written and read in less time than their elements.
_ROWS_FOR_ARRAYS: Final = 8


class PostgresTransaction(OpenTransaction):
    """A transaction on a connection that nobody else has.

    Args:
        opening: statements that travel with the first one; empty outside a transaction.
    """

    def __init__(self, connection: Connection, opening: str = "") -> None:
        super().__init__()
        self._connection = connection
        self._cursor: Cursor = connection.cursor()
        self._opening = opening

    def execute(self, sql: str, params: Sequence[Any] = ()) -> int:
        self.settle()
        self._run += 1
        with self.border(psycopg2.Error):
            self._cursor.execute(self._opened(_with_marks(sql)), params or None)
        return self._cursor.rowcount

    def execute_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        self.settle()
        self._run += 1
        with self.border(psycopg2.Error):
            if self._opening:
                self._cursor.execute(self._opened(""))
            psycopg2.extras.execute_batch(
                self._cursor, _with_marks(sql), rows, page_size=_ROWS_PER_MESSAGE
            )

    def query(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        self.settle()
        with self.border(psycopg2.Error):
            self._cursor.execute(self._opened(_with_marks(sql)), params or None)
            return self._cursor.fetchall()

    def insert_new(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> int:
        self.settle()
        self._run += 1
        sql = f"INSERT INTO {table} ({', '.join(columns)}) VALUES %s ON CONFLICT DO NOTHING"  # noqa: S608 - constants
        with self.border(psycopg2.Error):
            psycopg2.extras.execute_values(
                self._cursor, self._opened(sql), rows, page_size=len(rows)
            )
        return self._cursor.rowcount

    def roll_back(self) -> None:
        if self._opening:
            return
        # Where this fails, the connection is not at rest and the pool closes it.
        with suppress(psycopg2.Error):
            self._cursor.execute("ROLLBACK")

    def _send(self, steps: Sequence[NewRows | Statement], *, commit: bool) -> None:
        """Send everything in one message, which costs one round trip."""
        parts = [part for step in steps for part in self._parts(step)]
        if commit and (parts or not self._opening):
            parts.append(b"COMMIT")
        if parts:
            with self.border(psycopg2.Error):
                self._cursor.execute(self._opened("").encode() + b";".join(parts))

    def _parts(self, step: NewRows | Statement) -> Iterator[bytes]:
        if isinstance(step, tuple):
            sql, params = step
            yield self._cursor.mogrify(_with_marks(sql), params)
            return
        head, tail = step.head.encode(), step.tail.encode()
        for chunk in chunks_of(step.rows):
            yield head + self._given(chunk) + tail

    def _given(self, rows: Sequence[Sequence[Any]]) -> bytes:
        columns = columns_of(rows) if len(rows) >= _ROWS_FOR_ARRAYS else None
        if columns is not None:
            given: bytes = self._cursor.mogrify(columns.sql, columns.params)
            return given
        marks = f"({', '.join(['%s'] * len(rows[0]))})"
        return b"VALUES " + b",".join(self._cursor.mogrify(marks, row) for row in rows)

    def _opened(self, sql: str) -> str:
        opening, self._opening = self._opening, ""
        return opening + sql

    def _translated(self, error: Exception) -> PersistenceError:
        return translated(error, self._connection)


class PostgresLease(Lease):
    """An advisory lock of a session that serves nothing else."""

    def __init__(self, connection: LimitedConnection, key: int) -> None:
        self._connection = connection
        self._key = key
        self._lock = threading.Lock()

    def held(self) -> bool:
        with self._lock:
            return answers(self._connection)

    def release(self) -> None:
        with self._lock, suppress(psycopg2.Error):
            # The server notices a closed session late; the next leader need not wait for that.
            self._connection.cursor().execute("SELECT pg_advisory_unlock(%s)", [self._key])
        self._connection.close()


class PostgresDatabase:
    """One schema, under one role."""

    dialect: Dialect = "postgresql"

    def __init__(self, settings: PostgresSettings) -> None:
        self.schema = settings.schema
        self.role = settings.role
        self.commits = Commits()
        self._settings = settings
        self._append_key = _lock_key(settings.schema, EVENT_LOG)
        self._pool: Pool[LimitedConnection] = Pool(
            lambda: connect(settings), answers, at_rest, settings.pool_size, settings.pool_timeout_s
        )

    def query(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        with self._transaction() as transaction:
            return transaction.query(sql, params)

    def reading(self) -> AbstractContextManager[PostgresTransaction]:
        return self._begun("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;")

    def writing(self) -> AbstractContextManager[PostgresTransaction]:
        return self._begun("BEGIN ISOLATION LEVEL READ COMMITTED;")

    def appending(self) -> AbstractContextManager[PostgresTransaction]:
        # At READ COMMITTED each statement takes its own snapshot, those of one message too, so
        # the first question sees what the last holder of the lock committed. The lock is given
        # back after the commit is visible: commit order is position order.
        lock = f"SELECT pg_advisory_xact_lock({self._append_key});"
        return self._begun(f"BEGIN ISOLATION LEVEL READ COMMITTED; {lock}")

    def define(self, statements: Iterable[str]) -> None:
        with self.writing() as transaction:
            for statement in statements:
                transaction.execute(statement)

    def try_lead(self, purpose: str) -> PostgresLease | None:
        key = _lock_key(self.schema, f"{EVENT_LOG}/{purpose}")
        connection = connect(self._settings)
        rows = PostgresTransaction(connection).query("SELECT pg_try_advisory_lock(?)", [key])
        if rows[0][0]:
            return PostgresLease(connection, key)
        connection.close()
        return None

    def close(self) -> None:
        self._pool.close()

    @contextmanager
    def _begun(self, opening: str) -> Iterator[PostgresTransaction]:
        with self._transaction(opening) as transaction, committed(transaction):
            yield transaction

    @contextmanager
    def _transaction(self, opening: str = "") -> Iterator[PostgresTransaction]:
        with self._pool.lent() as connection:
            try:
                yield PostgresTransaction(connection, opening)
            except TransactionLost:
                self._pool.forget_resting()
                raise


class PostgresFactory(RecorderFactory[PostgresDatabase]):
    """Variables: those of `settings_from`."""

    def __init__(self, env: Environment | EnvType | None) -> None:
        environment = env if isinstance(env, Environment) else Environment(env=env)
        super().__init__(environment, PostgresDatabase(settings_from(environment)))


def _with_marks(sql: str) -> str:
    return sql.replace("?", "%s")


def _lock_key(schema: str, name: str) -> int:
    digest = hashlib.sha256(f"{schema}.{name}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
