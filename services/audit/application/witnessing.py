"""Has witnesses sign the newest checkpoint, and publishes it with their signatures.

It has a pace of its own: a witness that is slow or away holds up no checkpoint. What a witness has
signed is kept for ever; from there the ledger is shown to it to have grown.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

import structlog

from chassis.eventstore.instants import text_of
from chassis.eventstore.log import EventLog
from chassis.eventstore.transaction import Questions, Writing
from services.audit.application.notary import Files, Trees
from services.audit.domain.merkle import consistency_proof

WITNESSED: Final = "checkpoint.witnessed"

log = structlog.get_logger(__name__)


class SawOther(Exception):  # noqa: N818 - it says what is the case
    """A witness has seen the ledger at another size than it was asked from.

    Attributes:
        size: at which it saw it last.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        super().__init__(str(size))


class WitnessRefuses(Exception):  # noqa: N818 - it says what is the case
    """A witness does not sign; the message says why, as it said."""


class WitnessAway(Exception):  # noqa: N818 - it says what is the case
    """A witness does not answer; it is asked again later."""


class Witness(Protocol):
    """Somebody else who signs what he has seen."""

    @property
    def name(self) -> str:
        """Name of its key."""

    def cosign(self, old_size: int, proof: Sequence[bytes], note: str) -> str:
        """Return its signature line under a checkpoint, checked.

        Raises:
            SawOther, WitnessRefuses, WitnessAway.
        """


class Cosignatures(Protocol):
    """What witnesses have signed."""

    def size_of(self, questions: Questions, witness: str) -> int:
        """Return the largest size that a witness has signed; 0 where there is none."""

    def lines(self, questions: Questions, size: int) -> Sequence[str]:
        """Return the signature lines under a size, by witness."""

    def add(self, transaction: Writing, size: int, witness: str, line: str, at: str) -> None:
        """Keep a signature line."""


@dataclass
class Witnessing:
    """Asks all witnesses in turn."""

    log_of_events: EventLog
    trees: Trees
    witnesses: Sequence[Witness]
    cosignatures: Cosignatures
    files: Files
    clock: Callable[[], datetime]
    _complaints: dict[str, str] = field(default_factory=dict)

    def work(self) -> int:
        """Ask each witness that has not signed the newest checkpoint; return 0: it can wait."""
        newest = self.trees.last_signed(self.log_of_events)
        for witness in self.witnesses:
            seen = self.cosignatures.size_of(self.log_of_events, witness.name)
            if seen < newest.size:
                self._ask(witness, seen, newest.size, newest.note)
        try:
            self._publish()
        except OSError as error:
            # The folder of the ledger; who signs complains of it as well.
            log.warning("witnessed_not_published", reason=type(error).__name__)
        return 0

    def _ask(self, witness: Witness, old_size: int, size: int, note: str) -> None:
        try:
            line = self._cosigned(witness, old_size, size, note)
        except WitnessAway as away:
            self._complain(witness, "witness_away", str(away))
        except WitnessRefuses as refusal:
            self._complain(witness, "witness_refuses", str(refusal))
        except SawOther as other:
            # Larger than all we have: somebody showed it a ledger that is not on record here.
            self._complain(witness, "witness_saw_other_ledger", f"of {other.size} leaves")
        else:
            self._complaints.pop(witness.name, None)
            at = text_of(self.clock())
            with self.log_of_events.writing() as transaction:
                self.cosignatures.add(transaction, size, witness.name, line, at)

    def _cosigned(self, witness: Witness, old_size: int, size: int, note: str) -> str:
        """Return its line; what it signed and we did not keep, it tells the size of.

        One that has seen less than it signed was put back, and would sign another history from
        there: that is said, and it is shown ours.
        """
        try:
            return witness.cosign(old_size, self._proof(old_size, size), note)
        except SawOther as other:
            if other.size > size:
                raise
            if other.size < old_size:
                log.critical("witness_forgot", witness=witness.name, size=other.size)
            return witness.cosign(other.size, self._proof(other.size, size), note)

    def _proof(self, old_size: int, size: int) -> Sequence[bytes]:
        with self.log_of_events.reading() as transaction:
            return consistency_proof(self.trees.hashes(transaction, size), old_size, size)

    def _publish(self) -> None:
        """Publish the newest checkpoint that a witness has signed, with all who have."""
        names = [witness.name for witness in self.witnesses]
        size = max(self.cosignatures.size_of(self.log_of_events, name) for name in names)
        if size == 0:
            return
        note = self.trees.signed_before(self.log_of_events, size).note
        whole = note + "".join(self.cosignatures.lines(self.log_of_events, size))
        if self.files.read(WITNESSED) != whole:
            self.files.write(WITNESSED, whole.encode())

    def _complain(self, witness: Witness, event: str, reason: str) -> None:
        """Say what is wrong with a witness, once for as long as it is the same."""
        if self._complaints.get(witness.name) != event:
            log.critical(event, witness=witness.name, reason=reason)
        self._complaints[witness.name] = event
