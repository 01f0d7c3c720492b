"""Events of other services, applied in order and once.

Per source the position applied is kept in the transaction of the effects, so any number of
deliveries in any order gives the same result: what was applied is skipped, what is missing is
pulled from the log of its source. An event that cannot be applied is parked with its reason, and
later events about the same petition wait behind it; all others go on.
"""

import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Protocol
from uuid import UUID

import structlog
from eventsourcing.persistence import InterfaceError, OperationalError

from chassis.eventstore.application import (
    Answer,
    EventSourcedApplication,
    Provenance,
    TooBusy,
    Unit,
    Write,
)
from chassis.eventstore.instants import text_of
from chassis.eventstore.transaction import Questions, Transaction, Writing
from chassis.messaging.ahead import Ahead
from contracts.envelope import CloudEvent, decode_batch, encode_batch

log = structlog.get_logger()

PULL_PAGE: Final = 500
HELD: Final = "waits behind an earlier event of its petition"

_ADVANCE: Final = "UPDATE applied_position SET position = ? WHERE source = ? AND position = ?"
_ADVANCE_NONE_PARKED: Final = f"{_ADVANCE} AND NOT EXISTS (SELECT 1 FROM parked_event)"  # noqa: S608 - constants

Reaction = Callable[[Unit, CloudEvent], None]


class AppliedElsewhere(Exception):  # noqa: N818 - it says what is the case
    """Another instance applied these events first; look again at what is left."""


class LogIncomplete(Exception):  # noqa: N818 - it says what is the case
    """A source does not give an event that it has announced; the message is tried again later."""

    code = "unavailable"


class UnknownType(Exception):  # noqa: N818 - it says what is the case
    """An event of a type, or of a version of it, that this service cannot read."""


# Not the fault of any event: tried again as a whole, never parked.
PASSING: Final = (InterfaceError, OperationalError, TooBusy, AppliedElsewhere)


class LogReader(Protocol):
    """Reads the log of another service."""

    def events_after(self, source: str, position: int, limit: int) -> Sequence[CloudEvent]:
        """Return the events after a position, in order, without gaps."""

    def close(self) -> None:
        """Ask no other service any more; what is asked just now fails at once."""


def provenance_of(event: CloudEvent, service: str) -> Provenance:
    """Return what the effects of an event in a service go back to."""
    return Provenance(f"service:{service}", event.correlationid, event.id)


@dataclass
class Assumed:
    """How things were when this process last looked; to look before each batch has its price.

    Nothing depends on it: the transaction of each batch moves the position applied only from where
    it is assumed to be, and only while nothing is parked where that is assumed. Where it turns out
    otherwise, the inbox looks.

    Attributes:
        applied: source to the position applied.
    """

    applied: dict[str, int] = field(default_factory=dict)
    none_parked: bool = False


