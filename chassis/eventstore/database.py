"""What the recorders ask of a database; PostgreSQL and SQLite answer it alike."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, NoReturn, Protocol

from eventsourcing.persistence import PersistenceError

from chassis.eventstore.commits import Commits
from chassis.eventstore.log import Lease
from chassis.eventstore.pending import NewRows, Pending, Statement
from chassis.eventstore.schema import Dialect
from chassis.eventstore.transaction import Row, Transaction, Writing


class OpenTransaction(Writing, ABC):
    """A transaction in which one failed statement is the end of all of it.

    PostgreSQL aborts a transaction at the first error and answers the COMMIT of one that goes on
    regardless with a silent ROLLBACK; SQLite takes back the one statement and commits the rest.
    Here both refuse to commit, with the error that was first.
    """

    def __init__(self) -> None:
        self._failure: PersistenceError | None = None
        self._pending = Pending()
        self._run = 0

    @property
    def touched(self) -> int:
        """Return a number that grows with everything that was asked for, sent or not."""
        return self._run + self._pending.count

    def insert(self, table: str, row: Mapping[str, Any], key: str = "") -> None:
        self._pending.insert(table, row, key)

    def put(self, table: str, row: Mapping[str, Any], key: str) -> None:
        self._pending.put(table, row, key)

    def update(self, table: str, key: str, value: Any, changes: Mapping[str, Any]) -> None:
        self._pending.update(table, key, value, changes)

    def write(self, sql: str, params: Sequence[Any] = ()) -> None:
        self._pending.write(sql, params)

    def settle(self) -> None:
        """Send what waits; what is asked next sees it."""
        if steps := self._pending.taken():
            self._send(steps, commit=False)

    @abstractmethod
    def insert_new(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> int:
        """Insert the rows that clash with no unique key and return how many there were."""

    @abstractmethod
    def roll_back(self) -> None:
        """Undo everything; never raises, because the reason is on its way up already."""

    @abstractmethod
    def _send(self, steps: Sequence[NewRows | Statement], *, commit: bool) -> None: ...

    @abstractmethod
    def _translated(self, error: Exception) -> PersistenceError: ...

    def commit(self) -> None:
        """Make the changes last.

        Raises:
            PersistenceError: the first failure in this transaction, or that of the commit.
        """
        if self._failure is not None:
            raise self._failure
        self._send(self._pending.taken(), commit=True)

    def fail(self, failure: PersistenceError) -> NoReturn:
        """Raise the failure, and make sure that nothing is committed if it gets swallowed."""
        self._failure = self._failure or failure
        raise failure

    @contextmanager
    def border(self, *driver_errors: type[Exception]) -> Iterator[None]:
        """Translate the driver's errors."""
        try:
            yield
        except driver_errors as error:
            failure = self._translated(error)
            self._failure = self._failure or failure
            raise failure from error


@contextmanager
def committed(transaction: OpenTransaction) -> Iterator[None]:
    """Commit when the block ends well, roll back otherwise."""
    try:
        yield
        transaction.commit()
    except BaseException:
        transaction.roll_back()
        raise


class Database(Protocol):
    """One schema of one database server, or one file."""

    dialect: Dialect
    schema: str
    role: str
    commits: Commits

    def query(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        """Ask one question outside any transaction."""

    def reading(self) -> AbstractContextManager[Transaction]:
        """Open a transaction that sees one consistent state and changes nothing."""

    def writing(self) -> AbstractContextManager[OpenTransaction]:
        """Open a transaction beside the appender's, that commits at the end of the block."""

    def appending(self) -> AbstractContextManager[OpenTransaction]:
        """Open a transaction as the only appender, seeing all that earlier appenders committed."""

    def define(self, statements: Iterable[str]) -> None:
        """Run statements that define tables."""

    def try_lead(self, purpose: str) -> Lease | None:
        """Take the lead for a purpose, or None when another has it."""

    def close(self) -> None:
        """Close all connections."""
