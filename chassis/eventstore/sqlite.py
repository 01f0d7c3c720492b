"""Persistence module of `eventsourcing` for SQLite, with the semantics of the one for PostgreSQL.

A file has one writing connection per process, taken in turns, and some that only read. The name
`:memory:` gives a private database with one connection for everything.
"""

import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID
from weakref import WeakValueDictionary

from eventsourcing.persistence import OperationalError, PersistenceError
from eventsourcing.utils import Environment, EnvType

from chassis.environment import Variables
from chassis.eventstore.commits import Commits
from chassis.eventstore.database import OpenTransaction, committed
from chassis.eventstore.factory import RecorderFactory
from chassis.eventstore.faults import in_library_terms
from chassis.eventstore.log import Lease
from chassis.eventstore.pending import NewRows, Statement
from chassis.eventstore.pool import Pool
from chassis.eventstore.schema import Dialect
from chassis.eventstore.transaction import Row

sqlite3.register_converter("uuid", lambda value: UUID(value.decode()))

MEMORY: Final = ":memory:"


@dataclass(frozen=True, slots=True)
class SQLiteSettings:
    """Attributes: name: path of the file, or `:memory:`."""

    name: str
    busy_timeout_s: float = 5
    readers: int = 4

    @property
    def in_memory(self) -> bool:
        return self.name == MEMORY


def settings_from(env: Mapping[str, str]) -> SQLiteSettings:
    """Read the variables `SQLITE_…`; only `SQLITE_DBNAME` has no default."""
    variables = Variables(env)
    return SQLiteSettings(
        name=variables.required("SQLITE_DBNAME", f"the path of a file, or {MEMORY}"),
        busy_timeout_s=variables.number("SQLITE_BUSY_TIMEOUT_S", 5),
        readers=int(variables.number("SQLITE_READERS", 4, least=1)),
    )


class Gate:
    """Turns at writing, and news of commits, for all who have one file open in this process.

    SQLite waits for a busy file with the whole process. A greenlet that did so for another
    greenlet of the same process would keep that one from ever finishing.
    """

    def __init__(self) -> None:
        self.turn = threading.RLock()
        self.commits = Commits()


_gates: WeakValueDictionary[str, Gate] = WeakValueDictionary()
_gates_lock = threading.Lock()


def _gate_of(settings: SQLiteSettings) -> Gate:
    if settings.in_memory:
        return Gate()
    with _gates_lock:
        return _gates.setdefault(os.path.realpath(settings.name), Gate())


