"""The line before the workers: first come, first served, and closed before it grows long.

Whoever would wait too long is told so at once instead, and when to come again (ADR 7); whoever has
waited too long all the same is told so when his turn comes, before any work. A large request takes
several places, in the line and at work, because it keeps a worker that much longer.
"""

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Final, Generic, TypeVar

ItemT = TypeVar("ItemT")

PLACES_MAX: Final = 200
URGENT_MAX: Final = 50
WORKERS_KEPT_FREE: Final = 2
CLOSED_AFTER_S: Final = 1.0
WAIT_MAX_S: Final = 2.0
BYTES_PER_PLACE: Final = 64 * 1024
RETRY_AFTER_MAX_S: Final = 10
PERIOD_S: Final = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Waiting(Generic[ItemT]):
    """One request in the line, then at work.

    Attributes:
        places: how many it takes, at least one.
        since: when it came, by the monotonic clock.
    """

    item: ItemT
    places: int
    since: float
    urgent: bool


@dataclass
class _Pressure:
    """How many times more is asked for than is done, as of the last whole period."""

    clock: Callable[[], float]
    asked: int = 0
    begun: int = 0
    ratio: float = 1.0
    began_at: float = field(init=False)

    def __post_init__(self) -> None:
        self.began_at = self.clock()

    def roll(self) -> None:
        now = self.clock()
        if now - self.began_at >= PERIOD_S:
            self.ratio = self.asked / max(self.begun, 1)
            self.asked = self.begun = 0
            self.began_at = now


class Line(Generic[ItemT]):
    """Lets as much be at work as there are workers, and a bounded number wait.

    Args:
        workers: places at work; a few of them only for what is urgent.
        clock: monotonic seconds.
    """

    def __init__(self, workers: int, clock: Callable[[], float] = monotonic) -> None:
        self._workers = workers
        self._ordinary_workers = max(1, workers - WORKERS_KEPT_FREE)
        self._clock = clock
        self._ordinary: deque[Waiting[ItemT]] = deque()
        self._urgent: deque[Waiting[ItemT]] = deque()
        self._places_waiting = 0
        self._places_at_work = 0
        self._pressure = _Pressure(clock)

    def join(self, item: ItemT, size: int, *, urgent: bool) -> bool:
        """Put a request in the line; False when it would wait too long.

        Args:
            size: of the request, in bytes.
            urgent: served before all others, and not refused because of them.
        """
        self._pressure.roll()
        self._pressure.asked += 1
        places = 1 if urgent else min(self._ordinary_workers, 1 + size // BYTES_PER_PLACE)
        if len(self._urgent) >= URGENT_MAX if urgent else self._is_closed(places):
            return False
        (self._urgent if urgent else self._ordinary).append(
            Waiting(item, places, self._clock(), urgent)
        )
        self._places_waiting += 0 if urgent else places
        return True

    def begin(self) -> Waiting[ItemT] | None:
        """Take the next request to work; None when nobody waits or no worker is free."""
        waiting = self._urgent or self._ordinary
        most = self._workers if self._urgent else self._ordinary_workers
        if not waiting or self._places_at_work + waiting[0].places > most:
            return None
        begun = waiting.popleft()
        if not begun.urgent:
            self._places_waiting -= begun.places
        self._places_at_work += begun.places
        self._pressure.begun += 1
        return begun

    def end(self, begun: Waiting[ItemT]) -> None:
        """Free the places of a request whose work has ended."""
        self._places_at_work -= begun.places

    def too_late(self, begun: Waiting[ItemT], limit_s: float = math.inf) -> bool:
        """Tell whether a request has waited too long to be worked off.

        Args:
            limit_s: how long its caller waits, where he said so.
        """
        waited_s = self._clock() - begun.since
        return waited_s > limit_s or (waited_s > WAIT_MAX_S and not begun.urgent)

    def dissolve(self) -> list[ItemT]:
        """Send everybody away; return who waited, in order."""
        left = [waiting.item for waiting in (*self._urgent, *self._ordinary)]
        self._urgent.clear()
        self._ordinary.clear()
        self._places_waiting = 0
        return left

    def retry_after_s(self) -> int:
        """Return in how many seconds those who are refused now will find a place."""
        self._pressure.roll()
        return min(RETRY_AFTER_MAX_S, max(1, math.ceil(self._pressure.ratio)))

    def _is_closed(self, places: int) -> bool:
        if not self._ordinary:
            return False
        too_many = self._places_waiting + places > PLACES_MAX
        return too_many or self._clock() - self._ordinary[0].since > CLOSED_AFTER_S