@dataclass(frozen=True)
class Inbox:
    """The events that one service follows.

    Attributes:
        reactions: type of event to what this service does about it; other types are passed over.
        known: all types that this service can read. An event of a type that it cannot is parked.
        sources: names of the services followed.
        needs: type of event to the ids of the aggregates that its reaction will ask for, so that
            those of a whole batch are loaded in one question.
        keeping: what is written of every batch that is taken note of, also of events that are
            parked; events that come again after a loss are in it again.
    """

    application: EventSourcedApplication
    service: str
    reactions: Mapping[str, Reaction]
    known: frozenset[str]
    sources: Sequence[str]
    reader: LogReader
    needs: Mapping[str, Callable[[CloudEvent], Iterable[UUID]]] = field(default_factory=dict)
    keeping: Callable[[Writing, Sequence[CloudEvent]], None] | None = None
    _assumed: Assumed = field(default_factory=Assumed, init=False, compare=False)

    def receive(self, batch: Sequence[CloudEvent]) -> None:
        """Apply a batch of one source, in whatever order and however often it comes."""
        if not batch:
            return
        source = batch[0].service
        waiting = [event for _, event in sorted({e.position: e for e in batch}.items())]
        applied = self._assumed.applied.get(source)
        if applied is None:
            applied = self.applied(source)
        while waiting := _beyond(applied, waiting):
            missing = waiting[0].position - applied - 1
            if missing:
                waiting = [*self._pull(source, applied, missing), *waiting]
            ready = _contiguous(applied, waiting)
            try:
                self._apply(source, applied, ready)
                applied = ready[-1].position
            except AppliedElsewhere:
                self._assumed.none_parked = False
                applied = self.applied(source)
            self._assumed.applied[source] = applied

    def catch_up(self) -> int:
        """Pull all that the sources have beyond what was applied; return the number of events."""
        return sum(self._catch_up(source) for source in self.sources)

    def close(self) -> None:
        """Ask no source any more; what is asked just now fails at once."""
        self.reader.close()

    def _catch_up(self, source: str) -> int:
        self._assumed.applied.pop(source, None)
        count, ahead = 0, None
        while pulled := ahead.page() if ahead else self._page(source, self.applied(source)):
            # A log of which there is so much has more: its service reads while this one writes.
            full = len(pulled) == PULL_PAGE
            ahead = Ahead(partial(self._page, source, pulled[-1].position)) if full else None
            self.receive(pulled)
            count += len(pulled)
        return count

    def _page(self, source: str, applied: int) -> Sequence[CloudEvent]:
        return self.reader.events_after(source, applied, PULL_PAGE)

    def applied(self, source: str) -> int:
        """Return the position up to which the source was applied."""
        rows = self.application.log_of_events.query(
            "SELECT position FROM applied_position WHERE source = ?", (source,)
        )
        return int(rows[0][0]) if rows else 0

    def positions(self) -> dict[str, int]:
        """Return the position applied of each source."""
        return {source: self.applied(source) for source in self.sources}

    def complete_positions(self) -> dict[str, int]:
        """Return the position of each source up to which nothing is parked."""
        rows = self.application.log_of_events.query(
            "SELECT source, min(position) FROM parked_event GROUP BY source"
        )
        parked: dict[str, int] = dict(rows)
        return {
            source: min(applied, parked.get(source, applied + 1) - 1)
            for source, applied in self.positions().items()
        }

    def parked(self) -> int:
        """Return the number of events that wait for an operator."""
        return int(self.application.log_of_events.query("SELECT count(*) FROM parked_event")[0][0])

    def list_parked(self, limit: int) -> list[dict[str, object]]:
        """Return the first parked events, by source and position, and why each is parked."""
        rows = self.application.log_of_events.query(
            "SELECT source, position, subject, event, reason, parked_at FROM parked_event"
            " ORDER BY source, position LIMIT ?",
            (limit,),
        )
        return [_parked_row(*row) for row in rows]

    def redrive(self, subject: str | None = None) -> int:
        """Apply parked events again; return how many took effect.

        Those of one petition go in order, up to the first that fails again.

        Args:
            subject: only this petition's.
        """
        subjects = [subject] if subject else sorted(self._subjects_parked())
        return sum(self._redrive(each) for each in subjects)

    def _redrive(self, subject: str) -> int:
        count = 0
        for event in self._parked_of(subject):
            try:
                self._apply_parked(event)
            except AppliedElsewhere:
                continue
            except PASSING:
                raise
            except Exception as error:  # noqa: BLE001 - stays parked, with the new reason
                self._keep_parked(event, error)
                break
            count += 1
        return count

    def _parked_of(self, subject: str) -> list[CloudEvent]:
        rows = self.application.log_of_events.query(
            "SELECT event FROM parked_event WHERE subject = ? ORDER BY source, position",
            (subject,),
        )
        return [decode_batch(row[0])[0] for row in rows]

    def _apply_parked(self, event: CloudEvent) -> None:
        def react(unit: Unit) -> Answer:
            unit.preparing.append(_unpark(event))
            self._react(unit, event)
            return {}

        self.application.run(self._provenance(event), react)

    def _keep_parked(self, event: CloudEvent, error: Exception) -> None:
        reason = _reason(event, error)

        def keep(transaction: Transaction) -> None:
            transaction.execute(
                "UPDATE parked_event SET reason = ? WHERE source = ? AND position = ?",
                (reason, event.service, event.position),
            )

        log.error("event_stays_parked", source=event.service, position=event.position, why=reason)
        self.application.log_of_events.transact(keep)

    def _pull(self, source: str, applied: int, missing: int) -> Sequence[CloudEvent]:
        log.info("gap_pulled", source=source, after=applied, missing=missing)
        pulled = self.reader.events_after(source, applied, min(missing, PULL_PAGE))
        if not pulled or pulled[0].position != applied + 1:
            raise LogIncomplete(f"{source} has no event at {applied + 1}")
        return pulled

    def _apply(self, source: str, applied: int, events: Sequence[CloudEvent]) -> None:
        """Apply events that follow without a gap: together, or singly when one of them fails."""
        try:
            self._apply_together(source, applied, events)
        except PASSING:
            raise
        except Exception as error:  # noqa: BLE001 - parked with its reason, never dropped
            if len(events) == 1:
                self._park(source, events[0], error)
                return
            for event in events:
                self._apply(source, event.position - 1, [event])

    def _apply_together(self, source: str, applied: int, events: Sequence[CloudEvent]) -> None:
        parked = frozenset() if self._assumed.none_parked else self._subjects_parked()
        self._assumed.none_parked = not parked
        held = [event for event in events if event.subject in parked]

        def react(unit: Unit) -> Answer:
            unit.preparing.append(_advance(source, applied, events[-1].position, parked))
            unit.load(id_ for event in events for id_ in self._needed_by(event))
            # First, so that its questions need not send what the others write.
            unit.writing.extend(self._kept(events))
            for event in events:
                if event.subject not in parked:
                    self._react(unit, event)
            unit.writing.extend(self._parking(event, HELD) for event in held)
            return {}

        self.application.run(self._provenance(events[0]), react)

    def _kept(self, events: Sequence[CloudEvent]) -> Iterator[Write]:
        if (keeping := self.keeping) is not None:
            yield lambda transaction: keeping(transaction, events)

    def _needed_by(self, event: CloudEvent) -> Iterable[UUID]:
        needs = self.needs.get(event.type)
        return needs(event) if needs else ()

    def _react(self, unit: Unit, event: CloudEvent) -> None:
        if event.type not in self.known:
            raise UnknownType(event.type)
        reaction = self.reactions.get(event.type)
        if reaction is not None:
            unit.attribute(self._provenance(event))
            reaction(unit, event)

    def _provenance(self, event: CloudEvent) -> Provenance:
        return provenance_of(event, self.service)

    def _park(self, source: str, event: CloudEvent, error: Exception) -> None:
        reason = _reason(event, error)
        # The traceback names places in our code; its values may be anything, so they stay out.
        place = "".join(traceback.format_tb(error.__traceback__)[-3:])
        log.error("event_parked", source=source, position=event.position, why=reason, at=place)

        def park(unit: Unit) -> Answer:
            unit.preparing.append(_advance(source, event.position - 1, event.position))
            unit.writing.append(self._parking(event, reason))
            unit.writing.extend(self._kept([event]))
            return {}

        self.application.run(self._provenance(event), park)

    def _subjects_parked(self) -> frozenset[str]:
        return _subjects_parked(self.application.log_of_events)

    def _parking(self, event: CloudEvent, reason: str) -> Write:
        row = (
            event.service,
            event.position,
            event.subject,
            encode_batch([event]).decode(),
            reason,
            text_of(self.application.clock()),
        )

        def write(transaction: Transaction) -> None:
            transaction.execute(
                "INSERT INTO parked_event (source, position, subject, event, reason, parked_at)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                row,
            )

        return write


