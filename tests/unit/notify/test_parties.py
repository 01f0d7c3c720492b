"""A party to what is sealed is told nothing of it (ADR 11)."""

from datetime import date, time
from typing import Any

import pytest

from chassis.eventstore.requests import CommandKey
from services.notify.application.responding import Command, Responses
from services.notify.domain.planning import instant
from services.notify.domain.refusals import NotGivenUp, ReminderUnknown
from services.notify.domain.reminders import PetitionReminders
from services.notify.readmodels.reminders import ReminderTable
from statute.parties import mark_of
from tests.builders import COUNTY, DAY, HOUR, HUANG, SHEN, TODAY, number
from tests.unit.notify.desk import Desk, FakeChannel

HEAD_OF_COUNTY, HEAD_OF_CITY = f"office_head:{COUNTY}", "office_head:330400-01"
AWAITED, TAKEN, JOINED = "ownership.awaited.v1", "ownership.taken.v1", "repeat.joined.v1"
RECUSED, CLOSED = "ownership.recused.v1", "case.closed.v1"
KEPT_OUT, DUE = "parties.kept_out.v1", "recusal.due.v1"
REPLACEMENT, SETTLED = "replacement.due.v1", "replacement.settled.v1"
ENDED, BEGUN, CORRECTED = "term.ended.v1", "term.begun.v1", "matter.corrected.v1"
LAST_DAY = date(2026, 12, 24)
TEN_WORKDAYS_LATE = instant(date(2027, 1, 8), time(20))


def keep_out(desk: Desk, *codes: str, **changes: Any) -> None:
    marks = [mark_of(number(), code) for code in codes]
    desk.tell(KEPT_OUT, **{"sealed": True, "kept_out": marks, **changes})


class TestTheOpenList:
    def test_is_no_reminder_to_the_head_of_an_accused_office(
        self, desk: Desk, channel: FakeChannel
    ):
        """The record says so; nobody of that office is told instead."""
        desk.tell(AWAITED)
        keep_out(desk, COUNTY)
        desk.deliver_after(2 * DAY)
        assert channel.told == []
        assert desk.reminders() == [(HEAD_OF_COUNTY, "untaken", "cancelled")]

    def test_is_one_where_another_is_accused(self, desk: Desk, channel: FakeChannel):
        desk.tell(AWAITED)
        keep_out(desk, SHEN)
        desk.deliver_after(2 * DAY)
        assert channel.recipients == [HEAD_OF_COUNTY]


class TestAParty:
    def test_is_told_nothing_any_more(self, desk: Desk, channel: FakeChannel):
        desk.tell(TAKEN)
        keep_out(desk, HUANG)
        desk.tell(JOINED)
        desk.deliver()
        assert channel.told == []
        assert [type(fact).__qualname__ for fact in desk.facts()][-3:] == [
            "PetitionReminders.KeptOut",
            "PetitionReminders.Cancelled",
            "PetitionReminders.Withheld",
        ]

    def test_who_is_to_own_it_leaves_the_terms_to_the_head(self, desk: Desk, channel: FakeChannel):
        """Whoever owned it before him does not any more, and is told of no deadline of it."""
        desk.tell(AWAITED, petition_class="accusation")
        desk.tell(TAKEN)
        desk.deliver()
        keep_out(desk, SHEN)
        desk.tell("ownership.succeeded.v1", previous_owner=HUANG, owner=SHEN)
        channel.told.clear()
        desk.run_to(desk.clock() + 15 * DAY)
        assert {told.recipient for told in channel.told if told.term} == {HEAD_OF_COUNTY}

    def test_of_an_open_matter_is_told_as_before(self, desk: Desk, channel: FakeChannel):
        keep_out(desk, HUANG, sealed=False)
        desk.tell(TAKEN)
        desk.deliver()
        assert channel.recipients == [HUANG]

    def test_is_shown_no_reminder_of_before(self, desk: Desk):
        desk.tell(TAKEN)
        desk.deliver()
        keep_out(desk, HUANG)
        assert desk.listed_to(HUANG, COUNTY) == []
        assert len(desk.listed_to(SHEN, COUNTY)) == 1

    def test_named_twice_is_recorded_once(self, desk: Desk):
        keep_out(desk, HUANG)
        before = len(desk.facts())
        keep_out(desk, HUANG)
        assert len(desk.facts()) == before


class TestARecusalThatIsDue:
    def test_is_brought_to_the_head_until_it_is_made(self, desk: Desk, channel: FakeChannel):
        desk.tell(TAKEN)
        desk.deliver()
        keep_out(desk, HUANG)
        desk.tell(DUE)
        desk.deliver()
        desk.deliver_after(DAY)
        assert channel.recipients[1:] == [HEAD_OF_COUNTY, HEAD_OF_COUNTY]
        desk.tell(RECUSED, previous_owner=HUANG, owner=SHEN)
        desk.deliver_after(2 * DAY)
        assert channel.recipients[3:] == [SHEN]

    def test_is_not_brought_to_a_head_who_is_a_party(self, desk: Desk, channel: FakeChannel):
        keep_out(desk, HUANG, COUNTY)
        desk.tell(DUE)
        desk.deliver_after(DAY)
        assert channel.told == []
        assert desk.facts()[-1].reason == "recusal_due"

    def test_is_over_with_the_closure(self, desk: Desk, channel: FakeChannel):
        desk.tell(DUE)
        desk.tell(CLOSED)
        desk.deliver_after(2 * DAY)
        assert channel.told == []


