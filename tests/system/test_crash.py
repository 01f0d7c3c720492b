"""Intake is killed again and again while clerks register: nothing acknowledged is lost."""

import random
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from typing import Any

import eventlet
import psycopg2
from eventlet import GreenPool

from chassis.eventstore.postgres import EVENT_LOG, _lock_key
from chassis.eventstore.schema import schema_of
from contracts.failures import Failure
from tests.system.petitions import OFFICE, registration, request_id
from tests.system.running_platform import Platform, wait_until

KILLS = 8
CLERKS = 6


def register(platform: Platform, clerk: str) -> str:
    """Register, and again with the same request id where no answer came: once, all the same."""
    given = registration(petitioner={"name": f"沈{request_id()}"})
    answer: Any = platform.call(clerk, "clerk", OFFICE, "intake.register", **given)
    assert platform.call(clerk, "clerk", OFFICE, "intake.register", **given) == answer
    return str(answer["number"])


def answers(platform: Platform, service: str) -> bool:
    try:
        return bool(platform.health(service)["ok"])
    except Failure:
        return False


def published_all(platform: Platform, service: str) -> bool:
    health = platform.health(service)
    return bool(health["published"] == health["head"])


@contextmanager
def relay_held(platform: Platform, service: str) -> Iterator[None]:
    """Hold the lead that the relay of a service needs before it sends anything."""
    key = _lock_key(schema_of(service), f"{EVENT_LOG}/relay")
    with closing(psycopg2.connect(platform.database_url)) as connection:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [key])
        yield


class TestKilledBetweenCommitAndPublish:
    def test_what_was_acknowledged_is_published_after_the_restart_and_once(
        self, platform: Platform
    ) -> None:
        """Some kills come right after an answer, some in the middle of the work."""
        chance = random.Random(7)
        acknowledged: list[str] = []
        for _ in range(KILLS):
            acknowledged += self._registered_around_a_kill(platform, chance)
        assert len(acknowledged) == len(set(acknowledged)) == KILLS * CLERKS
        wait_until(platform.caught_up)
        self._check_arrived_once(platform, set(acknowledged))

    def test_what_nobody_was_told_of_before_is_published_by_the_next_process(
        self, platform: Platform
    ) -> None:
        """Committed, acknowledged, not published: its relay was kept from sending."""
        for service in ("intake", "responsibility"):  # who would also fetch what is not told
            assert platform.terminate(service) == 0
        with relay_held(platform, "intake"):
            platform.start("intake")
            wait_until(lambda: answers(platform, "intake"))
            number = register(platform, "K1")
            health = platform.health("intake")
            assert health["published"] < health["head"]
            platform.kill("intake")
        platform.start("intake")
        wait_until(lambda: answers(platform, "intake"))
        wait_until(lambda: published_all(platform, "intake"))
        platform.start("responsibility")
        wait_until(platform.healthy)
        wait_until(platform.caught_up)
        self._check_arrived_once(platform, {number})

    @staticmethod
    def _registered_around_a_kill(platform: Platform, chance: random.Random) -> list[str]:
        pool = GreenPool(CLERKS)
        running = [pool.spawn(partial(register, platform, f"K{n}")) for n in range(CLERKS)]
        eventlet.sleep(chance.choice([0, 0.005, 0.02, 0.05]))
        platform.kill("intake")
        platform.start("intake")
        return [thread.wait() for thread in running]

    @staticmethod
    def _check_arrived_once(platform: Platform, numbers: set[str]) -> None:
        owned = platform.rows("SELECT number FROM responsibility.matter")
        told = platform.rows(
            "SELECT m.number FROM audit.timeline t JOIN audit.matter m"
            " ON m.petition_id = t.petition_id WHERE t.type = 'petition.registered.v1'"
        )
        for found in (owned, told):
            kept = [number for (number,) in found if number in numbers]
            assert sorted(kept) == sorted(numbers)
        assert all(platform.gapless(service) for service in ("intake", "responsibility", "audit"))
