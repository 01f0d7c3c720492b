"""The Merkle tree of RFC 6962, from stored hashes: never the whole tree.

A hash is stored for each leaf (level 0) and for each complete subtree of 256 (level 1), 65,536
(level 2) leaves and so on: what the tiles of C2SP tlog-tiles hold. Everything else follows from at
most 256 of them a level.
"""

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Final, Protocol

LEVEL_BITS: Final = 8
TILE_WIDTH: Final = 1 << LEVEL_BITS
EMPTY_ROOT: Final = sha256().digest()


class Hashes(Protocol):
    """The stored hashes of one tree."""

    def hashes(self, level: int, start: int, stop: int) -> Sequence[bytes]:
        """Return the hashes of a level from index `start`, without that of `stop`."""


def leaf_hash(leaf: bytes) -> bytes:
    """Return the hash of a leaf."""
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node."""
    return sha256(b"\x01" + left + right).digest()


def folded(hashes: Sequence[bytes]) -> bytes:
    """Return the root over hashes of equal subtrees; as many as a power of two."""
    while len(hashes) > 1:
        hashes = [
            node_hash(left, right) for left, right in zip(hashes[::2], hashes[1::2], strict=True)
        ]
    return hashes[0]


def root_over(leaves: Sequence[bytes]) -> bytes:
    """Return the root over leaves that are all at hand."""
    return _over([leaf_hash(leaf) for leaf in leaves]) if leaves else EMPTY_ROOT


def _over(hashes: Sequence[bytes]) -> bytes:
    if len(hashes) == 1:
        return hashes[0]
    split = _split(len(hashes))
    return node_hash(_over(hashes[:split]), _over(hashes[split:]))


def completed(stored: Hashes, level: int, old_size: int, size: int) -> Iterator[tuple[int, bytes]]:
    """Yield index and hash of the subtrees of a level that became complete by the growth.

    Args:
        level: from 1; the hashes of the level below are stored already.
        old_size: number of leaves before.
    """
    bits = LEVEL_BITS * level
    for index in range(old_size >> bits, size >> bits):
        start = index << LEVEL_BITS
        yield index, folded(stored.hashes(level - 1, start, start + TILE_WIDTH))


def levels_of(size: int) -> int:
    """Return how many levels a tree of this size has hashes in."""
    return max(1, -(-size.bit_length() // LEVEL_BITS))


def root_of(stored: Hashes, size: int) -> bytes:
    """Return the root of the first `size` leaves."""
    return _root_of(stored, 0, size) if size else EMPTY_ROOT


def inclusion_proof(stored: Hashes, index: int, size: int) -> list[bytes]:
    """Return the path of a leaf, from its sibling up (RFC 6962, 2.1.1).

    Raises:
        ValueError: the tree of this size has no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError(f"there is no leaf {index} of {size}")
    path, start, stop = [], 0, size
    while stop - start > 1:
        split = start + _split(stop - start)
        if index < split:
            path.append(_root_of(stored, split, stop))
            stop = split
        else:
            path.append(_root_of(stored, start, split))
            start = split
    return path[::-1]


def consistency_proof(stored: Hashes, old_size: int, size: int) -> list[bytes]:
    """Return the proof that the tree only grew (RFC 6962, 2.1.2); empty from 0 or to itself.

    Raises:
        ValueError: the old tree is the larger one.
    """
    if not 0 <= old_size <= size:
        raise ValueError(f"{old_size} leaves never grew to {size}")
    if old_size in {0, size}:
        return []
    proof, start, stop = [], 0, size
    while stop != old_size:
        split = start + _split(stop - start)
        if old_size <= split:
            proof.append(_root_of(stored, split, stop))
            stop = split
        else:
            proof.append(_root_of(stored, start, split))
            start = split
    if start:
        proof.append(_root_of(stored, start, stop))
    return proof[::-1]


def _split(count: int) -> int:
    """Return the largest power of two below a count of at least two."""
    return 1 << ((count - 1).bit_length() - 1)


def _root_of(stored: Hashes, start: int, stop: int) -> bytes:
    count = stop - start
    if count & (count - 1) == 0:
        level, bits = divmod(count.bit_length() - 1, LEVEL_BITS)
        first = start >> (LEVEL_BITS * level)
        return folded(stored.hashes(level, first, first + (1 << bits)))
    split = start + _split(count)
    return node_hash(_root_of(stored, start, split), _root_of(stored, split, stop))
