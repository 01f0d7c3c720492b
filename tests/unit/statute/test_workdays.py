"""The calendar that ships, against two libraries, and calendars that are no good."""

import json
from datetime import date, timedelta

import chinese_calendar
import holidays
import pytest

from statute.workdays import CalendarUnreadable, WorkCalendar, newest_calendar

CALENDAR = newest_calendar()
GOOD = {
    "version": "cn-2026",
    "first": "2026-01-01",
    "last": "2026-12-31",
    "holidays": ["2026-10-01"],
    "make_up_days": ["2026-10-10"],
}


def days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


class TestTheCalendarThatShips:
    def test_is_that_of_the_library_it_was_taken_from(self) -> None:
        every = days(CALENDAR.first, CALENDAR.last)
        assert len(every) > 8000
        assert [d for d in every if CALENDAR.is_worked(d) != chinese_calendar.is_workday(d)] == []

    def test_agrees_with_a_second_library_on_every_day_of_2020_to_2026(self) -> None:
        second = holidays.country_holidays("CN", years=range(2020, 2027))
        every = days(date(2020, 1, 1), date(2026, 12, 31))
        assert [d for d in every if CALENDAR.is_worked(d) != second.is_working_day(d)] == []

    def test_says_where_it_ends(self) -> None:
        assert CALENDAR.knows(date(2026, 12, 31))
        assert not CALENDAR.knows(date(2027, 1, 1))

    def test_takes_what_lies_beyond_as_a_plain_week(self) -> None:
        assert CALENDAR.kind_of(date(2027, 1, 1)) == "workday"
        assert CALENDAR.kind_of(date(2027, 1, 2)) == "weekend"


class TestACalendar:
    @pytest.mark.parametrize(
        "change",
        [
            {"last": None},
            {"last": "soon"},
            {"holidays": "2026-10-01"},
            {"holidays": ["2027-01-01"]},
            {"holidays": ["2026-10-03"]},
            {"make_up_days": ["2026-10-12"]},
        ],
    )
    def test_that_cannot_be_right_is_refused(self, change: dict[str, object]) -> None:
        with pytest.raises(CalendarUnreadable):
            WorkCalendar.from_json(json.dumps(GOOD | change))

    @pytest.mark.parametrize("text", ["", "[]", "{}", "null"])
    def test_that_is_none_is_refused(self, text: str) -> None:
        with pytest.raises(CalendarUnreadable):
            WorkCalendar.from_json(text)

    def test_is_read_as_it_is_written_down(self) -> None:
        calendar = WorkCalendar.from_json(json.dumps(GOOD))
        assert calendar.kind_of(date(2026, 10, 1)) == "holiday"
        assert calendar.kind_of(date(2026, 10, 10)) == "make_up_day"
        assert calendar.workday_from(date(2026, 10, 1)) == date(2026, 10, 2)
