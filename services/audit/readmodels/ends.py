"""The ends of all chains, and the tree over them, as they are at one size of the ledger.

They follow from the leaves and are made again when they are lost. Before they grow, what grows is
compared with the root that was stated last: over ends of which some are gone, nothing is stated.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from chassis.eventstore.transaction import Questions, Writing
from contracts.events.intake import PetitionRegisteredV1
from services.audit.domain.damage import EndsLost
from services.audit.domain.heads import (
    BUCKETS,
    EMPTY_HASHES,
    EMPTY_HEADS,
    LEDGER_ID,
    End,
    bucket_hash,
    bucket_of,
    key_of,
    key_of_number,
    parent_of,
)
from services.audit.domain.merkle import LEVEL_BITS, TILE_WIDTH, folded

TABLES: Final = ("ledger_end", "ledger_ends_hash", "ledger_ends")
_BUCKETS_PER_QUESTION: Final = 500
_WITH_EVENT: Final = (
    " FROM ledger_leaf l LEFT JOIN timeline t ON t.source = l.source AND t.position = l.seq"
)


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
        return State(rows[0][0], bytes(rows[0][1])) if rows else State(0, EMPTY_HEADS)

    def changed(self, questions: Questions, old_size: int, size: int) -> bool:
        """Tell whether a chain other than the ledger's own has grown."""
        rows = questions.query(
            "SELECT 1 FROM ledger_leaf WHERE position >= ? AND position < ? AND petition <> ?"
            " LIMIT 1",
            (old_size, size, str(LEDGER_ID)),
        )
        return bool(rows)

    def reach(self, questions: Questions, old_size: int, size: int) -> int | None:
        """Return up to which size the numbers are known; an event of intake may be parked.

        None while the timeline is being filled again: they will be known.
        """
        rows = questions.query(
            f"SELECT l.position, p.position{_WITH_EVENT}"
            " LEFT JOIN parked_event p ON p.source = l.source AND p.position = l.seq"
            " WHERE l.position >= ? AND l.position < ? AND l.source = 'intake'"
            " AND t.position IS NULL ORDER BY l.position LIMIT 1",
            (old_size, size),
        )
        if not rows:
            return size
        position, parked = rows[0]
        return None if parked is None else int(position)

    def advance(self, transaction: Writing, old_size: int, size: int) -> None:
        """Bring the ends up to a size.

        Raises:
            EndsLost: they are not what they were at the old size, or the timeline is not.
        """
        state = self.state(transaction)
        if state.size != old_size:
            raise EndsLost(f"they are at {state.size} and were at {old_size}")
        new = {end.key: end for end in _ends_between(transaction, old_size, size)}
        touched = sorted({bucket_of(key) for key in new})
        before = self.ends_in(transaction, touched)
        nodes = _Nodes.read(transaction, touched)
        nodes.check(before, state.root)
        for end in new.values():
            transaction.put("ledger_end", _row(end), "key")
        after = {bucket: {end.key: end for end in ends} for bucket, ends in before.items()}
        for end in new.values():
            after[bucket_of(end.key)][end.key] = end
        root = nodes.change(transaction, {at: sorted(ends.values()) for at, ends in after.items()})
        transaction.put("ledger_ends", {"id": 1, "size": size, "root": root}, "id")

    def check(self, questions: Questions, parent: int) -> None:
        """Compare the ends under one of the 256 parents, and the root.

        Raises:
            EndsLost: some are gone.
        """
        buckets = range(parent << LEVEL_BITS, (parent + 1) << LEVEL_BITS)
        state = self.state(questions)
        if state.size and not questions.query("SELECT 1 FROM ledger_end LIMIT 1"):
            raise EndsLost("there are none")
        _Nodes.read(questions, buckets).check(self.ends_in(questions, buckets), state.root)

    def forget(self, transaction: Writing) -> None:
        """Empty the tables; they are made again from the leaves."""
        for table in TABLES:
            transaction.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names

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


class _Nodes(NamedTuple):
    """The parents, and those buckets whose parents are touched."""

    buckets: dict[int, bytes]
    parents: list[bytes]

    @classmethod
    def read(cls, questions: Questions, touched: Iterable[int]) -> "_Nodes":
        stored, buckets = EndHashes(questions), dict[int, bytes]()
        for parent in sorted({parent_of(bucket) for bucket in touched}):
            start = parent << LEVEL_BITS
            under = range(start, start + TILE_WIDTH)
            buckets |= zip(under, stored.hashes(0, start, start + TILE_WIDTH), strict=True)
        return cls(buckets, list(stored.hashes(1, 0, TILE_WIDTH)))

    def check(self, ends: Mapping[int, Sequence[End]], root: bytes) -> None:
        right = (
            folded(self.parents) == root
            and all(self._parent(at) == self.parents[at] for at in self._touched())
            and all(bucket_hash(some) == self.buckets[bucket] for bucket, some in ends.items())
        )
        if not right:
            raise EndsLost("they are not those that the root is over")

    def change(self, transaction: Writing, ends: Mapping[int, Sequence[End]]) -> bytes:
        """Store the hashes over ends that have grown; return the root."""
        for bucket, some in ends.items():
            self.buckets[bucket] = bucket_hash(some)
            _put(transaction, bucket, self.buckets[bucket])
        for parent in self._touched():
            self.parents[parent] = self._parent(parent)
            _put(transaction, BUCKETS + parent, self.parents[parent])
        return folded(self.parents)

    def _touched(self) -> list[int]:
        return sorted({parent_of(bucket) for bucket in self.buckets})

    def _parent(self, parent: int) -> bytes:
        start = parent << LEVEL_BITS
        return folded([self.buckets[at] for at in range(start, start + TILE_WIDTH)])


def _ends_between(questions: Questions, old_size: int, size: int) -> Iterator[End]:
    """Yield the ends that leaves make: of their chain, and of the number that one gave."""
    rows = questions.query(
        f"SELECT l.petition, l.petition_seq, l.hash, l.source, t.type, t.data{_WITH_EVENT}"
        " WHERE l.position >= ? AND l.position < ? ORDER BY l.position",
        (old_size, size),
    )
    for petition, petition_seq, hash_, source, type_, data in rows:
        if source == "intake" and type_ is None:
            raise EndsLost("the timeline was lost meanwhile, and with it the numbers")
        yield End(key_of(petition), petition_seq, bytes(hash_))
        if type_ == PetitionRegisteredV1.TYPE:
            number = msgspec.json.decode(data)["number"]
            yield End(key_of_number(number), petition_seq, bytes(hash_))


def _put(transaction: Writing, node: int, hash_: bytes) -> None:
    transaction.put("ledger_ends_hash", {"node": node, "hash": hash_}, "node")


def _row(end: End) -> dict[str, object]:
    return {
        "key": end.key,
        "bucket": bucket_of(end.key),
        "petition_seq": end.petition_seq,
        "hash": end.hash,
    }
