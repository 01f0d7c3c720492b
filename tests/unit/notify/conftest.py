"""One desk for each test."""

from collections.abc import Iterator

import pytest

from tests.builders import Clock
from tests.unit.notify.desk import Desk, FakeChannel, deliveries, notify
from tests.unit.stores import Stores


@pytest.fixture
def channel() -> FakeChannel:
    return FakeChannel()


@pytest.fixture
def desk(stores: Stores, clock: Clock, channel: FakeChannel) -> Iterator[Desk]:
    with stores.opened("notify", lambda environment: notify(environment, clock)) as made:
        yield Desk(made, clock, deliveries(made, [channel]))
