"""Two instances of responsibility share the queues: still one owner, each effect once."""

from collections.abc import Iterator

import pytest

from tests.system.petitions import registered
from tests.system.running_platform import Platform, wait_until
from tests.system.test_race_for_first import race

SECOND = "responsibility-2"


def answers_of(platform: Platform, instance: str) -> int:
    log = (platform.home / f"{instance}.log").read_text()
    return log.count('"method": "receive", "code": "ok"')


@pytest.fixture(scope="module")
def doubled(platform: Platform) -> Iterator[Platform]:
    platform.start("responsibility", SECOND)
    log = platform.home / f"{SECOND}.log"
    wait_until(lambda: "services_started" in log.read_text())
    yield platform
    assert platform.terminate(SECOND) == 0


class TestTwoInstances:
    def test_share_the_work_and_have_one_owner(self, doubled: Platform) -> None:
        before = answers_of(doubled, "responsibility")
        for number in registered(doubled, 5):
            assert race(doubled, number) == {"first": 1, "rival": 49}
        first = answers_of(doubled, "responsibility") - before
        second = answers_of(doubled, SECOND)
        assert first + second == 250
        assert min(first, second) > 25

    def test_apply_each_event_once(self, doubled: Platform) -> None:
        numbers = registered(doubled, 300)
        wait_until(doubled.caught_up)
        opened = doubled.rows(
            "SELECT subject, count(*) FROM (SELECT data::json ->> 'number' AS subject"
            " FROM audit.timeline WHERE type = 'ownership.awaited.v1') t GROUP BY subject"
        )
        counts = dict(opened)
        assert [counts.get(number) for number in numbers] == [1] * 300
        assert doubled.gapless("responsibility")
