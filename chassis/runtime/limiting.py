"""A limit on the time that a piece of work takes as a whole, however it is spent."""

from collections.abc import Callable
from typing import TypeVar

from eventlet import Timeout

T = TypeVar("T")


class TookTooLong(Exception):  # noqa: N818 - it says what is the case
    """The work was broken off."""


def within(seconds: float, work: Callable[[], T]) -> T:
    """Return what the work returns, broken off where it waits once the time is over.

    Raises:
        TookTooLong: it was.
    """
    limit = Timeout(seconds)
    try:
        return work()
    except Timeout as over:
        if over is not limit:
            raise
        raise TookTooLong from over
    finally:
        limit.cancel()
