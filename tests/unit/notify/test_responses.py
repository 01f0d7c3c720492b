"""What whoever was reminded does about it: takes note, puts off, has it delivered again."""

from datetime import date, time
from typing import Any

import pytest

from chassis.eventstore.requests import CommandKey
from services.notify.application.preferring import Preferring, Stated
from services.notify.application.responding import Command, Responses
from services.notify.domain.planning import instant
from services.notify.domain.policy import RETRY_MAX
from services.notify.domain.refusals import (
    BeyondTheTerm,
    NotGivenUp,
    NotOfATerm,
    ReminderUnknown,
)
from services.notify.readmodels.reminders import ReminderTable
from statute.parties import mark_of
from tests.builders import COUNTY, HOUR, HUANG, SHEN, TAO, TODAY, number
from tests.unit.notify.desk import Desk, FakeChannel

LAST_DAY = date(2026, 12, 24)
BEGINNING = {"term": "handling", "runs_from": TODAY.isoformat(), "due": {"on": "2026-12-24"}}
CITY = "office_head:330400-01"
IN_TIME = instant(date(2026, 12, 22), time(9))


def command(by: str = HUANG, request: str = "request-1", method: str = "m") -> Command:
    key = CommandKey.of(by, request, method, b"")
    return Command(by, (by, COUNTY), frozenset({by}), "call-1", key)


@pytest.fixture
def responses(desk: Desk) -> Responses:
    """HUANG owns an appeal that is being handled, and was told so."""
    desk.tell("ownership.awaited.v1")
    desk.tell("ownership.taken.v1")
    desk.tell("term.ended.v1", term="first_step", ended_on=TODAY.isoformat(), late_days=0)
    desk.tell("term.begun.v1", **BEGINNING)
    desk.fall()
    desk.deliver()
    return Responses(desk.application, ReminderTable())


def latest(desk: Desk, reason: str) -> str:
    return next(row["reminder_id"] for row in desk.listed() if row["reason"] == reason)


def state(desk: Desk, reminder_id: str) -> str:
    return next(row["state"] for row in desk.listed() if row["reminder_id"] == reminder_id)


def given_up(desk: Desk, channel: FakeChannel, reason: str, recipient: str = HUANG) -> str:
    """Let delivery fail until a reminder is given up, and return its id."""
    (reminder_id,) = [
        row["reminder_id"]
        for row in desk.listed()
        if (row["recipient"], row["reason"], row["state"]) == (recipient, reason, "planned")
    ]
    channel.outcomes = ["http_503"] * 1_000
    while state(desk, reminder_id) == "planned":
        desk.deliver_after(RETRY_MAX)
    channel.outcomes = []
    assert state(desk, reminder_id) == "given_up"
    return reminder_id


class NothingKept:
    def keep(self, *_given: object) -> None:
        """Where people are reached is of no account here."""


class TestTakingNote:
    def test_is_on_record(self, desk: Desk, responses: Responses):
        """With who did."""
        reminder_id = latest(desk, "term_begun")
        answer = responses.acknowledge(command(), reminder_id)
        assert answer["state"] == state(desk, reminder_id) == "acknowledged"
        (last,) = desk.application.log_of_events.select_recorded(len(desk.facts()) - 1, 1)
        assert (last.topic, last.actor) == ("reminder.acknowledged.v1", HUANG)

    def test_twice_is_once(self, desk: Desk, responses: Responses):
        """The same answer, no second fact."""
        reminder_id = latest(desk, "term_begun")
        responses.acknowledge(command(), reminder_id)
        before = len(desk.facts())
        responses.acknowledge(command(request="request-2"), reminder_id)
        assert len(desk.facts()) == before

    def test_of_another_s_reminder_is_refused(self, desk: Desk, responses: Responses):
        """As if there were none."""
        with pytest.raises(ReminderUnknown):
            responses.acknowledge(command(SHEN), latest(desk, "term_begun"))

    def test_spares_further_attempts(self, desk: Desk, responses: Responses, channel: FakeChannel):
        """He has seen it in his list while the channel was down."""
        channel.outcomes = ["http_500"] * 9
        desk.tell("term.begun.v1", **{**BEGINNING, "term": "supervision"})
        desk.fall()
        desk.deliver()
        responses.acknowledge(command(), latest(desk, "term_begun"))
        told = len(channel.told)
        desk.deliver_after(RETRY_MAX)
        assert len(channel.told) == told


