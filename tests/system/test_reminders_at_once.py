"""Many reminders at once; a hundred thousand: `python -m tests.system.reminders_at_once`."""

import pytest

from tests.system.reminders_at_once import Overdue, Spike, overdue, spike
from tests.unit.stores import Stores


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Stores:
    return Stores(tmp_path_factory.mktemp("stores"))


def test_all_that_is_overdue_is_told_in_order_within_the_limits(stores: Stores) -> None:
    """The longest due first, news at once, twenty messages a minute to a robot; memory bounded."""
    seen: Overdue = overdue(3_000, stores)
    assert seen.found == []


def test_who_owns_one_of_many_at_once_is_told_as_soon_as_promised(stores: Stores) -> None:
    """In real time; each once."""
    seen: Spike = spike(500, stores)
    assert seen.found == []
