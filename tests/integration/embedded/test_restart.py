"""A process ends after the commit and before anything was published: the next one publishes."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import eventlet
import pytest

from chassis.environment import Variables
from chassis.identity import Caller
from chassis.messaging.calling import RpcCaller
from chassis.messaging.checking import checked
from contracts.rpc.intake import RegisterPetition
from services.intake import bootstrap as intake
from services.intake.service import IntakeService
from shouwen.embedded import Embedded, embedded
from shouwen.hosting import SERVICES, host, migrate_all
from tests.integration.embedded.conftest import OFFICE, registration

CLERK = Caller("K1", frozenset({"clerk"}), OFFICE)


@pytest.fixture
def installation(tmp_path: Path) -> Embedded:
    made = embedded(tmp_path, Variables({}))
    migrate_all(made.surroundings.database_url)
    return made


@contextmanager
def process(installation: Embedded) -> Iterator[RpcCaller]:
    """All services from start to stop, and an operator who calls them."""
    around = installation.surroundings
    running = host(around, *SERVICES)
    running.start()
    caller = RpcCaller(around.amqp_uri, lambda: installation.issuer.issue("A1", ["auditor"]))
    try:
        yield caller
    finally:
        caller.close()
        running.stop()


def committed_only(installation: Embedded, count: int) -> list[str]:
    """Register with nobody there to publish: what a process leaves that is killed right then."""
    rooms = intake.build(installation.surroundings)
    surface = IntakeService()
    surface.rooms = rooms
    try:
        register: Any = IntakeService.register.__wrapped__
        requests = [
            checked(registration(petitioner={"name": f"沈{n}"}), RegisterPetition)
            for n in range(count)
        ]
        numbers = [register(surface, request, CLERK).number for request in requests]
        assert rooms.assembly.health()["published"] == 0
        assert rooms.assembly.health()["head"] == count
    finally:
        rooms.assembly.close()
    return numbers


def test_what_was_committed_is_published_by_the_next_process(installation: Embedded) -> None:
    numbers = committed_only(installation, 5)
    with process(installation) as caller, eventlet.Timeout(20):
        while caller.call("audit", "health")["applied"]["intake"] < 5:
            eventlet.sleep(0.02)
        assert caller.call("intake", "health")["published"] == 5
        for number in numbers:
            history = caller.call("audit", "replay", number=number)
            types = [entry["type"] for entry in history["entries"]]
            assert types.count("petition.registered.v1") == 1
