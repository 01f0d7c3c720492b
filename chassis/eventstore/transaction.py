"""SQL inside one transaction, in the subset that PostgreSQL and SQLite share."""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

Row = tuple[Any, ...]


class Transaction(Protocol):
    """One open database transaction.

    Placeholders are `?` on every database; a statement holds no other question mark and no
    percent sign. Times are passed and returned as text (ISO 8601, UTC, microseconds, `Z`),
    JSON as text, identifiers of streams as `uuid.UUID`.
    """

    def execute(self, sql: str, params: Sequence[Any] = ()) -> int:
        """Run one statement and return the number of rows it touched."""

    def execute_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run one statement for each row of parameters."""

    def query(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        """Run one question and return all its rows."""
