"""Who is reminded of what, and of what nobody is reminded any more."""

from datetime import date, datetime, time, timedelta

import pytest

from services.notify.domain.planning import SHANGHAI, instant
from tests.builders import COUNTY, DAY, HUANG, SHEN, TAO, TODAY, Clock, number
from tests.unit.notify.desk import Desk, FakeChannel, event_of

HEAD_OF_COUNTY = f"office_head:{COUNTY}"
AWAITED, TAKEN = "ownership.awaited.v1", "ownership.taken.v1"
SUCCEEDED, RECUSED = "ownership.succeeded.v1", "ownership.recused.v1"
RECEIVED = "reception.recorded.v1"
VOIDED = "ownership.voided.v1"
CLOSED, JOINED = "case.closed.v1", "repeat.joined.v1"


class TestTheOwner:
    def test_is_told_once_that_he_owns_it(self, desk: Desk, channel: FakeChannel):
        """One reminder, due at once; delivering again delivers nothing."""
        desk.tell(TAKEN)
        assert desk.deliver() == 1
        assert desk.deliver() == 0
        assert [(told.recipient, told.reason) for told in channel.told] == [
            (HUANG, "ownership_taken")
        ]
        assert number() in channel.told[0].sentence

    def test_is_told_once_however_often_it_is_announced(self, desk: Desk, channel: FakeChannel):
        """The event is delivered twice."""
        event = desk.tell(TAKEN)
        desk.inbox.receive([event, event])
        desk.deliver()
        assert channel.recipients == [HUANG]

    def test_is_the_new_one_after_a_succession(self, desk: Desk, channel: FakeChannel):
        """What the previous owner had not been told yet is cancelled."""
        desk.tell(TAKEN)
        desk.tell(SUCCEEDED, previous_owner=HUANG, owner=SHEN)
        desk.deliver()
        assert channel.recipients == [SHEN]
        assert desk.reminders() == [
            (HUANG, "ownership_taken", "cancelled"),
            (SHEN, "ownership_taken", "delivered"),
        ]

    def test_an_owner_who_comes_back_is_told_again_though_no_time_has_passed(self, desk: Desk):
        """After a clock was set back all facts are of one instant until it has caught up."""
        desk.tell(TAKEN)
        for previous, owner in ((HUANG, SHEN), (SHEN, HUANG)):
            desk.tell(SUCCEEDED, previous_owner=previous, owner=owner)
        assert [who for who, _, state in desk.reminders() if state == "planned"] == [HUANG]
        assert [who for who, _, _ in desk.reminders()] == [HUANG, SHEN, HUANG]

    def test_is_the_new_one_after_a_recusal(self, desk: Desk, channel: FakeChannel):
        """What was delivered stays delivered."""
        desk.tell(TAKEN)
        desk.deliver()
        desk.tell(RECUSED, previous_owner=HUANG, owner=SHEN)
        desk.deliver()
        assert channel.recipients == [HUANG, SHEN]

    def test_is_not_reminded_of_a_closed_matter(self, desk: Desk, channel: FakeChannel):
        """Closed before he was told: nothing is left to say."""
        desk.tell(TAKEN)
        desk.tell(CLOSED)
        assert desk.deliver() == 0
        assert channel.told == []
        assert desk.reminders() == [(HUANG, "ownership_taken", "cancelled")]

    def test_is_told_at_once_by_our_clock(self, desk: Desk, channel: FakeChannel, clock: Clock):
        """That of responsibility ran a day ahead when he took it."""
        desk.inbox.receive([event_of(1, TAKEN, clock() + DAY)])
        assert desk.deliver() == 1
        assert channel.recipients == [HUANG]

    def test_is_told_of_a_repeat(self, desk: Desk, channel: FakeChannel):
        """The same person came with the same matter, somewhere (rule 4)."""
        desk.tell(TAKEN)
        desk.deliver_after(DAY)
        desk.tell(JOINED, repeat_number=number(2))
        desk.deliver()
        assert [told.reason for told in channel.told] == ["ownership_taken", "repeat_joined"]

    def test_a_repeat_of_what_nobody_owns_tells_nobody(self, desk: Desk):
        """There is no owner to tell; the untaken petition has its reminder already."""
        desk.tell(AWAITED)
        desk.tell(JOINED, owner=None)
        assert desk.reminders() == [(HEAD_OF_COUNTY, "untaken", "planned")]


