"""Signs what the ledger has grown to, and publishes it as static files.

The leaves are committed before they are read here, so that no checkpoint is over what could still
be lost. A checkpoint is committed before it is shown: one row for each size, so that there are
never two. The files come last, the checkpoint after its tiles; whatever a crash left out is written
at the next start.
"""

from base64 import b64decode
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import chain, islice
from typing import Any, Final, Protocol

import structlog
from eventsourcing.persistence import IntegrityError

from chassis.eventstore.instants import text_of
from chassis.eventstore.log import EventLog
from chassis.eventstore.transaction import Questions, Writing
from services.audit.domain.damage import LedgerDamaged
from services.audit.domain.merkle import LEVEL_BITS, TILE_WIDTH, Hashes, root_of
from services.audit.domain.notes import Checkpoint, Signer, signed, verifier_key
from services.audit.domain.tiles import CHECKPOINT, Tile, entries_of, tiles_between

LEAVES_PER_CHECKPOINT: Final = 16_384
# A large ledger has very many files; to look for all of them at once would hold up what is new.
LOOKED_FOR_A_TURN: Final = 1_000

log = structlog.get_logger(__name__)


class Trees(Protocol):
    """The tree over the leaves, as it is stored."""

    def size(self, questions: Questions) -> int:
        """Return the number of leaves."""

    def last_signed(self, questions: Questions) -> Any:
        """Return `size` and `note` of the newest checkpoint; 0 and empty where there is none."""

    def signed_before(self, questions: Questions, size: int) -> Any:
        """Return the newest checkpoint of at most a size."""

    def hashes(self, questions: Questions, size: int) -> Hashes:
        """Return the hashes of the tree at a size."""

    def leaves(self, questions: Questions, start: int, stop: int) -> list[bytes]:
        """Return leaves in order, from index `start`, without that of `stop`."""

    def grow(self, transaction: Writing, old_size: int, size: int) -> None:
        """Store the hashes of the subtrees that the growth completed."""

    def add_signed(self, transaction: Writing, size: int, note: str, at: str) -> None:
        """Put a checkpoint on record."""

    def keys(self, questions: Questions) -> list[str]:
        """Return the public keys that have signed, the latest first."""

    def add_key(self, transaction: Writing, key: str, size: int, at: str) -> None:
        """Put on record that a key signs, from a size on."""


class Files(Protocol):
    """Where the ledger is published."""

    def read(self, path: str) -> str:
        """Return the text of a file, empty where there is none."""

    def has(self, path: str) -> bool:
        """Tell whether there is such a file."""

    def write(self, path: str, content: bytes) -> None:
        """Write a file, whole or not at all; it outlasts a power cut."""


