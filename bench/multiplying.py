"""Brings the tables to many petitions by copying those of a few, in the database itself.

To send a million petitions through the platform takes half an hour. What one more of them costs
depends on what the tables and their indexes hold, not on how it came there: each copy has ids,
numbers and positions of its own, as wide and as scattered as those of the originals.
"""

from typing import Final

from bench import long_ledger
from bench.services import Running
from shouwen.hosting import SERVICES

COPIES_AT_ONCE: Final = 20
SHIFTED: Final = "position"

_ANEW: Final = "md5(t.{column}::text || c.copy)"
_RENUMBERED: Final = "overlay(t.{column} placing 'C' || lpad(c.copy::text, 5, '0') from 4 for 6)"
_IDS: Final = ("petition_id", "matter_id", "petitioner_id", "reminder_id", "event_id")
_KEYS: Final = ("request_key", "mark", "person_mark")
# A text column to what makes a copy's value of the original's; what is not named stays as it is.
_OF_COLUMN: Final = {
    **dict.fromkeys(_IDS, f"{_ANEW}::uuid::text"),
    **dict.fromkeys(_KEYS, _ANEW),
    # The id of a term begins with its number.
    **dict.fromkeys(("number", "matter_number", "id"), _RENUMBERED),
}
_NOT_OF_PETITIONS: Final = ", ".join(
    f"'{table}'"
    for table in (
        "alembic_version",
        "number_serial",
        "applied_position",
        "published_position",
        *long_ledger.TABLES,
    )
)
_COLUMNS: Final = """
    SELECT table_name, column_name, data_type FROM information_schema.columns
    WHERE table_schema = '{service}' AND table_name NOT IN ({left_out})
    ORDER BY table_name, ordinal_position"""
_HEAD: Final = "SELECT coalesce(max(position), 0) FROM {service}.event_log"

Columns = dict[str, str]


def multiply(running: Running, copies: int) -> None:
    """Add so many copies of all petitions; nothing may be on its way."""
    tables = {service: _tables_of(running, service) for service in SERVICES}
    heads = {
        service: int(running.query(_HEAD.format(service=service))[0][0]) for service in SERVICES
    }
    for service in SERVICES:
        for table in tables[service]:
            running.execute(f"CREATE TABLE public.{service}_{table} AS TABLE {service}.{table}")
    for first in range(1, copies + 1, COPIES_AT_ONCE):
        last = min(copies, first + COPIES_AT_ONCE - 1)
        for service in SERVICES:
            for table, columns in tables[service].items():
                running.execute(_copying(service, table, columns, heads, first, last))
    _take_for_applied(running, heads, copies)
    long_ledger.lengthen(running, heads, copies)
    running.execute("ANALYZE")


def _tables_of(running: Running, service: str) -> dict[str, Columns]:
    """Return table to column to type."""
    tables: dict[str, Columns] = {}
    question = _COLUMNS.format(service=service, left_out=_NOT_OF_PETITIONS)
    for table, column, data_type in running.query(question):
        tables.setdefault(table, {})[column] = data_type
    return tables


def _copying(  # noqa: PLR0913, PLR0917 - what one statement is made of
    service: str, table: str, columns: Columns, heads: dict[str, int], first: int, last: int
) -> str:
    values = [_value(service, column, columns, heads) for column in columns]
    return (
        f"INSERT INTO {service}.{table} ({', '.join(columns)})"
        f" SELECT {', '.join(values)} FROM public.{service}_{table} t,"
        f" generate_series({first}, {last}) AS c (copy)"
    )


def _value(service: str, column: str, columns: Columns, heads: dict[str, int]) -> str:
    if column == SHIFTED:
        return f"t.position + c.copy * {_length(service, columns, heads)}"
    if columns[column] == "uuid":
        return f"{_ANEW}::uuid".format(column=column)
    return _OF_COLUMN.get(column, "t.{column}").format(column=column)


def _length(service: str, columns: Columns, heads: dict[str, int]) -> str:
    """Return how long the log is that the positions of a table are of."""
    if "source" not in columns:
        return str(heads[service])
    cases = " ".join(f"WHEN '{source}' THEN {head}" for source, head in heads.items())
    return f"CASE t.source {cases} END"


def _take_for_applied(running: Running, heads: dict[str, int], copies: int) -> None:
    """Let everybody take the copies for published and applied."""
    for source, head in heads.items():
        moved = f"SET position = position + {head * copies}"
        running.execute(f"UPDATE {source}.published_position {moved}")
        for follower in SERVICES:
            running.execute(f"UPDATE {follower}.applied_position {moved} WHERE source = '{source}'")
