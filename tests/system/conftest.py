"""All four services as processes of their own, on real RabbitMQ and PostgreSQL."""

import json
import os
import subprocess
import sys
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import eventlet
import psycopg2
import pytest
from nameko.exceptions import RpcTimeout, UnknownService
from nameko.standalone.rpc import ClusterRpcProxy

from chassis.eventstore.instants import utc_now
from chassis.identity import TokenIssuer, development_key
from shouwen.hosting import SERVICES, migrate_all

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Platform:
    """The platform on real servers, and the means to call it from outside."""

    amqp_uri: str
    database_url: str
    issuer: TokenIssuer
    home: Path
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def environment(self, service: str) -> dict[str, str]:
        token = self.issuer.issue(f"service:{service}", ["service"], valid_for_s=3600)
        return {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "SHOUWEN_AMQP_URI": self.amqp_uri,
            "SHOUWEN_DATABASE_URL": self.database_url,
            "SHOUWEN_HOME": str(self.home),
            "SHOUWEN_IDENTITY_KEYS": json.dumps(self.issuer.jwks()),
            "SHOUWEN_SERVICE_TOKEN": token,
            "SHOUWEN_VAULT_KEY": urlsafe_b64encode(b"k" * 32).decode(),
        }

    def start(self, service: str) -> None:
        with (self.home / f"{service}.log").open("ab") as log:
            self.processes[service] = subprocess.Popen(
                [sys.executable, "-m", "shouwen", "serve", service],
                env=self.environment(service),
                cwd=self.home,
                stdout=log,
                stderr=log,
            )

    def kill(self, service: str) -> None:
        process = self.processes.pop(service)
        process.kill()
        process.wait(10)

    def stop_all(self) -> None:
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            process.wait(30)

    @contextmanager
    def caller(self, who: str, roles: list[str], office: str = "") -> Iterator[Any]:
        """An outside nameko client: no code of ours."""
        token = self.issuer.issue(who, roles, office, valid_for_s=3600)
        config = {"AMQP_URI": self.amqp_uri}
        with ClusterRpcProxy(config, context_data={"auth_token": token}, timeout=30) as proxy:
            yield proxy

    def logs(self) -> str:
        return "".join(path.read_text() for path in self.home.glob("*.log"))


def wait_until(holds: Callable[[], Any], within_s: float = 60, pause_s: float = 0.05) -> Any:
    """Wait for the thing itself."""
    with eventlet.Timeout(within_s):
        while not (found := holds()):
            eventlet.sleep(pause_s)
    return found


@pytest.fixture(scope="session")
def platform(
    postgres_url: str, rabbitmq_uri: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Platform]:
    home = tmp_path_factory.mktemp("platform")
    key, _ = development_key(home / "keys" / "development.pem")
    name = f"shouwen_{uuid.uuid4().hex[:8]}"
    connection = psycopg2.connect(postgres_url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    connection.close()
    url = postgres_url.rsplit("/", 1)[0] + f"/{name}"
    migrate_all(lambda _service: url)
    running = Platform(rabbitmq_uri, url, TokenIssuer(key, utc_now), home)
    for service in SERVICES:
        running.start(service)
    try:
        for service in SERVICES:
            wait_until(lambda service=service: _healthy(running, service), pause_s=0.5)
        yield running
    finally:
        running.stop_all()


def _healthy(platform: Platform, service: str) -> bool:
    """Ask on a new connection: nameko's client is of no use after an unroutable call."""
    with platform.caller("O1", ["operator"]) as proxy:
        try:
            return bool(getattr(proxy, service).health()["ok"])
        except (UnknownService, RpcTimeout):
            return False
