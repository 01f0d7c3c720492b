"""A process that hosts one service: `python -m tests.integration.messaging.hosted <uri> <name>`.

It says on standard output what it does, so that a test can follow it.
"""

import chassis.runtime.patch

# isort: split
import sys

import eventlet

from chassis.messaging.wiring import Wiring
from chassis.runtime.hosting import Host
from tests.integration.messaging.fakes import FakeInbox
from tests.integration.messaging.parts import FakeVerifier, Rooms, following_service


def say(what: str) -> None:
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


class SlowRooms(Rooms):
    def echo(self, request, caller):
        if request.text == "break":
            eventlet.spawn_after(0, self.broken.send)
        say("in hand")
        eventlet.sleep(1)
        say("done")
        return {"text": request.text}

    def __init__(self) -> None:
        super().__init__()
        self.broken = eventlet.event.Event()


class Ticker:
    """A background that ends when told, or breaks when told."""

    def __init__(self, name: str, rooms: SlowRooms) -> None:
        self.name = name
        self._rooms = rooms
        self._stopping = eventlet.event.Event()

    def run(self) -> None:
        while not self._stopping.ready():
            eventlet.sleep(0.01)
            if self._rooms.broken.ready():
                raise RuntimeError("secret")
        say(f"{self.name} ended")

    def stop(self) -> None:
        self._stopping.send()


def main(amqp_uri: str, name: str) -> int:
    chassis.runtime.patch.check_green()
    rooms = SlowRooms()
    wiring = Wiring(
        rooms=rooms,
        verifier=FakeVerifier(),
        inbox=FakeInbox(),
        background=[Ticker("ticker", rooms), Ticker("relay", rooms)],
        close=lambda: say("stores closed"),
    )
    host = Host({"AMQP_URI": amqp_uri}, {following_service(name, "intake"): wiring})
    eventlet.spawn(announce, host)
    return host.run()


def announce(host: Host) -> None:
    while not host.started:
        eventlet.sleep(0.01)
    say("started")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
