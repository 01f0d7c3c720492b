"""One desk for each test."""

from collections.abc import Iterator

import pytest

from tests.builders import HOUR, Clock
from tests.unit.audit.desk import Desk, audit
from tests.unit.stores import Stores


@pytest.fixture
def desk(stores: Stores, clock: Clock) -> Iterator[Desk]:
    clock.advance(24 * HOUR)
    with stores.opened("audit", lambda environment: audit(environment, clock)) as made:
        yield Desk(made, clock)
