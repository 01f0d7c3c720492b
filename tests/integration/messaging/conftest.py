"""The same tests on both transports, each test with a service name and broker names of its own."""

from collections.abc import Iterator
from contextlib import ExitStack
from uuid import uuid4

import pytest

from chassis.messaging import consuming, memory
from tests.integration.messaging.parts import Rig


@pytest.fixture(autouse=True)
def stops_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several hundred services are stopped here; the usual fraction of a second adds up."""
    monkeypatch.setattr(consuming, "STOP_NOTICED_AFTER_S", 0.02)


@pytest.fixture(params=["memory", "rabbitmq"])
def amqp_uri(request: pytest.FixtureRequest) -> str:
    """Return the address of a broker: one in the process, or the private RabbitMQ."""
    memory.install()
    if request.param == "memory":
        return f"memory://broker-{uuid4().hex}"
    uri: str = request.getfixturevalue("rabbitmq_uri")
    return uri


@pytest.fixture
def rig(amqp_uri: str) -> Iterator[Rig]:
    """Return what hosts services for one test and looks into their queues."""
    with ExitStack() as endings:
        yield Rig(amqp_uri, endings)
