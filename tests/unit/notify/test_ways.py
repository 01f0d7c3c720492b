"""Channels of one's own: limits, fallback, one message for many, quiet hours, deputies."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, time, timedelta
from itertools import pairwise

import pytest

from services.notify.application.ports import Endpoint
from services.notify.application.preferring import Preferring, Stated
from services.notify.domain.planning import Hours, instant
from services.notify.domain.refusals import ChannelUnavailable, NotYourOwn, SecretUnreadable
from services.notify.gateways.directory import Directory, Means
from services.notify.gateways.pace import FAILURES_MAX, OPEN_FIRST, OPEN_MAX
from services.notify.gateways.posting import Poster
from tests.builders import DAY, HUANG, SHEN, TAO, TODAY, Clock, number, petition_id
from tests.unit.notify.desk import Desk, FakeChannel, deliveries, notify
from tests.unit.notify.test_responses import command
from tests.unit.notify.test_robots import no_hours
from tests.unit.stores import Stores

TAKEN = "ownership.taken.v1"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def robot() -> FakeChannel:
    return FakeChannel("dingtalk", endpoint="dingtalk/1", per_minute=20)


@pytest.fixture
def mail() -> FakeChannel:
    return FakeChannel("mail", endpoint="mail/1")


@pytest.fixture
def desk(
    stores: Stores, clock: Clock, channel: FakeChannel, robot: FakeChannel, mail: FakeChannel
) -> Iterator[Desk]:
    """Everything goes to the file; and to a robot, or else by mail."""
    with stores.opened("notify", lambda environment: notify(environment, clock)) as made:
        yield Desk(made, clock, deliveries(made, [channel], [robot, mail]))


def take(desk: Desk, count: int, first: int = 1, owner: str = HUANG) -> None:
    """Let an owner take many petitions."""
    for serial in range(first, first + count):
        desk.tell(TAKEN, petition_id=petition_id(serial), number=number(serial), owner=owner)


def outcomes(desk: Desk) -> list[tuple[str, str]]:
    facts = desk.facts()
    return [(f.channel, f.outcome) for f in facts if type(f).__name__ == "Attempted"]


class TestFallback:
    def test_the_next_channel_is_taken_when_one_fails(
        self, desk: Desk, robot: FakeChannel, mail: FakeChannel
    ):
        """One that delivers is enough; the file is a way of its own."""
        robot.outcomes = ["code_310000"]
        take(desk, 1)
        desk.deliver()
        assert outcomes(desk) == [("file", "ok"), ("dingtalk", "code_310000"), ("mail", "ok")]
        assert desk.listed()[0]["state"] == "delivered"

    def test_when_all_fail_the_way_is_gone_again(
        self, desk: Desk, channel: FakeChannel, robot: FakeChannel, mail: FakeChannel
    ):
        """From its beginning; what was delivered over the other way is not told again."""
        robot.outcomes, mail.outcomes = ["code_310000"], ["smtp_451"]
        take(desk, 1)
        desk.deliver()
        assert desk.listed()[0]["state"] == "planned"
        desk.deliver_after(MINUTE)
        assert (len(channel.told), len(robot.told), len(mail.told)) == (1, 2, 1)
        assert desk.listed()[0]["state"] == "delivered"


class TestTheBreaker:
    def test_spares_an_endpoint_that_fails_again_and_again(
        self, desk: Desk, robot: FakeChannel, mail: FakeChannel
    ):
        """After five failures mail goes at once, and the robot is tried again later."""
        robot.outcomes = ["ConnectError"] * FAILURES_MAX
        for serial in range(1, FAILURES_MAX + 3):
            take(desk, 1, serial)
            desk.deliver_after(timedelta(seconds=1))
        assert len(robot.told) == FAILURES_MAX
        assert len(mail.told) == FAILURES_MAX + 2
        take(desk, 1, 50)
        desk.deliver_after(OPEN_FIRST)
        assert len(robot.told) == FAILURES_MAX + 1

    def test_who_asks_to_be_left_alone_is(
        self, desk: Desk, robot: FakeChannel, mail: FakeChannel, channel: FakeChannel
    ):
        """Retry-After counts for everything that goes there, not for one message."""
        robot.outcomes, robot.wait = ["http_429"], 2 * MINUTE
        mail.outcomes = ["smtp_451"]
        take(desk, 1)
        desk.deliver()
        take(desk, 1, 2)
        desk.deliver_after(MINUTE)
        assert len(robot.told) == 1
        desk.deliver_after(2 * MINUTE)
        assert len(robot.told) == 3

    def test_who_asks_for_an_hour_is_passed_over(
        self, desk: Desk, robot: FakeChannel, mail: FakeChannel
    ):
        """The next channel is free: what falls due meanwhile goes there at once."""
        robot.outcomes, robot.wait = ["http_429"], 60 * MINUTE
        take(desk, 1)
        desk.deliver()
        take(desk, 1, 2)
        desk.deliver_after(MINUTE)
        assert (len(robot.told), len(mail.told)) == (1, 2)

    def test_a_way_is_gone_again_as_soon_as_one_of_its_channels_may_be(
        self, desk: Desk, robot: FakeChannel, mail: FakeChannel
    ):
        """The robot asked for an hour; mail failed as well, and asked for nothing."""
        robot.outcomes, robot.wait, mail.outcomes = ["http_429"], 60 * MINUTE, ["smtp_451"]
        take(desk, 1)
        desk.deliver()
        desk.deliver_after(MINUTE)
        assert (len(robot.told), len(mail.told)) == (1, 2)
        assert desk.listed()[0]["state"] == "delivered"

    def test_an_attempt_waits_for_as_long_as_it_was_asked_to(
        self, desk: Desk, robot: FakeChannel, channel: FakeChannel
    ):
        """Also where the endpoint has no row of its own that would hold it back."""
        channel.outcomes, channel.wait = ["http_429"], 30 * MINUTE
        take(desk, 1)
        desk.deliver()
        desk.deliver_after(29 * MINUTE)
        assert len(channel.told) == 1
        desk.deliver_after(MINUTE)
        assert len(channel.told) == 2

    def test_is_closed_by_what_succeeds(self, desk: Desk, robot: FakeChannel, mail: FakeChannel):
        """Failures in a row count, not failures: after a success there are five again."""
        robot.outcomes = [*["ConnectError"] * (FAILURES_MAX - 1), "ok", "ConnectError"]
        for serial in range(1, FAILURES_MAX + 3):
            take(desk, 1, serial)
            desk.deliver_after(timedelta(seconds=1))
        assert len(robot.told) == FAILURES_MAX + 2

    def test_opens_for_twice_as_long_each_time(self, desk: Desk, robot: FakeChannel):
        """Up to ten minutes: who is down for a day is not asked every half minute."""
        robot.outcomes = ["ConnectError"] * 999
        began, asked = desk.clock(), []
        for serial in range(1, 700):
            take(desk, 1, serial, owner=f"L{serial}")
            told = len(robot.told)
            desk.deliver_after(timedelta(seconds=5))
            asked += [desk.clock() - began] * (len(robot.told) - told)
        pauses = [then - at for at, then in pairwise(asked[FAILURES_MAX - 1 :])]
        longer = [OPEN_FIRST * 2**n for n in range(5)]
        assert pauses[:5] == longer
        assert set(pauses[5:]) == {OPEN_MAX}


class TestTheLimit:
    def test_no_more_than_twenty_in_any_minute(self, desk: Desk, robot: FakeChannel, clock: Clock):
        """Of so many people that nothing can be gathered; nobody is left out."""
        for serial in range(1, 51):
            take(desk, 1, serial, owner=f"L{serial}")
        sent = []
        for _ in range(60):
            before = len(robot.told)
            desk.deliver_after(timedelta(seconds=5))
            sent.append(len(robot.told) - before)
        assert len(robot.told) == 50
        assert max(sum(sent[at : at + 12]) for at in range(len(sent))) <= 20

    def test_to_be_held_is_no_failed_attempt(self, desk: Desk, robot: FakeChannel):
        """However long it takes, nothing is given up."""
        robot.per_minute = 1
        for serial in range(1, 16):
            take(desk, 1, serial, owner=f"L{serial}")
        for _ in range(20):
            desk.deliver_after(MINUTE)
        assert {row["state"] for row in desk.listed()} == {"delivered"}

    def test_many_of_one_recipient_are_one_message(self, desk: Desk, robot: FakeChannel):
        """The file has each of them."""
        take(desk, 30)
        desk.deliver()
        (one,) = robot.told
        assert one.sentence.startswith("您有30条信访提醒：\n1. ")
        assert one.sentence.endswith("其余10条请登录平台查看。")
        assert {row["state"] for row in desk.listed()} == {"delivered"}

    def test_one_message_for_many_leads_to_all_of_them(self, desk: Desk, robot: FakeChannel):
        """There is no one petition that it is about."""
        links = {"link": "https://xf.example/{number}", "link_to_all": "https://xf.example/mine"}
        desk.deliveries = replace(desk.deliveries, **links)
        take(desk, 3)
        desk.deliver()
        assert robot.told[0].text.splitlines()[-1] == "https://xf.example/mine"

    def test_two_are_two(self, desk: Desk, robot: FakeChannel):
        """So few are read one by one."""
        take(desk, 2)
        desk.deliver()
        assert len(robot.told) == 2


class TestHours:
    def test_put_off_what_comes_in_between(self, desk: Desk, clock: Clock, robot: FakeChannel):
        """Told at night of whatever; at half past eight the owner is, and it was no attempt."""
        desk.deliveries.ways.hours[HUANG] = Hours(time(8, 30), time(18))
        clock.now = instant(TODAY, time(22))
        take(desk, 1)
        take(desk, 1, 2, owner=SHEN)
        assert desk.deliver() == 1
        clock.now = instant(TODAY + DAY, time(8, 29))
        assert desk.deliver() == 0
        clock.now = instant(TODAY + DAY, time(8, 30))
        assert desk.deliver() == 1
        assert [each.recipient for each in robot.told] == [SHEN, HUANG]


@pytest.fixture
def preferring(desk: Desk) -> Preferring:
    return Preferring(desk.application, desk.deliveries.ways, desk.deliveries.pace, NothingKept())


class NothingKept:
    def keep(self, *_given: object) -> None:
        """Where people are reached is of no account here."""


class TestDeputies:
    def deputise(self, preferring: Preferring) -> None:
        named = {"recipient": TAO, "first_day": "2026-11-24", "last_day": "2026-12-10"}
        preferring.state(command(), HUANG, Stated([], None, [named]))

    def begin(self, desk: Desk, petition_class: str = "appeal") -> None:
        desk.tell("ownership.awaited.v1", petition_class=petition_class)
        desk.tell(TAKEN)
        desk.tell("term.ended.v1", term="first_step")
        due = {"on": "2026-12-24"}
        desk.tell("term.begun.v1", term="handling", runs_from=TODAY.isoformat(), due=due)

    def test_are_told_too_while_he_is_away(self, desk: Desk, preferring: Preferring):
        """The owner is told as always, and stays owner."""
        self.deputise(preferring)
        self.begin(desk)
        desk.fall()
        told = {who for who, reason, _ in desk.reminders() if reason == "term_begun"}
        assert told == {HUANG, TAO}

    def test_are_not_told_when_he_is_back(self, desk: Desk, preferring: Preferring):
        """The last day is over."""
        self.deputise(preferring)
        self.begin(desk)
        desk.run_until(instant(date(2026, 12, 24), time(10)))
        assert (HUANG, "term_due", "delivered") in desk.reminders()
        assert (TAO, "term_due", "delivered") not in desk.reminders()

    def test_hear_nothing_of_an_accusation(self, desk: Desk, preferring: Preferring):
        """They are not among the named."""
        self.deputise(preferring)
        self.begin(desk, "accusation")
        desk.fall()
        assert TAO not in {who for who, _, _ in desk.reminders()}


class TestPreferences:
    def test_of_others_are_refused(self, preferring: Preferring):
        """Everybody says for himself how he is told."""
        with pytest.raises(NotYourOwn):
            preferring.state(command(SHEN), HUANG, Stated([], None, []))

    def test_for_what_is_not_set_up_are_refused(self, preferring: Preferring):
        """Better than to wait for messages that nobody sends."""
        with pytest.raises(ChannelUnavailable):
            preferring.state(command(), HUANG, Stated([Endpoint("sms", "10000")], None, []))

    def test_with_a_secret_that_is_none_are_refused(
        self, preferring: Preferring, desk: Desk, clock: Clock
    ):
        """Or the first reminder would be the one to find out."""
        log = desk.application.log_of_events
        preferring = replace(preferring, ways=Directory(log, Means([], Poster(), clock), no_hours))
        endpoint = Endpoint("webhook", "https://a.example/", "whsec_no!")
        with pytest.raises(SecretUnreadable):
            preferring.state(command(), HUANG, Stated([endpoint], None, []))

    def test_keep_where_somebody_is_reached_out_of_the_log(
        self, desk: Desk, preferring: Preferring
    ):
        """Facts say by what, never where."""
        stated = Stated([Endpoint("mail", "huang@xf.example", "s3cret")], None, [])
        preferring.state(command(), HUANG, stated)
        log = desk.application.log_of_events.select_recorded(0, 100)
        assert b"xf.example" not in b"".join(each.state for each in log)

    def test_a_test_message_says_what_came_of_each_channel(
        self, preferring: Preferring, robot: FakeChannel, mail: FakeChannel
    ):
        """All of them, not only the first that delivers."""
        robot.outcomes = ["code_310000"]
        assert preferring.try_out(HUANG) == [
            {"channel": "dingtalk", "outcome": "code_310000"},
            {"channel": "mail", "outcome": "ok"},
        ]
