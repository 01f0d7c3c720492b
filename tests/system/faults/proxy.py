"""A TCP proxy that behaves as badly as a network can; what it does is changed while it runs."""

import socket
import struct
from contextlib import suppress
from enum import Enum
from itertools import pairwise
from typing import Final

import eventlet
from eventlet.greenthread import GreenThread

from tests.daemons import LOOPBACK

_CHUNK: Final = 65_536
# Where a slow connection tears a chunk: in the first frame's head, and in its body.
_CUTS: Final = (3, 11, 100)
_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)


class Mode(Enum):
    """What happens to bytes and to new connections."""

    PASS = "pass"
    HALF_OPEN = "half_open"  # taken and dropped without a word
    SLOW = "slow"  # each chunk late and in pieces
    REFUSE = "refuse"  # no new connections


class Proxy:
    """Stands before one port, or before several of which one that answers is taken.

    Attributes:
        port: where it listens, always the same.
        delay_s: how late each chunk is in slow mode.
    """

    def __init__(self, *target_ports: int) -> None:
        self._target_ports = target_ports
        self._connected = 0
        self._links: set[_Link] = set()
        self._listener = socket.create_server((LOOPBACK, 0))
        self.port: int = self._listener.getsockname()[1]
        self.delay_s = 0.05
        self._mode = Mode.PASS
        self._accepting = eventlet.spawn(self._accept)

    @property
    def mode(self) -> Mode:
        return self._mode

    def become(self, mode: Mode) -> None:
        """Change the behaviour, that towards open connections too."""
        was, self._mode = self._mode, mode
        if mode is Mode.REFUSE:
            self._accepting.kill()
            self._listener.close()
        elif was is Mode.REFUSE:
            self._listener = socket.create_server((LOOPBACK, self.port))
            self._accepting = eventlet.spawn(self._accept)
        if mode is Mode.HALF_OPEN:
            for link in self._links:
                link.silent = True

    def aim(self, *target_ports: int) -> None:
        """Send new connections elsewhere, as an address does that another server takes over."""
        self._target_ports = target_ports

    def heal(self) -> None:
        """Pass everything on again. What was silent lost bytes, so it is reset."""
        self.become(Mode.PASS)
        for link in [link for link in self._links if link.silent]:
            link.reset()

    def cut(self) -> None:
        """Reset all connections."""
        for link in list(self._links):
            link.reset()

    def close(self) -> None:
        self.become(Mode.REFUSE)
        self.cut()

    def _accept(self) -> None:
        while True:
            near, _ = self._listener.accept()
            eventlet.spawn(self._connect, near)

    def _connect(self, near: socket.socket) -> None:
        far = self._far()
        if far is None:
            _close(near, reset=True)
            return
        if self._mode is Mode.REFUSE:
            _close(near, reset=True)
            _close(far, reset=True)
            return
        far.settimeout(None)
        for end in (near, far):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._links.add(_Link(self, near, far, silent=self._mode is Mode.HALF_OPEN))

    def _far(self) -> socket.socket | None:
        """Connect to the next target that answers, each in its turn."""
        ports = self._target_ports
        self._connected += 1
        for offset in range(len(ports)):
            port = ports[(self._connected + offset) % len(ports)]
            with suppress(OSError):
                return socket.create_connection((LOOPBACK, port), timeout=5)
        return None

    def forget(self, link: "_Link") -> None:
        self._links.discard(link)


class _Link:
    """One connection through the proxy; `silent`: its bytes are dropped."""

    def __init__(
        self, proxy: Proxy, near: socket.socket, far: socket.socket, *, silent: bool
    ) -> None:
        self.silent = silent
        self._proxy = proxy
        self._ends = (near, far)
        self._pumps: list[GreenThread] = [
            eventlet.spawn(self._pump, near, far),
            eventlet.spawn(self._pump, far, near),
        ]

    def reset(self) -> None:
        self._end(reset=True)

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(_CHUNK):
                self._pass_on(data, sink)
        self._end(reset=False)

    def _pass_on(self, data: bytes, sink: socket.socket) -> None:
        cuts = _CUTS if self._proxy.mode is Mode.SLOW else ()
        for first, last in pairwise((0, *cuts, len(data))):
            if first:
                eventlet.sleep(self._proxy.delay_s / len(cuts))
            if not self.silent:
                sink.sendall(data[first:last])

    def _end(self, *, reset: bool) -> None:
        self._proxy.forget(self)
        for pump in self._pumps:
            if pump is not eventlet.getcurrent():
                pump.kill()
        for end in self._ends:
            _close(end, reset=reset)


def _close(end: socket.socket, *, reset: bool) -> None:
    with suppress(OSError):
        if reset:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        end.close()
