"""The ends of all chains, and the tree over them, as they are at one size of the ledger."""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from chassis.eventstore.transaction import Questions, Writing
from services.audit.domain.heads import (
    BUCKETS,
    EMPTY_HASHES,
    LEDGER_ID,
    End,
    bucket_hash,
    bucket_of,
    key_of,
    parent_of,
)
from services.audit.domain.merkle import LEVEL_BITS, TILE_WIDTH, folded, root_of

_BUCKETS_PER_QUESTION: Final = 500


class State(NamedTuple):
    """Up to which size of the ledger the ends are known, and the root over them."""

    size: int
    root: bytes


class EndHashes:
    """The stored hashes of the tree over the ends; most of it is empty for long."""

    def __init__(self, questions: Questions) -> None:
        self._questions = questions

    def hashes(self, level: int, start: int, stop: int) -> Sequence[bytes]:
        """Return the hashes of a level from `start`, without that of `stop`."""
        if level > 1:
            return [folded(self.hashes(1, 0, TILE_WIDTH))]
        first = level * BUCKETS
        rows = self._questions.query(
            "SELECT node, hash FROM ledger_ends_hash WHERE node >= ? AND node < ?",
            (first + start, first + stop),
        )
        stored = {node - first: bytes(hash_) for node, hash_ in rows}
        return [stored.get(at, EMPTY_HASHES[level]) for at in range(start, stop)]


class EndTables:
    """The tables `ledger_end`, `ledger_ends_hash` and `ledger_ends`."""

    def state(self, questions: Questions) -> State:
        """Return what the tables are at."""
        rows = questions.query("SELECT size, root FROM ledger_ends WHERE id = 1")
        return State(rows[0][0], bytes(rows[0][1])) if rows else State(0, b"")

    def changed(self, questions: Questions, old_size: int, size: int) -> bool:
        """Tell whether a chain other than the ledger's own has grown."""
        rows = questions.query(
            "SELECT 1 FROM ledger_leaf WHERE position >= ? AND position < ? AND petition <> ?"
            " LIMIT 1",
            (old_size, size, str(LEDGER_ID)),
        )
        return bool(rows)

    def advance(self, transaction: Writing, old_size: int, size: int) -> None:
        """Bring the ends up to a size."""
        rows = transaction.query(
            "SELECT petition, petition_seq, hash FROM ledger_leaf"
            " WHERE position >= ? AND position < ? ORDER BY position",
            (old_size, size),
        )
        ends = {key_of(row[0]): End(key_of(row[0]), row[1], bytes(row[2])) for row in rows}
        for end in ends.values():
            transaction.put("ledger_end", _row(end), "key")
        buckets = {bucket_of(key) for key in ends}
        self._hash_anew(transaction, sorted(buckets))
        root = root_of(EndHashes(transaction), BUCKETS)
        transaction.put("ledger_ends", {"id": 1, "size": size, "root": root}, "id")

    def ends_in(self, questions: Questions, buckets: Sequence[int]) -> dict[int, list[End]]:
        """Return the ends of all chains of some buckets, sorted."""
        found: dict[int, list[End]] = {bucket: [] for bucket in buckets}
        for start in range(0, len(buckets), _BUCKETS_PER_QUESTION):
            some = buckets[start : start + _BUCKETS_PER_QUESTION]
            rows = questions.query(
                "SELECT bucket, key, petition_seq, hash FROM ledger_end"  # noqa: S608 - marks
                f" WHERE bucket IN ({', '.join('?' * len(some))})",
                some,
            )
            for bucket, key, petition_seq, hash_ in rows:
                found[bucket].append(End(key, petition_seq, bytes(hash_)))
        return {bucket: sorted(ends) for bucket, ends in found.items()}

    def hashes(self, questions: Questions) -> EndHashes:
        """Return the hashes of the tree over the ends."""
        return EndHashes(questions)

    def _hash_anew(self, transaction: Writing, buckets: Sequence[int]) -> None:
        for bucket, ends in self.ends_in(transaction, buckets).items():
            _put(transaction, bucket, bucket_hash(ends))
        stored = EndHashes(transaction)
        for parent in _parents(buckets):
            start = parent << LEVEL_BITS
            hash_ = folded(stored.hashes(0, start, start + TILE_WIDTH))
            _put(transaction, BUCKETS + parent, hash_)


def _parents(buckets: Iterable[int]) -> list[int]:
    return sorted({parent_of(bucket) for bucket in buckets})


def _put(transaction: Writing, node: int, hash_: bytes) -> None:
    transaction.put("ledger_ends_hash", {"node": node, "hash": hash_}, "node")


def _row(end: End) -> dict[str, object]:
    return {
        "key": end.key,
        "bucket": bucket_of(end.key),
        "petition_seq": end.petition_seq,
        "hash": end.hash,
    }
