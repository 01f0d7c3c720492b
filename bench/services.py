"""The four services as processes of their own, and callers in this one."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from uuid import uuid4

import psycopg2

from bench.machine import cpu_seconds
from bench.servers import Servers
from chassis.eventstore.instants import utc_now
from chassis.identity import TokenIssuer, development_key
from chassis.messaging.calling import RpcCaller
from contracts.failures import Failure
from shouwen.hosting import SERVICES, migrate_all
from tests.system.running_platform import Platform, wait_until

OFFICE: Final = "330424-01"
CALL_TIME_LIMIT_S: Final = 60.0
STOP_WITHIN_S: Final = 60.0


@dataclass
class Running:
    """Attributes: platform: its processes and addresses; servers: what it runs on."""

    platform: Platform
    servers: Servers
    _callers: dict[str, RpcCaller] = field(default_factory=dict)

    def call(self, role: str, method: str, **arguments: Any) -> Any:
        """Call a method as a person of that role; any number of green threads may."""
        service, _, name = method.partition(".")
        return self._caller(role).call(service, name, **arguments)

    def cpu(self) -> dict[str, float]:
        """Return the CPU seconds used so far, by process."""
        pids = {name: process.pid for name, process in self.platform.processes.items()}
        return {name: cpu_seconds(pid) for name, pid in {**pids, **self.servers.cpu_of}.items()}

    def health(self) -> dict[str, Any]:
        return {service: self.call("clerk", f"{service}.health") for service in SERVICES}

    def stop(self, service: str) -> None:
        """Let a service finish what is in hand and end; `platform.start` starts it again."""
        process = self.platform.processes.pop(service)
        process.terminate()
        process.wait(STOP_WITHIN_S)

    def execute(self, sql: str) -> None:
        connection = psycopg2.connect(self.platform.database_url)
        with connection, connection.cursor() as cursor:
            cursor.execute(sql)
        connection.close()

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        connection = psycopg2.connect(self.platform.database_url)
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql)
                return cursor.fetchall()
        finally:
            connection.close()

    def close(self) -> None:
        for caller in self._callers.values():
            caller.close()
        self.platform.stop_all()

    def _caller(self, role: str) -> RpcCaller:
        if role not in self._callers:
            token = self.platform.issuer.issue(f"{role}1", [role], OFFICE, 24 * 3600)
            caller = RpcCaller(self.platform.amqp_uri, lambda: token, CALL_TIME_LIMIT_S)
            self._callers[role] = caller
        return self._callers[role]


@contextmanager
def platform_on(servers: Servers) -> Iterator[Running]:
    """Run the four services on a database and a broker of their own."""
    servers.rabbit.reset()
    with TemporaryDirectory(prefix="shouwen-bench-") as folder:
        home = Path(folder)
        key, _ = development_key(home / "keys" / "development.pem")
        url = servers.make_database("shouwen")
        migrate_all(lambda _service: url)
        running = Running(
            Platform(servers.rabbit.uri, url, TokenIssuer(key, utc_now), home), servers
        )
        for service in SERVICES:
            running.platform.start(service)
        try:
            for service in SERVICES:
                wait_until(lambda service=service: healthy(running, service), pause_s=0.3)
            yield running
        finally:
            running.close()


def healthy(running: Running, service: str) -> bool:
    """Tell whether a service answers that it is well."""
    try:
        return bool(running.call("clerk", f"{service}.health")["ok"])
    except Failure:
        return False


def registration(number: int, **given: Any) -> dict[str, Any]:
    """Return the arguments of `intake.register` for one petition of its own matter."""
    return {
        "request_id": str(uuid4()),
        "office": OFFICE,
        "channel": "visit",
        "petition_class": "appeal",
        "category": "城乡建设/物业管理",
        "title": f"电梯停运第{number}起",
        "body": "电梯停运三周,老人上下楼困难,多次向物业反映没有结果,请求协调尽快修复。" * 3,
        "occurred_at": (datetime.now(UTC) - timedelta(hours=1)).isoformat(),
        "petitioner": {"name": f"张{uuid4().hex[:8]}", "phone": f"154{number:08d}"},
        **given,
    }


def reception(number: str) -> dict[str, Any]:
    return {"request_id": str(uuid4()), "number": number}


def closing(number: str) -> dict[str, Any]:
    done_at = datetime.now(UTC).isoformat()
    return {
        "request_id": str(uuid4()),
        "number": number,
        "outcome": "settled",
        "reply_document": "D-1",
        "follow_up_visit_at": done_at,
        "evaluation_asked_at": done_at,
    }


def set_roster(running: Running) -> None:
    """Put one leader on duty today and on the days beside it."""
    today = datetime.now(UTC).date()
    lines = [
        {"day": str(today + timedelta(days=offset)), "leader": "leader1"} for offset in (-1, 0, 1)
    ]
    running.call(
        "clerk",
        "responsibility.set_roster",
        request_id=str(uuid4()),
        office=OFFICE,
        lines=lines,
        document="R-1",
    )
