"""From the log to the broker: the log is the outbox.

The relay of a service publishes the log from the position that it last wrote down, in order,
and from time to time writes down how far the broker has confirmed. A crash in between repeats
messages and loses none. One process leads; the others wait for its lead to end.
"""

from collections.abc import Callable, Iterator, Sequence
from time import monotonic
from typing import Final

import structlog
from eventlet.event import Event
from eventsourcing.persistence import InterfaceError, OperationalError

from chassis.eventstore.log import EventLog, Lease, RecordedEvent
from chassis.messaging.pace import AT_ONCE_S
from chassis.messaging.post import BrokerAway
from chassis.messaging.sending import EventPublisher
from contracts.envelope import CloudEvent, encode_batch

EVENTS_PER_MESSAGE: Final = 300
BYTES_PER_MESSAGE: Final = 256 * 1024
MESSAGES_PER_WINDOW: Final = 16
LOOK_AGAIN_EVERY_S: Final = 0.5
WRITE_DOWN_EVERY_S: Final = 0.25
LEAD_RETRY_S: Final = 1.0
PAUSE_FIRST_S: Final = 0.05
PAUSE_MAX_S: Final = 10.0

_READ: Final = "SELECT position FROM published_position WHERE id = 1"
_ADVANCE: Final = (
    "INSERT INTO published_position (id, position) VALUES (1, ?) ON CONFLICT (id)"
    " DO UPDATE SET position = excluded.position"
    " WHERE published_position.position < excluded.position"
)

log = structlog.get_logger(__name__)


class Unrouted(Exception):  # noqa: N818 - it says what is the case
    """The broker has no queue for the events, or a queue that would not take them."""


Faults: Final = (BrokerAway, Unrouted, OperationalError, InterfaceError)


class Relay:
    """Publishes one log. Runs as a background of its process; any number of processes may try.

    Args:
        to_cloud_event: the message that a recorded event makes.
        pace_s: how long events gather after a message.
    """

    def __init__(
        self,
        log: EventLog,
        to_cloud_event: Callable[[RecordedEvent], CloudEvent],
        publisher: EventPublisher,
        pace_s: float = AT_ONCE_S,
    ) -> None:
        self._log = log
        self._to_cloud_event = to_cloud_event
        self._publisher = publisher
        self._pace_s = pace_s
        self._stopping = False
        self._stop_asked = Event()
        self._failures = 0
        self._reached = self._written = 0
        self._written_at = 0.0
        self._sent_at = 0.0

    def run(self) -> None:
        try:
            while not self._stopping:
                self._try_to_lead()
        finally:
            self._publisher.close()

    def stop(self) -> None:
        if not self._stopping:
            self._stopping = True
            self._stop_asked.send()

    def _try_to_lead(self) -> None:
        try:
            lease = self._log.try_lead("relay")
            if lease is None:
                self._stop_asked.wait(LEAD_RETRY_S)
            else:
                self._lead(lease)
        except Faults as fault:
            self._halted(fault)

    def _lead(self, lease: Lease) -> None:
        try:
            position = self._reached = self._written = self._published()
            while lease.held() and not self._stopping:
                position = self._relay_beyond(position)
            if lease.held():
                self._flush(position)
        finally:
            lease.release()

    def _relay_beyond(self, position: int) -> int:
        """Publish what follows the position, or wait for it; return the position reached."""
        self._keep_pace()
        events = self._log.select_recorded(position, EVENTS_PER_MESSAGE * MESSAGES_PER_WINDOW)
        if not events:
            self._resumed()
            if not self._log.wait_beyond(position, LOOK_AGAIN_EVERY_S):
                self._write_down()
            return position
        return self._publish(events)

    def _keep_pace(self) -> None:
        """Send at once after a rest, else let events gather: each message costs every follower."""
        left = self._sent_at + self._pace_s - monotonic()
        if left > 0:
            self._stop_asked.wait(left)

    def _flush(self, position: int) -> None:
        """Publish what the last use cases appended before the stop."""
        while events := self._log.select_recorded(
            position, EVENTS_PER_MESSAGE * MESSAGES_PER_WINDOW
        ):
            position = self._publish(events)
        self._write_down()

    def _publish(self, events: Sequence[RecordedEvent]) -> int:
        self._sent_at = monotonic()
        batches = list(_batches([self._to_cloud_event(event) for event in events]))
        taken = self._publisher.publish([body for _, body in batches])
        if taken:
            self._advance(batches[taken - 1][0])
        if taken < len(batches):
            raise Unrouted
        self._resumed()
        return batches[-1][0]

    def _published(self) -> int:
        rows = self._log.query(_READ)
        return int(rows[0][0]) if rows else 0

    def _advance(self, position: int) -> None:
        """Take note of the position; what was not written down is published again after a crash."""
        self._reached = position
        if monotonic() - self._written_at >= WRITE_DOWN_EVERY_S:
            self._write_down()

    def _write_down(self) -> None:
        if self._reached == self._written:
            return
        with self._log.writing() as transaction:
            transaction.write(_ADVANCE, (self._reached,))
        self._written, self._written_at = self._reached, monotonic()

    def _halted(self, fault: Exception) -> None:
        if not self._failures:
            log.warning("relay_halted", reason=type(fault).__name__)
        pause = min(PAUSE_MAX_S, PAUSE_FIRST_S * 2**self._failures)
        self._failures += 1
        self._stop_asked.wait(pause)

    def _resumed(self) -> None:
        if self._failures:
            log.info("relay_resumed", failures=self._failures)
            self._failures = 0


def _batches(events: Sequence[CloudEvent]) -> Iterator[tuple[int, bytes]]:
    """Yield the last position and the body of each message."""
    for start in range(0, len(events), EVENTS_PER_MESSAGE):
        yield from _bounded(events[start : start + EVENTS_PER_MESSAGE])


def _bounded(events: Sequence[CloudEvent]) -> Iterator[tuple[int, bytes]]:
    body = encode_batch(events)
    if len(body) <= BYTES_PER_MESSAGE or len(events) == 1:
        yield events[-1].position, body
    else:
        middle = len(events) // 2
        yield from _bounded(events[:middle])
        yield from _bounded(events[middle:])
