"""States the ends of all chains, from time to time, as a fact of the ledger itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import structlog

from chassis.eventstore.log import EventLog
from chassis.eventstore.transaction import Questions, Writing
from services.audit.application.notary import Trees
from services.audit.domain.damage import EndsLost
from services.audit.domain.notes import Signer, is_signed_by_all

LEAVES_PER_STEP: Final = 4_096
PARENTS: Final = 256

log = structlog.get_logger(__name__)


class Ends(Protocol):
    """The ends of the chains, as they are stored."""

    def state(self, questions: Questions) -> Any:
        """Return `size` and `root` that the tables are at; 0 and nothing at first."""

    def changed(self, questions: Questions, old_size: int, size: int) -> bool:
        """Tell whether a chain other than the ledger's own has grown."""

    def advance(self, transaction: Writing, old_size: int, size: int) -> None:
        """Bring the ends up to a size.

        Raises:
            EndsLost: they are not what they were at the old size.
        """

    def reach(self, questions: Questions, old_size: int, size: int) -> int | None:
        """Return up to which size the ends can be known; None while that is being found out."""

    def check(self, questions: Questions, parent: int) -> None:
        """Compare some of the ends, and the root.

        Raises:
            EndsLost: some are gone.
        """

    def forget(self, transaction: Writing) -> None:
        """Empty the tables; they are made again from the leaves."""


@dataclass
class HeadsKeeper:
    """Brings the ends up to what is signed, and has the root recorded.

    A crash in between leaves ends whose root is not recorded; the next turn records it. Ends that
    are lost are made again from the leaves before anything is stated: all of them at once where
    what grows, or the part that is looked at in this turn, is not what the last root was over.

    Where a key of today has not signed the newest checkpoint, they are stated though nothing moved:
    the ledger grows by that, and is signed by all keys, however quiet the office is.

    Attributes:
        record: puts a size and the root at it on record, unless they are.
        monotonic: seconds.
    """

    log_of_events: EventLog
    trees: Trees
    signers: Sequence[Signer]
    ends: Ends
    record: Callable[[int, bytes], None]
    every_s: float
    monotonic: Callable[[], float]
    _due_at: float = 0.0
    _turn: int = 0

    def work(self) -> int:
        """State the ends if it is time and one of them moved; return 0, for what waits can wait."""
        if self.monotonic() < self._due_at:
            return 0
        self._due_at = self.monotonic() + self.every_s
        self._turn += 1
        try:
            with self.log_of_events.reading() as transaction:
                self.ends.check(transaction, self._turn % PARENTS)
            complete = self._advance()
        except EndsLost as lost:
            log.error("ends_of_chains_lost", reason=str(lost))  # noqa: TRY400 - it is mended here
            with self.log_of_events.writing() as transaction:
                self.ends.forget(transaction)
            complete = self._advance()
        state = self.ends.state(self.log_of_events)
        if state.size and complete:
            self.record(state.size, state.root)
        return 0

    def _advance(self) -> bool:
        """Bring the ends up to what is signed; False while they cannot all be known.

        Then nothing is stated, or what was stated long ago would be stated anew.
        """
        size = self.ends.state(self.log_of_events).size
        newest = self.trees.last_signed(self.log_of_events)
        signed = newest.size
        moved = self.ends.changed(self.log_of_events, size, signed)
        if not moved and is_signed_by_all(newest.note, self.signers):
            return True
        for start in range(size, signed, LEAVES_PER_STEP):
            stop = min(start + LEAVES_PER_STEP, signed)
            reach = self.ends.reach(self.log_of_events, start, stop)
            if reach is None:
                return False
            with self.log_of_events.writing() as transaction:
                self.ends.advance(transaction, start, reach)
            if reach < stop:
                break
        return True
