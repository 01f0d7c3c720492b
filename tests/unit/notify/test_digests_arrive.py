"""A digest arrives once over each way, in the morning of a working day, or is left out."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest

from services.notify.application.digesting import AGAIN_AFTER, Digests
from services.notify.application.preferring import Preferring, Stated
from services.notify.domain.digest import hours_for
from services.notify.domain.planning import Hours, instant
from services.notify.domain.preferences import Preferences
from services.notify.readmodels.reminders import ReminderTable
from tests.builders import DAY, HUANG, TODAY, Clock
from tests.unit.notify.desk import Desk, FakeChannel, deliveries
from tests.unit.notify.test_digests import MORNING, FakeCases, NothingKept
from tests.unit.notify.test_responses import command

MINUTE = timedelta(minutes=1)
# A Friday, and it works; the day after does not.
FRIDAY = date(2026, 11, 27)


@pytest.fixture
def robot() -> FakeChannel:
    return FakeChannel("wecom", endpoint="wecom/1")


@pytest.fixture
def mail() -> FakeChannel:
    """Which takes nothing this morning."""
    return FakeChannel("mail", endpoint="mail/1", outcomes=["smtp_451"] * 99)


@pytest.fixture
def digests(desk: Desk, channel: FakeChannel, robot: FakeChannel, mail: FakeChannel) -> Digests:
    """HUANG, who gets a digest each morning in the file, and over a robot or else by mail."""
    desk.deliveries = deliveries(desk.application, [channel], [robot, mail])
    order(desk, HUANG)
    return digests_of(desk)


def digests_of(desk: Desk) -> Digests:
    return Digests(desk.application, FakeCases(), desk.deliveries, ReminderTable())


def order(desk: Desk, who: str, request: str = "request-1") -> None:
    ways, pace = desk.deliveries.ways, desk.deliveries.pace
    preferring = Preferring(desk.application, ways, pace, NothingKept())
    preferring.state(command(who, request), who, Stated([], None, [], "morning"))


def sent(desk: Desk) -> list[Preferences.DigestSent]:
    return [fact for fact in desk.facts() if isinstance(fact, Preferences.DigestSent)]


class TestEachWay:
    def test_has_to_be_gone(
        self, desk: Desk, digests: Digests, channel: FakeChannel, robot: FakeChannel, clock: Clock
    ):
        """That it stands in the file tells nobody; the file is not written twice for it."""
        robot.outcomes = ["http_503"] * 2
        clock.now = MORNING
        for _ in range(5):
            digests.send_due()
            clock.advance(AGAIN_AFTER)
        assert (len(channel.told), len(robot.told)) == (1, 3)
        assert [(fact.outcomes, fact.digest_at) for fact in sent(desk)] == [
            ({"file": "ok", "wecom": "http_503", "mail": "smtp_451"}, MORNING + AGAIN_AFTER),
            ({"wecom": "ok"}, MORNING + DAY),
        ]

    def test_leads_to_where_he_reads_on(self, desk: Desk, robot: FakeChannel, clock: Clock):
        """What the digest counts only is there."""
        desk.deliveries = replace(
            deliveries(desk.application, [robot]), link_to_all="https://xf.example/mine"
        )
        order(desk, HUANG)
        clock.now = MORNING
        digests_of(desk).send_due()
        assert robot.told[0].text.splitlines()[-1] == "https://xf.example/mine"

    def test_is_not_gone_again_by_another_instance(
        self, desk: Desk, digests: Digests, channel: FakeChannel, robot: FakeChannel, clock: Clock
    ):
        """What has arrived is on record, not in a process."""
        robot.outcomes = ["http_503"]
        clock.now = MORNING
        digests.send_due()
        clock.advance(AGAIN_AFTER)
        digests_of(desk).send_due()
        assert (len(channel.told), len(robot.told)) == (1, 2)

    def test_that_is_held_is_waited_for(
        self, desk: Desk, digests: Digests, robot: FakeChannel, clock: Clock
    ):
        """Twenty-five people on one robot, which takes twenty messages a minute."""
        robot.per_minute = 20
        for serial in range(24):
            order(desk, f"L{serial}", f"request-{serial}")
        clock.now = MORNING
        while digests.send_due():
            pass
        assert len(robot.told) == 20
        clock.advance(MINUTE)
        while digests.send_due():
            pass
        assert len(robot.told) == len(set(robot.recipients)) == 25
        assert {fact.digest_at for fact in sent(desk)} >= {MORNING + DAY}

    def test_that_fails_until_noon_is_left_out(
        self, desk: Desk, digests: Digests, robot: FakeChannel, clock: Clock
    ):
        """With what came of it last; tomorrow there is another one."""
        robot.outcomes = ["http_503"] * 99
        clock.now = MORNING
        while clock() < MORNING + DAY / 2:
            digests.send_due()
            clock.advance(AGAIN_AFTER)
        last = sent(desk)[-1]
        assert (last.outcomes, last.digest_at) == (
            {"wecom": "http_503", "mail": "smtp_451"},
            MORNING + DAY,
        )
        assert len(sent(desk)) == 2

    def test_counts_once_for_two_instances_at_once(
        self, desk: Desk, digests: Digests, channel: FakeChannel, clock: Clock
    ):
        """The one was still telling when its lease was over: one digest a day is on record."""

        class Overtaken(FakeChannel):
            def tell(self, told):
                clock.advance(AGAIN_AFTER)
                digests.send_due()
                return super().tell(told)

        slow = deliveries(desk.application, [Overtaken()])
        clock.now = MORNING
        Digests(desk.application, FakeCases(), slow, ReminderTable()).send_due()
        assert [fact.day for fact in sent(desk)] == ["2026-11-25"]


class TestTheHours:
    @pytest.mark.parametrize(
        ("back", "then"),
        [
            (instant(FRIDAY, time(22)), instant(date(2026, 11, 30), time(8, 30))),
            (instant(FRIDAY + DAY, time(2)), instant(date(2026, 11, 30), time(8, 30))),
            (instant(FRIDAY + DAY, time(9)), instant(date(2026, 11, 30), time(8, 30))),
            (instant(FRIDAY, time(13)), instant(date(2026, 11, 30), time(8, 30))),
            (instant(FRIDAY, time(2)), instant(FRIDAY, time(8, 30))),
            (instant(FRIDAY, time(9)), instant(FRIDAY, time(9))),
        ],
    )
    def test_are_kept_after_a_time_of_being_down(
        self, digests: Digests, robot: FakeChannel, clock: Clock, back: datetime, then: datetime
    ):
        """Nobody reads a morning digest at night, or on a day that is not worked."""
        clock.now = back
        told: list[datetime] = []
        while not told:
            digests.send_due()
            told += [clock()] * len(robot.told)
            clock.advance(30 * MINUTE)
        assert told == [then]

    def test_that_somebody_has_stated_are_kept(
        self, desk: Desk, digests: Digests, robot: FakeChannel, channel: FakeChannel, clock: Clock
    ):
        """From ten: the digest comes at ten."""
        desk.deliveries.ways.hours[HUANG] = Hours(time(10), time(18))
        clock.now = MORNING
        digests.send_due()
        clock.now = instant(TODAY + DAY, time(9, 59))
        digests.send_due()
        assert robot.told == channel.told == []
        clock.now = instant(TODAY + DAY, time(10))
        digests.send_due()
        assert len(robot.told) == len(channel.told) == 1

    @pytest.mark.parametrize(
        ("own", "begins", "ends"),
        [
            (None, time(8, 30), time(12, 1)),
            (Hours(time(7), time(18)), time(8, 30), time(12, 1)),
            (Hours(time(7), time(9)), time(8, 30), time(9)),
            (Hours(time(14), time(18)), time(14), time(18)),
            (Hours(time(10), time(18), workdays_only=False), time(10), time(12, 1)),
        ],
    )
    def test_of_a_digest_lie_within_his_own(self, own: Hours | None, begins: time, ends: time):
        """In the morning, unless his own begin later; on working days, whatever his own are."""
        assert hours_for(own) == Hours(begins, ends, workdays_only=True)
