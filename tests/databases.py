"""Databases of one's own on a private PostgreSQL, empty or as copies of one that is migrated."""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg2
from psycopg2.errors import ObjectInUse
from psycopg2.extensions import parse_dsn

from chassis.eventstore.migrate import migrate

EMPTY = "template1"
# The server waits for five seconds itself, which is too short where the machine is busy.
LEFT_WITHIN_S = 60.0


def url_of(server_url: str, database: str = "", **changes: object) -> str:
    """The URL with another database, host or port."""
    parts = {**parse_dsn(server_url), **changes}
    database = database or parts["dbname"]
    return f"postgresql://{parts['user']}:{parts['password']}@{parts['host']}:{parts['port']}/{database}"


@contextmanager
def database(server_url: str, like: str = EMPTY) -> Iterator[str]:
    """URL of a database that begins as a copy of another, and is gone in the end."""
    with closing(psycopg2.connect(server_url)) as connection:
        connection.autocommit = True
        url = _created(connection, server_url, like)
        yield url
        connection.cursor().execute(f"DROP DATABASE {name_of(url)} WITH (FORCE)")


def to_copy(server_url: str, service: str, versions: Path) -> str:
    """Make a migrated database, which stays, and return its name: to copy it costs less."""
    with closing(psycopg2.connect(server_url)) as connection:
        connection.autocommit = True
        url = _created(connection, server_url, EMPTY)
    migrate(url, service, versions)
    return name_of(url)


def name_of(url: str) -> str:
    return str(parse_dsn(url)["dbname"])


def _created(connection: Any, server_url: str, like: str) -> str:
    """Make a database; who has just left the one to be copied may still be on his way out."""
    name, deadline = f"test_{uuid4().hex}", time.monotonic() + LEFT_WITHIN_S
    while True:
        try:
            connection.cursor().execute(f"CREATE DATABASE {name} TEMPLATE {like}")
        except ObjectInUse:
            if time.monotonic() > deadline:
                raise
        else:
            return url_of(server_url, name)
