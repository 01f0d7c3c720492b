"""A ledger as it is published, with nothing behind it: any number of leaves, in files."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from services.audit.domain.chains import Bound, chained
from services.audit.domain.merkle import root_over
from services.audit.domain.notes import Checkpoint, signed, verifier_key
from services.audit.domain.tiles import Tile, entries_of
from services.audit.gateways.signing import signers_from
from services.audit.verifier import Key, folded, leaf_hash
from tests.builders import petition_id
from tests.unit.audit.ledgers import ORIGIN, keys_text

SIGNERS = signers_from(ORIGIN, keys_text("1"))
KEYS = [Key.read(verifier_key(signer)) for signer in SIGNERS]
PETITIONS: Final = 97
AT: Final = "2026-11-26T08:00:00.000000Z"


def events(size: int, odd_at: int = -1, petitions: int = PETITIONS) -> Iterator[Bound]:
    seqs = {"intake": 0, "notify": 0}
    for at in range(size):
        source = "intake" if at % 700 < 200 else "notify"
        seqs[source] += 1
        type_ = "信访😀" if at == odd_at else "case.closed.v1"
        yield Bound(source, seqs[source], petition_id(at * at % petitions), type_, AT, f"{at:064}")


def entered(size: int, odd_at: int = -1, petitions: int = PETITIONS) -> list[bytes]:
    """Return the leaves of some petitions, each with many in turn."""
    return [each.encoded for each in chained(events(size, odd_at, petitions), 0, {})]


def note(entries: Sequence[bytes], size: int = 0) -> str:
    """Return the checkpoint of the first leaves, of all unless a size is given."""
    size = size or len(entries)
    return signed(Checkpoint(ORIGIN, size, root_over(entries[:size])).text, SIGNERS)


def published(folder: Path, entries: Sequence[bytes]) -> Path:
    """Write leaves as audit does, and return the folder."""
    for index in range(-(-len(entries) // 256)):
        leaves = entries[index * 256 : index * 256 + 256]
        _write(folder / Tile(0, index, len(leaves)).entries_path, entries_of(leaves))
    level, hashes = 0, list(map(leaf_hash, entries))
    while hashes:
        tiles = [hashes[at : at + 256] for at in range(0, len(hashes), 256)]
        for index, tile in enumerate(tiles):
            _write(folder / Tile(level, index, len(tile)).path, b"".join(tile))
        level, hashes = level + 1, [folded(tile) for tile in tiles if len(tile) == 256]
    _write(folder / "checkpoint", note(entries).encode())
    return folder


def _write(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
