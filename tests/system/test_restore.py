"""The way back from a backup, as docs/operations.md describes it, on a server that is new."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from shouwen.hosting import SERVICES, migrate_all
from tests.servers import PostgresServer

PAGE = Path(__file__).parents[2] / "docs/operations.md"
ROLES = re.findall(r"CREATE ROLE \w+ NOLOGIN", PAGE.read_text())


@pytest.fixture
def dump(postgres_url: str) -> bytes:
    connection = psycopg2.connect(postgres_url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("DROP DATABASE IF EXISTS backed_up")
        cursor.execute("CREATE DATABASE backed_up")
    connection.close()
    url = postgres_url.rsplit("/", 1)[0] + "/backed_up"
    migrate_all(lambda _service: url)
    return subprocess.run(
        ["pg_dump", "--format=custom", url], capture_output=True, check=True
    ).stdout


@pytest.fixture
def new_server() -> Iterator[PostgresServer]:
    server = PostgresServer()
    server.start()
    yield server
    server.remove()


def test_a_backup_restores_on_a_new_server_with_its_rights(
    dump: bytes, new_server: PostgresServer
) -> None:
    assert len(ROLES) == len(SERVICES)
    subprocess.run(["psql", new_server.url, "--command", "; ".join(ROLES)], check=True)
    restore = ["pg_restore", f"--dbname={new_server.url}", "--exit-on-error"]
    restored = subprocess.run(restore, input=dump, capture_output=True, check=False)
    assert restored.returncode == 0, restored.stderr
    migrate_all(lambda _service: new_server.url)
    for service in SERVICES:
        connection = psycopg2.connect(new_server.url, options=f"-c role=shouwen_{service}")
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {service}.event_log")
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.execute(f"DELETE FROM {service}.event_log")
        connection.close()
