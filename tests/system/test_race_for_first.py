"""Fifty leaders receive one petition at the same moment, 200 times, on real servers."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from eventlet import GreenPool
from kombu.connection import Connection

from chassis.messaging import topology
from tests.system.petitions import owner_of, receive, registered
from tests.system.running_platform import Platform, wait_until

LEADERS = [f"L{number:03d}" for number in range(50)]
BYSTANDERS = ("notify", "audit")
BACK_DATED = "2026-11-01T09:00:00+08:00"

Given = Callable[[int], dict[str, Any]]


def race(platform: Platform, number: str, given: Given = lambda _place: {}) -> Counter[str]:
    """Let all receive at once; return how often each standing was given."""
    pool = GreenPool(len(LEADERS))
    running = [
        pool.spawn(partial(receive, platform, leader, number, **given(place)))
        for place, leader in enumerate(LEADERS)
    ]
    answers = {leader: thread.wait() for leader, thread in zip(LEADERS, running, strict=True)}
    check_one_owner(platform, number, answers)
    return Counter(answer["standing"] for answer in answers.values())


def check_one_owner(platform: Platform, number: str, answers: dict[str, Any]) -> None:
    """One was first, the others were told who, and the record says the same."""
    firsts = [leader for leader, answer in answers.items() if answer["standing"] == "first"]
    assert len(firsts) == 1
    assert {answer["owner"] for answer in answers.values()} == set(firsts)
    record = owner_of(platform, number)
    assert record["owner"] == record["first_contact"]["owner"] == firsts[0]
    assert len(record["chain"]) == 1
    assert {rival["leader"] for rival in record["rivals"]} == set(LEADERS) - set(firsts)
    assert len(record["rivals"]) == len(LEADERS) - 1


@pytest.fixture(scope="module")
def platform_with_leaders(platform: Platform) -> Iterator[Platform]:
    """Everybody has a connection before the first race, and the cores belong to those who race."""
    for service in BYSTANDERS:
        assert platform.terminate(service) == 0
    pool = GreenPool(len(LEADERS))
    number = registered(platform)[0]
    for leader in LEADERS:
        pool.spawn(receive, platform, leader, number)
    pool.waitall()
    yield platform
    for service in BYSTANDERS:
        platform.start(service)
    wait_until(platform.healthy)


@contextmanager
def news_held_back(platform: Platform) -> Iterator[None]:
    """Let nothing of what intake publishes reach responsibility's queue."""
    with Connection(platform.amqp_uri) as connection:
        queue = topology.events_queue("responsibility", ["intake"]).bind(connection.channel())
        queue.unbind_from(topology.EVENTS, routing_key="intake")
        try:
            yield
        finally:
            queue.bind_to(topology.EVENTS, routing_key="intake")


def unheard_of(platform: Platform) -> str:
    """Register a petition that responsibility has not heard of; its next catch-up may be sooner."""
    while True:
        number = registered(platform)[0]
        known = platform.health("responsibility")["applied"]["intake"]
        if known < platform.health("intake")["head"]:
            return number


class TestFiftyLeadersAtOnce:
    def test_have_one_winner_and_the_others_are_told_who(
        self, platform_with_leaders: Platform
    ) -> None:
        for number in registered(platform_with_leaders, 150):
            standings = race(platform_with_leaders, number)
            assert standings == {"first": 1, "rival": 49}

    def test_have_one_winner_also_where_the_petition_has_not_arrived(
        self, platform_with_leaders: Platform
    ) -> None:
        """Nobody is told that intake's petition does not exist, and it is taken in once."""
        with news_held_back(platform_with_leaders):
            for _ in range(25):
                number = unheard_of(platform_with_leaders)
                assert race(platform_with_leaders, number) == {"first": 1, "rival": 49}

    def test_a_back_dated_reception_displaces_nobody(self, platform_with_leaders: Platform) -> None:
        """Every other one is dated before all others; the first on record stays the owner."""

        def given(place: int) -> dict[str, Any]:
            return {"received_at": BACK_DATED} if place % 2 else {}

        for number in registered(platform_with_leaders, 25):
            standings = race(platform_with_leaders, number, given)
            assert standings["first"] == 1
            # Of those who dated back, none is earlier when the owner dated back too.
            assert standings["disputed"] in {0, 25}