def _beyond(applied: int, waiting: Sequence[CloudEvent]) -> list[CloudEvent]:
    return [event for event in waiting if event.position > applied]


def _contiguous(applied: int, waiting: Sequence[CloudEvent]) -> list[CloudEvent]:
    """Return the events from `applied` + 1 up to the first gap."""
    return [
        event for offset, event in enumerate(waiting, start=1) if event.position == applied + offset
    ]


def _advance(source: str, applied: int, up_to: int, parked: frozenset[str] | None = None) -> Write:
    """Move the position applied, only from where it was when the events were read.

    Args:
        parked: the petitions with parked events, by which it was decided what has to wait; somebody
            may have redriven them meanwhile.
    """
    statement = _ADVANCE_NONE_PARKED if parked == frozenset() else _ADVANCE

    def write(transaction: Transaction) -> None:
        if applied == 0:
            transaction.execute(
                "INSERT INTO applied_position (source, position) VALUES (?, 0)"
                " ON CONFLICT (source) DO NOTHING",
                (source,),
            )
        moved = transaction.execute(statement, (up_to, source, applied))
        if moved != 1 or (parked and _subjects_parked(transaction) != parked):
            raise AppliedElsewhere(source)

    return write


def _unpark(event: CloudEvent) -> Write:
    def write(transaction: Transaction) -> None:
        taken = transaction.execute(
            "DELETE FROM parked_event WHERE source = ? AND position = ?",
            (event.service, event.position),
        )
        if taken != 1:
            raise AppliedElsewhere(event.service)

    return write


def _subjects_parked(transaction: Questions) -> frozenset[str]:
    rows = transaction.query("SELECT DISTINCT subject FROM parked_event")
    return frozenset(row[0] for row in rows)


def _reason(event: CloudEvent, error: Exception) -> str:
    return f"{type(error).__name__} in {event.type}"


def _parked_row(  # noqa: PLR0913, PLR0917 - the columns of one row
    source: str, position: int, subject: str, event: str, reason: str, parked_at: str
) -> dict[str, object]:
    return {
        "source": source,
        "position": position,
        "type": decode_batch(event)[0].type,
        "subject": subject,
        "reason": reason,
        "parked_at": parked_at,
    }
