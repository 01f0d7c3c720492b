"""Very many reminders at once: all told, the oldest first, within the limits, news before them."""

from collections import Counter
from datetime import date, time, timedelta

import pytest

from services.notify.domain.planning import instant
from tests.builders import TODAY, Clock, number, petition_id
from tests.unit.notify.desk import Desk, FakeChannel, deliveries

OVERDUE = 400
OWNERS = 20


@pytest.fixture
def robot() -> FakeChannel:
    return FakeChannel("dingtalk", endpoint="dingtalk/1", per_minute=20)


@pytest.fixture
def stormy(desk: Desk, robot: FakeChannel, channel: FakeChannel, clock: Clock) -> Desk:
    """Hundreds of terms that have run out while nothing ran, of few leaders behind one robot."""
    desk.deliveries = deliveries(desk.application, [channel], [robot, FakeChannel("mail")])
    told = []
    for serial in range(1, OVERDUE + 1):
        about = {"petition_id": petition_id(serial), "number": number(serial)}
        due = {"on": (date(2026, 12, 1) + timedelta(days=serial % 10)).isoformat()}
        begun = {"term": "handling", "runs_from": TODAY.isoformat(), "due": due}
        told += [
            ("ownership.taken.v1", clock(), {**about, "owner": f"L{serial % OWNERS}"}),
            ("term.begun.v1", clock(), {**about, **begun}),
        ]
    desk.hear(told)
    desk.look()
    for each in (channel, robot):
        each.told.clear()
    clock.now = instant(date(2026, 12, 14), time(9))
    return desk


def test_all_of_them_are_told_within_the_limits(
    stormy: Desk, channel: FakeChannel, robot: FakeChannel
) -> None:
    """Each once in the file; the robot gets twenty messages a minute at most, each for many."""
    while stormy.fall():
        pass
    sent = []
    for _ in range(40):
        before = len(robot.told)
        stormy.deliver_after(timedelta(seconds=10))
        sent.append(len(robot.told) - before)
    late = [each for each in channel.told if each.reason == "term_late"]
    owners = Counter(each.number for each in late if each.recipient.startswith("L"))
    assert len(owners) == OVERDUE
    assert set(owners.values()) == {1}
    assert max(sum(sent[at : at + 6]) for at in range(len(sent))) <= 20
    assert {row["state"] for row in stormy.listed()} == {"delivered"}


def test_the_longest_due_is_told_first(stormy: Desk, channel: FakeChannel) -> None:
    """Of each recipient, whatever order their numbers have."""
    while stormy.fall():
        pass
    # What waited for the robot since the days before comes first, and was in the file already.
    while stormy.deliver():
        pass
    due = [each.due_at for each in channel.told if each.recipient == "L7"]
    assert len(due) > 1
    assert due == sorted(due)


def test_news_does_not_wait_behind_them(stormy: Desk, channel: FakeChannel) -> None:
    """Who owns something now is told in the next round."""
    while stormy.fall():
        pass
    serial = OVERDUE + 1
    stormy.tell(
        "ownership.taken.v1", petition_id=petition_id(serial), number=number(serial), owner="L999"
    )
    stormy.deliver()
    assert channel.told[0].recipient == "L999"
