"""Group commit: whoever wants to append at the same time shares one transaction.

The work of a group is run piece by piece under one lock and committed once. Each piece succeeds or
fails on its own: a version that another piece has taken is refused to the second one alone, and
when the database refuses the group, each piece of it runs again apart, with care.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from eventsourcing.persistence import PersistenceError

from chassis.eventstore.database import Database, OpenTransaction
from chassis.eventstore.faults import TransactionLost, retried
from chassis.eventstore.gathering import Gathering
from chassis.eventstore.log import AppendTransaction
from chassis.eventstore.recording import SELECT_LAST, Apart, Clock, LogAppend

T = TypeVar("T")


class Piece:
    """Work that waits for its turn.

    Attributes:
        outcome: what it returned or raised, once it has run.
    """

    def __init__(self, work: Callable[[AppendTransaction], Any], clock: Clock) -> None:
        self._work = work
        self._clock = clock
        self.outcome: Any = None

    def run(self, transaction: OpenTransaction, log: LogAppend) -> None:
        """Run within a group; what it refuses concerns nobody else.

        Raises:
            Apart: it failed after it had changed something, or must be looked into.
        """
        before = transaction.touched
        try:
            self.outcome = self._work(log)
        except Apart:
            raise
        except Exception as error:
            if transaction.touched != before:
                raise Apart from error
            self.outcome = error

    def run_apart(self, database: Database) -> None:
        """Run by itself, in a transaction of its own."""
        try:
            self.outcome = retried(lambda: self._run_once(database))
        except Exception as error:  # noqa: BLE001 - raised to whoever brought the work
            self.outcome = error

    def begun_on(self, transaction: OpenTransaction, *, careful: bool) -> LogAppend:
        """Look up the end of the log."""
        last = transaction.query(SELECT_LAST)
        return LogAppend(transaction, last, self._clock, careful=careful)

    def _run_once(self, database: Database) -> Any:
        with database.appending() as transaction:
            return self._work(self.begun_on(transaction, careful=True))


class Appender:
    """The one way into a log, from any number of threads or greenlets of this process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._gathering: Gathering[Piece, Any] = Gathering(self._commit)

    def run(self, work: Callable[[AppendTransaction], T], clock: Clock) -> T:
        """Run the work and commit it, again from the start where its transaction got lost.

        Raises:
            OperationalError: the transaction got lost each time.
        """
        result: T = self._gathering.run(Piece(work, clock))
        return result

    def _commit(self, group: Sequence[Piece]) -> Sequence[Any]:
        try:
            retried(lambda: self._commit_together(group))
        except TransactionLost:
            raise
        except (Apart, PersistenceError):
            for piece in group:
                piece.run_apart(self._database)
        self._database.commits.announce()
        return [piece.outcome for piece in group]

    def _commit_together(self, group: Sequence[Piece]) -> None:
        with self._database.appending() as transaction:
            log = group[0].begun_on(transaction, careful=False)
            for piece in group:
                piece.run(transaction, log)
