"""Many rows as one value for each column: PostgreSQL takes an array in less time than its elements.

psycopg2 writes such a value as it does any other. What is written here is the text of an array,
which means the same under every setting of a server.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID


@dataclass
class Columns:
    """Rows as the part of an `INSERT` that follows the names of its columns.

    Attributes:
        params: one for each column that has a value in any row.
    """

    params: list[str] = field(default_factory=list)
    _types: list[str] = field(default_factory=list)
    _chosen: list[str] = field(default_factory=list)

    @property
    def sql(self) -> str:
        """The statement, with `%s` for each parameter."""
        arrays = ", ".join(f"%s::{kind}[]" for kind in self._types)
        names = ", ".join(f"c{at}" for at in range(len(self._types)))
        return f"SELECT {', '.join(self._chosen)} FROM unnest({arrays}) AS given ({names})"  # noqa: S608 - names made here

    def add(self, kind: str, text: str) -> None:
        """Add a column of values."""
        self._chosen.append(f"c{len(self.params)}")
        self.params.append(text)
        self._types.append(kind)

    def add_nothing(self) -> None:
        """Add a column without any value."""
        self._chosen.append("NULL")


def columns_of(rows: Sequence[Sequence[Any]]) -> Columns | None:
    """Return rows by column; None where a column has values of several kinds, or of another one."""
    columns = Columns()
    for values in zip(*rows, strict=True):
        kinds = set(map(type, values)) - {type(None)}
        if not kinds:
            columns.add_nothing()
        elif len(kinds) > 1 or (known := _KINDS.get(kinds.pop())) is None:
            return None
        else:
            kind, written = known
            elements = ("NULL" if value is None else written(value) for value in values)
            columns.add(kind, f"{{{','.join(elements)}}}")
    return columns if columns.params else None


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


# Of Python to the type in the database, and how a value stands in an array.
_KINDS: Final[Mapping[type, tuple[str, Callable[[Any], str]]]] = {
    str: ("text", _quoted),
    int: ("bigint", str),
    bool: ("boolean", str),
    bytes: ("bytea", lambda octets: f'"\\\\x{octets.hex()}"'),
    UUID: ("uuid", str),
}
