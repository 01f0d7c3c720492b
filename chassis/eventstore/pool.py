"""A bounded number of connections, each in one pair of hands at a time."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, Generic, Protocol, TypeVar

from eventsourcing.persistence import ConnectionPoolClosedError, ConnectionUnavailableError


class Closable(Protocol):
    def close(self) -> None: ...


C = TypeVar("C", bound=Closable)

# A connection in steady use is known to work; one that rested may have died meanwhile.
RESTED_S: Final = 1.0


class Pool(Generic[C]):
    """Lends connections to threads and greenlets, the last returned one first.

    Args:
        connect: opens a connection, or raises an error of `eventsourcing.persistence`.
        answers: asks a rested connection whether it still works.
        at_rest: tells, without asking the server, whether a returned connection may be lent
            again; one that broke, or was left inside a transaction, is closed instead.
        size: most connections lent at one time.
        timeout_s: longest wait for a connection.
    """

    def __init__(
        self,
        connect: Callable[[], C],
        answers: Callable[[C], bool],
        at_rest: Callable[[C], bool],
        size: int,
        timeout_s: float,
    ) -> None:
        self._connect = connect
        self._answers = answers
        self._at_rest = at_rest
        self._timeout_s = timeout_s
        self._turns = threading.BoundedSemaphore(size)
        self._lock = threading.Lock()
        self._resting: list[tuple[C, float]] = []
        self._closed = False

    @contextmanager
    def lent(self) -> Iterator[C]:
        """Lend a connection for the length of the block.

        Raises:
            ConnectionUnavailableError: all were in use for the whole waiting time.
            ConnectionPoolClosedError: the pool is closed.
        """
        if not self._turns.acquire(timeout=self._timeout_s):
            raise ConnectionUnavailableError(f"no connection came free in {self._timeout_s} s")
        try:
            connection = self._take()
            try:
                yield connection
            finally:
                self._put_back(connection)
        finally:
            self._turns.release()

    def close(self) -> None:
        """Close the connections at rest now, those lent when they come back."""
        with self._lock:
            self._closed = True
        self.forget_resting()

    def forget_resting(self) -> None:
        """Close the connections at rest: one was lost, its neighbours are likely lost too."""
        with self._lock:
            forgotten, self._resting = self._resting, []
        for connection, _ in forgotten:
            connection.close()

    def _take(self) -> C:
        while (rested := self._pop()) is not None:
            connection, since = rested
            if time.monotonic() - since < RESTED_S or self._answers(connection):
                return connection
            connection.close()
        return self._connect()

    def _pop(self) -> tuple[C, float] | None:
        with self._lock:
            if self._closed:
                raise ConnectionPoolClosedError
            return self._resting.pop() if self._resting else None

    def _put_back(self, connection: C) -> None:
        keep = self._at_rest(connection)
        with self._lock:
            keep = keep and not self._closed
            if keep:
                self._resting.append((connection, time.monotonic()))
        if not keep:
            connection.close()
