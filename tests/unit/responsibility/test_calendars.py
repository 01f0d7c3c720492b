"""A newer calendar is a fact; what was counted beyond the old one is counted again, as facts."""

from dataclasses import replace
from datetime import date

import pytest

from services.responsibility.application.calendars import Calendars
from services.responsibility.application.courses import Courses
from services.responsibility.domain.course import Course
from services.responsibility.domain.refusals import CalendarUnfit
from services.responsibility.domain.workdays import PublishedCalendars
from services.responsibility.readmodels.terms import TermTables
from statute.workdays import WorkCalendar, newest_calendar
from tests.builders import FOLLOWER, actor, command, happened, number
from tests.unit.responsibility.casebook import Casebook, take
from tests.unit.responsibility.paths import CITY_S, asked, noon_of, register, term_of, walk

SHIPPED = newest_calendar()
# Made up: the whole last week of January is free.
FREE = frozenset(date(2027, 1, day) for day in range(25, 30))
NEXT_YEAR = replace(
    SHIPPED, version="cn-2027", last=date(2027, 12, 31), holidays=SHIPPED.holidays | FREE
)

LAST_OF_2026, FIRST_OF_2027 = date(2026, 12, 31), date(2027, 1, 1)
WITH_NEW_YEARS_EVE = replace(NEXT_YEAR, holidays=NEXT_YEAR.holidays | {LAST_OF_2026, FIRST_OF_2027})


def imported(case: Casebook, calendar: WorkCalendar, request_id: str = "") -> Calendars:
    calendars = Calendars(case.application, TermTables())
    request_id = request_id or calendar.version
    sent = command("responsibility.import_calendar", calendar, actor("O1", ""), request_id)
    case.when(lambda _: calendars.import_calendar(sent, calendar, "国办发明电〔2026〕7号"))
    return calendars


@pytest.fixture
def provisional(case: Casebook) -> Casebook:
    """A term that ends on 2027-01-25, a Monday."""
    register(case, on="2026-11-26")
    case.when(take("accept"))
    assert term_of(case, "handling")["provisional"]
    return case


def test_a_newer_calendar_goes_on_record(case: Casebook):
    imported(case, NEXT_YEAR)
    case.then(happened(PublishedCalendars.Imported, version="cn-2027", last="2027-12-31"))
    assert case.application.calendar() == NEXT_YEAR


@pytest.mark.parametrize(
    "unfit",
    [
        replace(NEXT_YEAR, version=SHIPPED.version),
        replace(NEXT_YEAR, first=date(2025, 1, 1)),
        replace(NEXT_YEAR, last=SHIPPED.last, holidays=SHIPPED.holidays),
    ],
    ids=["same version", "begins later", "knows no more"],
)
def test_one_that_says_less_is_refused(case: Casebook, unfit: WorkCalendar):
    imported(case, unfit)
    assert isinstance(case.refusal, CalendarUnfit)
    assert case.application.calendar() == SHIPPED


def test_one_that_is_known_already_is_not_imported_again(case: Casebook):
    """By whoever, under whichever request, with whichever document; also what came with us."""
    for again, known in enumerate((SHIPPED, NEXT_YEAR, NEXT_YEAR, SHIPPED)):
        imported(case, known, f"again-{again}")
        assert case.refusal is None
    case.then_nothing()
    assert case.answer == {"version": "cn-2027", "last": "2027-12-31"}
    log = case.application.log_of_events
    assert [each.topic for each in log.select_recorded(0, 10)] == ["calendar.imported.v1"]


def test_one_that_is_out_of_use_is_not_imported_again_either(case: Casebook):
    """The answer says which is in use."""
    imported(case, NEXT_YEAR)
    newer = replace(NEXT_YEAR, version="cn-2028", last=date(2028, 12, 31))
    imported(case, newer)
    imported(case, NEXT_YEAR, "again")
    case.then_nothing()
    assert case.answer == {"version": "cn-2028", "last": "2028-12-31"}
    assert case.application.calendar() == newer


def test_what_another_process_imported_meanwhile_is_not_imported_again(case: Casebook):
    """This one has not looked for half a minute."""
    imported(case, NEXT_YEAR)
    case.application._calendars = (SHIPPED,)
    imported(case, NEXT_YEAR, "again")
    case.then_nothing()
    assert case.answer["version"] == "cn-2027"


