"""A calendar that comes in moves all points ahead at once, and nobody is told twice."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.eventstore.application import Provenance
from services.notify.application.recounting import CALENDAR_PAGE
from services.notify.domain.plan import By, Plan, plan_of
from services.notify.domain.planning import Policy, Span, day_of, instant, late_by
from services.notify.domain.reminders import PetitionReminders
from services.notify.readmodels.plans import PlanTable
from statute.workdays import WorkCalendar, newest_calendar
from tests.builders import COUNTY, DAY, HOUR, HUANG, TODAY, number, petition_id
from tests.unit.notify.desk import Desk, FakeChannel
from tests.unit.notify.test_given_up import Explained

SHIPPED = newest_calendar()
POLICY = Policy("default-1", start=False)
# A Thursday, after half of whose term 5, 2 working days and one day are still to come.
LAST = date(2027, 2, 4)
BEGINNING = {"term": "handling", "runs_from": TODAY.isoformat()}


def calendar_told(version: str, holidays: Sequence[date], make_up: Sequence[date] = ()) -> Any:
    return {
        "version": version,
        "first": SHIPPED.first.isoformat(),
        "last": "2027-12-31",
        "holidays": sorted(day.isoformat() for day in {*SHIPPED.holidays, *holidays}),
        "make_up_days": sorted(day.isoformat() for day in {*SHIPPED.make_up_days, *make_up}),
    }


def hear(desk: Desk, version: str, *holidays: date, make_up: Sequence[date] = ()) -> None:
    desk.tell("calendar.imported.v1", **calendar_told(version, holidays, make_up))


def points(desk: Desk, term: str = "handling") -> dict[str, datetime]:
    made = [fact for fact in desk.facts() if isinstance(fact, PetitionReminders.PlanMade)]
    latest = [plan for plan in made if plan.term == term][-1]
    return {kind: datetime.fromisoformat(at) for kind, at in latest.points.items()}


def at_nine(day: date) -> datetime:
    return instant(day, time(9))


def told(channel: FakeChannel) -> list[tuple[date, str]]:
    """Day of its point, and reason, of what the owner was told of the term."""
    return [(day_of(each.due_at), each.reason) for each in channel.told if each.term == "handling"]


@pytest.fixture
def handled(desk: Desk, channel: FakeChannel) -> Desk:
    """HUANG owns a matter whose handling ends on a Thursday."""
    desk.tell("ownership.awaited.v1")
    desk.tell("ownership.taken.v1")
    desk.tell("term.ended.v1", term="first_step", ended_on=TODAY.isoformat(), late_days=0)
    desk.tell("term.begun.v1", **BEGINNING, due={"on": LAST.isoformat()})
    desk.run_to(at_nine(date(2027, 1, 27)))
    channel.told.clear()
    return desk


class TestACalendarThatComesIn:
    def test_moves_the_points_ahead_at_once(self, handled: Desk):
        """Before the next of them comes."""
        assert points(handled)["due"] == at_nine(LAST)
        hear(handled, "cn-2027", LAST, LAST + DAY)
        assert handled.recount() == 1
        moved = points(handled)
        assert moved["due"] == at_nine(LAST - DAY)
        assert moved["late_1"] == at_nine(LAST + 4 * DAY)
        assert "half" not in moved

    def test_tells_once_what_had_to_be_told_before_by_it(self, handled: Desk, channel: FakeChannel):
        """The rest of the week and the next is a holiday: its last working day is today."""
        handled.run_to(at_nine(date(2027, 1, 29)) + HOUR)
        channel.told.clear()
        week = [date(2027, 2, 1) + n * DAY for n in range(5)]
        hear(handled, "cn-2027", *week)
        handled.recount()
        handled.look()
        assert told(channel) == [(date(2027, 1, 29), "term_due")]
        handled.run_to(at_nine(date(2027, 2, 7)))
        assert len(told(channel)) == 1
        handled.run_to(at_nine(date(2027, 2, 8)) + HOUR)
        assert told(channel)[1:] == [(date(2027, 2, 8), "term_late")]

    def test_does_not_tell_again_what_was_told(self, handled: Desk, channel: FakeChannel):
        """By it the day five working days before is still to come; he was told as of it."""
        handled.run_to(at_nine(date(2027, 1, 28)) + HOUR)
        assert told(channel) == [(date(2027, 1, 28), "term_near")]
        hear(handled, "cn-2027", make_up=[date(2027, 1, 30), date(2027, 1, 31)])
        handled.recount()
        assert "workdays_5" not in points(handled)
        handled.run_to(at_nine(LAST) + HOUR)
        assert [reason for _, reason in told(channel)] == [*["term_near"] * 3, "term_due"]

    def test_goes_on_telling_each_working_day_of_what_is_late(
        self, handled: Desk, channel: FakeChannel
    ):
        """It is fewer days late by it than he was told: the next day says how it stands."""
        handled.run_to(at_nine(LAST + 4 * DAY) + HOUR)
        hear(handled, "cn-2027", LAST + DAY)
        handled.recount()
        channel.told.clear()
        handled.run_to(at_nine(LAST + 5 * DAY) + HOUR)
        assert told(channel) == [(LAST + 5 * DAY, "term_late")]
        assert "逾期2个工作日" in channel.told[0].sentence

    def test_keeps_what_was_put_off_to_its_time(self, handled: Desk, channel: FakeChannel):
        """Though the point on that day, with which he was to be told, is on another by now."""
        until = instant(date(2027, 1, 28), time(8, 30))
        put_off(handled, until)
        hear(handled, "cn-2027", make_up=[date(2027, 1, 30)])
        handled.recount()
        assert points(handled)["workdays_5"] == at_nine(date(2027, 1, 29))
        handled.run_to(at_nine(date(2027, 1, 29)) + HOUR)
        assert [each.due_at for each in channel.told] == [until, at_nine(date(2027, 1, 29))]

    def test_is_gone_through_page_by_page_and_by_whoever_is_next(self, desk: Desk):
        """Each turn is bounded; whatever a process that ended has done is done."""
        due = {"on": LAST.isoformat()}
        begun = [
            ("term.begun.v1", desk.clock(), {**about(serial), **BEGINNING, "due": due})
            for serial in range(1, CALENDAR_PAGE + 3)
        ]
        desk.hear(begun)
        hear(desk, "cn-2027", LAST)
        assert [desk.recount() for _ in range(3)] == [CALENDAR_PAGE, 2, 0]
        made = [each for each in desk.facts() if isinstance(each, PetitionReminders.PlanMade)]
        assert Counter(each.calendar for each in made)["cn-2027"] == CALENDAR_PAGE + 2

    def test_is_followed_once(self, handled: Desk):
        """By whichever instance; a plan that was made by it is left alone."""
        hear(handled, "cn-2027", LAST)
        assert [handled.recount(), handled.recount()] == [1, 0]
        handled.tell(
            "term.begun.v1", term="review", runs_from=TODAY.isoformat(), due={"on": "2027-02-05"}
        )
        assert handled.recount() == 0

    def test_is_noted_where_only_the_row_says_otherwise(self, handled: Desk):
        """A version that knows no calendars planned it while the table was brought up."""
        stray(handled)
        facts = len(handled.facts())
        assert [handled.recount(), handled.recount()] == [1, 0]
        assert calendars(handled) == [SHIPPED.version]
        assert len(handled.facts()) == facts

    def test_moves_what_only_the_row_says_otherwise_of_too(self, handled: Desk):
        """What is noted is no hindrance to the next that comes in."""
        stray(handled)
        handled.recount()
        hear(handled, "cn-2027", LAST)
        assert [handled.recount(), handled.recount()] == [1, 0]
        assert calendars(handled) == ["cn-2027"]

    def test_is_not_held_up_by_rows_that_no_plan_bears_out(self, handled: Desk):
        """More of them than a page has, before the one that is to be moved."""
        stray(handled, *(f"{serial:04}" for serial in range(CALENDAR_PAGE + 1)))
        hear(handled, "cn-2027", LAST)
        assert [handled.recount() for _ in range(3)] == [CALENDAR_PAGE, 2, 0]
        assert points(handled)["due"] == at_nine(LAST - DAY)

    def test_is_not_held_up_by_a_row_of_a_term_that_does_not_run(self, handled: Desk):
        """Its petition has reminders, and another plan."""
        with handled.application.log_of_events.writing() as transaction:
            transaction.execute("UPDATE term_plan SET calendar = '', next_at = 'x'")
        assert [handled.recount(), handled.recount()] == [2, 0]

    def test_moves_nothing_of_what_has_ended(self, handled: Desk):
        handled.tell("case.closed.v1")
        hear(handled, "cn-2027", LAST)
        assert handled.recount() == 0

    def test_is_asked_for_by_an_index(self, handled: Desk):
        """What is planned by it already is not gone through."""
        explained = Explained(handled.application.log_of_events)
        PlanTable().by_others(explained, "cn-2027", 10)
        assert all("term_plan_calendar" in step for step in explained.steps), explained.steps
        assert not any("TEMP B-TREE" in step for step in explained.steps), explained.steps


def calendars(desk: Desk) -> list[str]:
    """By what the terms that have points ahead are planned, as their rows say."""
    sql = "SELECT DISTINCT calendar FROM term_plan WHERE next_at <> ''"
    return [calendar for (calendar,) in desk.application.log_of_events.query(sql)]


def stray(desk: Desk, *strangers: str) -> None:
    """Let the rows say that they are by no calendar; and put more in, of petitions without facts.

    All are in the order of their ids: the strangers come first.
    """
    columns = "number, term, office, policy, provisional, due_on, next_at, runs, calendar"
    with desk.application.log_of_events.writing() as transaction:
        transaction.execute("UPDATE term_plan SET calendar = '' WHERE next_at <> ''")
        for stranger in strangers:
            transaction.execute(
                f"INSERT INTO term_plan (id, petition_id, {columns})"
                f" SELECT ?, ?, {columns} FROM term_plan WHERE next_at <> '' LIMIT 1",
                (f"{stranger}/handling", stranger),
            )


def about(serial: int) -> dict[str, Any]:
    return {"petition_id": petition_id(serial), "number": number(serial)}


def put_off(desk: Desk, until: datetime) -> None:
    reminder_id = next(row["reminder_id"] for row in desk.listed() if row["reason"] == "term_half")
    stream = PetitionReminders.create_id(petition_id())

    def decide(unit: Any) -> dict[str, Any]:
        calendar, now = desk.application.calendar(), desk.clock()
        unit.find(PetitionReminders, stream).snooze(reminder_id, until, "鉴定", calendar, now)
        return {}

    desk.application.run(Provenance(HUANG, "", ""), decide)


def planned_by(calendar: WorkCalendar, at: datetime, begun: date, due_on: date) -> Plan:
    span = Span(at, begun, due_on)
    return plan_of("handling", span, COUNTY, "appeal", By(POLICY, calendar, at))


@settings(max_examples=300, deadline=None)
@given(
    length=st.integers(1, 90),
    passed=st.integers(0, 100),
    hour=st.integers(0, 23),
    holidays=st.sets(st.integers(0, 140), max_size=30),
    make_up=st.sets(st.integers(0, 140), max_size=10),
)
def test_whatever_changes_each_point_is_told_once_and_none_is_lost(
    length: int, passed: int, hour: int, holidays: set[int], make_up: set[int]
) -> None:
    """What was told before a notice and what is told after it: the last day never left out.

    Of what the notice moves to before it only that falls due which nobody was told of.
    """
    begun = date(2027, 1, 4)
    due_on, at = begun + length * DAY, instant(begun + passed * DAY, time(hour, 30))
    first = planned_by(SHIPPED, instant(begun, time(8)), begun, due_on)
    done = [kind for kind, point in first.points.items() if point <= at]
    changed = WorkCalendar.from_texts(
        "cn-2027",
        SHIPPED.first.isoformat(),
        "2027-12-31",
        [(begun + n * DAY).isoformat() for n in sorted(holidays)],
        [(begun + n * DAY).isoformat() for n in sorted(make_up - holidays)],
    )
    left = (
        first.without(done)
        if len(done) < len(first.points)
        else first.going_on(By(POLICY, SHIPPED, at))
    )
    plan = left.by_calendar(By(POLICY, changed, at), set(done))
    within = [kind for kind in plan.points if not late_by(kind)]
    assert not set(within) & set(done)
    if "due" not in done:
        assert "due" in plan.points or changed.workday_from(begun + DAY) > due_on
    days = [day_of(point) for point in plan.points.values()]
    assert len(set(days)) == len(days)
    assert all(changed.is_worked(day) for day in days)
    assert list(plan.points.values()) == sorted(plan.points.values())
    ahead = [kind for kind, point in plan.points.items() if point > at]
    assert ahead
    assert set(plan.due(at)) <= set(left.points)
