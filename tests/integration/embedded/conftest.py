"""All four services in this process: SQLite files, messages in memory."""

import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import eventlet
import pytest

from chassis.environment import Variables
from chassis.eventstore.instants import text_of, utc_now
from chassis.messaging.calling import RpcCaller
from contracts.fields import PAGE_MAX
from shouwen.embedded import Embedded, embedded
from shouwen.hosting import SERVICES, host, migrate_all

OFFICE = "330424-01"
# Received just now: nothing of what is registered is late.
RAISED_AT = (utc_now() - timedelta(hours=1)).isoformat()


@dataclass(frozen=True)
class Caller:
    """Somebody who calls with his token, over a connection that all share.

    With one of his own for each, what a test costs would grow with the tests before it.
    """

    line: RpcCaller
    token: str

    def call(self, service: str, method: str, /, **given: Any) -> Any:
        return self.line.call_as(self.token, service, method, given)


@dataclass
class Town:
    """The embedded installation and everybody who calls it."""

    installation: Embedded
    line: RpcCaller
    _at_rest: dict[str, int] = field(default_factory=dict)
    _files: dict[str, sqlite3.Connection] = field(default_factory=dict)

    def close(self) -> None:
        self.line.close()
        for file in self._files.values():
            file.close()

    def caller(self, who: str, roles: list[str], office: str = OFFICE) -> Caller:
        return self.caller_with(self.installation.issuer.issue(who, roles, office))

    def caller_with(self, token: str) -> Caller:
        return Caller(self.line, token)

    def heads(self) -> dict[str, int]:
        """Return the length of each log, as its file has it."""
        return {service: self._head(service) for service in SERVICES}

    def _head(self, service: str) -> int:
        if service not in self._files:
            path = self.installation.surroundings.home / "data" / f"{service}.db"
            self._files[service] = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        (head,) = (
            self._files[service]
            .execute("SELECT COALESCE(max(position), 0) FROM event_log")
            .fetchone()
        )
        return int(head)

    def heads_at_rest(self) -> dict[str, int]:
        """Return the heads when nothing that was called before has anything left to do.

        A reminder follows a registration by a moment; whoever counts must not count it.
        """
        if self._at_rest != (heads := self.heads()):
            self._rest()
            heads = self._at_rest = self.heads()
        return heads

    def _rest(self) -> None:
        anybody = self.caller("O1", ["operator"], "")
        with eventlet.Timeout(20):
            while not (self._known_everywhere(anybody) and not self._due(anybody)):
                eventlet.sleep(0.02)

    @staticmethod
    def _due(anybody: Caller) -> bool:
        now = text_of(utc_now())
        reminders = anybody.call("notify", "reminders", limit=PAGE_MAX)["items"]
        return any(each["state"] == "planned" and each["due_at"] <= now for each in reminders)

    def wait_until_known_everywhere(self) -> None:
        anybody = self.caller("O1", ["operator"], "")
        with eventlet.Timeout(20):
            while not self._known_everywhere(anybody):
                eventlet.sleep(0.02)

    @staticmethod
    def _known_everywhere(anybody: Caller) -> bool:
        health = {service: anybody.call(service, "health") for service in SERVICES}
        return all(
            health[source]["head"] == position
            for each in health.values()
            for source, position in each["applied"].items()
        )

    def register(self, **given: Any) -> Any:
        return self.caller("K1", ["clerk"]).call("intake", "register", **registration(**given))


def registration(**given: Any) -> dict[str, Any]:
    return {
        "request_id": str(uuid.uuid4()),
        "office": OFFICE,
        "channel": "visit",
        "petition_class": "appeal",
        "category": "城乡建设/物业管理",
        "title": "电梯停运",
        "body": "电梯停运三周,老人上下楼困难。",
        "occurred_at": RAISED_AT,
        "petitioner": {"name": "沈某"},
        **given,
    }


def asked(town: Town, path: str, **given: Any) -> Any:
    """Return what an auditor is answered."""
    service, _, method = path.partition(".")
    return town.caller("A1", ["auditor"], "").call(service, method, **given)


@contextmanager
def running_town(home: Path, settings: Variables) -> Iterator[Town]:
    installation = embedded(home, settings)
    around = installation.surroundings
    migrate_all(around.database_url)
    running = host(around, *SERVICES)
    running.start()
    made = Town(installation, RpcCaller(around.amqp_uri, str))
    yield made
    made.close()
    running.stop()


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with running_town(tmp_path_factory.mktemp("town"), Variables({})) as made:
        yield made
