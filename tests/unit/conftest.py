"""What all unit tests lean on."""

import pytest

from tests.builders import Clock
from tests.unit.stores import Stores


@pytest.fixture(scope="session")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Stores:
    return Stores(tmp_path_factory.mktemp("stores"))


@pytest.fixture
def clock() -> Clock:
    return Clock()
