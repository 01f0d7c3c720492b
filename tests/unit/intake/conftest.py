"""One desk for each test."""

from collections.abc import Iterator

import pytest

from tests.builders import Clock
from tests.unit.intake.desk import Desk, intake
from tests.unit.stores import Stores


@pytest.fixture
def desk(stores: Stores, clock: Clock) -> Iterator[Desk]:
    with stores.opened("intake", lambda environment: intake(environment, clock)) as made:
        yield Desk(made, clock)