class TestAnOwnershipThatIsVoided:
    """Whoever was told that he owns it never did: a deadline of it is no news to him."""

    def test_takes_the_terms_to_the_head(self, desk: Desk, channel: FakeChannel):
        """Until somebody owns it, as before anybody did."""
        desk.tell(AWAITED)
        desk.tell(TAKEN)
        desk.deliver()
        desk.tell(VOIDED, previous_owner=HUANG)
        channel.told.clear()
        desk.run_to(desk.clock() + 15 * DAY)
        of_terms = {told.recipient for told in channel.told if told.term}
        assert of_terms == {HEAD_OF_COUNTY}

    def test_does_not_touch_the_owner_of_by_now(self, desk: Desk):
        """It is told late: somebody else has taken it meanwhile."""
        desk.tell(TAKEN, owner=SHEN)
        desk.tell(VOIDED, previous_owner=HUANG)
        assert (SHEN, "ownership_taken", "planned") in desk.reminders()
        assert not [fact for fact in desk.facts() if type(fact).__name__ == "OwnerForgotten"]

    def test_ends_with_the_next_owner(self, desk: Desk, channel: FakeChannel):
        desk.tell(AWAITED)
        desk.tell(TAKEN)
        desk.tell(VOIDED, previous_owner=HUANG)
        desk.tell(TAKEN, owner=SHEN)
        desk.run_to(desk.clock() + 15 * DAY)
        assert {told.recipient for told in channel.told if told.term} == {SHEN}


class TestAReceptionByAnother:
    """Rule 4: it is recorded and the owner is told."""

    @pytest.mark.parametrize("standing", ["rival", "disputed"])
    def test_is_told_to_the_owner(self, desk: Desk, channel: FakeChannel, standing: str):
        """At once; the sentence says that the duty is still his."""
        desk.tell(TAKEN)
        desk.deliver_after(DAY)
        desk.tell(RECEIVED, leader=SHEN, standing=standing)
        desk.deliver()
        assert [(told.recipient, told.reason) for told in channel.told] == [
            (HUANG, "ownership_taken"),
            (HUANG, "reception_elsewhere"),
        ]
        assert number() in channel.told[1].sentence

    @pytest.mark.parametrize("standing", ["first", "owner"])
    def test_his_own_is_not(self, desk: Desk, standing: str):
        """He was there."""
        desk.tell(RECEIVED, leader=HUANG, standing=standing)
        desk.tell(TAKEN)
        assert desk.reminders() == [(HUANG, "ownership_taken", "planned")]

    def test_is_told_after_closure_too(self, desk: Desk, channel: FakeChannel):
        """The petitioner came again although the matter was closed."""
        desk.tell(TAKEN)
        desk.deliver_after(DAY)
        desk.tell(CLOSED)
        desk.tell(RECEIVED, leader=SHEN, standing="rival")
        desk.deliver()
        assert channel.recipients == [HUANG, HUANG]

    def test_is_told_to_the_successor_where_there_was_one(self, desk: Desk):
        """Not to the first contact, who has left."""
        desk.tell(TAKEN)
        desk.tell(SUCCEEDED, previous_owner=HUANG, owner=SHEN)
        desk.tell(RECEIVED, leader=TAO, standing="rival")
        assert desk.reminders()[-1] == (SHEN, "reception_elsewhere", "planned")

    def test_that_was_not_delivered_yet_is_no_news_for_a_successor_to_come(self, desk: Desk):
        """What the previous owner has not been told is cancelled with the rest."""
        desk.tell(TAKEN)
        desk.tell(RECEIVED, leader=TAO, standing="rival")
        desk.tell(SUCCEEDED, previous_owner=HUANG, owner=SHEN)
        assert desk.reminders() == [
            (HUANG, "ownership_taken", "cancelled"),
            (HUANG, "reception_elsewhere", "cancelled"),
            (SHEN, "ownership_taken", "planned"),
        ]

    def test_is_told_once_however_often_it_is_announced(self, desk: Desk):
        """The event is delivered twice."""
        desk.tell(TAKEN)
        event = desk.tell(RECEIVED, leader=SHEN, standing="rival")
        desk.inbox.receive([event, event])
        assert [reason for _, reason, _ in desk.reminders()].count("reception_elsewhere") == 1


