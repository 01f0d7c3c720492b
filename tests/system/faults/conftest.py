"""Installations for the fault tests, on servers of their own: they are crashed and emptied."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.servers import PostgresServer, RabbitServer
from tests.system.faults.clusters import PostgresPair, RabbitCluster
from tests.system.faults.history import History
from tests.system.faults.installation import SmallDiskPostgres, installed
from tests.system.faults.rounds import Campaign

SEED = 20_261_125


@pytest.fixture(scope="session")
def hurt_servers() -> Iterator[tuple[SmallDiskPostgres, RabbitServer]]:
    with ExitStack() as endings:
        postgres, rabbit = SmallDiskPostgres(), RabbitServer()
        endings.callback(postgres.remove)
        endings.callback(rabbit.remove)
        postgres.launch()
        rabbit.launch()
        postgres.start()
        rabbit.start()
        yield postgres, rabbit


@contextmanager
def campaign_on(
    servers: tuple[PostgresServer | PostgresPair, RabbitServer | RabbitCluster],
    home: Path,
    each: int,
    **settings: str,
) -> Iterator[Campaign]:
    with ExitStack() as endings:
        history = History(home / "history.jsonl")
        endings.callback(history.close)
        installation = endings.enter_context(installed(*servers, home, each, **settings))
        campaign = Campaign(installation, history, SEED, print)
        endings.callback(campaign.close)
        campaign.await_services()
        yield campaign


@pytest.fixture(scope="module")
def campaign(
    hurt_servers: tuple[SmallDiskPostgres, RabbitServer], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Campaign]:
    """One process of each service."""
    with campaign_on(hurt_servers, tmp_path_factory.mktemp("faults"), each=1) as running:
        yield running


@pytest.fixture(scope="module")
def pairs(
    hurt_servers: tuple[SmallDiskPostgres, RabbitServer], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Campaign]:
    """Two processes of each service."""
    hurt_servers[1].reset()
    with campaign_on(hurt_servers, tmp_path_factory.mktemp("pairs"), each=2) as running:
        yield running
