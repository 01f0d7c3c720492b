"""One casebook, or one town, for each test."""

from collections.abc import Iterator

import pytest

from tests.builders import Clock
from tests.unit.responsibility.casebook import Casebook, FakeArrivals, responsibility
from tests.unit.responsibility.town import Town, opened_town
from tests.unit.stores import Stores


@pytest.fixture
def case(stores: Stores, clock: Clock) -> Iterator[Casebook]:
    arrivals = FakeArrivals()
    with stores.opened("responsibility", lambda env: responsibility(env, clock, arrivals)) as made:
        yield Casebook(made, clock, arrivals)


@pytest.fixture
def town(stores: Stores, clock: Clock) -> Iterator[Town]:
    with opened_town(stores, clock) as made:
        yield made