class Notary:
    """Signs and publishes; one process does so at a time, and a second one would do no harm.

    Args:
        signers: the first key is the ledger's; others sign as well while keys change.
    """

    def __init__(
        self,
        log_of_events: EventLog,
        trees: Trees,
        signers: Sequence[Signer],
        files: Files,
        clock: Callable[[], datetime],
    ) -> None:
        self._log = log_of_events
        self._trees = trees
        self._signers = signers
        self._files = files
        self._clock = clock
        self._agreed = ""
        self._complaint = ("", "")
        self._looked_for: Iterator[Tile] | None = None

    def work(self) -> int:
        """Sign and publish once; return how many leaves are still without a checkpoint."""
        try:
            return self._work()
        except IntegrityError:
            # Another process was faster; its checkpoint is over the same leaves.
            return 1
        except LedgerDamaged as damage:
            self._complain("ledger_damaged", str(damage))
        except OSError as error:
            self._complain("ledger_not_published", type(error).__name__)
        return 0

    def _work(self) -> int:
        if not self._agrees():
            return 0
        self._restore()
        left = self.sign()
        self.publish()
        return left

    def _complain(self, event: str, reason: str) -> None:
        """Say what is wrong, once for as long as it is the same."""
        if self._complaint != (event, reason):
            log.critical(event, reason=reason)
        self._complaint = event, reason

    def sign(self) -> int:
        """Put a checkpoint on record if there are new leaves; return how many are left."""
        with self._log.reading() as transaction:
            last = self._trees.last_signed(transaction)
            there = self._trees.size(transaction)
        size: int = min(there, last.size + LEAVES_PER_CHECKPOINT)
        if size > last.size:
            with self._log.writing() as transaction:
                self._check_unchanged(transaction, last.size, last.note)
                self._trees.grow(transaction, last.size, size)
                root = root_of(self._trees.hashes(transaction, size), size)
                now = text_of(self._clock())
                self._keep_keys(transaction, size, now)
                self._trees.add_signed(transaction, size, self._signed(size, root), now)
        return there - size

    def _keep_keys(self, transaction: Writing, size: int, at: str) -> None:
        """Keep the public halves of the keys: what they signed is to be read when they are gone."""
        known = self._trees.keys(transaction)
        for key in map(verifier_key, self._signers):
            if key not in known:
                self._trees.add_key(transaction, key, size, at)

    def _check_unchanged(self, transaction: Writing, size: int, note: str) -> None:
        """Sign nothing that has not grown out of what was signed last.

        Raises:
            LedgerDamaged: the leaves or hashes that it was over are others now.
        """
        if size and root_of(self._trees.hashes(transaction, size), size) != _root_of(note):
            raise LedgerDamaged(f"the first {size} leaves are not those that were signed")

    def publish(self) -> None:
        """Bring the files up to the newest checkpoint."""
        shown = self._files.read(CHECKPOINT)
        with self._log.reading() as transaction:
            newest = self._trees.last_signed(transaction)
            if newest.note == shown or not self._is_ours(newest.note):
                return
            for tile in tiles_between(_size_of(shown), newest.size):
                self._write(transaction, tile, newest.size)
        self._files.write(CHECKPOINT, newest.note.encode())
        self._agreed = newest.note

    def _restore(self) -> None:
        """Look for what was published before this process, some files a turn; write what is lost.

        Those of the right edge come first: when the ledger grows, others take their place.
        """
        if self._looked_for is None:
            size = _size_of(self._files.read(CHECKPOINT))
            self._looked_for = chain(_tiles(size, full=False), _tiles(size, full=True))
        lost = [
            tile
            for tile in islice(self._looked_for, LOOKED_FOR_A_TURN)
            if not all(map(self._files.has, tile.paths))
        ]
        if lost:
            log.warning("ledger_files_lost", files=len(lost))
            with self._log.reading() as transaction:
                for tile in lost:
                    self._write(transaction, tile, tile.stop << LEVEL_BITS * tile.level)

    def _agrees(self) -> bool:
        """Tell whether what is published is on record; else an older or another database is here.

        Then nothing is signed: a second history would begin.
        """
        shown = self._files.read(CHECKPOINT)
        if shown == self._agreed:
            return True
        if self._trees.signed_before(self._log, _size_of(shown)).note == shown:
            self._agreed = shown
            return True
        self._complain("published_checkpoint_not_on_record", f"of {_size_of(shown)} leaves")
        return False

    def _write(self, questions: Questions, tile: Tile, size: int) -> None:
        hashes = self._trees.hashes(questions, size).hashes(tile.level, tile.start, tile.stop)
        self._files.write(tile.path, b"".join(hashes))
        if tile.level == 0:
            leaves = self._trees.leaves(questions, tile.start, tile.stop)
            self._files.write(tile.entries_path, entries_of(leaves))

    def _is_ours(self, note: str) -> bool:
        """Tell whether a checkpoint is of this ledger, not of one that it goes on from."""
        return note.startswith(f"{self._signers[0].name}\n")

    def _signed(self, size: int, root: bytes) -> str:
        origin = self._signers[0].name
        return signed(Checkpoint(origin, size, root).text, self._signers)


def _tiles(size: int, *, full: bool) -> Iterator[Tile]:
    """Yield the tiles of a tree that are full, or those that are not."""
    return (tile for tile in tiles_between(0, size) if (tile.width == TILE_WIDTH) is full)


def _root_of(note: str) -> bytes:
    """Return the root that a checkpoint on record states."""
    return b64decode(note.split("\n")[2])


def _size_of(note: str) -> int:
    """Return the size that a checkpoint states; 0 where there is none, or something else."""
    _origin, _, rest = note.partition("\n")
    size = rest.partition("\n")[0]
    return int(size) if size.isascii() and size.isdecimal() else 0