class TestPuttingOff:
    def at_half(self, desk: Desk) -> str:
        desk.run_until(instant(date(2026, 12, 10), time(10)))
        return latest(desk, "term_half")

    def test_nothing_is_told_before_and_something_then(
        self, desk: Desk, responses: Responses, channel: FakeChannel
    ):
        """What falls in between is passed over for him."""
        reminder_id = self.at_half(desk)
        responses.snooze(command(), reminder_id, IN_TIME, "鉴定中")
        channel.told.clear()
        desk.run_until(instant(date(2026, 12, 22), time(8)))
        assert channel.told == []
        desk.run_until(instant(date(2026, 12, 22), time(10)))
        assert [each.recipient for each in channel.told] == [HUANG]
        assert [each.reason for each in channel.told] == ["term_near"]

    @pytest.mark.parametrize(
        "until", [instant(date(2026, 12, 25), time(0)), instant(date(2026, 12, 9), time(9))]
    )
    def test_beyond_the_term_or_into_the_past_is_refused(
        self, desk: Desk, responses: Responses, until
    ):
        """A term that is over is late, whoever puts it off."""
        with pytest.raises(BeyondTheTerm):
            responses.snooze(command(), self.at_half(desk), until, "鉴定中")

    def stands_in(self, desk: Desk) -> dict[str, str]:
        """Let TAO stand in for HUANG, and return the reminder of each of 22 December."""
        ways, pace = desk.deliveries.ways, desk.deliveries.pace
        named = {"recipient": TAO, "first_day": "2026-11-24", "last_day": "2026-12-31"}
        Preferring(desk.application, ways, pace, NothingKept()).state(
            command(request="deputy"), HUANG, Stated([], None, [named])
        )
        desk.run_to(IN_TIME + HOUR)
        near = [row for row in desk.listed() if row["reason"] == "term_near"]
        return {row["recipient"]: row["reminder_id"] for row in reversed(near)}

    def test_each_is_told_at_his_own_time(
        self, desk: Desk, responses: Responses, channel: FakeChannel
    ):
        """The deputy puts it off further than the owner does; neither is told for the other."""
        ids = self.stands_in(desk)
        first, second = (instant(date(2026, 12, day), time(15)) for day in (23, 24))
        responses.snooze(command(), ids[HUANG], first, "鉴定中")
        responses.snooze(command(TAO), ids[TAO], second, "鉴定中")
        channel.told.clear()
        desk.run_to(instant(LAST_DAY, time(8)))
        assert channel.recipients == [HUANG]
        desk.run_to(instant(LAST_DAY, time(20)))
        assert [(each.recipient, each.due_at) for each in channel.told[1:]] == [
            (HUANG, instant(LAST_DAY, time(9))),
            (TAO, second),
        ]

    def test_of_a_deputy_whose_owner_has_changed_tells_nobody(
        self, desk: Desk, responses: Responses, channel: FakeChannel
    ):
        ids = self.stands_in(desk)
        until = instant(date(2026, 12, 23), time(15))
        responses.snooze(command(TAO), ids[TAO], until, "鉴定中")
        desk.tell("ownership.succeeded.v1", previous_owner=HUANG, owner=SHEN)
        channel.told.clear()
        desk.run_to(instant(LAST_DAY, time(8)))
        assert {each.recipient for each in channel.told} == {SHEN}

    def test_until_the_morning_of_a_point_is_until_that(
        self, desk: Desk, responses: Responses, channel: FakeChannel
    ):
        """He is told once on that day."""
        desk.run_to(IN_TIME + HOUR)
        until = instant(LAST_DAY, time(8, 10))
        responses.snooze(command(), latest(desk, "term_near"), until, "鉴定中")
        channel.told.clear()
        desk.run_to(instant(LAST_DAY, time(20)))
        assert [each.reason for each in channel.told] == ["term_due"]

    def test_until_the_night_is_until_the_morning(
        self, desk: Desk, responses: Responses, channel: FakeChannel
    ):
        """A Friday's night: until Monday."""
        reminder_id = self.at_half(desk)
        until = instant(date(2026, 12, 11), time(23))
        responses.snooze(command(), reminder_id, until, "鉴定中")
        channel.told.clear()
        desk.run_to(instant(date(2026, 12, 15), time(20)))
        assert [each.due_at for each in channel.told] == [instant(date(2026, 12, 14), time(8))]

    def test_until_the_night_of_the_last_day_is_refused(self, desk: Desk, responses: Responses):
        """He would be told on the next morning that it is going to end."""
        with pytest.raises(BeyondTheTerm):
            responses.snooze(
                command(), self.at_half(desk), instant(LAST_DAY, time(23, 30)), "鉴定中"
            )

    def test_by_two_is_told_to_both_after_a_standstill(
        self, desk: Desk, responses: Responses, channel: FakeChannel
    ):
        """Once each, though a point of the plan has come as well."""
        ids = self.stands_in(desk)
        for minute, who in enumerate((HUANG, TAO)):
            until = instant(date(2026, 12, 22), time(15, minute))
            responses.snooze(command(who), ids[who], until, "鉴定中")
        channel.told.clear()
        desk.clock.now = instant(date(2026, 12, 23), time(10))
        desk.look()
        desk.run_to(instant(LAST_DAY, time(8)))
        assert channel.recipients == [HUANG, TAO]

    def test_of_what_is_about_no_term_is_refused(self, desk: Desk, responses: Responses):
        """That somebody owns a matter is no matter of days."""
        with pytest.raises(NotOfATerm):
            responses.snooze(command(), latest(desk, "ownership_taken"), IN_TIME, "鉴定中")

    def test_of_a_term_that_has_ended_is_refused(self, desk: Desk, responses: Responses):
        """There is nothing to be told of."""
        reminder_id = self.at_half(desk)
        desk.tell("term.ended.v1", term="handling", ended_on="2026-12-10", late_days=0)
        with pytest.raises(NotOfATerm):
            responses.snooze(command(), reminder_id, IN_TIME, "鉴定中")

    def test_lateness_is_told_all_the_same(
        self, desk: Desk, responses: Responses, channel: FakeChannel
    ):
        """Until the evening of the last day at most."""
        evening = instant(LAST_DAY, time(19))
        responses.snooze(command(), self.at_half(desk), evening, "鉴定中")
        desk.run_until(instant(date(2026, 12, 25), time(10)))
        assert [each.reason for each in channel.told][-2:] == ["term_near", "term_late"]


