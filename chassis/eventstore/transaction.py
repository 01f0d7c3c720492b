"""SQL inside one transaction, in the subset that PostgreSQL and SQLite share."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

Row = tuple[Any, ...]


class Questions(Protocol):
    """Whatever can be asked: an open transaction, or a log outside any."""

    def query(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        """Run one question and return all its rows."""


class Transaction(Questions, Protocol):
    """One open database transaction.

    Placeholders are `?` on every database; a statement holds no other question mark and no
    percent sign. Times are passed and returned as text (ISO 8601, UTC, microseconds, `Z`),
    JSON as text, identifiers of streams as `uuid.UUID`.
    """

    def execute(self, sql: str, params: Sequence[Any] = ()) -> int:
        """Run one statement and return the number of rows it touched."""

    def execute_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run one statement for each row of parameters."""


class Writing(Transaction, Protocol):
    """A transaction that changes something.

    What is asked for by `insert`, `update` and `write` is sent together, in order, at the latest
    with the commit: a failure of it shows then. `execute` and `query` send it first.
    """

    def insert(self, table: str, row: Mapping[str, Any], key: str = "") -> None:
        """Add a row.

        Args:
            key: the column by which `update` finds rows of this table, where it is used.
        """

    def put(self, table: str, row: Mapping[str, Any], key: str) -> None:
        """Add a row, or replace the one whose column `key`, which is unique, has the same value."""

    def update(self, table: str, key: str, value: Any, changes: Mapping[str, Any]) -> None:
        """Change the row whose column `key` has the value."""

    def write(self, sql: str, params: Sequence[Any] = ()) -> None:
        """Run a statement whose result nobody waits for."""