class SQLiteTransaction(OpenTransaction):
    """A transaction on a connection that nobody else has."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__()
        self._connection = connection

    def execute(self, sql: str, params: Sequence[Any] = ()) -> int:
        self.settle()
        self._run += 1
        with self.border(sqlite3.Error):
            return self._connection.execute(sql, _plain(params)).rowcount

    def execute_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        self.settle()
        self._run += 1
        with self.border(sqlite3.Error):
            self._connection.executemany(sql, map(_plain, rows))

    def query(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        self.settle()
        with self.border(sqlite3.Error):
            return self._connection.execute(sql, _plain(params)).fetchall()

    def insert_new(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> int:
        self.settle()
        self._run += 1
        names, marks = ", ".join(columns), ", ".join("?" * len(columns))
        sql = f"INSERT INTO {table} ({names}) VALUES ({marks}) ON CONFLICT DO NOTHING"  # noqa: S608 - constants
        with self.border(sqlite3.Error):
            return self._connection.executemany(sql, map(_plain, rows)).rowcount

    def roll_back(self) -> None:
        with suppress(sqlite3.Error):
            self._connection.rollback()

    def _send(self, steps: Sequence[NewRows | Statement], *, commit: bool) -> None:
        with self.border(sqlite3.Error):
            for step in steps:
                self._send_one(step)
            if commit:
                self._connection.execute("COMMIT")

    def _send_one(self, step: NewRows | Statement) -> None:
        if isinstance(step, tuple):
            sql, params = step
            self._connection.execute(sql, _plain(params))
            return
        values = f"VALUES ({', '.join('?' * len(step.columns))})"
        self._connection.executemany(step.head + values + step.tail, map(_plain, step.rows))

    def _translated(self, error: Exception) -> PersistenceError:
        return in_library_terms(error)


class FileLease(Lease):
    """A lock on a file, which the operating system gives back when the process ends."""

    def __init__(self, descriptor: int | None) -> None:
        self._descriptor = descriptor
        self._held = True

    def held(self) -> bool:
        return self._held

    def release(self) -> None:
        self._held = False
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)


class SQLiteDatabase:
    """One file, or one database in memory."""

    dialect: Dialect = "sqlite"
    schema = ""
    role = ""

    def __init__(self, settings: SQLiteSettings) -> None:
        self._settings = settings
        self._gate = _gate_of(settings)
        self.commits = self._gate.commits
        self._writer = self._connect()
        self._readers: Pool[sqlite3.Connection] = Pool(
            self._connect_reader,
            answers=lambda _: True,
            at_rest=lambda connection: not connection.in_transaction,
            size=settings.readers,
            timeout_s=settings.busy_timeout_s,
        )

    def query(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        with self._read_connection() as connection:
            return SQLiteTransaction(connection).query(sql, params)

    @contextmanager
    def reading(self) -> Iterator[SQLiteTransaction]:
        with self._read_connection() as connection:
            transaction = SQLiteTransaction(connection)
            if connection.in_transaction:
                # Only in memory: asked by the work that has the one connection.
                yield transaction
                return
            with committed(transaction):
                transaction.execute("BEGIN")
                yield transaction

    @contextmanager
    def writing(self) -> Iterator[SQLiteTransaction]:
        with self._turn():
            transaction = SQLiteTransaction(self._writer)
            transaction.execute("BEGIN IMMEDIATE")
            with committed(transaction):
                yield transaction

    def appending(self) -> AbstractContextManager[SQLiteTransaction]:
        return self.writing()

    def define(self, statements: Iterable[str]) -> None:
        with self.writing() as transaction:
            for statement in statements:
                transaction.execute(statement)

    def try_lead(self, purpose: str) -> FileLease | None:
        if self._settings.in_memory:
            return FileLease(None)
        path = Path(f"{self._settings.name}.{quote(purpose, safe='')}.lead")
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        return FileLease(descriptor)

    def close(self) -> None:
        self._readers.close()
        with self._gate.turn:
            self._writer.close()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._gate.turn.acquire(timeout=self._settings.busy_timeout_s):
            raise OperationalError(f"another writer took over {self._settings.busy_timeout_s} s")
        try:
            yield
        finally:
            self._gate.turn.release()

    def _read_connection(self) -> AbstractContextManager[sqlite3.Connection]:
        return self._the_one_connection() if self._settings.in_memory else self._readers.lent()

    @contextmanager
    def _the_one_connection(self) -> Iterator[sqlite3.Connection]:
        with self._turn():
            yield self._writer

    def _connect_reader(self) -> sqlite3.Connection:
        connection = self._connect()
        connection.execute("PRAGMA query_only = ON")
        return connection

    def _connect(self) -> sqlite3.Connection:
        try:
            connection = sqlite3.connect(
                self._settings.name,
                timeout=self._settings.busy_timeout_s,
                isolation_level=None,
                check_same_thread=False,
                detect_types=sqlite3.PARSE_DECLTYPES,
            )
            for pragma in _PRAGMAS:
                connection.execute(pragma)
        except sqlite3.Error as error:
            raise in_library_terms(error) from error
        return connection


# FULL: in WAL mode a weaker setting may lose acknowledged commits when the machine stops.
# recursive_triggers: else INSERT OR REPLACE deletes a row without its trigger.
_PRAGMAS: Final = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA recursive_triggers = ON",
)


class SQLiteFactory(RecorderFactory[SQLiteDatabase]):
    """Variables: those of `settings_from`."""

    def __init__(self, env: Environment | EnvType | None) -> None:
        environment = env if isinstance(env, Environment) else Environment(env=env)
        super().__init__(environment, SQLiteDatabase(settings_from(environment)))


def _plain(params: Sequence[Any]) -> Sequence[Any]:
    return [value.hex if isinstance(value, UUID) else value for value in params]
