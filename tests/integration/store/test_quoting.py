"""What is written by hand reads back as what psycopg2 would have written."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any
from uuid import UUID

import psycopg2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis.eventstore.postgres_connection import connect, settings_from
from chassis.eventstore.quoting import rows_text

TEXTS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0")
) | st.sampled_from(
    [
        "'",
        "\\",
        "\\'",
        "'; DROP TABLE event_log; --",
        "\"'",
        "%s",
        "信访😀",
        "E'\\\\'",
        "$$",
        "\n\r",
    ]
)
KINDS = {
    "text": TEXTS,
    "bigint": st.integers(-(2**63), 2**63 - 1),
    "bytea": st.binary(),
    "uuid": st.uuids(),
    "boolean": st.booleans(),
    "double precision": st.floats(allow_nan=False),
}
ROWS = st.lists(st.tuples(*(kind | st.none() for kind in KINDS.values())), min_size=1, max_size=5)


@pytest.fixture(params=["on", "off"])
def cursor(request: pytest.FixtureRequest, postgres_url: str) -> Iterator[Any]:
    """Under both ways in which a server may read backslashes."""
    with closing(connect(settings_from({"POSTGRES_URL": postgres_url}))) as connection:
        made = connection.cursor()
        made.execute(f"SET standard_conforming_strings = {request.param}")
        made.execute("SET escape_string_warning = off")
        columns = ", ".join(f"c{at} {kind}" for at, kind in enumerate(KINDS))
        made.execute(f"CREATE TEMPORARY TABLE quoted (at serial, {columns})")
        yield made


@given(rows=ROWS)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_written_is_read_back(cursor: Any, rows: list[tuple[Any, ...]]):
    columns = ", ".join(f"c{at}" for at in range(len(KINDS)))
    cursor.execute("TRUNCATE quoted")
    head = f"INSERT INTO quoted ({columns}) VALUES ".encode()
    cursor.execute(head + rows_text(rows, lambda value: cursor.mogrify("%s", (value,))))
    cursor.execute(f"SELECT {columns} FROM quoted ORDER BY at")
    assert [tuple(map(plain, row)) for row in cursor.fetchall()] == rows


def plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value


@pytest.mark.parametrize("text", ["a\0b", "\ud800"])
def test_what_no_server_takes_is_refused_before_it_is_sent(cursor: Any, text: str):
    with pytest.raises(ValueError, match=r"NUL|surrogates"):
        rows_text([(text,)], lambda value: cursor.mogrify("%s", (value,)))


def test_a_kind_of_text_of_ones_own_is_left_to_psycopg2(cursor: Any):
    """Whatever it may do when it is written."""

    class Marked(str):
        __slots__ = ()

    seen: list[Any] = []
    rows_text([(Marked("x"), UUID(int=1))], lambda value: (seen.append(value), b"1")[1])
    assert seen == ["x"]
    assert psycopg2.__version__
