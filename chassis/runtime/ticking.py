"""Work that time starts: one process leads, or all of them work side by side."""

from collections.abc import Callable
from typing import Final

import structlog
from eventlet.event import Event
from eventsourcing.persistence import InterfaceError, OperationalError

from chassis.eventstore.log import EventLog, Lease

LEAD_RETRY_S: Final = 1.0

log = structlog.get_logger(__name__)


class Ticker:
    """Does a piece of work again and again, at once while there is some, else after a pause.

    Args:
        work: returns how much it did.
        alone: only in the process that leads; else the work shares itself out.
    """

    def __init__(
        self,
        log_of_events: EventLog,
        purpose: str,
        work: Callable[[], int],
        every_s: float,
        *,
        alone: bool = True,
    ) -> None:
        self._log = log_of_events
        self._purpose = purpose
        self._work = work
        self._every_s = every_s
        self._alone = alone
        self._stopping = False
        self._stop_asked = Event()

    def run(self) -> None:
        work = self._try_to_lead if self._alone else self._round
        while not self._stopping:
            try:
                work()
            except (InterfaceError, OperationalError) as fault:
                log.warning("tick_failed", purpose=self._purpose, reason=type(fault).__name__)
                self._stop_asked.wait(LEAD_RETRY_S)

    def stop(self) -> None:
        if not self._stopping:
            self._stopping = True
            self._stop_asked.send()

    def _try_to_lead(self) -> None:
        lease = self._log.try_lead(self._purpose)
        if lease is None:
            self._stop_asked.wait(LEAD_RETRY_S)
            return
        try:
            self._lead(lease)
        finally:
            lease.release()

    def _lead(self, lease: Lease) -> None:
        while not self._stopping and lease.held():
            self._round()

    def _round(self) -> None:
        if not self._work():
            self._stop_asked.wait(self._every_s)
