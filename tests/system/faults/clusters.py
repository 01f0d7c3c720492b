"""Servers of which one may be lost: three nodes of RabbitMQ, a PostgreSQL with its standby."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

import eventlet
import psycopg2

from tests.daemons import LOOPBACK, minimal_environment, run
from tests.servers import PostgresServer, RabbitServer

NODES: Final = 3


class RabbitCluster:
    """Three nodes; whoever connects is sent to one that runs."""

    def __init__(self) -> None:
        first = RabbitServer("shouwen1")
        self._killed = 0
        self.nodes = [first, *(RabbitServer(f"shouwen{n}", first) for n in range(2, NODES + 1))]

    @property
    def uri(self) -> str:
        """URI of a node that runs."""
        return next(node.uri for node in self.nodes if node.pid is not None)

    @property
    def ports(self) -> tuple[int, ...]:
        """Of all nodes, running or not."""
        return tuple(port for node in self.nodes for port in node.ports)

    def start(self) -> None:
        """Start all nodes and make them one cluster."""
        for node in self.nodes:
            node.launch()
        for node in self.nodes:
            node.start()
        for node in self.nodes[1:]:
            node.join()

    def remove(self) -> None:
        for node in reversed(self.nodes):
            node.remove()

    @contextmanager
    def without_one(self) -> Iterator[str]:
        """Kill a node, each in its turn; it comes back at the end of the block."""
        node = self.nodes[self._killed % NODES]
        self._killed += 1
        node.crash()
        try:
            yield node.node
        finally:
            node.start()


class PostgresStandby(PostgresServer):
    """Follows a primary, which waits for it at each commit, until it is promoted."""

    def __init__(self, primary: PostgresServer) -> None:
        super().__init__()
        self._primary = primary
        self._password = primary.password

    def promote(self) -> None:
        """Become the primary; return when it takes writes."""
        _execute(self.url, "SELECT pg_promote()")

    def _make_cluster(self) -> None:
        command = self._account.command(
            self._programs / "pg_basebackup",
            f"--pgdata={self._records}",
            f"--host={LOOPBACK}",
            f"--port={self._primary.ports[0]}",
            "--username=postgres",
            "--checkpoint=fast",
            "--write-recovery-conf",
            "--no-sync",
        )
        run(command, {**minimal_environment(self._home), "PGPASSWORD": self._password}, self._home)


class PostgresPair:
    """A primary and its standby, to which every commit has gone before it is answered."""

    def __init__(self) -> None:
        self._primary = PostgresServer()
        self._standby = PostgresStandby(self._primary)
        self.serving: PostgresServer = self._primary

    @property
    def url(self) -> str:
        """URL of the superuser of the one that takes writes."""
        return self.serving.url

    @property
    def ports(self) -> tuple[int, ...]:
        """Of the one that takes writes."""
        return self.serving.ports

    @property
    def log(self) -> Path:
        return self.serving.log

    def start(self) -> None:
        self._primary.start()
        self._standby.start()
        _execute(self._primary.url, "ALTER SYSTEM SET synchronous_standby_names = '*'")
        _execute(self._primary.url, "SELECT pg_reload_conf()")
        while _asked(self._primary.url, "SELECT sync_state FROM pg_stat_replication") != "sync":
            eventlet.sleep(0.1)

    def fail_over(self) -> None:
        """Kill the primary, for good, and let the standby take its place."""
        self._primary.kill()
        self._standby.promote()
        self.serving = self._standby

    def remove(self) -> None:
        self._standby.remove()
        self._primary.remove()


def _execute(url: str, statement: str) -> None:
    _asked(url, statement)


def _asked(url: str, statement: str) -> Any:
    """Run a statement; return the first value of its first row, if it has any."""
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
            row = cursor.fetchone() if cursor.description else None
    return row[0] if row else None
