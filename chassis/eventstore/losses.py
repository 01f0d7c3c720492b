"""Which rows an event leaves behind for good, and which of them are gone.

An empty table tells nothing: under load a lost one fills again at once, with what comes after.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from chassis.eventstore.transaction import Questions


class Made(NamedTuple):
    """A row that stands in its table ever since an event.

    Attributes:
        key: name of each column of a unique key to its value.
    """

    table: str
    key: Mapping[str, str | int]


def tables_with_losses(questions: Questions, made: Iterable[Made]) -> list[str]:
    """Return the names of the tables in which at least one of the rows is missing, sorted."""
    by_key: dict[tuple[str, tuple[str, ...]], set[tuple[str | int, ...]]] = defaultdict(set)
    for row in made:
        by_key[row.table, tuple(row.key)].add(tuple(row.key.values()))
    return sorted(
        table
        for (table, columns), wanted in by_key.items()
        if _count(questions, table, columns, sorted(wanted)) < len(wanted)
    )


def _count(
    questions: Questions,
    table: str,
    columns: Sequence[str],
    wanted: Sequence[tuple[str | int, ...]],
) -> int:
    values = ", ".join(f"({', '.join('?' * len(columns))})" for _ in wanted)
    rows = questions.query(
        f"SELECT count(*) FROM {table} WHERE ({', '.join(columns)}) IN (VALUES {values})",  # noqa: S608 - names from our code
        [value for row in wanted for value in row],
    )
    return int(rows[0][0])
