"""Rows as SQL text. What is plain is written here, which takes psycopg2 many times as long.

Plain is what means the same under every setting of a server: numbers, truth values, identifiers,
octets in hex, and text without quotes, backslashes and NUL. Everything else, psycopg2 writes.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

Otherwise = Callable[[Any], bytes]


def rows_text(rows: Iterable[Sequence[Any]], otherwise: Otherwise) -> bytes:
    """Return rows as they stand behind VALUES, in UTF-8.

    Args:
        otherwise: writes a value that is not plain.
    """
    return ",".join(
        f"({', '.join([_text_of(value, otherwise) for value in row])})" for row in rows
    ).encode()


def _text_of(value: Any, otherwise: Otherwise) -> str:
    if type(value) is str and not ("'" in value or "\\" in value or "\0" in value):
        return f"'{value}'"
    written = _WRITTEN.get(type(value))
    return written(value) if written else otherwise(value).decode()


_WRITTEN: Final[Mapping[type, Callable[[Any], str]]] = {
    int: str,
    bytes: lambda octets: f"E'\\\\x{octets.hex()}'::bytea",
    type(None): lambda _none: "NULL",
    bool: lambda truth: "true" if truth else "false",
    UUID: lambda identifier: f"'{identifier}'::uuid",
}
