"""The reminders of a term: planned as one fact, told as they fall due, dropped with the term."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from chassis.eventstore.application import Provenance
from chassis.eventstore.instants import text_of
from services.notify.application.ports import Lane
from services.notify.domain.planning import SHANGHAI, instant
from services.notify.domain.reminders import PetitionReminders
from statute.workdays import newest_calendar
from tests.builders import COUNTY, DAY, HOUR, HUANG, SHEN, TODAY, Clock
from tests.unit.notify.desk import Crash, Desk, FakeChannel
from tests.unit.stores import tables

AWAITED, TAKEN = "ownership.awaited.v1", "ownership.taken.v1"
BEGUN, ENDED, EXTENDED = "term.begun.v1", "term.ended.v1", "term.extended.v1"
RECEIPT = "receipt.corrected.v1"
PAUSED, RESUMED, RECOUNTED = "term.paused.v1", "term.resumed.v1", "term.recounted.v1"
CLOSED, SUCCEEDED = "case.closed.v1", "ownership.succeeded.v1"
HEAD_OF_COUNTY, HEAD_OF_CITY = f"office_head:{COUNTY}", "office_head:330400-01"
FELL = PetitionReminders.FellDue
CALENDAR = newest_calendar()
# Sixty days from 24 November 2026.
DUE_ON = date(2027, 1, 23)


def due(on: date) -> dict[str, Any]:
    return {"on": on.isoformat()}


def begin(desk: Desk, term: str = "handling", on: date = DUE_ON) -> None:
    desk.tell(BEGUN, term=term, runs_from=TODAY.isoformat(), due=due(on))


def plans(desk: Desk) -> list[PetitionReminders.PlanMade]:
    return [fact for fact in desk.facts() if isinstance(fact, PetitionReminders.PlanMade)]


def told(channel: FakeChannel) -> list[tuple[str, str]]:
    return [(each.recipient, each.reason) for each in channel.told]


@pytest.fixture
def owned(desk: Desk, channel: FakeChannel) -> Desk:
    """An appeal that HUANG owns, and has been told that he does."""
    desk.tell(AWAITED)
    desk.tell(TAKEN)
    desk.tell(ENDED, term="first_step", ended_on=TODAY.isoformat(), late_days=0)
    desk.deliver()
    channel.told.clear()
    return desk


class TestAPlan:
    def test_is_one_fact_with_all_its_points(self, owned: Desk):
        """Not one a reminder."""
        begin(owned)
        (made,) = [plan for plan in plans(owned) if plan.term == "handling"]
        assert list(made.points)[:5] == ["start", "half", "workdays_5", "workdays_2", "due"]
        assert made.rises == {HEAD_OF_COUNTY: 3, HEAD_OF_CITY: 10}
        assert (made.policy, made.why) == ("default-1", "term_begun")

    def test_of_the_first_step_is_made_when_the_petition_is_on_record(self, desk: Desk):
        """Fifteen days from the receipt, before any course begins (Art 22)."""
        desk.tell(AWAITED)
        (made,) = plans(desk)
        assert (made.term, made.due_on, made.why) == ("first_step", "2026-12-09", "registered")

    def test_is_not_made_again_when_the_course_begins_its_term(self, desk: Desk):
        """The same days were planned already."""
        desk.tell(AWAITED)
        begin(desk, "first_step", date(2026, 12, 9))
        assert len(plans(desk)) == 1

    def test_of_the_first_step_runs_from_the_stated_receipt(self, desk: Desk):
        """It came ten days before it was put on record: five are left."""
        desk.tell(AWAITED, received_at=text_of(desk.clock() - 10 * DAY))
        (made,) = plans(desk)
        assert (made.runs_from, made.due_on) == ("2026-11-14", "2026-11-29")

    def test_of_the_first_step_follows_a_receipt_that_is_corrected(self, desk: Desk):
        """Where no course says by which day it is due; where one does, that says so itself."""
        desk.tell(AWAITED, received_at=text_of(desk.clock() - 10 * DAY))
        again = {"term": "first_step", "runs_from": "2026-11-12"}
        desk.tell(RECEIPT, **again, due=None)
        assert len(plans(desk)) == 1
        desk.tell(RECEIPT, **again, due=due(date(2026, 11, 27)))
        made = plans(desk)[-1]
        assert (made.runs_from, made.due_on) == ("2026-11-12", "2026-11-27")
        assert (made.why, "start" in made.points) == ("term_recounted", False)

    def test_of_what_was_late_when_it_was_registered_is_told_at_once(
        self, desk: Desk, channel: FakeChannel, clock: Clock
    ):
        """Once, also when its course says so again; then each working day, as all lateness is."""
        clock.now = instant(TODAY, time(10, 30))
        received_at = desk.clock() - 24 * DAY
        desk.tell(AWAITED, received_at=text_of(received_at))
        desk.tell(TAKEN)
        desk.look()
        late = [each for each in told(channel) if each[1] == "term_late"]
        assert late == [(HUANG, "term_late"), (HEAD_OF_COUNTY, "term_late")]
        runs_from = received_at.date().isoformat()
        due_on = (received_at.date() + 15 * DAY).isoformat()
        desk.tell(BEGUN, term="first_step", runs_from=runs_from, due={"on": due_on})
        desk.look()
        desk.run_until(instant(TODAY, time(20)))
        assert [each for each in told(channel) if each[1] == "term_late"] == late
        desk.run_until(instant(TODAY + DAY, time(20)))
        assert len([each for each in told(channel) if each[1] == "term_late"]) == 2 * len(late)

    def test_is_told_at_its_points_to_the_owner(self, owned: Desk, channel: FakeChannel):
        """Once each, however often one looks."""
        begin(owned)
        owned.run_until(instant(DUE_ON, time(20)))
        assert told(channel) == [
            (HUANG, "term_begun"),
            (HUANG, "term_half"),
            (HUANG, "term_near"),
            (HUANG, "term_near"),
            (HUANG, "term_due"),
        ]
        assert "办理期限2027年1月23日届满" in channel.told[-1].sentence

    def test_that_nobody_owns_is_told_to_the_head(self, desk: Desk, channel: FakeChannel):
        """Who has to see that somebody takes it."""
        desk.tell(AWAITED)
        desk.run_until(instant(date(2026, 12, 9), time(20)))
        assert (HEAD_OF_COUNTY, "term_due") in told(channel)


class TestLateness:
    def late(self, desk: Desk, channel: FakeChannel, workdays: int) -> list[tuple[str, str]]:
        """Who is told on a working day after the last one."""
        begin(desk, on=date(2026, 12, 24))
        day = date(2026, 12, 24)
        for _ in range(workdays):
            desk.run_until(instant(day, time(20)))
            channel.told.clear()
            day = CALENDAR.workday_from(day + DAY)
        desk.run_until(instant(day, time(20)))
        return sorted(told(channel))

    @pytest.mark.parametrize(
        ("workdays", "recipients"),
        [
            (1, [HUANG]),
            (2, [HUANG]),
            (3, [HUANG, HEAD_OF_COUNTY]),
            (9, [HUANG, HEAD_OF_COUNTY]),
            (10, [HUANG, HEAD_OF_COUNTY, HEAD_OF_CITY]),
            (25, [HUANG, HEAD_OF_COUNTY, HEAD_OF_CITY]),
        ],
    )
    def test_rises_to_further_people_and_never_leaves_the_owner_out(
        self, owned: Desk, channel: FakeChannel, workdays: int, recipients: list[str]
    ):
        """The head after three working days, the supervising body after ten."""
        assert self.late(owned, channel, workdays) == sorted(
            (who, "term_late") for who in recipients
        )

    def test_goes_on_in_a_plan_that_follows(self, owned: Desk, channel: FakeChannel):
        """As long as it lasts; each plan is one fact."""
        self.late(owned, channel, 25)
        assert [plan.why for plan in plans(owned) if plan.term == "handling"] == [
            "term_begun",
            "goes_on",
            "goes_on",
        ]
        assert "逾期25个工作日" in channel.told[0].sentence

    def test_of_an_accusation_does_not_leave_the_office(self, desk: Desk, channel: FakeChannel):
        """The supervising body is not among the named (Arts 27 to 30)."""
        desk.tell(AWAITED, petition_class="accusation")
        desk.tell(TAKEN)
        begin(desk, on=date(2026, 12, 24))
        assert [plan.rises for plan in plans(desk)] == [{HEAD_OF_COUNTY: 3}] * 2

    def test_of_a_matter_of_unknown_class_does_not_either(self, desk: Desk):
        """It may be one."""
        begin(desk)
        assert plans(desk)[0].rises == {HEAD_OF_COUNTY: 3}


class TestAChangeOfTheCase:
    def test_closure_ends_all_plans_but_those_that_outlast_it(
        self, owned: Desk, channel: FakeChannel
    ):
        """Nothing is told after it; a supervision order is still to be answered."""
        begin(owned)
        begin(owned, "supervision", date(2026, 12, 24))
        owned.tell(CLOSED)
        owned.run_until(instant(date(2026, 12, 24), time(20)))
        assert {fact.term for fact in owned.facts() if isinstance(fact, FELL)} == {"supervision"}

    def test_the_step_that_a_term_is_for_ends_its_plan(self, owned: Desk, channel: FakeChannel):
        """At once, and with what of it was still to be delivered."""
        channel.outcomes = ["http_500"]
        begin(owned)
        owned.fall()
        owned.deliver()
        owned.tell(ENDED, term="handling", ended_on=TODAY.isoformat(), late_days=0)
        owned.run_until(instant(DUE_ON, time(20)))
        assert told(channel) == [(HUANG, "term_begun")]
        assert owned.reminders()[-1] == (HUANG, "term_begun", "cancelled")

    def test_an_extension_moves_the_points(self, owned: Desk, channel: FakeChannel):
        """Nobody is told that a term ends that does not."""
        begin(owned, on=date(2026, 12, 24))
        owned.run_until(instant(date(2026, 12, 16), time(20)))
        channel.told.clear()
        owned.tell(EXTENDED, term="handling", days=30, due=due(DUE_ON))
        owned.run_until(instant(date(2026, 12, 24), time(20)))
        assert [each.due_at.astimezone(SHANGHAI).date() for each in channel.told] == [
            date(2026, 12, 24)
        ]
        assert told(channel) == [(HUANG, "term_half")]

    def test_a_hearing_stops_them_until_it_is_over(self, owned: Desk, channel: FakeChannel):
        """The half is counted from where the term runs from, as before."""
        begin(owned, "re_review", date(2026, 12, 24))
        owned.run_until(owned.clock() + HOUR)
        channel.told.clear()
        owned.tell(PAUSED, term="re_review", first_day="2026-11-25")
        owned.run_until(instant(date(2026, 12, 24), time(20)))
        assert told(channel) == []
        owned.tell(RESUMED, term="re_review", last_day="2026-12-24", due=due(DUE_ON))
        assert plans(owned)[-1].runs_from == TODAY.isoformat()
        owned.run_until(instant(DUE_ON, time(20)))
        assert told(channel)[-1] == (HUANG, "term_due")

    def test_a_matter_that_is_part_of_another_has_no_terms(self, owned: Desk):
        """That of the other runs on; when it is one of its own again, so do its own."""
        begin(owned)
        owned.tell("ownership.merged.v1", owner=HUANG, into_petition_id="x", into_number="y")
        assert owned.fall() == 0
        owned.tell("course.split.v1", state="handling", terms=["handling"])
        made = plans(owned)[-1]
        assert (made.why, made.due_on) == ("split", DUE_ON.isoformat())
        assert "start" not in made.points

    def test_a_succession_turns_to_the_new_owner(self, owned: Desk, channel: FakeChannel):
        """At the next point, with no new plan."""
        begin(owned)
        owned.tell(SUCCEEDED, previous_owner=HUANG, owner=SHEN)
        owned.run_until(instant(DUE_ON, time(20)))
        assert {who for who, _ in told(channel)} == {SHEN}
        assert len([plan for plan in plans(owned) if plan.term == "handling"]) == 1

    def test_a_recount_by_another_calendar_moves_the_points(self, owned: Desk):
        """The last day was provisional."""
        begin(owned)
        owned.tell(RECOUNTED, term="handling", due=due(DUE_ON + DAY))
        assert plans(owned)[-1].why == "term_recounted"
        assert plans(owned)[-1].due_on == (DUE_ON + DAY).isoformat()

    def test_of_what_is_late_tells_nobody_twice_on_a_day(self, owned: Desk, channel: FakeChannel):
        """Its last day moved, and is over all the same: the next working day says so."""
        begin(owned, on=date(2026, 12, 24))
        owned.run_until(instant(date(2026, 12, 29), time(10)))
        channel.told.clear()
        owned.tell(RECOUNTED, term="handling", due=due(date(2026, 12, 25)))
        owned.run_until(instant(date(2026, 12, 29), time(20)))
        assert told(channel) == []
        owned.run_until(instant(date(2026, 12, 30), time(20)))
        assert told(channel) == [(HUANG, "term_late"), (HEAD_OF_COUNTY, "term_late")]

    @pytest.mark.parametrize("change", [EXTENDED, RECOUNTED])
    def test_what_has_ended_does_not_begin_again(self, owned: Desk, change: str):
        """Its last day moved when nobody waited for it any more."""
        begin(owned)
        owned.tell(CLOSED)
        made = len(plans(owned))
        owned.tell(change, term="handling", due=due(DUE_ON + DAY))
        assert len(plans(owned)) == made

    def test_plans_follow_an_imported_calendar(self, owned: Desk):
        """Its first of February is a holiday that the shipped one does not know of."""
        owned.tell(
            "calendar.imported.v1",
            petition_id="",
            version="cn-2027",
            first="2004-01-01",
            last="2027-12-31",
            holidays=["2027-02-01"],
            make_up_days=[],
        )
        begin(owned, on=date(2027, 2, 1))
        made = plans(owned)[-1]
        assert made.calendar == "cn-2027"
        assert datetime.fromisoformat(made.points["due"]) == instant(date(2027, 1, 29), time(9))


class TestAfterAStandstill:
    def test_only_the_latest_point_is_told(self, owned: Desk, channel: FakeChannel, clock: Clock):
        """Nobody is told five times at once; what was passed over is on record."""
        begin(owned, on=date(2026, 12, 24))
        clock.now = instant(date(2026, 12, 24), time(10))
        owned.fall()
        owned.deliver()
        assert told(channel) == [(HUANG, "term_due")]
        fell = next(fact for fact in owned.facts() if isinstance(fact, FELL))
        assert fell.passed_over == ["start", "half", "workdays_5", "workdays_2", "day_1"]

    def test_nobody_is_told_at_night(self, owned: Desk, channel: FakeChannel, clock: Clock):
        """It came back at three in the morning; at eight the owner is told."""
        begin(owned, on=date(2026, 12, 24))
        clock.now = instant(date(2026, 12, 24), time(3))
        assert owned.fall() == 1
        assert owned.deliver() == 0
        assert owned.deliver_after(timedelta(hours=5)) == 1

    def test_a_point_that_fell_due_before_a_crash_is_told_after_it(
        self, owned: Desk, channel: FakeChannel, clock: Clock
    ):
        """Under the id that it was first told under; what had been taken on falls due again."""
        begin(owned)
        owned.fall()
        channel.outcomes = [Crash()]
        with pytest.raises(Crash):
            owned.deliver()
        assert owned.deliver() == 0
        assert owned.deliver_after(timedelta(minutes=1)) == 1
        first, second = channel.told
        assert first == second


class TestTwoInstances:
    def test_never_take_on_the_same(self, owned: Desk):
        """What one has taken on is left alone until its lease is over."""
        begin(owned)
        queue, log = owned.application.due, owned.application.log_of_events
        now = owned.clock()
        assert len(queue.claim(log, Lane.PLANS, now, now + HOUR, 10)) == 1
        assert queue.claim(log, Lane.PLANS, now, now + HOUR, 10) == []
        assert len(queue.claim(log, Lane.PLANS, now + HOUR, now + 2 * HOUR, 10)) == 1

    def test_leaves_the_others_to_others(self, owned: Desk):
        """In the order in which they fell due, whatever else is taken on."""
        begin(owned)
        begin(owned, "acceptance")
        queue, log = owned.application.due, owned.application.log_of_events
        now = owned.clock()
        taken = [queue.claim(log, Lane.PLANS, now, now + HOUR, 1) for _ in range(3)]
        assert [len(each) for each in taken] == [1, 1, 0]
        assert taken[0] != taken[1]


def test_the_tables_are_what_the_log_adds_up_to(owned: Desk) -> None:
    """A rebuild from position 0 gives the same plans, and what is due stays due."""
    begin(owned)
    owned.run_until(instant(date(2026, 12, 24), time(20)))
    before = tables(owned.application)
    owned.application.rebuild()
    assert tables(owned.application) == before


class TestACalendarThatComesOut:
    """Its last day stays where it is, and the days after it are holidays."""

    LAST = date(2027, 2, 4)
    HOLIDAYS = ("2027-02-05", "2027-02-08", "2027-02-09", "2027-02-10", "2027-02-11")

    def hear(self, desk: Desk, version: str, last: str, *holidays: str) -> None:
        shipped = CALENDAR
        desk.tell(
            "calendar.imported.v1",
            version=version,
            first=shipped.first.isoformat(),
            last=last,
            holidays=sorted({*(day.isoformat() for day in shipped.holidays), *holidays}),
            make_up_days=sorted(day.isoformat() for day in shipped.make_up_days),
        )

    def test_moves_the_points_of_lateness(self, owned: Desk, channel: FakeChannel):
        """Nobody is told that it is six working days late on the first of them."""
        begin(owned, on=self.LAST)
        self.hear(owned, "cn-2027", "2027-12-31", *self.HOLIDAYS)
        owned.run_to(instant(self.LAST, time(20)))
        channel.told.clear()
        owned.run_to(instant(date(2027, 2, 12), time(20)))
        assert told(channel) == [(HUANG, "term_late")]
        assert "逾期1个工作日" in channel.told[0].sentence

    def test_keeps_what_was_put_off(self, owned: Desk, channel: FakeChannel):
        begin(owned, on=self.LAST)
        owned.run_to(instant(date(2027, 2, 2), time(10)))
        until = instant(date(2027, 2, 3), time(15))
        reminder_id = owned.listed()[0]["reminder_id"]
        id_ = PetitionReminders.create_id(owned.facts()[0].petition_id)

        def put_off(unit: Any) -> dict[str, Any]:
            by = owned.application.calendar()
            unit.find(PetitionReminders, id_).snooze(reminder_id, until, "鉴定", by, owned.clock())
            return {}

        owned.application.run(Provenance(HUANG, "", ""), put_off)
        self.hear(owned, "cn-2027", "2027-12-31", *self.HOLIDAYS)
        channel.told.clear()
        owned.run_to(instant(self.LAST, time(8)))
        assert [each.due_at for each in channel.told] == [until]

    def test_and_corrects_the_one_that_is_shipped_counts(self, owned: Desk):
        """It reaches no further than that."""
        self.hear(owned, "corrected", CALENDAR.last.isoformat(), "2026-12-23")
        assert owned.application.calendar().version == "corrected"
