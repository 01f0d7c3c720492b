"""The news, inside one process, that something was committed.

There is no LISTEN and NOTIFY: NOTIFY takes a lock on the whole database at commit and so makes all
writers wait for one another. Whoever waits here also asks the database from time to time, which
is how commits of other processes are seen.
"""

import threading


class Commits:
    """Counts the commits of this process and wakes those who wait for the next one."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._count = 0

    def count(self) -> int:
        """Return how many there were; take it before looking, wait with it after."""
        return self._count

    def announce(self) -> None:
        """Wake all who wait."""
        with self._condition:
            self._count += 1
            self._condition.notify_all()

    def wait_past(self, count: int, timeout_s: float) -> None:
        """Return when there were more commits than `count`, or the time is over."""
        with self._condition:
            self._condition.wait_for(lambda: self._count > count, timeout_s)
