"""Each reminder is delivered at least once, with one id, and every attempt is on record."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from services.notify.application import LEASE
from services.notify.application.delivering import JITTER, ROUND_MAX
from services.notify.application.ports import Lane, Outcome, Told
from services.notify.domain.policy import GIVEN_UP_AFTER, RETRY_FIRST, RETRY_MAX, retry_after
from services.notify.domain.reminders import PetitionReminders
from services.notify.gateways.posting import LIMIT_S
from tests.builders import DAY, HUANG, SHEN, Clock, number, petition_id
from tests.unit.notify.desk import Crash, Desk, FakeChannel, deliveries, notify
from tests.unit.stores import Stores

TAKEN, SUCCEEDED = "ownership.taken.v1", "ownership.succeeded.v1"


class TestRetries:
    def test_pauses_double_up_to_a_limit(self):
        """Two seconds at first, an hour at most."""
        pauses = [retry_after(attempts) for attempts in range(1, 2_000)]
        assert pauses[:4] == [RETRY_FIRST, 2 * RETRY_FIRST, 4 * RETRY_FIRST, 8 * RETRY_FIRST]
        assert pauses == sorted(pauses)
        assert pauses[-1] == RETRY_MAX

    def test_a_failed_attempt_is_made_again_after_its_pause(self, desk: Desk, channel: FakeChannel):
        """Not before; and with the same id."""
        channel.outcomes = ["http_500", "ConnectError"]
        desk.tell(TAKEN)
        desk.deliver()
        assert desk.deliver_after(retry_after(1) - timedelta(microseconds=1)) == 0
        assert desk.deliver_after(timedelta(microseconds=1)) == 1
        assert desk.deliver_after(retry_after(2)) == 1
        assert len({told.reminder_id for told in channel.told}) == 1
        assert [_attempt(fact) for fact in desk.facts() if _is_attempt(fact)] == [
            (1, "http_500"),
            (2, "ConnectError"),
            (3, "ok"),
        ]

    def test_a_pause_is_longer_by_chance(self, desk: Desk, channel: FakeChannel):
        """By a fifth at most: what failed together is not tried together."""
        channel.outcomes = ["http_500"]
        desk.deliveries = replace(desk.deliveries, chance=lambda: 0.5)
        desk.tell(TAKEN)
        desk.deliver()
        pause = retry_after(1) * (1 + JITTER / 2)
        assert desk.deliver_after(pause - timedelta(microseconds=1)) == 0
        assert desk.deliver_after(timedelta(microseconds=1)) == 1
        assert 0 < JITTER <= 0.5

    def test_it_is_given_up_in_the_end(self, desk: Desk, channel: FakeChannel):
        """After days, as given up, with the last failure; and nobody is called any more."""
        channel.outcomes = ["http_503"] * 1_000
        desk.tell(TAKEN)
        first = desk.clock() + RETRY_MAX
        while desk.listed()[0]["state"] == "planned":
            desk.deliver_after(RETRY_MAX)
        assert desk.clock() == first + GIVEN_UP_AFTER
        given_up, calls = desk.facts()[-1], len(channel.told)
        assert isinstance(given_up, PetitionReminders.GivenUp)
        assert (given_up.attempts, given_up.outcome) == (calls, "http_503")
        desk.deliver_after(DAY)
        assert len(channel.told) == calls

    def test_an_outage_gives_nothing_up(self, desk: Desk, channel: FakeChannel):
        """The mail server is away over a weekend."""
        channel.outcomes = ["ConnectionRefusedError"] * 1_000
        desk.tell(TAKEN)
        back = desk.clock() + 2 * DAY
        while desk.clock() < back:
            desk.deliver_after(timedelta(minutes=1))
        channel.outcomes = []
        desk.deliver_after(RETRY_MAX)
        assert desk.listed()[0]["state"] == "delivered"

    def test_who_is_called_seldom_is_called_often_enough(self, desk: Desk, channel: FakeChannel):
        """Notify stood still for days after the first attempt: that is not taken for trying."""
        channel.outcomes = ["http_503"] * 3
        desk.tell(TAKEN)
        for _ in range(4):
            desk.deliver_after(GIVEN_UP_AFTER)
        assert desk.listed()[0]["state"] == "delivered"

    def test_a_reminder_that_was_cancelled_is_not_made_again(
        self, desk: Desk, channel: FakeChannel
    ):
        """The owner changed between two attempts."""
        channel.outcomes = ["http_500"]
        desk.tell(TAKEN)
        desk.deliver()
        desk.tell(SUCCEEDED, previous_owner=HUANG, owner=SHEN)
        desk.deliver_after(RETRY_MAX)
        assert channel.recipients == [HUANG, SHEN]


class TestWhatIsOverWhileItIsOnItsWay:
    def test_is_on_record_as_told(self, desk: Desk, channel: FakeChannel):
        """The matter is closed between the call and its record: who was told was told."""
        desk.tell(TAKEN)
        tell = channel.tell

        def closing(told: Told) -> Outcome:
            desk.tell("case.closed.v1")
            return tell(told)

        channel.tell = closing  # type: ignore[method-assign]
        desk.deliver()
        assert [_attempt(fact) for fact in desk.facts() if _is_attempt(fact)] == [(1, "ok")]
        (row,) = desk.listed()
        assert (row["state"], row["attempts"], row["last_outcome"]) == ("cancelled", 1, "ok")
        desk.deliver_after(DAY)
        assert len(channel.told) == 1


class TestTwoChannels:
    @pytest.fixture
    def webhook(self) -> FakeChannel:
        return FakeChannel("webhook")

    @pytest.fixture
    def desk(
        self, stores: Stores, clock: Clock, channel: FakeChannel, webhook: FakeChannel
    ) -> Iterator[Desk]:
        with stores.opened("notify", lambda env: notify(env, clock)) as made:
            yield Desk(made, clock, deliveries(made, [channel], [webhook]))

    def test_only_the_one_that_failed_is_tried_again(
        self, desk: Desk, channel: FakeChannel, webhook: FakeChannel
    ):
        """The file has it once, the webhook gets it in the end."""
        webhook.outcomes = ["http_500"]
        desk.tell(TAKEN)
        desk.deliver()
        assert desk.listed()[0]["state"] == "planned"
        desk.deliver_after(RETRY_MAX)
        assert (len(channel.told), len(webhook.told)) == (1, 2)
        assert desk.listed()[0]["state"] == "delivered"


class TestASlowMachine:
    def test_somebody_is_told_in_every_round(self, desk: Desk, channel: FakeChannel):
        """However long it takes to get so far; what there is no time for comes next."""
        for owner in (HUANG, SHEN):
            desk.tell(TAKEN, owner=owner)
        now = desk.clock

        def slow() -> datetime:
            now.advance(2 * ROUND_MAX)
            return now()

        desk.application.clock = slow
        assert [desk.deliver(), desk.deliver(), desk.deliver()] == [1, 1, 0]
        assert channel.recipients == [HUANG, SHEN]


class TestHoldingBack:
    def test_keeps_a_place_that_nothing_younger_takes(
        self, desk: Desk, channel: FakeChannel, clock: Clock
    ):
        """What an endpoint did not take in its minute is told before what fell due since."""
        robot = FakeChannel("dingtalk", endpoint="dingtalk/1", per_minute=1)
        desk.deliveries = deliveries(desk.application, [robot])
        for serial in (1, 2, 3):
            about = {"petition_id": petition_id(serial), "number": number(serial)}
            desk.tell(TAKEN, **about)
            desk.deliver_after(timedelta(seconds=1))
        for _ in range(12):
            desk.deliver_after(timedelta(seconds=20))
        assert [each.number for each in robot.told] == [number(1), number(2), number(3)]


class TestACrashBetweenTellingAndRecording:
    def test_it_is_told_again_under_the_same_id(self, desk: Desk, channel: FakeChannel):
        """At least once, once the lease is over, and a receiver can tell the repetition."""
        channel.outcomes = [Crash()]
        desk.tell(TAKEN)
        with pytest.raises(Crash):
            desk.deliver()
        assert desk.listed()[0]["attempts"] == 0
        assert desk.deliver() == 0
        desk.deliver_after(LEASE)
        first, second = channel.told
        assert first == second
        assert desk.reminders() == [(HUANG, "ownership_taken", "delivered")]

    def test_two_processes_that_both_tell_record_one_attempt(
        self, stores: Stores, clock: Clock, desk: Desk, channel: FakeChannel
    ):
        """The one was still telling when its lease was over and the next began."""
        desk.tell(TAKEN)
        channel.outcomes = ["http_500"]

        class Overtaken(FakeChannel):
            def tell(self, told):
                desk.deliver_after(LEASE)
                return super().tell(told)

        environment = desk.application.env
        slow = notify(dict(environment), clock)
        try:
            assert deliveries(slow, [Overtaken()]).deliver_due() == 1
        finally:
            slow.close()
        attempts = [_attempt(fact) for fact in desk.facts() if _is_attempt(fact)]
        assert attempts == [(1, "http_500")]


class Slow(FakeChannel):
    """Takes almost as long as a call may, and fails."""

    def __init__(self, name: str, clock: Clock) -> None:
        super().__init__(name, endpoint=name, outcomes=["TookTooLong"] * 99)
        self._clock = clock

    def tell(self, told):
        self._clock.advance(LEASE / 2 - timedelta(milliseconds=1))
        return super().tell(told)


class TestALease:
    def test_outlasts_two_calls(self):
        """It is renewed before a call once half of it is over."""
        assert timedelta(seconds=LIMIT_S) * 2 <= LEASE

    def test_is_renewed_while_slow_channels_are_tried(
        self, desk: Desk, channel: FakeChannel, clock: Clock
    ):
        """Another instance that looks meanwhile finds nothing: robots know no ids."""
        looked = []

        class Last(FakeChannel):
            def tell(self, told):
                looked.append(deliveries(desk.application, [channel], [self, self]).deliver_due())
                return super().tell(told)

        last = Last("feishu")
        slow = [Slow(name, clock) for name in ("dingtalk", "wecom", "sms", "mail")]
        desk.deliveries = deliveries(desk.application, [channel], [*slow, last])
        desk.tell(TAKEN)
        assert desk.deliver() == 1
        assert looked == [0]
        assert (len(channel.told), len(last.told)) == (1, 1)
        assert desk.listed()[0]["state"] == "delivered"

    def test_that_somebody_else_has_now_is_left_to_him(
        self, desk: Desk, channel: FakeChannel, clock: Clock
    ):
        """The process stood still for a minute: it tells no more of what another took on."""
        robot, mail = FakeChannel("dingtalk"), FakeChannel("mail")

        class StoodStill(FakeChannel):
            def tell(self, told):
                clock.advance(3 * LEASE)
                deliveries(desk.application, [channel], [robot, mail]).deliver_due()
                return super().tell(told)

        still = StoodStill("wecom", outcomes=["http_500"])
        desk.deliveries = deliveries(desk.application, [channel], [still, mail])
        desk.tell(TAKEN)
        desk.deliver()
        assert (len(robot.told), len(mail.told)) == (1, 0)

    def test_of_another_is_not_let_go(self, desk: Desk, clock: Clock):
        """Neither released nor given back: it ends when he who has it now said."""
        desk.tell(TAKEN)
        due, log = desk.application.due, desk.application.log_of_events
        first, then = clock() + LEASE, clock() + 2 * LEASE
        (claimed,) = due.claim(log, Lane.NEWS, clock(), first, 9)
        clock.advance(LEASE)
        assert due.claim(log, Lane.NEWS, clock(), then, 9) == [claimed]
        with log.writing() as transaction:
            due.release(transaction, [claimed.id], first)
            due.give_back(transaction, [claimed.id], first, clock())
        assert due.renew(log, [claimed.id], first, clock() + DAY) == frozenset()
        assert due.claim(log, Lane.NEWS, clock(), then, 9) == []
        assert due.renew(log, [claimed.id], then, then + LEASE) == {claimed.id}
        assert due.claim(log, Lane.NEWS, then, then + DAY, 9) == []


def _is_attempt(fact: object) -> bool:
    return isinstance(fact, PetitionReminders.Attempted)


def _attempt(fact: PetitionReminders.Attempted) -> tuple[int, str]:
    return fact.attempt, fact.outcome
