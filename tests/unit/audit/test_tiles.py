"""The published files of a whole ledger: each is checked, and may grow while it is read."""

import random
from collections.abc import Callable

import pytest

from services.audit.domain.tiles import entries_of, tiles_between
from services.audit.verifier import Report, Terms, Wrong, verify_tiles
from tests.unit.audit.forging import KEYS, Forged, taken, told

FLIPS = 400


def files_of(ledger: Forged) -> dict[str, bytes]:
    """Return the files of a ledger by their paths, as they are published."""
    size = len(ledger.facts)
    files = {"checkpoint": ledger.note.encode()}
    for tile in tiles_between(0, size):
        hashes = ledger.hashes(tile.level, tile.start, tile.stop)
        files[tile.path] = b"".join(hashes)
        if tile.level == 0:
            leaves = [each.encoded for each in ledger.leaves[tile.start : tile.stop]]
            files[tile.entries_path] = entries_of(leaves)
    return files


LONG = Forged([taken(), *(told() for _ in range(299))])
FILES = files_of(LONG)


def reader(files: dict[str, bytes]) -> Callable[[str], bytes]:
    def read(path: str) -> bytes:
        if path not in files:
            raise FileNotFoundError(path)
        return files[path]

    return read


def verified(files: dict[str, bytes]) -> None:
    verify_tiles(reader(files), Terms(KEYS), Report(lambda _: None))


def test_a_ledger_of_two_levels_holds():
    assert sorted(FILES) == [
        "checkpoint",
        "tile/0/000",
        "tile/0/001.p/44",
        "tile/1/000.p/1",
        "tile/entries/000",
        "tile/entries/001.p/44",
    ]
    verified(FILES)


def test_no_bit_of_any_file_can_be_another():
    """By whoever owns the files: some hundred of each, the lengths of leaves among them."""
    chance = random.Random(9162)
    for name, content in FILES.items():
        bits = range(len(content) * 8)
        for bit in chance.sample(bits, min(FLIPS // 4, len(bits))):
            changed = bytearray(content)
            changed[bit // 8] ^= 1 << bit % 8
            with pytest.raises((Wrong, UnicodeDecodeError)):
                verified({**FILES, name: bytes(changed)})


def test_the_length_of_the_last_leaf_is_its_own():
    content = FILES["tile/entries/001.p/44"]
    at = len(content) - len(LONG.leaves[-1].encoded) - 2
    longer = bytearray(content)
    longer[at] ^= 0x40
    with pytest.raises(Wrong, match="ends within a leaf"):
        verified({**FILES, "tile/entries/001.p/44": bytes(longer)})


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_a_tile_that_is_cut_or_has_more_is_refused(cut: int):
    content = FILES["tile/entries/001.p/44"]
    for changed in (content[:-cut], content + bytes(cut), content + content[:cut]):
        with pytest.raises(Wrong):
            verified({**FILES, "tile/entries/001.p/44": changed})


def test_a_ledger_that_grows_while_it_is_read_is_read_from_whole_tiles():
    """A part of a tile goes when the whole of it is there, as it may."""
    before, after = Forged(LONG.facts[:250]), Forged(LONG.facts[:260])
    files = {**files_of(after), "checkpoint": before.note.encode()}
    assert "tile/0/000.p/250" not in files
    verified(files)
    del files["tile/0/000"]
    with pytest.raises(FileNotFoundError, match="250"):
        verified(files)


def test_the_upper_tiles_are_over_the_lower_ones():
    for forged in (bytes(32), FILES["tile/1/000.p/1"][:-1], b""):
        with pytest.raises(Wrong, match="tile 0 of level 1 is not over the leaves below it"):
            verified({**FILES, "tile/1/000.p/1": forged})
