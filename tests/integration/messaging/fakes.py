"""A log and an inbox in memory, and the events that pass between them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import eventlet
from eventlet.event import Event
from eventsourcing.persistence import OperationalError

from chassis.eventstore.log import RecordedEvent
from contracts.envelope import CloudEvent, sequence_of, source_of
from contracts.failures import Failure

NOON = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)


@dataclass
class FakeInbox:
    """Keeps what it is given; refuses as often as it is told to."""

    failures_left: int = 0
    fault: Exception = field(default_factory=lambda: RuntimeError("secret petition text"))
    attempts: int = 0
    received: list[CloudEvent] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)
    catch_ups: int = 0
    catch_up_fails: bool = False
    closed: Event = field(default_factory=Event)
    source_is_away: bool = False
    busy: int = 0
    most_busy: int = 0

    def receive(self, batch: Sequence[CloudEvent]) -> None:
        self.attempts += 1
        self.busy += 1
        self.most_busy = max(self.most_busy, self.busy)
        eventlet.sleep(0)
        self.busy -= 1
        if self.failures_left:
            self.failures_left -= 1
            raise self.fault
        self.received.extend(batch)
        self.batches.append(len(batch))

    def close(self) -> None:
        if not self.closed.ready():
            self.closed.send()

    def catch_up(self) -> int:
        self.catch_ups += 1
        if self.source_is_away:
            self.closed.wait()
            raise Failure("unavailable")
        if self.catch_up_fails:
            raise Failure("unavailable")
        return 0

    @property
    def positions(self) -> list[int]:
        return [event.position for event in self.received]


def cloud_event(source: str, position: int, **changes: Any) -> CloudEvent:
    values = {
        "id": str(UUID(int=position)),
        "source": source_of(source),
        "type": "petition.registered.v1",
        "subject": f"petition-{position}",
        "time": NOON,
        "recordedtime": NOON,
        "sequence": sequence_of(position),
        "stream": str(UUID(int=position)),
        "streamversion": 1,
        "actor": "staff-1",
        "correlationid": f"call-{position}",
        "causationid": f"call-{position}",
        "data": {"petition_id": f"petition-{position}"},
    }
    return CloudEvent(**{**values, **changes})


class FakeLease:
    def __init__(self, log: "FakeLog") -> None:
        self._log = log
        self.lost = False

    def held(self) -> bool:
        return not self.lost

    def release(self) -> None:
        self._log.leases -= not self.lost
        self.lost = True


class FakeLog:
    """As much of the log's port as a relay uses."""

    def __init__(self) -> None:
        self.events: list[RecordedEvent] = []
        self.position = 0
        self.transactions_fail = 0
        self.leases = 0
        self._longer = eventlet.event.Event()

    def append(self, count: int) -> None:
        for _ in range(count):
            self.events.append(_recorded(len(self.events) + 1))
        longer, self._longer = self._longer, eventlet.event.Event()
        longer.send()

    @contextmanager
    def writing(self) -> Iterator["FakeLog"]:
        if self.transactions_fail:
            self.transactions_fail -= 1
            raise OperationalError("gone")
        yield self

    def query(self, sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return [(self.position,)] if self.position else []

    def write(self, sql: str, params: Sequence[Any] = ()) -> None:
        self.position = max(self.position, params[0])

    def select_recorded(self, after: int, limit: int) -> Sequence[RecordedEvent]:
        return self.events[after : after + limit]

    def wait_beyond(self, position: int, timeout_s: float) -> bool:
        if len(self.events) <= position:
            self._longer.wait(timeout_s)
        return len(self.events) > position

    def try_lead(self, purpose: str) -> FakeLease | None:
        if self.leases:
            return None
        self.leases += 1
        return FakeLease(self)


def _recorded(position: int) -> RecordedEvent:
    return RecordedEvent(
        originator_id=UUID(int=position),
        originator_version=1,
        topic="petition.registered.v1",
        state=b"{}",
        id=position,
        event_id=UUID(int=position),
        recorded_at=NOON,
        actor="staff-1",
        correlation_id=f"call-{position}",
        causation_id=f"call-{position}",
    )
