"""The broker delivers twice, shuffled, not at all, or forgets everything: the same state."""

import json
import random
from collections.abc import Sequence
from typing import Any

import pytest
from kombu.connection import Connection
from kombu.messaging import Producer

from chassis.eventstore.instants import text_of, utc_now
from chassis.messaging import topology
from contracts.envelope import CONTENT_TYPE
from tests.servers import RabbitServer
from tests.system.petitions import owner_of, receive, registered
from tests.system.running_platform import Platform, wait_until

FOLLOWERS = {
    "intake": ("responsibility", "audit"),
    "responsibility": ("intake", "notify", "audit"),
}
FOLLOWING = ("responsibility", "notify", "audit")

Events = list[dict[str, Any]]


def log_of(platform: Platform, service: str) -> Events:
    events: Events = []
    while page := _page_after(platform, service, len(events)):
        events += page
    return events


def _page_after(platform: Platform, service: str, position: int) -> Events:
    answer = platform.call("A1", "auditor", "", f"{service}.log", after=position, limit=500)
    return list(answer["events"])


def publish(platform: Platform, service: str, batches: Sequence[Events]) -> None:
    """Publish batches as the relay of a service does."""
    with Connection(platform.amqp_uri) as connection:
        producer = Producer(connection.channel(), topology.EVENTS, routing_key=service)
        for batch in batches:
            body = json.dumps(batch).encode()
            producer.publish(body, content_type=CONTENT_TYPE, content_encoding="utf-8")


def pieces(events: Events, chance: random.Random) -> list[Events]:
    """Every event twice, in batches of all sizes, inside out and in any order."""
    batches = []
    for _ in range(2):
        rest = list(events)
        while rest:
            size = chance.randint(1, 40)
            batches.append(chance.sample(rest[:size], len(rest[:size])))
            rest = rest[size:]
    chance.shuffle(batches)
    return batches


def state(platform: Platform) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all services."""
    tables = [
        table
        for service in ("intake", *FOLLOWING)
        for table in platform.tables(service)
        if not table.endswith("published_position")
    ]
    return {table: platform.rows(f"SELECT t::text FROM {table} t ORDER BY 1") for table in tables}


def waiting(rabbit: RabbitServer) -> dict[str, int]:
    listed = rabbit.ctl("list_queues", "name", "messages", "--no-table-headers")
    counts = dict(line.split("\t") for line in listed.splitlines())
    return {name: int(count) for name, count in counts.items() if name.startswith("shouwen.")}


@pytest.fixture
def busy(platform: Platform) -> Platform:
    """A platform on which things have happened, all of it known to everybody."""
    for number in registered(platform, 30):
        receive(platform, "L1", number)
        receive(platform, "L2", number)
    wait_until(platform.caught_up)
    wait_until(lambda: _at_rest(platform))
    return platform


def _at_rest(platform: Platform) -> bool:
    """Tell whether every reminder that is due has been delivered, and that is known everywhere."""
    due = "SELECT count(*) FROM notify.reminder WHERE state = 'planned' AND next_attempt_at <= '{}'"
    return platform.rows(due.format(text_of(utc_now()))) == [(0,)] and platform.caught_up()


class TestDeliveries:
    def test_twice_and_shuffled_change_nothing(
        self, busy: Platform, rabbit_server: RabbitServer
    ) -> None:
        chance, before = random.Random(3), state(busy)
        for service in FOLLOWERS:
            publish(busy, service, pieces(log_of(busy, service), chance))
        wait_until(lambda: not any(waiting(rabbit_server).values()), pause_s=0.5)
        assert state(busy) == before

    def test_with_pieces_missing_are_completed_from_the_log(
        self, platform: Platform, rabbit_server: RabbitServer
    ) -> None:
        """The queue is lost while its service is away; later pieces come before earlier ones."""
        for service in FOLLOWING:
            assert platform.terminate(service) == 0
        head = len(log_of(platform, "intake"))
        numbers = registered(platform, 40)
        for service in FOLLOWING:
            rabbit_server.ctl("purge_queue", f"shouwen.{service}.events")
        new = log_of(platform, "intake")[head:]
        publish(platform, "intake", [new[30:35], new[10:20], new[30:35]])
        for service in FOLLOWING:
            platform.start(service)
        wait_until(platform.caught_up_again)
        assert self._told_once(platform, numbers)

    def test_are_needless_after_the_broker_has_lost_everything(
        self, platform: Platform, rabbit_server: RabbitServer
    ) -> None:
        """Exchanges, queues and messages are gone; the services make them again by themselves."""
        for service in FOLLOWING:
            assert platform.terminate(service) == 0
        numbers = registered(platform, 40)
        rabbit_server.reset()
        for service in FOLLOWING:
            platform.start(service)
        wait_until(platform.caught_up_again)
        receive(platform, "L7", numbers[0])
        assert owner_of(platform, numbers[0])["owner"] == "L7"
        assert self._told_once(platform, [*numbers, *registered(platform, 5)])

    @staticmethod
    def _told_once(platform: Platform, numbers: list[str]) -> bool:
        wait_until(platform.caught_up)
        told = platform.rows(
            "SELECT m.number FROM audit.timeline t JOIN audit.matter m"
            " ON m.petition_id = t.petition_id WHERE t.type = 'petition.registered.v1'"
        )
        return sorted(n for (n,) in told if n in numbers) == sorted(numbers)