class TestDeliveringAgain:
    @pytest.mark.parametrize(
        ("type_", "changes"),
        [
            ("case.closed.v1", {}),
            ("ownership.succeeded.v1", {"previous_owner": HUANG, "owner": SHEN}),
            ("ownership.merged.v1", {}),
            ("ownership.voided.v1", {"previous_owner": HUANG}),
            ("term.ended.v1", {"term": "handling", "ended_on": "2026-12-22", "late_days": 0}),
            ("term.extended.v1", {"term": "handling", "due": {"on": "2027-01-20"}}),
            ("parties.kept_out.v1", {"sealed": True, "kept_out": [mark_of(number(), HUANG)]}),
        ],
    )
    def test_of_what_is_over_is_refused(
        self, desk: Desk, responses: Responses, channel: FakeChannel, type_: str, changes: Any
    ):
        """It was given up before that: nobody is told of it now."""
        desk.clock.now = IN_TIME
        desk.fall()
        reminder_id = given_up(desk, channel, "term_near")
        desk.tell(type_, **changes)
        channel.told.clear()
        with pytest.raises((NotGivenUp, ReminderUnknown)):
            responses.redrive(command(request="request-2"), reminder_id)
        desk.deliver()
        assert reminder_id not in [each.reminder_id for each in channel.told]
        assert state(desk, reminder_id) == "cancelled"

    def test_outside_of_what_became_sealed_is_refused(
        self, desk: Desk, responses: Responses, channel: FakeChannel
    ):
        """The city was told that it was late, and must not be of an accusation."""
        desk.run_to(instant(date(2027, 1, 8), time(9)))
        desk.clock.now = instant(date(2027, 1, 8), time(9))
        desk.fall()
        reminder_id = given_up(desk, channel, "term_late", CITY)
        desk.tell("matter.corrected.v1", petition_class="accusation")
        channel.told.clear()
        with pytest.raises(NotGivenUp):
            responses.redrive(command(CITY), reminder_id)
        desk.deliver()
        assert CITY not in channel.recipients

    def test_begins_the_attempts_anew(self, desk: Desk, responses: Responses, channel: FakeChannel):
        """Of what was given up; under the id that it always had."""
        desk.tell("term.begun.v1", **{**BEGINNING, "term": "supervision"})
        desk.fall()
        reminder_id = given_up(desk, channel, "term_begun")
        channel.outcomes = ["http_500"]
        responses.redrive(command(), reminder_id)
        desk.deliver()
        assert state(desk, reminder_id) == "planned"
        desk.deliver_after(RETRY_MAX)
        assert state(desk, reminder_id) == "delivered"
        assert channel.told[-1].reminder_id == reminder_id

    def test_finds_what_was_given_up_by_its_state(
        self, desk: Desk, responses: Responses, channel: FakeChannel
    ):
        """Nobody has to read through all that was delivered."""
        desk.clock.now = IN_TIME
        desk.fall()
        reminder_id = given_up(desk, channel, "term_near")
        with desk.application.log_of_events.reading() as transaction:
            items, _ = ReminderTable().listed(transaction, (), None, None, 200, "", "given_up")
        assert [each["reminder_id"] for each in items] == [reminder_id]
        assert len(desk.listed()) > 1

    def test_of_what_was_delivered_is_refused(self, desk: Desk, responses: Responses):
        """Nobody is told twice without a reason."""
        with pytest.raises(NotGivenUp, match="not_given_up"):
            responses.redrive(command(), latest(desk, "term_begun"))