class TestTheHeadOfTheOffice:
    def test_is_reminded_of_an_untaken_petition_after_a_day(self, desk: Desk, channel: FakeChannel):
        """Not before."""
        desk.tell(AWAITED)
        assert desk.deliver() == 0
        assert desk.deliver_after(DAY) == 1
        assert channel.recipients == [HEAD_OF_COUNTY]

    def test_is_reminded_again_every_day_until_somebody_takes_it(
        self, desk: Desk, channel: FakeChannel
    ):
        """Rule 5: reminded until somebody does."""
        desk.tell(AWAITED)
        for _ in range(3):
            desk.deliver_after(DAY)
        assert channel.recipients == [HEAD_OF_COUNTY] * 3
        assert len({told.reminder_id for told in channel.told}) == 3
        desk.tell(TAKEN)
        desk.deliver()
        for _ in range(3):
            desk.deliver_after(DAY)
        assert channel.recipients == [*[HEAD_OF_COUNTY] * 3, HUANG]

    @pytest.mark.parametrize(
        "registered_at", [instant(date(2026, 11, 27), time(23, 10)), instant(TODAY, time(3))]
    )
    def test_is_reminded_in_office_hours(
        self, desk: Desk, channel: FakeChannel, registered_at: datetime
    ):
        """Of what came in at night, too; and over no weekend."""
        desk.clock.now = registered_at
        desk.tell(AWAITED)
        told_at = []
        while desk.clock() < registered_at + 8 * DAY:
            if desk.deliver_after(timedelta(minutes=10)):
                told_at.append(desk.clock().astimezone(SHANGHAI))
        assert {reason for _, reason, _ in desk.reminders()} == {"untaken"}
        assert len(told_at) >= 5
        for at in told_at:
            assert at.weekday() < 5
            assert time(8) <= at.time() < time(20)

    def test_is_reminded_once_for_the_days_on_which_nothing_ran(
        self, desk: Desk, channel: FakeChannel
    ):
        """After a week's standstill one reminder goes out, the next is due the day after."""
        desk.tell(AWAITED)
        assert desk.deliver_after(7 * DAY) == 1
        assert desk.deliver() == 0
        assert desk.deliver_after(DAY) == 1
        assert len(channel.told) == 2

    def test_goes_on_being_reminded_when_one_reminder_was_given_up(
        self, desk: Desk, channel: FakeChannel
    ):
        """A channel that was down for an hour does not end the reminding for ever."""
        channel.outcomes = ["http_500"] * 10
        desk.tell(AWAITED)
        for _ in range(10):
            desk.deliver_after(DAY)
        assert desk.reminders() == [
            (HEAD_OF_COUNTY, "untaken", "given_up"),
            (HEAD_OF_COUNTY, "untaken", "planned"),
        ]
        # The next day is a Saturday.
        desk.deliver_after(3 * DAY)
        assert desk.reminders()[1] == (HEAD_OF_COUNTY, "untaken", "delivered")

    def test_is_not_reminded_of_what_the_roster_decided(self, desk: Desk):
        """The leader on duty owns it in the same moment."""
        desk.tell(AWAITED, awaits="duty_leader")
        desk.tell(TAKEN)
        assert desk.reminders() == [(HUANG, "ownership_taken", "planned")]


class TestTheRecord:
    def test_the_table_is_what_the_log_adds_up_to(self, desk: Desk):
        """A rebuild from position 0 gives the same rows."""
        desk.tell(AWAITED)
        desk.deliver_after(DAY)
        desk.tell(TAKEN)
        desk.deliver()
        desk.tell(SUCCEEDED, previous_owner=HUANG, owner=SHEN)
        before = desk.listed()
        desk.application.rebuild()
        assert desk.listed() == before
