"""Taking in the events of other services: whole batches, in order, one at a time.

    class ResponsibilityService:
        name = "responsibility"
        events = EventFeed("intake")

What has arrived is handed to the service's inbox, source by source, and acknowledged when the
inbox has it. While the database or a source is away it is kept in hand and tried again after a
pause that grows. What the inbox cannot take for another reason goes back, and to the dead letters
with that reason in the end. Nothing is lost by that: the inbox asks the sources for what is
missing.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Any, Final

import eventlet
import msgspec
import structlog
from eventlet.event import Event
from nameko.extensions import DependencyProvider

from chassis.messaging import topology
from chassis.messaging.consuming import Consuming
from chassis.messaging.faults import broken_at, passes, refusal_of
from chassis.messaging.pace import AT_ONCE_S
from chassis.messaging.wiring import Inbox, wiring_of
from chassis.observability import begin_handling
from contracts.envelope import CloudEvent, decode_batch

PREFETCH: Final = 16
GIVEN_BACK_AT_MOST: Final = 5
PAUSE_FIRST_S: Final = 0.2
PAUSE_MAX_S: Final = 5.0
CATCH_UP_EVERY_S: Final = 5.0
CATCH_UP_UNDER_LOAD_EVERY_S: Final = 60.0

log = structlog.get_logger(__name__)


class EventConsumer(Consuming):
    """A connection of its own, so that events and requests never wait for one another."""

    prefetch_count = PREFETCH


@dataclass(frozen=True, slots=True)
class Arrival:
    """One readable message: its events, all of one source."""

    message: Any
    events: Sequence[CloudEvent]

    @property
    def source(self) -> str:
        return self.events[0].source


class EventFeed(DependencyProvider):  # type: ignore[misc] # nameko has no types
    """Follows the events of other services.

    A dependency rather than an entrypoint, because no method of the service is called: nameko
    starts it with the container and stops it after the last request has been answered.

    Args:
        sources: names of the services to follow.
        catch_up_every_s: how long nothing may arrive before the inbox asks the sources.
        pause_first_s: pause after the first failure; each further one doubles it.
        pace_s: how long messages gather after a batch.
    """

    consumer = EventConsumer()

    def __init__(
        self,
        *sources: str,
        catch_up_every_s: float = CATCH_UP_EVERY_S,
        pause_first_s: float = PAUSE_FIRST_S,
        pace_s: float = AT_ONCE_S,
    ) -> None:
        self._sources = sources
        self._catch_up_every_s = catch_up_every_s
        self._pause_first_s = pause_first_s
        self._pace_s = pace_s
        self._arrived: deque[Any] = deque()
        self._changed = Event()
        self._stopping = False
        self._failures = 0
        self._caught_up_at = 0.0
        self._applied_at = 0.0
        self._ended: Event | None = None

    def setup(self) -> None:
        service = self.container.service_name
        self._inbox = self._wired_inbox()
        self.queue = topology.events_queue(service, self._sources)
        self.other_queues = [topology.dead_queue(service)]
        self.consumer.register_provider(self)

    def start(self) -> None:
        self._ended = Event()
        self.container.spawn_managed_thread(partial(self._run, self._ended), "event feed")

    def stop(self) -> None:
        """Take no more messages, finish those that have arrived, and return.

        What would need an event that has not come goes back to the queue.
        """
        # In this order: what still arrives before the cancellation has to be settled as well.
        self.consumer.unregister_provider(self)
        self._stopping = True
        self._wake()
        # A source may be away, and no stop waits for that.
        self._inbox.close()
        if self._ended is not None:
            self._ended.wait()

    def arrived(self, message: Any) -> None:
        self._arrived.append(message)
        self._wake()

    def _wired_inbox(self) -> Inbox:
        inbox = wiring_of(self.container).inbox
        if inbox is None:
            raise LookupError(f"{self.container.service_name} follows events without an inbox")
        return inbox

    def _run(self, ended: Event) -> None:
        try:
            self._catch_up()
            while self._arrived or not self._stopping:
                self._turn()
        finally:
            ended.send()

    def _turn(self) -> None:
        if not self._arrived:
            self._wait(self._catch_up_every_s)
        self._keep_pace()
        if self._arrived:
            self._apply(self._take())
        elif not self._stopping:
            self._catch_up()
        if monotonic() - self._caught_up_at > CATCH_UP_UNDER_LOAD_EVERY_S:
            self._catch_up()

    def _keep_pace(self) -> None:
        """Apply at once after a rest, else let messages gather: each transaction has its price."""
        left = self._applied_at + self._pace_s - monotonic()
        if left > 0 and not self._stopping:
            eventlet.sleep(left)
        self._applied_at = monotonic()

    def _take(self) -> list[Arrival]:
        """Take everything that has arrived: while one batch is applied, the next one gathers."""
        eventlet.sleep(0)
        messages = list(self._arrived)
        self._arrived.clear()
        return [arrival for message in messages if (arrival := self._read(message))]

    def _read(self, message: Any) -> Arrival | None:
        try:
            events = decode_batch(message.body)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            self.consumer.park(message, f"undecodable: {type(error).__name__}")
            return None
        if {event.service for event in events} != {message.delivery_info["routing_key"]}:
            self.consumer.park(message, "not a batch of the service that it was sent as")
            return None
        return Arrival(message, events)

    def _apply(self, arrivals: Sequence[Arrival]) -> None:
        failed: list[tuple[Arrival, Exception]] = []
        held: list[Arrival] = []
        for source in dict.fromkeys(arrival.source for arrival in arrivals):
            of_source = [arrival for arrival in arrivals if arrival.source == source]
            fault = self._fault_in(source, of_source)
            if fault is None:
                for arrival in of_source:
                    self.consumer.accept_message(arrival.message)
            elif passes(fault):
                held += of_source
            else:
                failed += [(arrival, fault) for arrival in of_source]
        if failed or held:
            self._try_later(failed, held)
        elif arrivals:
            self._failures = 0

    def _fault_in(self, source: str, arrivals: Sequence[Arrival]) -> Exception | None:
        """Hand the events over; return why that failed, None when it did not."""
        started = monotonic()
        batch = sorted(
            (event for arrival in arrivals for event in arrival.events),
            key=lambda event: event.position,
        )
        begin_handling(batch[0].correlationid)
        line = log.bind(
            source=source,
            first=batch[0].position,
            last=batch[-1].position,
            count=len(batch),
            messages=len(arrivals),
        )
        try:
            self._inbox.receive(batch)
        except Exception as error:  # noqa: BLE001 - any fault: the messages go back, and are counted
            line.error(
                "events_not_applied", broken_at=broken_at(error), failures=self._failures + 1
            )
            return error
        line.info("events_applied", took_ms=round((monotonic() - started) * 1000, 3))
        return None

    def _try_later(
        self, failed: Sequence[tuple[Arrival, Exception]], held: Sequence[Arrival]
    ) -> None:
        """Pause; then give back what failed, and go on with what was held by nothing of its own."""
        pause = min(PAUSE_MAX_S, self._pause_first_s * 2**self._failures)
        self._failures += 1
        deadline = monotonic() + pause
        while not self._stopping and (left := deadline - monotonic()) > 0:
            self._wait(left)
        for arrival, fault in failed:
            self._return(arrival.message, fault)
        if not self._stopping:
            self._arrived.extendleft(arrival.message for arrival in reversed(held))
            return
        for arrival in held:
            self.consumer.give_back(arrival.message)

    def _return(self, message: Any, fault: Exception) -> None:
        if message.headers.get("x-delivery-count", 0) < GIVEN_BACK_AT_MOST:
            self.consumer.give_back(message)
        else:
            self.consumer.park(message, f"not applied: {type(fault).__name__}")

    def _catch_up(self) -> None:
        self._caught_up_at = monotonic()
        try:
            self._inbox.catch_up()
        except Exception as error:  # noqa: BLE001 - tried again at the next quiet moment
            refusal = refusal_of(error)
            if refusal is not None:
                log.warning("catch_up_refused", code=refusal.code)
            else:
                log.error("catch_up_failed", broken_at=broken_at(error))  # noqa: TRY400 - no values in logs

    def _wait(self, timeout_s: float) -> None:
        self._changed.wait(timeout_s)

    def _wake(self) -> None:
        changed, self._changed = self._changed, Event()
        changed.send()
