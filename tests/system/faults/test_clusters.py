"""One node of the broker is lost under load, and the primary of the database."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.system.faults.clusters import NODES, PostgresPair, RabbitCluster
from tests.system.faults.conftest import campaign_on
from tests.system.faults.rounds import Campaign


@pytest.fixture(scope="module")
def on_clusters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Campaign]:
    """One process of each service, on three nodes of RabbitMQ and a PostgreSQL with a standby."""
    with ExitStack() as endings:
        postgres, rabbit = PostgresPair(), RabbitCluster()
        endings.callback(postgres.remove)
        endings.callback(rabbit.remove)
        rabbit.start()
        postgres.start()
        home = tmp_path_factory.mktemp("clusters")
        running = campaign_on((postgres, rabbit), home, 1, SHOUWEN_REQUEST_QUEUES="quorum")
        yield endings.enter_context(running)


def test_nodes_of_the_broker_are_lost_under_load(on_clusters: Campaign):
    """All goes on without the one that is down; nothing is lost when it comes back."""
    for number in range(1, NODES + 1):
        on_clusters.run_round(number, "node")
    on_clusters.check_all()


def test_the_primary_of_the_database_is_lost_under_load(on_clusters: Campaign):
    """What was acknowledged is on the standby, and all goes on there."""
    on_clusters.run_round(NODES + 1, "primary")
    on_clusters.run_round(NODES + 2, "none")
    on_clusters.check_all()
