"""Who is told when matters are merged and split, and of what nobody is reminded any more."""

from tests.builders import COUNTY, HUANG, SHEN
from tests.unit.notify.desk import Desk, FakeChannel

AWAITED, TAKEN = "ownership.awaited.v1", "ownership.taken.v1"
MERGED_IN, MERGED = "matter.merged.v1", "ownership.merged.v1"
LEFT, SPLIT = "repeat.left.v1", "ownership.split.v1"
VOIDED, CLOSED_AGAIN = "ownership.voided.v1", "case.reopening_voided.v1"
HEAD_OF_COUNTY = f"office_head:{COUNTY}"


class TestMerging:
    def test_the_owner_of_the_earlier_matter_is_told(self, desk: Desk, channel: FakeChannel):
        """He owns more than he did."""
        desk.tell(MERGED_IN, owner=HUANG)
        desk.deliver()
        assert [(each.recipient, each.reason) for each in channel.told] == [
            (HUANG, "repeat_joined")
        ]

    def test_the_owner_of_the_later_one_is_told_and_reminded_no_more(self, desk: Desk):
        """What was planned for his number is over; another answers for it."""
        desk.tell(TAKEN, owner=SHEN)
        desk.tell(MERGED, owner=SHEN)
        assert desk.reminders() == [
            (SHEN, "ownership_taken", "cancelled"),
            (SHEN, "merged", "planned"),
        ]

    def test_the_head_is_not_reminded_of_what_is_part_of_another(self, desk: Desk):
        """Nobody had taken it; now it is no matter of its own."""
        desk.tell(AWAITED)
        desk.tell(MERGED, owner=None)
        assert desk.reminders() == [(HEAD_OF_COUNTY, "untaken", "cancelled")]


class TestSplitting:
    def test_both_owners_are_told(self, desk: Desk):
        """One of what left, one of what goes on."""
        desk.tell(LEFT, owner=HUANG)
        desk.tell(SPLIT, owner=SHEN)
        assert [(who, why) for who, why, _ in desk.reminders()] == [
            (HUANG, "split"),
            (SHEN, "split"),
        ]

    def test_a_matter_without_owner_is_awaited_again(self, desk: Desk):
        """Its head is reminded until somebody takes it."""
        desk.tell(AWAITED)
        desk.tell(MERGED, owner=None)
        desk.tell(SPLIT, owner=None)
        assert desk.reminders()[-1] == (HEAD_OF_COUNTY, "untaken", "planned")

    def test_nobody_is_told_of_what_left_a_matter_that_is_itself_part_of_another(self, desk: Desk):
        """The owner of the whole is."""
        desk.tell(LEFT, owner=None)
        assert desk.reminders() == []


class TestWhatAnUndoneLinkLeavesBehind:
    def test_who_came_by_it_is_told_and_reminded_of_nothing_else(self, desk: Desk):
        """He owns it no longer; the head is reminded until somebody takes it."""
        desk.tell(TAKEN, owner=SHEN)
        desk.tell(MERGED_IN, owner=SHEN)
        desk.tell(LEFT, owner=SHEN)
        desk.tell(VOIDED, owner=None, previous_owner=SHEN)
        assert desk.reminders() == [
            (SHEN, "ownership_taken", "cancelled"),
            (SHEN, "repeat_joined", "cancelled"),
            (SHEN, "split", "planned"),
            (HEAD_OF_COUNTY, "untaken", "planned"),
        ]

    def test_who_owns_it_instead_is_told(self, desk: Desk):
        desk.tell(TAKEN, owner=SHEN)
        desk.tell(VOIDED, owner=None, previous_owner=SHEN)
        desk.tell(TAKEN, owner=HUANG)
        assert desk.reminders()[-2:] == [
            (HEAD_OF_COUNTY, "untaken", "cancelled"),
            (HUANG, "ownership_taken", "planned"),
        ]

    def test_the_owner_of_what_is_closed_again_is_told_no_more_than_that(self, desk: Desk):
        desk.tell(TAKEN, owner=HUANG)
        desk.tell(MERGED_IN, owner=HUANG)
        desk.tell(LEFT, owner=HUANG)
        desk.tell(CLOSED_AGAIN, owner=HUANG)
        assert [state for *_, state in desk.reminders()] == ["cancelled", "cancelled", "planned"]

    def test_the_head_is_reminded_once_of_what_begins_and_is_split(self, desk: Desk):
        """An ownership that begins with the splitting tells of both."""
        desk.tell(AWAITED)
        desk.tell(SPLIT, owner=None)
        assert desk.reminders() == [(HEAD_OF_COUNTY, "untaken", "planned")]


class TestNotAcceptedAgain:
    def test_the_owner_is_told_that_it_was_registered_only(self, desk: Desk, channel: FakeChannel):
        """He need not do anything."""
        desk.tell("repeat.not_accepted_again.v1")
        desk.deliver()
        assert channel.told[0].reason == "repeat_not_accepted"
        assert "不再受理" in channel.told[0].sentence
