"""All four services as processes of their own, on real RabbitMQ and PostgreSQL."""

import json
import os
import signal
import subprocess
import sys
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import eventlet
import psycopg2
from nameko.standalone.rpc import ClusterRpcProxy

from chassis.eventstore.instants import utc_now
from chassis.identity import TokenIssuer, development_key
from chassis.messaging.calling import RpcCaller
from contracts.failures import Failure
from shouwen.hosting import SERVICES, migrate_all

ROOT = Path(__file__).resolve().parents[2]
SERVE = ("shouwen", "serve")
# Services end with the tests, also when those are killed.
OUTLIVES_NOBODY = ("setpriv", "--pdeathsig=KILL", "--")
CALL_LIMIT_S = 60
STOP_LIMIT_S = 30


def wait_until(holds: Callable[[], Any], within_s: float = 60, pause_s: float = 0.05) -> Any:
    """Wait for the thing itself.

    Raises:
        AssertionError: it did not happen in time.
    """
    late = AssertionError(f"not within {within_s:g} s: {getattr(holds, '__name__', holds)}")
    with eventlet.Timeout(within_s, late):
        while not (found := holds()):
            eventlet.sleep(pause_s)
    return found


@dataclass
class Platform:
    """The platform on real servers, and the means to call it, to look into it and to hurt it.

    Attributes:
        processes: name of the instance to its process; the first of a service has its name.
    """

    amqp_uri: str
    database_url: str
    issuer: TokenIssuer
    home: Path
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _callers: dict[tuple[str, str, str], RpcCaller] = field(default_factory=dict)

    # Processes

    def start(self, service: str, instance: str = "", *, program: Sequence[str] = SERVE) -> None:
        name = instance or service
        with (self.home / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [*OUTLIVES_NOBODY, sys.executable, "-m", *program, service],
                env=self._environment(service),
                cwd=self.home,
                stdout=log,
                stderr=log,
            )

    def kill(self, name: str) -> None:
        """End an instance as a power cut does."""
        self._send(name, signal.SIGKILL)

    def terminate(self, name: str) -> int:
        """End an instance in good order, and return its exit status."""
        return self._send(name, signal.SIGTERM)

    def stop_all(self) -> None:
        for caller in self._callers.values():
            caller.close()
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            process.wait(STOP_LIMIT_S)

    def _send(self, name: str, number: signal.Signals) -> int:
        process = self.processes.pop(name)
        process.send_signal(number)
        return int(process.wait(STOP_LIMIT_S))

    def _environment(self, service: str) -> dict[str, str]:
        return {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "SHOUWEN_AMQP_URI": self.amqp_uri,
            "SHOUWEN_DATABASE_URL": self.database_url,
            "SHOUWEN_HOME": str(self.home),
            "SHOUWEN_IDENTITY_KEYS": json.dumps(self.issuer.jwks()),
            "SHOUWEN_SERVICE_TOKEN": self.token(f"service:{service}", ["service"]),
            "SHOUWEN_VAULT_KEY": urlsafe_b64encode(b"k" * 32).decode(),
            "SHOUWEN_LEDGER_KEY": urlsafe_b64encode(b"l" * 32).decode(),
        }

    # Calls

    def token(self, who: str, roles: Sequence[str], office: str = "") -> str:
        return self.issuer.issue(who, roles, office, valid_for_s=3600)

    @contextmanager
    def proxy(self, who: str, roles: Sequence[str], office: str = "") -> Iterator[Any]:
        """Nameko's own client, for one after the other."""
        config = {"AMQP_URI": self.amqp_uri}
        context = {"auth_token": self.token(who, roles, office)}
        with ClusterRpcProxy(config, context_data=context, timeout=CALL_LIMIT_S) as proxy:
            yield proxy

    def caller(self, who: str, role: str, office: str = "") -> RpcCaller:
        """A client for many calls at once; the same one for the same person."""
        key = who, role, office
        if key not in self._callers:
            token = self.token(who, [role], office)
            self._callers[key] = RpcCaller(self.amqp_uri, lambda: token, CALL_LIMIT_S)
        return self._callers[key]

    def call(self, who: str, role: str, office: str, path: str, /, **given: Any) -> Any:
        service, _, method = path.partition(".")
        return self.caller(who, role, office).call(service, method, **given)

    def health(self, service: str) -> Any:
        return self.call("O1", "operator", "", f"{service}.health")

    def healthy(self) -> bool:
        try:
            return all(self.health(service)["ok"] for service in SERVICES)
        except Failure:
            return False

    def caught_up(self) -> bool:
        """Tell whether each service has published and applied all that there is."""
        health = {service: self.health(service) for service in SERVICES}
        return all(
            each["published"] == each["head"]
            and all(health[source]["head"] == at for source, at in each["applied"].items())
            for each in health.values()
        )

    def caught_up_again(self) -> bool:
        """Tell whether all are back and have caught up."""
        return self.healthy() and self.caught_up()

    # Records

    @contextmanager
    def cursor(self, role: str = "") -> Iterator[Any]:
        """Look into the database past all services, as its superuser unless told otherwise."""
        options = f"-c role={role}" if role else ""
        with (
            closing(psycopg2.connect(self.database_url, options=options)) as connection,
            connection.cursor() as cursor,
        ):
            yield cursor

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with self.cursor() as cursor:
            cursor.execute(sql)
            found: list[tuple[Any, ...]] = cursor.fetchall()
        return found

    def tables(self, schema: str) -> list[str]:
        found = self.rows(f"SELECT tablename FROM pg_tables WHERE schemaname = '{schema}'")
        return sorted(f"{schema}.{name}" for (name,) in found)

    def gapless(self, service: str) -> bool:
        query = f"SELECT count(*), coalesce(max(position), 0) FROM {service}.event_log"
        ((count, head),) = self.rows(query)
        return count == head

    def last_lines_of(self, name: str) -> str:
        """What an instance said last, for a test that fails."""
        return "\n".join((self.home / f"{name}.log").read_text().splitlines()[-20:])

    def logs(self) -> str:
        return "".join(path.read_text() for path in self.home.glob("*.log"))


@contextmanager
def started(postgres_url: str, rabbitmq_uri: str, home: Path) -> Iterator[Platform]:
    """Start all services on a database of their own; stop them at the end."""
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
