"""One platform for all system tests; whoever hurts it sees to it that it is well again."""

import uuid
from collections.abc import Iterator
from contextlib import closing

import psycopg2
import pytest

from chassis.eventstore.instants import utc_now
from chassis.identity import TokenIssuer, development_key
from shouwen.hosting import SERVICES, migrate_all
from tests.system.running_platform import Platform, wait_until


@pytest.fixture(scope="session")
def platform(
    postgres_url: str, rabbitmq_uri: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Platform]:
    home = tmp_path_factory.mktemp("platform")
    key, _ = development_key(home / "keys" / "development.pem")
    url = _fresh_database(postgres_url)
    migrate_all(lambda _service: url)
    running = Platform(rabbitmq_uri, url, TokenIssuer(key, utc_now), home)
    for service in SERVICES:
        running.start(service)
    try:
        wait_until(running.healthy)
        yield running
    finally:
        running.stop_all()


def _fresh_database(server_url: str) -> str:
    name = f"shouwen_{uuid.uuid4().hex[:8]}"
    with closing(psycopg2.connect(server_url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name}")
    return server_url.rsplit("/", 1)[0] + f"/{name}"
