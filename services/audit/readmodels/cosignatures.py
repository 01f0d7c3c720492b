"""What witnesses have signed; append-only, as all of the ledger is."""

from collections.abc import Sequence

from chassis.eventstore.transaction import Questions, Writing


class CosignatureTable:
    """The table `ledger_cosignature`."""

    def size_of(self, questions: Questions, witness: str) -> int:
        """Return the largest size that a witness has signed; 0 where there is none."""
        rows = questions.query(
            "SELECT coalesce(max(size), 0) FROM ledger_cosignature WHERE witness = ?", (witness,)
        )
        return int(rows[0][0])

    def lines(self, questions: Questions, size: int) -> Sequence[str]:
        """Return the signature lines under a size, by witness."""
        rows = questions.query(
            "SELECT line FROM ledger_cosignature WHERE size = ? ORDER BY witness", (size,)
        )
        return [row[0] for row in rows]

    def add(self, transaction: Writing, size: int, witness: str, line: str, at: str) -> None:
        """Keep a signature line."""
        row = {"witness": witness, "size": size, "line": line, "signed_at": at}
        transaction.insert("ledger_cosignature", row)
