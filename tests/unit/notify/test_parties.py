"""A party to what is sealed is told nothing of it (ADR 11)."""

from typing import Any

from statute.parties import mark_of
from tests.builders import COUNTY, DAY, HUANG, SHEN, number
from tests.unit.notify.desk import Desk, FakeChannel

HEAD_OF_COUNTY = f"office_head:{COUNTY}"
AWAITED, TAKEN, JOINED = "ownership.awaited.v1", "ownership.taken.v1", "repeat.joined.v1"
RECUSED, CLOSED = "ownership.recused.v1", "case.closed.v1"
KEPT_OUT, DUE = "parties.kept_out.v1", "recusal.due.v1"
REPLACEMENT, SETTLED = "replacement.due.v1", "replacement.settled.v1"


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
