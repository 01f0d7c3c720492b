"""Makes the ledger as long as the logs that were multiplied: leaves as copies, hashes made up.

Its proofs would not hold; what one more leaf, checkpoint or proof costs is what it would cost.
Audit must not be running.
"""

from typing import Final

from bench.services import Running
from services.audit.domain.heads import BUCKETS, EMPTY_HASHES, End, bucket_hash
from services.audit.domain.merkle import TILE_WIDTH, folded

# Left out where tables are copied row by row.
TABLES: Final = (
    "ledger_leaf",
    "ledger_subtree",
    "ledger_checkpoint",
    "ledger_end",
    "ledger_ends_hash",
    "ledger_ends",
)
_SIZE: Final = "SELECT count(*) FROM audit.ledger_leaf"
_LEAVES: Final = """
    INSERT INTO audit.ledger_leaf (position, source, seq, petition, petition_seq, leaf, hash)
    SELECT t.position + c.copy * {size}, t.source,
           t.seq + c.copy * CASE t.source {heads} END,
           md5(t.petition || c.copy)::uuid::text, t.petition_seq, t.leaf, t.hash
    FROM audit.ledger_leaf t, generate_series(1, {copies}) AS c (copy) WHERE t.position < {size}"""
_SUBTREES: Final = """
    INSERT INTO audit.ledger_subtree (level, position, hash)
    SELECT {level}, n, sha256(n::text::bytea) FROM generate_series(0, {count} - 1) AS n
    ON CONFLICT DO NOTHING"""
_CHECKPOINT: Final = (
    "INSERT INTO audit.ledger_checkpoint (size, note, signed_at) VALUES ({size}, '{note}', '')"
)
# Of one case that there is not: audit compares the ends with their root before they grow.
_END: Final = End("00" * 32, 1, bytes(32))
_ENDS: Final = """
    TRUNCATE audit.ledger_end, audit.ledger_ends_hash, audit.ledger_ends;
    INSERT INTO audit.ledger_end (key, bucket, petition_seq, hash)
    VALUES ('{key}', 0, 1, decode('{hash}', 'hex'));
    INSERT INTO audit.ledger_ends_hash (node, hash)
    VALUES (0, decode('{bucket}', 'hex')), ({buckets}, decode('{parent}', 'hex'));
    INSERT INTO audit.ledger_ends (id, size, root) VALUES (1, {size}, decode('{root}', 'hex'))"""


def lengthen(running: Running, heads: dict[str, int], copies: int) -> None:
    """Add so many copies of all leaves, as if they had been signed and published.

    Args:
        heads: service to the length of its log before it was multiplied.
    """
    ((size,),) = running.query(_SIZE)
    cases = " ".join(f"WHEN '{source}' THEN {head}" for source, head in heads.items())
    running.execute(_LEAVES.format(size=size, heads=cases, copies=copies))
    length = size * (copies + 1)
    for level in (1, 2, 3):
        running.execute(_SUBTREES.format(level=level, count=length >> (8 * level)))
    note = f"made up\n{length}\n\n"
    running.execute(_CHECKPOINT.format(size=length, note=note))
    running.execute(ends_at(length))
    (running.platform.home / "ledger" / "checkpoint").write_text(note)


def ends_at(size: int) -> str:
    """Return the statements that leave the ends of one case behind, as if stated at a size."""
    bucket = bucket_hash([_END])
    parent = folded([bucket, *[EMPTY_HASHES[0]] * (TILE_WIDTH - 1)])
    root = folded([parent, *[EMPTY_HASHES[1]] * (TILE_WIDTH - 1)])
    return _ENDS.format(
        key=_END.key,
        hash=_END.hash.hex(),
        bucket=bucket.hex(),
        buckets=BUCKETS,
        parent=parent.hex(),
        size=size,
        root=root.hex(),
    )
