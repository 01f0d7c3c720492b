"""The log of one service as the rest of the chassis sees it: entries in, recorded events out.

Positions are gapless and commit order is position order. Everything that one use case changes
goes through `EventLog.transact`: its events, its read models, the positions it has applied.

    LogError
    ├── VersionConflict      somebody else wrote that version of the stream first
    └── EventIdReused        the event id is on record with other bytes
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

from eventsourcing.persistence import IntegrityError, Notification, StoredEvent

from chassis.eventstore.schema import Dialect
from chassis.eventstore.transaction import Row, Transaction, Writing

T = TypeVar("T")


class VersionConflict(IntegrityError):  # noqa: N818 - it says what is the case
    """Another append wrote this version of the stream first; load again and decide again."""


class EventIdReused(IntegrityError):  # noqa: N818 - it says what is the case
    """The event id is on record with other bytes: two different facts claim one identity."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One event to be appended, with who and what led to it.

    Attributes:
        event_id: derived from the command or message that caused it, so that a retry has the same.
        actor: staff number, or `service:<name>`; from a verified token, never from a payload.
        causation_id: id of the message or request that led to the event.
    """

    stored: StoredEvent
    event_id: UUID
    actor: str
    correlation_id: str
    causation_id: str


@dataclass(frozen=True)
class RecordedEvent(Notification):
    """One event as the log keeps it; `id` is its gapless position, from 1.

    `recorded_at` is UTC and never runs backwards along the positions of one log.
    """

    event_id: UUID
    recorded_at: datetime
    actor: str
    correlation_id: str
    causation_id: str


@dataclass(frozen=True, slots=True)
class Appended:
    """Attributes: repeated: the same entries were on record before, nothing was written now."""

    recorded: Sequence[RecordedEvent]
    repeated: bool


class AppendTransaction(Writing, Protocol):
    """The one transaction that may append to the log at this moment.

    Attributes:
        careful: this is the second run of the work: something in the first one was on record
            already, or clashed.
    """

    careful: bool

    def append(self, entries: Sequence[Entry]) -> Appended:
        """Add the entries at the next positions, in the order given.

        Entries that are all on record already with the same bytes are returned as recorded
        before. The database rolls everything back when this raises. Where the transaction is not
        careful, a clash with the record shows with the commit, and the work runs again.

        Raises:
            VersionConflict: a version of a stream is taken.
            EventIdReused: an event id is on record with other bytes.
        """


class Lease(Protocol):
    """The right to be the only one that does a thing for this log, such as relaying it."""

    def held(self) -> bool:
        """Tell whether the right still holds; False after the connection behind it was lost."""

    def release(self) -> None:
        """Give the right up."""


class EventLog(Protocol):
    """The log of one service.

    `transact` hands work to the log's appender, which decides when and beside which other work it
    runs (group commit). Work may run again, so it keeps no state of its own between runs.
    """

    @property
    def dialect(self) -> Dialect:
        """Name of the database, for the few statements that are not the same on all."""

    def transact(self, work: Callable[[AppendTransaction], T]) -> T:
        """Run the work as the only appender, commit, and return what it returned."""

    def writing(self) -> AbstractContextManager[Writing]:
        """Open a transaction that appends nothing and holds up nobody who does."""

    def query(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        """Ask one question outside any transaction."""

    def reading(self) -> AbstractContextManager[Transaction]:
        """Open a transaction that sees one consistent state and changes nothing."""

    def select_recorded(self, after: int, limit: int) -> Sequence[RecordedEvent]:
        """Return events with positions after `after`, in order, at most `limit`."""

    def select_recorded_of(
        self, *originator_ids: UUID, since: Mapping[UUID, int] | None = None
    ) -> Sequence[RecordedEvent]:
        """Return the events of streams, those of each in order.

        Args:
            since: stream to the version from which on its events are wanted, that included; all
                unless given.
        """

    def head(self) -> int:
        """Return the position of the last event, 0 when the log is empty."""

    def wait_beyond(self, position: int, timeout_s: float) -> bool:
        """Wait until the log is longer than `position`; False when time ran out first."""

    def commits_seen(self) -> int:
        """Return the commits of this process so far, to be given to `wait_for_commit`."""

    def wait_for_commit(self, seen: int, timeout_s: float) -> None:
        """Return at the next commit of this process, or when the time is over."""

    def try_lead(self, purpose: str) -> Lease | None:
        """Take the lead for a purpose, or None when another process has it."""