class TestAReplacementThatIsDue:
    def test_is_brought_to_the_head_until_another_is_named(self, desk: Desk, channel: FakeChannel):
        desk.tell(REPLACEMENT, parts=["unit"])
        desk.deliver()
        desk.deliver_after(DAY)
        assert channel.recipients == [HEAD_OF_COUNTY, HEAD_OF_COUNTY]
        desk.tell(SETTLED)
        desk.deliver_after(2 * DAY)
        assert len(channel.told) == 2

    def test_of_a_part_more_takes_the_place_of_the_one_before(
        self, desk: Desk, channel: FakeChannel
    ):
        """One reminder a day, whatever has to be replaced."""
        desk.tell(REPLACEMENT, parts=["unit"])
        desk.tell(REPLACEMENT, parts=["unit", "handler"])
        desk.deliver()
        assert channel.recipients == [HEAD_OF_COUNTY]

    def test_is_not_brought_to_a_head_who_is_a_party(self, desk: Desk, channel: FakeChannel):
        keep_out(desk, COUNTY)
        desk.tell(REPLACEMENT, parts=["unit"])
        desk.deliver_after(DAY)
        assert channel.told == []
        assert desk.facts()[-1].reason == "replacement_due"

    def test_is_over_with_the_closure(self, desk: Desk, channel: FakeChannel):
        desk.tell(REPLACEMENT, parts=["unit"])
        desk.tell(CLOSED)
        desk.deliver_after(2 * DAY)
        assert channel.told == []

    def test_leaves_the_recusal_due(self, desk: Desk, channel: FakeChannel):
        """Another unit does not make another owner."""
        desk.tell(DUE)
        desk.tell(REPLACEMENT, parts=["unit"])
        desk.tell(SETTLED)
        desk.deliver()
        assert [told.reason for told in channel.told] == ["recusal_due"]


def handled(desk: Desk, petition_class: str) -> None:
    """HUANG owns a matter whose handling runs."""
    desk.tell(AWAITED, petition_class=petition_class)
    desk.tell(TAKEN)
    desk.tell(ENDED, term="first_step", ended_on=TODAY.isoformat(), late_days=0)
    due = {"on": LAST_DAY.isoformat()}
    desk.tell(BEGUN, term="handling", runs_from=TODAY.isoformat(), due=due)


def of_terms(channel: FakeChannel) -> set[str]:
    return {each.recipient for each in channel.told if each.term}


class TestATerm:
    def test_of_what_is_sealed_is_told_to_no_party(self, desk: Desk, channel: FakeChannel):
        """Not to the owner, not to the head where his office is accused; the record says so."""
        handled(desk, "accusation")
        keep_out(desk, HUANG, COUNTY)
        desk.run_until(TEN_WORKDAYS_LATE)
        assert channel.told == []
        withheld = [
            fact.reason for fact in desk.facts() if isinstance(fact, PetitionReminders.Withheld)
        ]
        assert {"term_begun", "term_due", "term_late"} <= set(withheld)
        assert len(withheld) > len(set(withheld))

    def test_that_was_told_to_a_party_before_is_shown_to_nobody_who_is_one(self, desk: Desk):
        """By its id as little as in a list."""
        handled(desk, "accusation")
        desk.look()
        reminder_id = desk.listed()[0]["reminder_id"]
        keep_out(desk, HUANG)
        responses = Responses(desk.application, ReminderTable())
        with pytest.raises(ReminderUnknown):
            responses.acknowledge(command(HUANG), reminder_id)
        with pytest.raises(ReminderUnknown):
            responses.place_of(reminder_id, None, (HUANG, COUNTY))
        assert responses.place_of(reminder_id, None, (SHEN, COUNTY)).recipient == HUANG

    def test_given_up_is_not_delivered_to_a_party_again(self, desk: Desk, channel: FakeChannel):
        """Not by an operator either."""
        handled(desk, "accusation")
        channel.outcomes = ["http_503"] * 100
        desk.fall()
        for _ in range(12):
            desk.deliver_after(HOUR)
        reminder_id = desk.listed()[0]["reminder_id"]
        keep_out(desk, HUANG)
        responses = Responses(desk.application, ReminderTable())
        with pytest.raises(NotGivenUp):
            responses.redrive(command("operator", None), reminder_id)


class TestWhatBecomesAnAccusation:
    def test_is_told_of_in_its_office_only(self, desk: Desk, channel: FakeChannel):
        """The plan that was made before would have risen to the city."""
        handled(desk, "suggestion")
        desk.tell(CORRECTED, petition_class="accusation", previous_class="suggestion")
        desk.run_until(TEN_WORKDAYS_LATE)
        assert of_terms(channel) == {HUANG, HEAD_OF_COUNTY}

    def test_is_not_told_outside_any_more(self, desk: Desk, channel: FakeChannel):
        """What was on its way to the city is stopped."""
        handled(desk, "suggestion")
        desk.run_until(instant(date(2027, 1, 8), time(8)))
        desk.clock.now = instant(date(2027, 1, 8), time(9))
        desk.fall()
        channel.told.clear()
        desk.tell(CORRECTED, petition_class="accusation", previous_class="suggestion")
        desk.deliver()
        assert of_terms(channel) == {HUANG, HEAD_OF_COUNTY}
        assert (HEAD_OF_CITY, "term_late", "cancelled") in desk.reminders()

    def test_said_twice_is_recorded_once(self, desk: Desk):
        handled(desk, "appeal")
        before = len(desk.facts())
        desk.tell(CORRECTED, petition_class="appeal", previous_class="suggestion")
        assert len(desk.facts()) == before


def command(by: str, own: str | None = HUANG) -> Command:
    recipients = None if own is None else frozenset({own})
    return Command(by, (by,), recipients, "call-1", CommandKey.of(by, "request-1", "m", b""))
