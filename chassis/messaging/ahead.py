"""The next page of a log, read while the one before it is applied."""

import threading
from collections.abc import Callable, Sequence

from contracts.envelope import CloudEvent


class Ahead:
    """One page that is on its way.

    Args:
        read: returns it; what it raises is raised to whoever takes the page.
    """

    def __init__(self, read: Callable[[], Sequence[CloudEvent]]) -> None:
        self._read = read
        self._page: Sequence[CloudEvent] = ()
        self._fault: Exception | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def page(self) -> Sequence[CloudEvent]:
        """Return the page once it is there."""
        self._thread.join()
        if self._fault is not None:
            raise self._fault
        return self._page

    def _run(self) -> None:
        try:
            self._page = self._read()
        except Exception as error:  # noqa: BLE001 - raised to whoever takes the page
            self._fault = error
