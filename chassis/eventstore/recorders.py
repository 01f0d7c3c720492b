"""The recorders of `eventsourcing` on any `Database`, one of them also the `EventLog`."""

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final, TypeVar
from uuid import UUID, uuid4

from eventsourcing.persistence import (
    AggregateRecorder,
    IntegrityError,
    Notification,
    ProcessRecorder,
    StoredEvent,
    Subscription,
    Tracking,
    TrackingRecorder,
)

from chassis.eventstore.appending import Appender
from chassis.eventstore.database import Database
from chassis.eventstore.faults import retried
from chassis.eventstore.instants import utc_now
from chassis.eventstore.log import AppendTransaction, Entry, EventLog, Lease, RecordedEvent
from chassis.eventstore.recording import (
    SELECT_LAST,
    SELECT_RECORDED,
    Clock,
    recorded_of,
)
from chassis.eventstore.schema import EVENT_LOG, Dialect
from chassis.eventstore.transaction import Row, Transaction, Writing

T = TypeVar("T")

# How late a commit of another process may be noticed.
POLL_INTERVAL_S: Final = 0.1
_PAGE: Final = 500
_EVENT_COLUMNS: Final = ("originator_id", "originator_version", "topic", "state")


class StreamRecorder(AggregateRecorder):
    """Streams without positions, in a table of their own: snapshots."""

    def __init__(self, database: Database, table: str) -> None:
        self._database = database
        self._table = table

    def insert_events(
        self,
        stored_events: Sequence[StoredEvent],
        **kwargs: Any,  # noqa: ARG002 - of the library's signature
    ) -> Sequence[int] | None:
        rows = [(e.originator_id, e.originator_version, e.topic, e.state) for e in stored_events]
        if not rows:
            return None
        with self._database.writing() as transaction:
            if transaction.insert_new(self._table, _EVENT_COLUMNS, rows) < len(rows):
                transaction.fail(IntegrityError(f"a version is taken in {self._table}"))
        return None

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        conditions = _Conditions()
        conditions.add("originator_id = ?", originator_id)
        conditions.add("originator_version > ?", gt)
        conditions.add("originator_version <= ?", lte)
        rows = self._ask(
            f"SELECT {', '.join(_EVENT_COLUMNS)} FROM {self._table}"  # noqa: S608 - constants
            f"{conditions.where} ORDER BY originator_version {'DESC' if desc else 'ASC'}"
            f"{conditions.limited(limit)}",
            conditions.params,
        )
        return [StoredEvent(*row) for row in rows]

    def _ask(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        return retried(lambda: self._database.query(sql, params))


class TrackedPositionRecorder(TrackingRecorder):
    """The last position that was processed of each upstream application, in order only."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def insert_tracking(self, tracking: Tracking) -> None:
        with self._database.writing() as transaction:
            _track(transaction, tracking)

    def max_tracking_id(self, application_name: str) -> int | None:
        rows = retried(
            lambda: self._database.query(
                "SELECT notification_id FROM tracking WHERE application_name = ?",
                [application_name],
            )
        )
        return rows[0][0] if rows else None


class LogRecorder(StreamRecorder, TrackedPositionRecorder, ProcessRecorder, EventLog):
    """The log of one service: the library's application and process recorder, and the `EventLog`.

    Attributes:
        clock: says what time it is when events are recorded.
    """

    def __init__(self, database: Database, clock: Clock = utc_now) -> None:
        super().__init__(database, EVENT_LOG)
        self.clock = clock
        self._appender = Appender(database)

    @property
    def dialect(self) -> Dialect:
        """Name of the database."""
        return self._database.dialect

    def transact(self, work: Callable[[AppendTransaction], T]) -> T:
        return self._appender.run(work, self.clock)

    def insert_events(
        self, stored_events: Sequence[StoredEvent], *, tracking: Tracking | None = None, **_: Any
    ) -> Sequence[int]:
        # The ids are drawn before the first run, so that a retry after a commit of unknown
        # outcome finds its own events instead of a conflict.
        entries = [Entry(stored, uuid4(), "", "", "") for stored in stored_events]

        def work(transaction: AppendTransaction) -> Sequence[int]:
            appended = transaction.append(entries)
            if tracking is not None and not appended.repeated:
                _track(transaction, tracking)
            return [event.id for event in appended.recorded]

        return self.transact(work)

    def writing(self) -> AbstractContextManager[Writing]:
        return self._database.writing()

    def query(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        return self._ask(sql, params)

    def reading(self) -> AbstractContextManager[Transaction]:
        return self._database.reading()

    def select_recorded(self, after: int, limit: int) -> Sequence[RecordedEvent]:
        condition = "WHERE position > ? ORDER BY position LIMIT ?"
        return [recorded_of(row) for row in self._ask(SELECT_RECORDED + condition, [after, limit])]

    def select_recorded_of(
        self, *originator_ids: UUID, since: Mapping[UUID, int] | None = None
    ) -> Sequence[RecordedEvent]:
        later = since or {}
        whole = [id_ for id_ in originator_ids if id_ not in later]
        wanted = [f"originator_id IN ({', '.join('?' * len(whole))})"] if whole else []
        wanted += ["(originator_id = ? AND originator_version >= ?)"] * len(later)
        condition = f"WHERE {' OR '.join(wanted)} ORDER BY originator_id, originator_version"
        params = [*whole, *(value for pair in later.items() for value in pair)]
        return [recorded_of(row) for row in self._ask(SELECT_RECORDED + condition, params)]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        conditions = _Conditions()
        conditions.add("position >= ?" if inclusive_of_start else "position > ?", start)
        conditions.add("position <= ?", stop)
        conditions.add_choice("topic", topics)
        rows = self._ask(
            f"SELECT {', '.join(_EVENT_COLUMNS)}, position FROM {EVENT_LOG}"  # noqa: S608 - constants
            f"{conditions.where} ORDER BY position{conditions.limited(limit)}",
            conditions.params,
        )
        return [Notification(*row) for row in rows]

    def max_notification_id(self) -> int | None:
        return self.head() or None

    def head(self) -> int:
        rows = self._ask(SELECT_LAST)
        return rows[0][0] if rows else 0

    def wait_beyond(self, position: int, timeout_s: float) -> bool:
        deadline = time.monotonic() + timeout_s
        while True:
            commits = self.commits_seen()
            if self.head() > position:
                return True
            remaining_s = deadline - time.monotonic()
            if remaining_s <= 0:
                return False
            self.wait_for_commit(commits, min(remaining_s, POLL_INTERVAL_S))

    def commits_seen(self) -> int:
        """Return the commits of this process so far, to be given to `wait_for_commit`."""
        return self._database.commits.count()

    def wait_for_commit(self, seen: int, timeout_s: float = POLL_INTERVAL_S) -> None:
        """Return at the next commit of this process, or when it is time to look again."""
        self._database.commits.wait_past(seen, timeout_s)

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> "CommitSubscription":
        return CommitSubscription(self, gt, topics)

    def try_lead(self, purpose: str) -> Lease | None:
        return self._database.try_lead(purpose)


class CommitSubscription(Subscription[LogRecorder]):
    """Iterates over the log without end, on the thread of whoever iterates.

    The library's own pulls on a thread, through a queue that does not survive eventlet's patch.
    """

    def __init__(self, recorder: LogRecorder, gt: int | None, topics: Sequence[str]) -> None:
        super().__init__(recorder, gt, topics)
        self._page: deque[Notification] = deque()

    def __next__(self) -> Notification:
        while not self._has_been_stopped:
            if self._page:
                return self._page.popleft()
            self._turn_page()
        raise StopIteration

    def _turn_page(self) -> None:
        commits = self._recorder.commits_seen()
        page = self._recorder.select_notifications(
            self._last_notification_id,
            limit=_PAGE,
            topics=self._topics,
            inclusive_of_start=False,
        )
        if not page:
            self._recorder.wait_for_commit(commits)
            return
        self._page.extend(page)
        self._last_notification_id = page[-1].id


def _track(transaction: Transaction, tracking: Tracking) -> None:
    """Record a position that must lie beyond the one on record.

    Raises:
        IntegrityError: it does not.
    """
    moved = transaction.execute(
        "INSERT INTO tracking (application_name, notification_id) VALUES (?, ?) "
        "ON CONFLICT (application_name) DO UPDATE SET notification_id = excluded.notification_id "
        "WHERE tracking.notification_id < excluded.notification_id",
        [tracking.application_name, tracking.notification_id],
    )
    if not moved:
        raise IntegrityError(
            f"{tracking.application_name} was processed up to {tracking.notification_id} or beyond"
        )


class _Conditions:
    """The conditions of one question; one whose value is None is left out."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self.params: list[Any] = []

    @property
    def where(self) -> str:
        return f" WHERE {' AND '.join(self._parts)}" if self._parts else ""

    def add(self, condition: str, value: Any) -> None:
        if value is not None:
            self._parts.append(condition)
            self.params.append(value)

    def add_choice(self, column: str, values: Sequence[str]) -> None:
        if values:
            self._parts.append(f"{column} IN ({', '.join('?' * len(values))})")
            self.params.extend(values)

    def limited(self, limit: int | None) -> str:
        """Return the LIMIT; it takes the last parameter."""
        if limit is None:
            return ""
        self.params.append(limit)
        return " LIMIT ?"
