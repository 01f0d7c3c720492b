"""How events enter the log: one path, on every database."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from eventsourcing.persistence import StoredEvent

from chassis.eventstore.database import OpenTransaction
from chassis.eventstore.instants import instant_of, text_of
from chassis.eventstore.log import (
    Appended,
    AppendTransaction,
    Entry,
    EventIdReused,
    RecordedEvent,
    VersionConflict,
)
from chassis.eventstore.schema import EVENT_LOG
from chassis.eventstore.transaction import Row

Clock = Callable[[], datetime]

COLUMNS: Final = (
    "position",
    "event_id",
    "originator_id",
    "originator_version",
    "topic",
    "state",
    "recorded_at",
    "actor",
    "correlation_id",
    "causation_id",
)
SELECT_RECORDED: Final = f"SELECT {', '.join(COLUMNS)} FROM {EVENT_LOG} "  # noqa: S608 - constants
SELECT_LAST: Final = f"SELECT position, recorded_at FROM {EVENT_LOG} ORDER BY position DESC LIMIT 1"  # noqa: S608
_IDS_PER_QUESTION: Final = 1000


def recorded_of(row: Row) -> RecordedEvent:
    """Read a row of `COLUMNS`."""
    position, event_id, originator_id, version, topic, state, recorded_at, *origin = row
    actor, correlation_id, causation_id = origin
    return RecordedEvent(
        originator_id=originator_id,
        originator_version=version,
        topic=topic,
        state=state,
        id=position,
        event_id=event_id,
        recorded_at=instant_of(recorded_at),
        actor=actor,
        correlation_id=correlation_id,
        causation_id=causation_id,
    )


class Apart(Exception):  # noqa: N818 - it says what is to be done
    """Work cannot share a transaction with the other work in it: run each by itself."""


class LogAppend(AppendTransaction):
    """The transaction that may append, with the end of the log in mind.

    Nobody else can move the end while this one is open, so it is asked for once.

    Args:
        careful: find out at once what is on record already. Otherwise a clash shows when the
            rows are sent, as an `IntegrityError`, and whoever runs the work does so again with
            care: clashes are rare, and a look before each append would cost more.
    """

    def __init__(
        self, transaction: OpenTransaction, last: Sequence[Row], clock: Clock, *, careful: bool
    ) -> None:
        self._transaction = transaction
        self._head, self._last_recorded_at = last[0] if last else (0, "")
        self._clock = clock
        self._taken: dict[tuple[Any, int], UUID] = {}
        self.careful = careful

    def execute(self, sql: str, params: Sequence[Any] = ()) -> int:
        return self._transaction.execute(sql, params)

    def execute_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        self._transaction.execute_many(sql, rows)

    def query(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        return self._transaction.query(sql, params)

    def insert(self, table: str, row: Mapping[str, Any], key: str = "") -> None:
        self._transaction.insert(table, row, key)

    def put(self, table: str, row: Mapping[str, Any], key: str) -> None:
        self._transaction.put(table, row, key)

    def update(self, table: str, key: str, value: Any, changes: Mapping[str, Any]) -> None:
        self._transaction.update(table, key, value, changes)

    def write(self, sql: str, params: Sequence[Any] = ()) -> None:
        self._transaction.write(sql, params)

    def append(self, entries: Sequence[Entry]) -> Appended:
        if not entries:
            return Appended((), repeated=False)
        # A clock that was set back must not make later positions look older.
        recorded_at = max(text_of(self._clock()), self._last_recorded_at)
        rows = [
            _row(self._head + offset, entry, recorded_at) for offset, entry in enumerate(entries, 1)
        ]
        if self.careful:
            inserted = self._transaction.insert_new(EVENT_LOG, COLUMNS, rows)
            if inserted < len(rows):
                return self._repeated(entries, inserted)
        else:
            self._expect_versions(entries)
            for row in rows:
                self._transaction.insert(EVENT_LOG, dict(zip(COLUMNS, row, strict=True)))
        self._head += len(rows)
        self._last_recorded_at = recorded_at
        return Appended([recorded_of(row) for row in rows], repeated=False)

    def _expect_versions(self, entries: Sequence[Entry]) -> None:
        """Refuse a version that other work in this transaction has taken.

        Raises:
            VersionConflict: with another event.
            Apart: with the same one, or with one that only a look at the record can tell from it.
        """
        versions = {
            (e.stored.originator_id, e.stored.originator_version): e.event_id for e in entries
        }
        if taken := self._taken.keys() & versions.keys():
            same = any(self._taken[version] == versions[version] for version in taken)
            raise Apart if same else _conflict(entries)
        self._taken |= versions

    def _repeated(self, entries: Sequence[Entry], inserted: int) -> Appended:
        on_record = self._on_record([entry.event_id for entry in entries])
        reused = _first_reused(entries, on_record)
        if reused is not None:
            self._transaction.fail(EventIdReused(f"event id {reused.event_id} has other bytes"))
        if inserted or len(on_record) < len(entries):
            self._transaction.fail(_conflict(entries))
        return Appended([on_record[entry.event_id] for entry in entries], repeated=True)

    def _on_record(self, ids: Sequence[UUID]) -> dict[UUID, RecordedEvent]:
        """Find events that were recorded before this append, not by its own insert."""
        found: dict[UUID, RecordedEvent] = {}
        for start in range(0, len(ids), _IDS_PER_QUESTION):
            chunk = ids[start : start + _IDS_PER_QUESTION]
            marks = ", ".join("?" * len(chunk))
            condition = f"WHERE position <= ? AND event_id IN ({marks})"
            rows = self._transaction.query(SELECT_RECORDED + condition, [self._head, *chunk])
            found.update({event.event_id: event for event in map(recorded_of, rows)})
        return found


def _row(position: int, entry: Entry, recorded_at: str) -> Row:
    stored = entry.stored
    return (
        position,
        entry.event_id,
        stored.originator_id,
        stored.originator_version,
        stored.topic,
        stored.state,
        recorded_at,
        entry.actor,
        entry.correlation_id,
        entry.causation_id,
    )


def _first_reused(entries: Iterable[Entry], on_record: dict[UUID, RecordedEvent]) -> Entry | None:
    """Return the first entry whose id another event has, on record or earlier in the entries."""
    claimed: dict[UUID, StoredEvent] = dict(on_record)
    for entry in entries:
        holder = claimed.setdefault(entry.event_id, entry.stored)
        if _bytes(holder) != _bytes(entry.stored):
            return entry
    return None


def _bytes(event: StoredEvent) -> tuple[Any, ...]:
    return event.originator_id, event.originator_version, event.topic, event.state


def _conflict(entries: Sequence[Entry]) -> VersionConflict:
    streams = sorted({str(entry.stored.originator_id) for entry in entries})
    return VersionConflict(f"a version is taken of {', '.join(streams)}")
