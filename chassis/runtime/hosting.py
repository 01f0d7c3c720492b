"""Hosting services: start them, wait, stop them in order, and say how it ended.

One service or all of them in a process. SIGTERM and SIGINT finish what is in hand. A service or
background that breaks takes the process down: whoever runs it starts it again.
"""

import signal
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from time import monotonic
from typing import Any, Final

import eventlet
import structlog
from eventlet.event import Event
from eventlet.greenthread import GreenThread
from nameko.containers import ServiceContainer

from chassis.messaging import memory
from chassis.messaging.faults import broken_at
from chassis.messaging.wiring import Background, Wiring, with_wirings

START_WITHIN_S: Final = 5.0
STOP_WITHIN_S: Final = 20.0
CLOSE_WITHIN_S: Final = 5.0
ENDING_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)

log = structlog.get_logger(__name__)


class Host:
    """Runs services in this process.

    Args:
        config: nameko's configuration, at least `AMQP_URI`.
        services: each service class with what it is made of.
        stop_within_s: how long the work in hand may take after a stop was asked for.
    """

    def __init__(
        self,
        config: Mapping[str, Any],
        services: Mapping[type, Wiring],
        *,
        stop_within_s: float = STOP_WITHIN_S,
    ) -> None:
        memory.install()
        self._wirings = list(services.values())
        named = {service.name: wiring for service, wiring in services.items()}  # type: ignore[attr-defined] # nameko's rule
        wired = with_wirings(config, named)
        self._containers = [ServiceContainer(service, wired) for service in services]
        self._backgrounds: list[tuple[Background, GreenThread]] = []
        self._stop_within_s = stop_within_s
        self._ended = Event()
        self.started = False

    def start(self) -> None:
        """Start everything; return when every service consumes."""
        for container in self._containers:
            eventlet.spawn(container.wait).link(self._watched, container.service_name)
        _together([container.start for container in self._containers])
        for wiring in self._wirings:
            for background in wiring.background:
                self._start_background(background)
        self.started = True
        log.info("services_started", services=[each.service_name for each in self._containers])

    def stop(self) -> bool:
        """Stop everything in order; False when something had to be left in the middle of its work.

        Requests and events first, then the backgrounds in the order of their wiring (tickers, then
        the relay, which sends the last events), then the stores.
        """
        deadline = monotonic() + self._stop_within_s
        clean = _within(deadline, self._stop_containers, "services")
        for background, thread in self._backgrounds:
            background.stop()
            clean &= _within(deadline, thread.wait, type(background).__name__)
        for wiring in self._wirings:
            clean &= _within(monotonic() + CLOSE_WITHIN_S, wiring.close, "stores")
        log.info("services_stopped", clean=clean)
        return clean

    def run(self) -> int:
        """Start, wait for a signal or a break, stop; return the exit code of the process."""
        with signals_to(partial(self._end, healthy=True)):
            starting, up = eventlet.spawn(self.start), Event()
            starting.link(self._watched, "start")
            starting.link(lambda _thread: up.send())
            healthy = self.wait()
            # Half of it would start after it was stopped. It cannot start while the broker is away.
            up.wait(START_WITHIN_S)
            clean = self.stop()
        return 0 if healthy and clean else 1

    def wait(self) -> bool:
        """Wait for the end; True when it was asked for, False when something broke."""
        return bool(self._ended.wait())

    def _start_background(self, background: Background) -> None:
        thread = eventlet.spawn(background.run)
        thread.link(self._watched, type(background).__name__)
        self._backgrounds.append((background, thread))

    def _stop_containers(self) -> None:
        _together([container.stop for container in self._containers])

    def _watched(self, thread: GreenThread, part: str) -> None:
        try:
            thread.wait()
        except Exception as error:  # noqa: BLE001 - whatever it is, the process ends
            log.critical("broken", part=part, broken_at=broken_at(error))
            self._end(healthy=False)

    def _end(self, *, healthy: bool) -> None:
        if not self._ended.ready():
            self._ended.send(healthy)


def _together(tasks: Sequence[Callable[[], None]]) -> None:
    for thread in [eventlet.spawn(task) for task in tasks]:
        thread.wait()


def _within(deadline: float, task: Callable[[], Any], part: str) -> bool:
    try:
        with eventlet.Timeout(max(0.0, deadline - monotonic())):
            task()
    except eventlet.Timeout:
        log.error("not_stopped_in_time", part=part)  # noqa: TRY400 - the stack is this one
        return False
    except Exception as error:  # noqa: BLE001 - the others are stopped all the same
        log.error("stop_failed", part=part, broken_at=broken_at(error))  # noqa: TRY400 - no values in logs
        return False
    return True


@contextmanager
def signals_to(end: Callable[[], None]) -> Iterator[None]:
    """Turn the first ending signal into a call on a green thread; later ones change nothing.

    A Python handler alone would not do: it runs, and the hub sleeps on until something else wakes
    it. The interpreter also writes the signal's number to a socket, and that wakes the hub.
    """
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    watcher = eventlet.spawn(_await_signal, reader, end)
    handlers = {number: signal.signal(number, _leave_to_watcher) for number in ENDING_SIGNALS}
    wakeup_fd = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    try:
        yield
    finally:
        signal.set_wakeup_fd(wakeup_fd)
        for number, handler in handlers.items():
            signal.signal(number, handler)
        watcher.kill()
        reader.close()
        writer.close()


def _await_signal(reader: socket.socket, end: Callable[[], None]) -> None:
    while (number := reader.recv(1)) and number[0] not in ENDING_SIGNALS:
        pass
    log.info("stop_asked", signal=signal.Signals(number[0]).name)
    end()
    # Later ones are taken off as well. The hub then always has a socket to wait at: it would else
    # sleep, which fails under libfaketime, where the fault tests let clocks jump.
    while reader.recv(1):
        pass


def _leave_to_watcher(_number: int, _frame: Any) -> None:
    return
