"""Questions about the ledger as a whole."""

from base64 import b64encode
from collections.abc import Sequence
from typing import Any, Protocol

from chassis.eventstore.log import EventLog
from chassis.eventstore.transaction import Questions
from services.audit.application.notary import Trees
from services.audit.domain.evidence import Proven
from services.audit.domain.merkle import consistency_proof
from services.audit.domain.notes import proof_text
from services.audit.domain.refusals import BeyondTheLedger, CheckpointUnknown


class Leaves(Protocol):
    """Leaves with their events."""

    def of_leaves(self, questions: Questions, positions: Sequence[int], size: int) -> list[Proven]:
        """Return leaves, each with its path in the tree of that size."""


class Ledger:
    """Reads the ledger.

    Args:
        keys: the public keys that sign now, one line each.
    """

    def __init__(
        self, log_of_events: EventLog, trees: Trees, leaves: Leaves, keys: Sequence[str]
    ) -> None:
        self._log = log_of_events
        self._trees = trees
        self._leaves = leaves
        self._keys = keys

    def keys(self) -> list[str]:
        """Return its public keys, those that sign now before those that have signed."""
        return list(dict.fromkeys([*self._keys, *self._trees.keys(self._log)]))

    def checkpoint(self, known_size: int | None) -> dict[str, Any]:
        """Return the newest checkpoint, and the proof that it grew out of an older one.

        Raises:
            CheckpointUnknown: there was no checkpoint of that size.
        """
        with self._log.reading() as transaction:
            newest = self._trees.last_signed(transaction)
            known = newest.size if known_size is None else known_size
            if self._trees.signed_before(transaction, known).size != known:
                raise CheckpointUnknown(known_size=str(known))
            proof = consistency_proof(
                self._trees.hashes(transaction, newest.size), known, newest.size
            )
        return {
            "note": newest.note,
            "size": newest.size,
            "keys": self.keys(),
            "consistency": [b64encode(each).decode() for each in proof],
        }

    def leaves(self, after: int, limit: int) -> tuple[list[str], int]:
        """Return leaves beyond the first `after`, as text, and how many there are of all.

        Raises:
            BeyondTheLedger: there are not so many.
        """
        with self._log.reading() as transaction:
            size = self._trees.size(transaction)
            if after > size:
                raise BeyondTheLedger(size)
            leaves = self._trees.leaves(transaction, after, min(after + limit, size))
        return [leaf.decode() for leaf in leaves], size

    def receipts(self, positions: Sequence[int]) -> dict[str, Any]:
        """Return leaves, each with its event and the proof that it is in the ledger.

        Raises:
            CheckpointUnknown: one is not signed yet.
        """
        with self._log.reading() as transaction:
            newest = self._trees.last_signed(transaction)
            if max(positions) >= newest.size:
                raise CheckpointUnknown(positions=f"{newest.size} leaves are signed")
            proven = self._leaves.of_leaves(transaction, positions, newest.size)
        items = [
            {
                "position": each.position,
                "leaf": each.leaf.decode(),
                "event": each.event.decode(),
                "proof": proof_text(each.position, each.path, newest.note),
            }
            for each in proven
        ]
        return {"items": items, "size": newest.size}
