"""How events become leaves: each with its place in its source's log and in its petition's chain."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from services.audit.domain.leaves import NO_PREVIOUS, Leaf
from services.audit.domain.merkle import leaf_hash


class Head(NamedTuple):
    """The last leaf of a petition: its count, and its hash."""

    petition_seq: int
    hash: bytes


NOTHING = Head(0, b"")


class Bound(NamedTuple):
    """What a leaf binds of one event; see `Leaf`."""

    source: str
    seq: int
    petition: str
    type: str
    at: str
    payload_sha256: str


class Entered(NamedTuple):
    """A leaf that is new in the ledger.

    Attributes:
        position: index of the leaf in the tree, from 0.
        encoded: its canonical bytes.
    """

    position: int
    leaf: Leaf
    encoded: bytes
    hash: bytes


def chained(events: Iterable[Bound], size: int, heads: Mapping[str, Head]) -> Iterator[Entered]:
    """Yield the leaves of events, in order.

    Args:
        size: of the tree before.
        heads: the last leaf of each petition that has one already.
    """
    last = dict(heads)
    for position, event in enumerate(events, start=size):
        before = last.get(event.petition, NOTHING)
        leaf = Leaf(
            event.source,
            event.seq,
            event.petition,
            before.petition_seq + 1,
            event.type,
            event.at,
            event.payload_sha256,
            before.hash.hex() or NO_PREVIOUS,
        )
        encoded = leaf.encoded()
        hash_ = leaf_hash(encoded)
        last[event.petition] = Head(leaf.petition_seq, hash_)
        yield Entered(position, leaf, encoded, hash_)
