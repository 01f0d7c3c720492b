"""Gathering: those who come while the work is going on are served together, next.

Whoever comes first leads: he takes all that wait and does the work for them. There is no timer and
no thread of its own; while one group is being served, the next one gathers.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, Generic, TypeVar, cast

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")

GROUP_MAX: Final = 64


class LeaderEnded(Exception):  # noqa: N818 - it says what is the case
    """Whoever did the work for the group was ended in the middle; its outcome is open."""

    code = "unavailable"


class _Place(Generic[ItemT, ResultT]):
    """One place in line, and what came of it."""

    def __init__(self, item: ItemT) -> None:
        self.item = item
        self.leads = False
        self.outcome: ResultT | BaseException | None = None
        self._news = threading.Lock()
        self._news.acquire()

    def wait(self) -> None:
        """Return when it is served, or when it is its turn to lead."""
        self._news.acquire()

    def tell(self) -> None:
        """Let `wait` return."""
        self._news.release()


class Gathering(Generic[ItemT, ResultT]):
    """Serves items in groups, in the order of their coming.

    Args:
        serve: does the work for a group; returns an outcome for each item, in order, of which
            exceptions are raised to those who brought the items.
        most: how many items make the largest group.
    """

    def __init__(
        self,
        serve: Callable[[Sequence[ItemT]], Sequence[ResultT | Exception]],
        most: int = GROUP_MAX,
    ) -> None:
        self._serve = serve
        self._most = most
        self._mutex = threading.Lock()
        self._waiting: deque[_Place[ItemT, ResultT]] = deque()
        self._led = False

    def run(self, item: ItemT) -> ResultT:
        """Have an item served, and return its outcome."""
        place: _Place[ItemT, ResultT] = _Place(item)
        if self._joins(place):
            self._wait(place)
        if place.leads:
            self._lead()
        if isinstance(place.outcome, BaseException):
            raise place.outcome
        return cast("ResultT", place.outcome)

    def _joins(self, place: _Place[ItemT, ResultT]) -> bool:
        """Put the place in line; True when somebody else leads."""
        with self._mutex:
            self._waiting.append(place)
            place.leads = not self._led
            self._led = True
            return not place.leads

    def _wait(self, place: _Place[ItemT, ResultT]) -> None:
        try:
            place.wait()
        except BaseException:
            # Ended while it waited, by a time limit or a stop: nobody may wait for it to lead.
            with self._mutex:
                if place in self._waiting:
                    self._waiting.remove(place)
                leads = place.leads
            if leads:
                self._pass_on()
            raise

    def _lead(self) -> None:
        group = self._next_group()
        try:
            outcomes = self._serve([place.item for place in group])
            for place, outcome in zip(group, outcomes, strict=True):
                place.outcome = outcome
        except BaseException as error:
            for place in group:
                place.outcome = error if isinstance(error, Exception) else LeaderEnded()
            raise
        finally:
            self._pass_on()
            for place in group:
                place.tell()

    def _next_group(self) -> Sequence[_Place[ItemT, ResultT]]:
        with self._mutex:
            count = min(self._most, len(self._waiting))
            return [self._waiting.popleft() for _ in range(count)]

    def _pass_on(self) -> None:
        """Let the one that waits longest lead; it leads its own group."""
        with self._mutex:
            self._led = bool(self._waiting)
            if not self._led:
                return
            successor = self._waiting[0]
            successor.leads = True
        successor.tell()
