"""States the ends of all chains, from time to time, as a fact of the ledger itself."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

from chassis.eventstore.log import EventLog
from chassis.eventstore.transaction import Questions, Writing
from services.audit.application.notary import Trees

LEAVES_PER_STEP: Final = 4_096


class Ends(Protocol):
    """The ends of the chains, as they are stored."""

    def state(self, questions: Questions) -> Any:
        """Return `size` and `root` that the tables are at; 0 and nothing at first."""

    def changed(self, questions: Questions, old_size: int, size: int) -> bool:
        """Tell whether a chain other than the ledger's own has grown."""

    def advance(self, transaction: Writing, old_size: int, size: int) -> None:
        """Bring the ends up to a size."""


@dataclass
class HeadsKeeper:
    """Brings the ends up to what is signed, and has the root recorded.

    A crash in between leaves ends whose root is not recorded; the next turn records it.

    Attributes:
        record: puts a size and the root at it on record, unless they are.
        monotonic: seconds.
    """

    log_of_events: EventLog
    trees: Trees
    ends: Ends
    record: Callable[[int, bytes], None]
    every_s: float
    monotonic: Callable[[], float]
    _due_at: float = 0.0

    def work(self) -> int:
        """State the ends if it is time and one of them moved; return 0, for what waits can wait."""
        if self.monotonic() < self._due_at:
            return 0
        self._due_at = self.monotonic() + self.every_s
        size, signed = (
            self.ends.state(self.log_of_events).size,
            self.trees.last_signed(self.log_of_events).size,
        )
        if self.ends.changed(self.log_of_events, size, signed):
            for start in range(size, signed, LEAVES_PER_STEP):
                with self.log_of_events.writing() as transaction:
                    self.ends.advance(transaction, start, min(start + LEAVES_PER_STEP, signed))
        state = self.ends.state(self.log_of_events)
        if state.size:
            self.record(state.size, state.root)
        return 0
