"""Changes that wait to be sent, in order, in as few statements as will do.

A row that is inserted and then changed before anything was sent is sent once, as it is in the end:
whoever applies hundreds of events at a time sends hundreds of rows in one statement.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from chassis.eventstore.transaction import Row

Statement = tuple[str, Sequence[Any]]


@dataclass
class NewRows:
    """Rows of one table, in the order in which they came.

    Attributes:
        unique: the column that a row already there is known by, which the new one replaces;
            empty where no row may be there.
        by_key: value of the table's key to the place of its row; empty where none was named.
    """

    table: str
    columns: tuple[str, ...]
    unique: str = ""
    rows: list[list[Any]] = field(default_factory=list)
    by_key: dict[Any, int] = field(default_factory=dict)

    @property
    def head(self) -> str:
        """The statement up to its rows."""
        return f"INSERT INTO {self.table} ({', '.join(self.columns)}) "

    @property
    def tail(self) -> str:
        """The statement after its rows."""
        if not self.unique:
            return ""
        sets = ", ".join(f"{c} = excluded.{c}" for c in self.columns if c != self.unique)
        return f" ON CONFLICT ({self.unique}) DO UPDATE SET {sets}"


class Pending:
    """What was asked for since the last sending.

    Attributes:
        count: grows with each change that was asked for, sent or not.
    """

    def __init__(self) -> None:
        self._steps: list[NewRows | Statement] = []
        self._open: dict[str, NewRows] = {}
        self.count = 0

    def insert(self, table: str, row: Mapping[str, Any], key: str) -> None:
        """Add a row; `key` names the column by which `update` will find it, if any."""
        rows = self._rows(table, tuple(row), "")
        if key:
            rows.by_key[row[key]] = len(rows.rows)
        rows.rows.append(list(row.values()))

    def put(self, table: str, row: Mapping[str, Any], key: str) -> None:
        """Add a row, or replace the one with the same key."""
        rows = self._rows(table, tuple(row), key)
        place = rows.by_key.setdefault(row[key], len(rows.rows))
        rows.rows[place : place + 1] = [list(row.values())]

    def update(self, table: str, key: str, value: Any, changes: Mapping[str, Any]) -> None:
        """Change the row whose key column has the value, here when it has not been sent yet."""
        self.count += 1
        rows = self._open.get(table)
        place = None if rows is None else rows.by_key.get(value)
        # What a row leaves to its table's defaults has no place in it.
        if rows is None or place is None or not changes.keys() <= {*rows.columns}:
            sets = ", ".join(f"{column} = ?" for column in changes)
            sql = f"UPDATE {table} SET {sets} WHERE {key} = ?"  # noqa: S608 - names from our code
            self._steps.append((sql, (*changes.values(), value)))
            # A row of the table that comes after it, maybe the same one anew, is sent after it.
            self._open.pop(table, None)
            return
        for column, changed in changes.items():
            rows.rows[place][rows.columns.index(column)] = changed

    def write(self, sql: str, params: Sequence[Any]) -> None:
        """Add any other statement; rows that come after it are sent after it."""
        self.count += 1
        self._steps.append((sql, params))
        self._open.clear()

    def _rows(self, table: str, columns: tuple[str, ...], unique: str) -> NewRows:
        self.count += 1
        rows = self._open.get(table)
        if rows is None or rows.columns != columns or rows.unique != unique:
            rows = self._open[table] = NewRows(table, columns, unique)
            self._steps.append(rows)
        return rows

    def taken(self) -> Sequence[NewRows | Statement]:
        """Return what is to be sent, in order, and begin anew."""
        steps, self._steps = self._steps, []
        self._open.clear()
        return steps


ROWS_PER_STATEMENT: Final = 500


def chunks_of(rows: Sequence[Row | list[Any]]) -> Iterator[Sequence[Row | list[Any]]]:
    """Yield rows in portions that make statements of a sensible length."""
    for start in range(0, len(rows), ROWS_PER_STATEMENT):
        yield rows[start : start + ROWS_PER_STATEMENT]
