"""What each command and reaction costs may fall, never rise unnoticed."""

import uuid
from collections.abc import Iterator

import psycopg2
import pytest

from shouwen.hosting import SERVICES, migrate_all
from tests.servers import PostgresServer
from tests.system.counting import (
    OFFICE,
    Cost,
    StatementLog,
    Surfaces,
    closing,
    command,
    costs,
    registration,
    tapped,
)
from tests.system.running_platform import Platform, wait_until

# Most statements and most round trips. The aim is four statements each.
BOUNDS = {
    "register": (13, 6),
    "receive": (7, 4),
    "reply": (7, 4),
    # The terms that its course did not end.
    "close": (8, 4),
    # The term of the first step among them.
    "responsibility on registered": (8, 4),
    # A question and a statement for the leaves of a whole batch among them.
    "audit on registered": (7, 4),
    "notify on taken": (7, 4),
    # The plan of the follow-up visit.
    "notify on replied": (7, 4),
    "intake on taken": (4, 3),
    "audit on taken": (6, 4),
}


@pytest.fixture(scope="module")
def counted(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Cost]]:
    name = f"cost_{uuid.uuid4().hex[:8]}"
    connection = psycopg2.connect(postgres_server.url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    connection.close()
    url = postgres_server.url.rpartition("/")[0] + f"/{name}"
    migrate_all(lambda _service: url)
    surfaces = Surfaces(url, tmp_path_factory.mktemp("cost"))
    yield costs(StatementLog(postgres_server, name), surfaces)
    surfaces.close()


class TestCost:
    def test_statements_and_round_trips_keep_their_bounds(self, counted: dict[str, Cost]) -> None:
        """Each command and each reaction, with everything warm and one petition in hand."""
        above = {
            name: (cost.statements, cost.round_trips, cost.texts)
            for name, cost in counted.items()
            if cost.statements > BOUNDS[name][0] or cost.round_trips > BOUNDS[name][1]
        }
        assert not above

    def test_something_was_counted(self, counted: dict[str, Cost]) -> None:
        """A command that records an event tells the database so: the log was really read."""
        for name in ("register", "receive", "close"):
            assert any("INTO event_log" in text for text in counted[name].texts), name

    def test_one_message_a_command(self, platform: Platform) -> None:
        """All that a command records leaves in one message of its service."""
        with (
            tapped(platform.amqp_uri) as tap,
            platform.proxy("clerk1", ["clerk"], OFFICE) as clerk,
            platform.proxy("leader1", ["leader"], OFFICE) as leader,
        ):
            wait_until(lambda: _published(platform))
            tap.messages()
            number = clerk.intake.register(**registration())["number"]
            wait_until(lambda: _published(platform))
            assert tap.messages()["intake"] == 1
            leader.responsibility.receive(**command(number))
            wait_until(lambda: _published(platform))
            assert tap.messages()["responsibility"] == 1
            leader.responsibility.close(**closing(number))
            wait_until(lambda: _published(platform))
            assert tap.messages()["responsibility"] == 1


def _published(platform: Platform) -> bool:
    """Everybody has published what he recorded and applied what those he follows recorded."""
    with platform.proxy("operator1", ["operator"]) as proxy:
        health = {service: getattr(proxy, service).health() for service in SERVICES}
    heads = {service: each["head"] for service, each in health.items()}
    return all(each["published"] >= each["head"] for each in health.values()) and all(
        position >= heads[source]
        for each in health.values()
        for source, position in each["applied"].items()
    )
