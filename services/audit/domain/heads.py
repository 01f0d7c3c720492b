"""The ends of all chains in one root: that a case has no further event, and that there is no case.

A chain is known by its key, the hash of its petition's id, so that a proof tells nobody about the
cases beside it. The tree has 65,536 leaves, one for each beginning of a key; each is the root over
the ends of the chains with that beginning, sorted. All of these are shown, which proves a chain's
end as well as its absence. A change costs its own leaf and the way up, however many chains there
are.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Final, NamedTuple
from uuid import UUID

from services.audit.domain.merkle import (
    EMPTY_ROOT,
    LEVEL_BITS,
    TILE_WIDTH,
    folded,
    leaf_hash,
    root_over,
)

BUCKETS: Final = TILE_WIDTH * TILE_WIDTH
_DIGITS: Final = 4
_COUNT_BYTES: Final = 8

# What the ledger itself is about, where others are about a petition.
LEDGER_ID: Final = UUID("0f4bd5a3-7f1c-5a57-8f0e-2b6a5c9d3e10")


class End(NamedTuple):
    """The last leaf of one chain: its key in hex, its count, its hash."""

    key: str
    petition_seq: int
    hash: bytes

    @property
    def encoded(self) -> bytes:
        """Return the bytes that the bucket's root is over."""
        count = self.petition_seq.to_bytes(_COUNT_BYTES, "big")
        return bytes.fromhex(self.key) + count + self.hash


def key_of(petition: str) -> str:
    """Return the key of a petition's chain."""
    return sha256(petition.encode()).hexdigest()


def bucket_of(key: str) -> int:
    """Return the leaf that a key belongs to."""
    return int(key[:_DIGITS], 16)


def bucket_hash(ends: Iterable[End]) -> bytes:
    """Return the hash of the leaf over the ends of its chains."""
    return leaf_hash(root_over([end.encoded for end in sorted(ends)]))


EMPTY_BUCKET: Final = leaf_hash(EMPTY_ROOT)
# By level: of a leaf, of 256 leaves, of all.
EMPTY_HASHES: Final[Sequence[bytes]] = (
    EMPTY_BUCKET,
    folded([EMPTY_BUCKET] * TILE_WIDTH),
)


def parent_of(bucket: int) -> int:
    """Return the index, at level 1, of the 256 leaves that a leaf is one of."""
    return bucket >> LEVEL_BITS