def test_a_version_is_the_name_of_one_calendar(case: Casebook):
    """Terms say by it what they were counted by, also when it is out of use."""
    imported(case, NEXT_YEAR)
    imported(case, replace(NEXT_YEAR, version="cn-2028", last=date(2028, 12, 31)))
    for version in (SHIPPED.version, "cn-2027", "cn-2028"):
        imported(
            case, replace(NEXT_YEAR, version=version, last=date(2029, 12, 31)), f"as-{version}"
        )
        case.then_refused(
            CalendarUnfit, version="is that of another calendar, which is known already"
        )


def test_the_notice_of_a_year_may_change_days_of_the_december_before(case: Casebook):
    """That of 2019 did. An objection due on 12-31 is due on the next day that is worked then."""
    register(case, on="2026-12-24")
    case.when(take("transfer"))
    assert term_of(case, "objection")["due_on"] == "2026-12-31"
    calendars = imported(case, WITH_NEW_YEARS_EVE)
    assert calendars.recount() == len(["objection", "acceptance"])
    moved = term_of(case, "objection")
    assert (moved["due_on"], moved["calendar"]) == ("2027-01-04", "cn-2027")
    days = Courses(case.application).explain(number(), "objection", FOLLOWER)["days"]
    assert {day["day"]: day["kind"] for day in days}["2026-12-31"] == "holiday"
    assert calendars.recount() == 0


def test_a_day_that_is_over_is_not_changed(case: Casebook):
    """What was counted by it has taken effect."""
    case.clock.now = noon_of("2027-01-01")
    imported(case, WITH_NEW_YEARS_EVE)
    case.then_refused(CalendarUnfit)
    assert case.refusal.fields["holidays"].startswith("2026-12-31 is over, as a workday")


def test_today_may_still_be_changed(case: Casebook):
    """Nothing that ends today is late before the day is over."""
    case.clock.now = noon_of("2026-12-31")
    imported(case, WITH_NEW_YEARS_EVE)
    assert case.refusal is None
    assert case.application.calendar() == WITH_NEW_YEARS_EVE


def test_a_notice_may_change_days_to_come_without_another_year(case: Casebook):
    """That of January 2020 did."""
    changed = replace(SHIPPED, version="cn-2026-b", holidays=SHIPPED.holidays | {LAST_OF_2026})
    imported(case, changed)
    assert case.refusal is None
    assert case.application.calendar() == changed


def test_a_term_that_has_ended_is_explained_by_the_calendar_it_was_counted_by(case: Casebook):
    """The days are those by which it ended in time."""
    register(case, on="2026-11-26")
    walk(case, "transfer", "object")
    imported(case, WITH_NEW_YEARS_EVE)
    explained = Courses(case.application).explain(number(), "objection", FOLLOWER)
    assert explained["state"]["calendar"] == SHIPPED.version
    assert [day["day"] for day in explained["days"]][-1] == explained["state"]["due_on"]


def test_a_provisional_term_is_counted_again_once(provisional: Casebook):
    """It ends on the same day; the next working day is another, and it is known now."""
    calendars = imported(provisional, NEXT_YEAR)
    assert calendars.recount() == 1
    recounted = provisional.new_facts()[-1]
    assert isinstance(recounted, Course.TermRecounted)
    assert recounted.due["workday"] == "2027-02-01"
    assert not term_of(provisional, "handling")["provisional"]
    assert calendars.recount() == 0


@pytest.mark.parametrize("ends", ["2027-12-14", "2027-12-20", "2027-12-31"])
def test_a_term_that_ends_late_in_the_new_year_is_provisional_no_more(case: Casebook, ends: str):
    """The calendar knows its last day and the next that is worked, down to its own last day."""
    register(case, on="2026-11-26")
    case.when(take("assign", report_by=ends))
    assert term_of(case, "report_back")["provisional"]
    calendars = imported(case, NEXT_YEAR)
    assert calendars.recount()
    assert not term_of(case, "report_back")["provisional"]
    assert calendars.recount() == 0


def test_what_another_process_counted_by_the_old_one_meanwhile_too(provisional: Casebook):
    """It sees the new one half a minute later."""
    calendars = imported(provisional, NEXT_YEAR)
    calendars.recount()
    provisional.application._calendars = (SHIPPED,)
    # Its own office handles it: the city reviews.
    for step, seat in (("handle", {}), ("reply", {}), ("ask_review", {}), ("remand", CITY_S)):
        provisional.when(asked(step, **seat))
        assert provisional.refusal is None
    assert term_of(provisional, "handling")["provisional"]
    provisional.application.look_for_calendar()
    assert calendars.recount() == 1
    assert not term_of(provisional, "handling")["provisional"]
