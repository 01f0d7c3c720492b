"""PostgreSQL and RabbitMQ for the benchmarks: private, with settings that one would run."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar
from uuid import uuid4

import psycopg2

from tests.servers import PostgresServer, RabbitServer

# Durability is on; the rest is what a server of some gigabytes is given on its first day.
SETTINGS: Mapping[str, str] = {
    "checkpoint_timeout": "15min",
    "fsync": "on",
    "full_page_writes": "on",
    "max_connections": "200",
    "max_wal_size": "4GB",
    "shared_buffers": "512MB",
    "synchronous_commit": "on",
    "wal_compression": "on",
}


class Postgres(PostgresServer):
    _SETTINGS: ClassVar[Mapping[str, str]] = {
        **PostgresServer._SETTINGS,  # noqa: SLF001 - of our own class
        **SETTINGS,
    }

    @property
    def programs(self) -> Path:
        """The folder of psql, pgbench and the rest."""
        return self._programs


@dataclass
class Servers:
    """One PostgreSQL and one RabbitMQ that all systems of a run share."""

    postgres: Postgres
    rabbit: RabbitServer

    @property
    def cpu_of(self) -> dict[str, int]:
        """Name of a server to the process at its root."""
        return {"postgres": self.postgres.pid, "rabbitmq": self.rabbit.pid}

    def make_database(self, purpose: str) -> str:
        """Return the URL of a new database."""
        name = f"{purpose}_{uuid4().hex[:8]}"
        self.sql(f"CREATE DATABASE {name}")
        return self.postgres.url.rpartition("/")[0] + f"/{name}"

    def sql(self, statement: str) -> None:
        connection = psycopg2.connect(self.postgres.url)
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
        connection.close()

    def versions(self) -> str:
        connection = psycopg2.connect(self.postgres.url)
        number = connection.server_version // 10_000
        connection.close()
        return f"PostgreSQL {number}, RabbitMQ {self.rabbit.ctl('version').strip()}"


@contextmanager
def running() -> Iterator[Servers]:
    servers = Servers(Postgres(), RabbitServer())
    try:
        servers.postgres.launch()
        servers.rabbit.start()
        servers.postgres.start()
        yield servers
    finally:
        for server in (servers.rabbit, servers.postgres):
            with suppress(FileNotFoundError):
                server.remove()
