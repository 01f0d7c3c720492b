"""Paths and contents of the static files of a log, as C2SP tlog-tiles has them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from services.audit.domain.merkle import LEVEL_BITS, TILE_WIDTH, levels_of

CHECKPOINT: Final = "checkpoint"
ENTRY_MAX: Final = 65_535
_LENGTH_BYTES: Final = 2


@dataclass(frozen=True, slots=True)
class Tile:
    """Up to 256 hashes side by side at one level.

    Attributes:
        index: from the left, from 0.
        width: number of hashes; fewer than 256 only at the right edge.
    """

    level: int
    index: int
    width: int

    @property
    def start(self) -> int:
        """Index of its first hash within the level."""
        return self.index << LEVEL_BITS

    @property
    def stop(self) -> int:
        """Index behind its last hash within the level."""
        return self.start + self.width

    @property
    def path(self) -> str:
        """Path of the file with the hashes."""
        return f"tile/{self.level}/{self._name}"

    @property
    def entries_path(self) -> str:
        """Path of the file with the leaves themselves, of a tile at level 0."""
        return f"tile/entries/{self._name}"

    @property
    def paths(self) -> Sequence[str]:
        """Paths of all its files."""
        return [self.path] if self.level else [self.path, self.entries_path]

    @property
    def _name(self) -> str:
        partial = "" if self.width == TILE_WIDTH else f".p/{self.width}"
        return _grouped(self.index) + partial


def tiles_between(old_size: int, size: int) -> Iterator[Tile]:
    """Yield the tiles that a tree of `size` leaves has and one of `old_size` had not."""
    for level in range(levels_of(size)):
        bits = LEVEL_BITS * level
        old_count, count = old_size >> bits, size >> bits
        if count == old_count:
            continue
        for index in range(old_count >> LEVEL_BITS, -(-count // TILE_WIDTH)):
            yield Tile(level, index, min(TILE_WIDTH, count - (index << LEVEL_BITS)))


def entries_of(leaves: Sequence[bytes]) -> bytes:
    """Return leaves as the content of an entries file.

    Raises:
        ValueError: a leaf is too long for the format.
    """
    if any(len(leaf) > ENTRY_MAX for leaf in leaves):
        raise ValueError(f"a leaf is longer than {ENTRY_MAX} bytes")
    return b"".join(len(leaf).to_bytes(_LENGTH_BYTES, "big") + leaf for leaf in leaves)


def _grouped(index: int) -> str:
    digits = str(index)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    return "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
