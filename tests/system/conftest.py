"""One platform for all system tests; whoever hurts it sees to it that it is well again."""

from collections.abc import Iterator

import pytest

from tests.system.running_platform import Platform, started


@pytest.fixture(scope="session")
def platform(
    postgres_url: str, rabbitmq_uri: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Platform]:
    with started(postgres_url, rabbitmq_uri, tmp_path_factory.mktemp("platform")) as running:
        yield running
