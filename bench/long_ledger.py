"""Makes the ledger as long as the logs that were multiplied: leaves as copies, hashes made up.

Its proofs would not hold; what one more leaf, checkpoint or proof costs is what it would cost.
Audit must not be running.
"""

from typing import Final

from bench.services import Running

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
_ENDS: Final = """
    INSERT INTO audit.ledger_ends (id, size, root) VALUES (1, {size}, sha256('ends'))
    ON CONFLICT (id) DO UPDATE SET size = excluded.size"""


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
    running.execute(_ENDS.format(size=length))
    (running.platform.home / "ledger" / "checkpoint").write_text(note)
