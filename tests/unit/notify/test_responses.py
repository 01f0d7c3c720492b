"""What whoever was reminded does about it: takes note, puts off, has it delivered again."""

from datetime import date, time

import pytest

from chassis.eventstore.requests import CommandKey
from services.notify.application.responding import Command, Responses
from services.notify.domain.planning import instant
from services.notify.domain.policy import ATTEMPTS_MAX, RETRY_MAX
from services.notify.domain.refusals import (
    BeyondTheTerm,
    NotGivenUp,
    NotOfATerm,
    ReminderUnknown,
)
from services.notify.readmodels.reminders import ReminderTable
from tests.builders import COUNTY, HUANG, SHEN, TODAY
from tests.unit.notify.desk import Desk, FakeChannel

LAST_DAY = date(2026, 12, 24)
BEGINNING = {"term": "handling", "runs_from": TODAY.isoformat(), "due": {"on": "2026-12-24"}}
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
    def test_begins_the_attempts_anew(self, desk: Desk, responses: Responses, channel: FakeChannel):
        """Of what was given up; under the id that it always had."""
        channel.outcomes = ["http_500"] * ATTEMPTS_MAX
        desk.tell("term.begun.v1", **{**BEGINNING, "term": "supervision"})
        desk.fall()
        for _ in range(ATTEMPTS_MAX):
            desk.deliver_after(RETRY_MAX)
        reminder_id = latest(desk, "term_begun")
        assert state(desk, reminder_id) == "given_up"
        channel.outcomes = ["http_500"]
        responses.redrive(command(), reminder_id)
        desk.deliver()
        assert state(desk, reminder_id) == "planned"
        desk.deliver_after(RETRY_MAX)
        assert state(desk, reminder_id) == "delivered"
        assert channel.told[-1].reminder_id == reminder_id

    def test_of_what_was_delivered_is_refused(self, desk: Desk, responses: Responses):
        """Nobody is told twice without a reason."""
        with pytest.raises(NotGivenUp, match="not_given_up"):
            responses.redrive(command(), latest(desk, "term_begun"))
