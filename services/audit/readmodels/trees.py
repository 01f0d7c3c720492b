"""The tree over the leaves: its stored hashes, its growth, its checkpoints."""

from collections.abc import Sequence
from typing import NamedTuple

from chassis.eventstore.transaction import Questions, Writing
from services.audit.domain.damage import LedgerDamaged
from services.audit.domain.merkle import LEVEL_BITS, TILE_WIDTH, completed, levels_of


class SignedSize(NamedTuple):
    """A checkpoint on record; `note` is the signed text."""

    size: int
    note: str

    @property
    def origin(self) -> str:
        """Name of the ledger that it is of."""
        return self.note.partition("\n")[0]


class StoredHashes:
    """The hashes of the tree as it is at one size; reads each tile once."""

    def __init__(self, questions: Questions, size: int) -> None:
        self._questions = questions
        self._size = size
        self._tiles: dict[tuple[int, int], list[bytes]] = {}

    def hashes(self, level: int, start: int, stop: int) -> Sequence[bytes]:
        """Return the hashes of a level from `start`, without that of `stop`, all in one tile.

        Raises:
            LedgerDamaged: some are missing.
        """
        tile = start >> LEVEL_BITS
        if (level, tile) not in self._tiles:
            self._tiles[level, tile] = self._read(level, tile << LEVEL_BITS)
        first = tile << LEVEL_BITS
        found = self._tiles[level, tile][start - first : stop - first]
        if len(found) < stop - start:
            raise LedgerDamaged(f"hashes {start} to {stop} of level {level} are not all there")
        return found

    def _read(self, level: int, first: int) -> list[bytes]:
        last = min(first + TILE_WIDTH, self._size >> (LEVEL_BITS * level))
        if level:
            return hashes_between(self._questions, level, first, last)
        rows = self._questions.query(
            "SELECT hash FROM ledger_leaf WHERE position >= ? AND position < ? ORDER BY position",
            (first, last),
        )
        return [bytes(row[0]) for row in rows]


def hashes_between(questions: Questions, level: int, first: int, stop: int) -> list[bytes]:
    """Return what is stored of complete subtrees of a level, from 1."""
    rows = questions.query(
        "SELECT hash FROM ledger_subtree WHERE level = ? AND position >= ? AND position < ?"
        " ORDER BY position",
        (level, first, stop),
    )
    return [bytes(row[0]) for row in rows]


class TreeTables:
    """The tables `ledger_subtree` and `ledger_checkpoint`, beside the leaves."""

    def size(self, questions: Questions) -> int:
        """Return the number of leaves."""
        rows = questions.query("SELECT coalesce(max(position) + 1, 0) FROM ledger_leaf")
        return int(rows[0][0])

    def last_signed(self, questions: Questions) -> SignedSize:
        """Return the newest checkpoint; of size 0 and without a note where there is none."""
        return _first(questions.query(f"{_SIGNED} ORDER BY size DESC LIMIT 1"))

    def signed_before(self, questions: Questions, size: int) -> SignedSize:
        """Return the newest checkpoint of at most a size, else one of size 0 without a note."""
        return _first(
            questions.query(f"{_SIGNED} WHERE size <= ? ORDER BY size DESC LIMIT 1", (size,))
        )

    def first_signed(self, questions: Questions, origin: str) -> SignedSize:
        """Return the oldest checkpoint under a name; of size 0 and without a note if none is."""
        return _first(
            questions.query(
                f"{_SIGNED} WHERE substr(note, 1, ?) = ? ORDER BY size LIMIT 1",
                (len(origin) + 1, f"{origin}\n"),
            )
        )

    def hashes(self, questions: Questions, size: int) -> StoredHashes:
        """Return the hashes of the tree at a size."""
        return StoredHashes(questions, size)

    def leaves(self, questions: Questions, start: int, stop: int) -> list[bytes]:
        """Return leaves in order, from index `start`, without that of `stop`."""
        rows = questions.query(
            "SELECT leaf FROM ledger_leaf WHERE position >= ? AND position < ? ORDER BY position",
            (start, stop),
        )
        return [bytes(row[0]) for row in rows]

    def grow(self, transaction: Writing, old_size: int, size: int) -> None:
        """Store the hashes of the subtrees that the growth completed."""
        for level in range(1, levels_of(size)):
            stored = self.hashes(transaction, size)
            for index, hash_ in completed(stored, level, old_size, size):
                row = {"level": level, "position": index, "hash": hash_}
                transaction.insert("ledger_subtree", row)

    def add_signed(self, transaction: Writing, size: int, note: str, at: str) -> None:
        """Put a checkpoint on record; there is one for a size, ever."""
        transaction.insert("ledger_checkpoint", {"size": size, "note": note, "signed_at": at})

    def keys(self, questions: Questions) -> list[str]:
        """Return the public keys that have signed, the latest first."""
        rows = questions.query("SELECT key FROM ledger_key ORDER BY size DESC, key")
        return [row[0] for row in rows]

    def signs_since(self, questions: Questions) -> int:
        """Return the first size that the latest key has signed; 0 where none is known."""
        rows = questions.query("SELECT coalesce(max(size), 0) FROM ledger_key")
        return int(rows[0][0])

    def add_key(self, transaction: Writing, key: str, size: int, at: str) -> None:
        """Put on record that a key signs, from a size on."""
        transaction.insert("ledger_key", {"key": key, "size": size, "signed_at": at})


_SIGNED = "SELECT size, note FROM ledger_checkpoint"


def _first(rows: Sequence[tuple[int, str]]) -> SignedSize:
    return SignedSize(*rows[0]) if rows else SignedSize(0, "")
