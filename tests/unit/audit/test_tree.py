"""The tree from stored hashes: the same roots and proofs as from all leaves at once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.audit.domain.merkle import (
    EMPTY_ROOT,
    completed,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    levels_of,
    node_hash,
    root_of,
)
from services.audit.domain.tiles import Tile, entries_of, tiles_between
from services.audit.verifier import Growing, check_consistency, root_from_inclusion

sizes = st.integers(1, 700) | st.sampled_from([255, 256, 257, 511, 512, 65_535, 65_536, 65_800])


@dataclass
class Stored:
    """Stored hashes of a tree that grows in steps."""

    levels: list[list[bytes]] = field(default_factory=lambda: [[]])
    asked: int = 0

    def grow(self, size: int) -> None:
        old = len(self.levels[0])
        self.levels[0] += [leaf_hash(str(at).encode()) for at in range(old, size)]
        for level in range(1, levels_of(size)):
            if level == len(self.levels):
                self.levels.append([])
            self.levels[level] += [hash_ for _, hash_ in completed(self, level, old, size)]

    def hashes(self, level: int, start: int, stop: int) -> Sequence[bytes]:
        assert start >> 8 == (stop - 1) >> 8, "all in one tile"
        found = self.levels[level][start:stop]
        assert len(found) == stop - start
        self.asked += 1
        return found


def naive_root(leaves: Sequence[bytes]) -> bytes:
    """As RFC 6962 defines it."""
    if len(leaves) == 1:
        return leaf_hash(leaves[0])
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(naive_root(leaves[:split]), naive_root(leaves[split:]))


@lru_cache(maxsize=16)
def stored(size: int, *steps: int) -> Stored:
    tree = Stored()
    for step in sorted({*(step for step in steps if step < size), size}):
        tree.grow(step)
    return tree


class TestRoot:
    @given(size=st.integers(1, 600), steps=st.lists(st.integers(0, 600), max_size=4))
    def test_is_that_of_the_definition_however_it_grew(self, size, steps):
        """Leaf by leaf or in batches."""
        leaves = [str(at).encode() for at in range(size)]
        assert root_of(stored(size, *steps), size) == naive_root(leaves)

    def test_of_nothing_is_the_hash_of_nothing(self):
        assert root_of(Stored(), 0) == EMPTY_ROOT == Growing().root()

    @given(size=sizes)
    def test_of_the_verifier_is_the_same(self, size):
        """Which adds leaf by leaf and keeps one hash a bit."""
        tree, growing = stored(size), Growing()
        for hash_ in tree.levels[0]:
            growing.add(hash_)
        assert growing.root() == root_of(tree, size)


class TestProofs:
    @given(size=sizes, chance=st.randoms(use_true_random=False))
    def test_of_inclusion_lead_to_the_root(self, size, chance):
        """For any leaf, from a few tiles."""
        tree, index = stored(size), chance.randrange(size)
        tree.asked = 0
        path = inclusion_proof(tree, index, size)
        hash_ = tree.levels[0][index]
        assert tree.asked < 40
        assert root_from_inclusion(index, size, hash_, path) == root_of(tree, size)

    @given(size=sizes, chance=st.randoms(use_true_random=False))
    def test_of_consistency_hold_for_any_two_sizes(self, size, chance):
        """Between any two checkpoints."""
        tree, old = stored(size), chance.randint(1, size)
        proof = consistency_proof(tree, old, size)
        check_consistency(old, size, root_of(tree, old), root_of(tree, size), proof)

    @pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
    def test_there_is_none_of_a_leaf_that_is_not_there(self, index, size):
        with pytest.raises(ValueError, match="there is no leaf"):
            inclusion_proof(Stored(), index, size)

    def test_no_tree_shrinks(self):
        with pytest.raises(ValueError, match="never grew"):
            consistency_proof(stored(3), 4, 3)


class TestTiles:
    @given(size=st.integers(0, 70_000), steps=st.lists(st.integers(0, 70_000), max_size=3))
    def test_together_hold_every_hash_of_the_newest_tree(self, size, steps):
        """Whatever was written before: what is full stays, what was partial is written anew."""
        written: dict[tuple[int, int], int] = {}
        old = 0
        for step in sorted({*(step for step in steps if step < size), size}):
            for tile in tiles_between(old, step):
                assert written.get((tile.level, tile.index), 0) < tile.width
                written[tile.level, tile.index] = tile.width
            old = step
        for level in range(levels_of(size)):
            widths = [width for (at, _), width in sorted(written.items()) if at == level]
            assert sum(widths) == size >> (8 * level)

    @pytest.mark.parametrize(
        ("tile", "path"),
        [
            (Tile(0, 0, 256), "tile/0/000"),
            (Tile(0, 999, 256), "tile/0/999"),
            (Tile(1, 1_000, 256), "tile/1/x001/000"),
            (Tile(2, 1_234_067, 17), "tile/2/x001/x234/067.p/17"),
        ],
    )
    def test_have_the_paths_of_the_standard(self, tile, path):
        assert tile.path == path
        assert tile.entries_path == path.replace(f"tile/{tile.level}", "tile/entries")

    def test_entries_stand_behind_their_lengths(self):
        assert entries_of([b"ab", b""]) == b"\x00\x02ab\x00\x00"

    def test_an_entry_that_is_too_long_is_refused(self):
        with pytest.raises(ValueError, match="longer than 65535"):
            entries_of([b"x" * 65_536])
