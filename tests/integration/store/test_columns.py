"""Rows that are sent by column read back as they were given, each in its place."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis.eventstore.columns import columns_of
from chassis.eventstore.pending import NewRows
from chassis.eventstore.postgres import PostgresTransaction
from chassis.eventstore.postgres_connection import connect, settings_from

ODD = [
    "'",
    "\\",
    "\\'",
    '"',
    '\\"',
    "{}",
    "NULL",
    "null",
    "",
    ",",
    "%s",
    "?",
    "信访😀",
    "$$",
    "\n\r",
    " x ",
]
TEXTS = st.sampled_from(ODD) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0")
)
KINDS = {
    "text": TEXTS,
    "bigint": st.integers(-(2**63), 2**63 - 1),
    "integer": st.integers(-(2**31), 2**31 - 1),
    "bytea": st.binary(),
    "uuid": st.uuids(),
    "boolean": st.booleans(),
}
ROW = st.tuples(*(kind | st.none() for kind in KINDS.values()))
NAMES = tuple(f"c{at}" for at in range(len(KINDS)))


@pytest.fixture(params=["on", "off"])
def connection(request: pytest.FixtureRequest, postgres_url: str) -> Iterator[Any]:
    """Under both ways in which a server may read backslashes."""
    with closing(connect(settings_from({"POSTGRES_URL": postgres_url}))) as made:
        cursor = made.cursor()
        cursor.execute(f"SET standard_conforming_strings = {request.param}")
        cursor.execute("SET escape_string_warning = off")
        columns = ", ".join(f"{name} {kind}" for name, kind in zip(NAMES, KINDS, strict=True))
        cursor.execute(f"CREATE TEMPORARY TABLE given (at serial, {columns})")
        yield made


def written(connection: Any, rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    transaction = PostgresTransaction(connection)
    transaction.execute("TRUNCATE given")
    for row in rows:
        transaction.insert("given", dict(zip(NAMES, row, strict=True)))
    return transaction.query(f"SELECT {', '.join(NAMES)} FROM given ORDER BY at")


@given(rows=st.lists(ROW, min_size=1, max_size=20))
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_written_is_read_back(connection: Any, rows: list[tuple[Any, ...]]):
    assert written(connection, rows) == rows


@pytest.mark.parametrize("text", ["a\0b", "\ud800"])
def test_what_no_server_takes_is_refused_before_it_is_sent(connection: Any, text: str):
    rows = [(f"{at}", at, at, b"", None, None) for at in range(20)]
    with pytest.raises(ValueError, match=r"NUL|surrogates"):
        written(connection, [*rows, (text, 1, 1, b"", None, None)])


def test_a_row_that_is_there_already_is_replaced_as_by_values(connection: Any):
    transaction = PostgresTransaction(connection)
    transaction.execute("CREATE UNIQUE INDEX ON given (c1)")
    for text in ("first", "last"):
        for at in range(20):
            transaction.put("given", {"c1": at, "c0": text}, "c1")
        transaction.settle()
    assert transaction.query("SELECT c0, count(*) FROM given GROUP BY c0") == [("last", 20)]


class Marked(str):
    """A kind of text of somebody's own, which psycopg2 may write in a way of its own."""

    __slots__ = ()


@pytest.mark.parametrize("odd", [Marked("x"), 1.5, {"a": 1}, True])
def test_what_is_of_another_kind_is_left_to_psycopg2(odd: object):
    rows = [[1], [2], [odd]]
    assert columns_of(rows) is None


def test_rows_without_any_value_are_left_to_psycopg2():
    assert columns_of([[None], [None]]) is None


def test_a_statement_names_its_table_and_columns():
    assert NewRows("term", ("id", "number")).head == "INSERT INTO term (id, number) "
