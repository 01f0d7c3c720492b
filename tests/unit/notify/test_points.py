"""When people are told of a term: on working days, one point a day, never late."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify.domain.offices import superior_of
from services.notify.domain.planning import (
    OFFICE_HOURS,
    SHANGHAI,
    Hours,
    Policy,
    Span,
    instant,
    late_by,
    points_of,
)
from statute.workdays import newest_calendar

CALENDAR = newest_calendar()
POLICY = Policy("test-1")


def points(runs_from: date, due_on: date, policy: Policy = POLICY) -> dict[str, str]:
    """Kind to day, of a term that began at nine in the morning."""
    begun = instant(runs_from, time(9))
    made = points_of(policy, Span(begun, runs_from, due_on), begun, CALENDAR)
    return {kind: f"{at.astimezone(SHANGHAI):%m-%d}" for kind, at in made.items()}


class TestThePointsOfATerm:
    def test_are_those_of_the_policy(self):
        """Accepted on 1 September 2026, sixty days: half, five and two working days, one day."""
        within = points(date(2026, 9, 1), date(2026, 10, 31))
        # The last day is a Saturday, so it is told on Friday, with which "one day before" falls
        # together. National Day is not worked from 1 to 7 October.
        assert {kind: day for kind, day in within.items() if not late_by(kind)} == {
            "start": "09-01",
            "half": "09-30",
            "workdays_5": "10-26",
            "workdays_2": "10-29",
            "due": "10-30",
        }

    def test_of_lateness_are_the_working_days_that_follow(self):
        """Ten of them in one plan."""
        late = points(date(2026, 9, 1), date(2026, 9, 30))
        assert [day for kind, day in late.items() if late_by(kind)] == [
            "10-08", "10-09", "10-10", "10-12", "10-13",
            "10-14", "10-15", "10-16", "10-19", "10-20",
        ]  # fmt: skip

    def test_of_a_right_that_lapses_end_with_it(self):
        """Nobody is late with what he need not do."""
        within = points(date(2026, 9, 1), date(2026, 10, 1), Policy("test-2", late=False))
        assert not any(map(late_by, within))

    def test_that_have_passed_are_not_planned(self):
        """A term told of late begins where it is."""
        begun, at = instant(date(2026, 9, 1), time(9)), instant(date(2026, 10, 29), time(10))
        span = Span(begun, date(2026, 9, 1), date(2026, 10, 31))
        assert next(iter(points_of(POLICY, span, at, CALENDAR))) == "due"

    def test_of_a_term_long_over_go_on_counting(self):
        """Registered two years ago, told of today: late by so many working days as it is."""
        at = instant(date(2026, 9, 1), time(12))
        span = Span(at, date(2024, 8, 1), date(2024, 9, 2))
        made = points_of(POLICY, span, at, CALENDAR)
        first = next(iter(made))
        assert made[first] == instant(date(2026, 9, 2), time(9))
        worked = [date(2024, 9, 3) + timedelta(days=n) for n in range(730)]
        assert late_by(first) == sum(CALENDAR.is_worked(day) for day in worked)
        assert len(made) == 10


class TestATermThatIsLateWhenItBegins:
    """Received on 1 September 2026 and put on record in October; the last day was the 16th."""

    RECEIVED, DUE_ON = date(2026, 9, 1), date(2026, 9, 16)

    def made(self, begun: datetime, policy: Policy = POLICY) -> dict[str, datetime]:
        span = Span(begun, self.RECEIVED, self.DUE_ON, begins=True)
        return points_of(policy, span, begun, CALENDAR)

    @pytest.mark.parametrize(
        ("registered", "told"),
        [
            ("2026-10-13T10:30", "2026-10-13T10:30"),
            ("2026-10-13T08:30", "2026-10-13T09:00"),
            ("2026-10-13T03:00", "2026-10-13T09:00"),
            ("2026-10-13T21:00", "2026-10-14T09:00"),
            ("2026-10-17T10:30", "2026-10-19T09:00"),
        ],
        ids=["at work", "before nine", "at night", "in the evening", "on a Saturday"],
    )
    def test_is_told_at_once(self, registered: str, told: str):
        """In office hours, and once on that day; by so many working days late as it is."""
        begun = datetime.fromisoformat(registered).replace(tzinfo=SHANGHAI).astimezone(UTC)
        first, second, *_ = self.made(begun).items()
        at = first[1].astimezone(SHANGHAI)
        assert f"{at:%Y-%m-%dT%H:%M}" == told
        days = [self.DUE_ON + timedelta(days=n) for n in range(1, (at.date() - self.DUE_ON).days)]
        assert late_by(first[0]) == sum(map(CALENDAR.is_worked, days)) + 1
        assert late_by(second[0]) == late_by(first[0]) + 1
        assert second[1].astimezone(SHANGHAI).time() == time(9)

    def test_is_told_to_nobody_where_the_policy_tells_of_no_lateness(self):
        """A right that lapsed."""
        begun = instant(date(2026, 10, 13), time(10))
        assert self.made(begun, Policy("test-2", late=False)) == {}

    def test_is_told_within_it_where_its_last_day_is_today(self):
        """It is not late yet; what of it lies ahead is told."""
        begun = instant(self.DUE_ON, time(8, 30))
        assert next(iter(self.made(begun))) == "due"


@given(
    runs_from=st.dates(date(2025, 1, 1), date(2026, 9, 30)),
    days=st.integers(1, 90),
    hour=st.integers(0, 23),
)
def test_every_point_lies_on_a_working_day_and_no_two_on_one(
    runs_from: date, days: int, hour: int
) -> None:
    """Whatever the term: in office hours, in order, and none before its last day comes after it."""
    due_on = runs_from + timedelta(days=days)
    begun = instant(runs_from, time(hour))
    made = points_of(POLICY, Span(begun, runs_from, due_on), begun, CALENDAR)
    local = [at.astimezone(SHANGHAI) for at in made.values()]
    assert all(CALENDAR.is_worked(at.date()) and time(8) <= at.time() < time(20) for at in local)
    assert len({at.date() for at in local}) == len(local)
    assert local == sorted(local)
    assert all((at.date() > due_on) == bool(late_by(k)) for k, at in zip(made, local, strict=True))


class TestHours:
    @pytest.mark.parametrize(
        ("at", "first"),
        [
            ("2026-11-24T09:30", "2026-11-24T09:30"),
            ("2026-11-24T07:59", "2026-11-24T08:00"),
            ("2026-11-24T20:00", "2026-11-25T08:00"),
            ("2026-11-27T21:00", "2026-11-30T08:00"),
            ("2026-10-01T09:00", "2026-10-08T08:00"),
            ("2026-10-10T09:00", "2026-10-10T09:00"),
        ],
        ids=["within", "early", "evening", "before a weekend", "National Day", "make-up Saturday"],
    )
    def test_put_off_to_when_they_begin_next(self, at: str, first: str):
        """Not at night, not on a day that is not worked."""
        asked = datetime.fromisoformat(at).replace(tzinfo=SHANGHAI).astimezone(UTC)
        got = OFFICE_HOURS.first_from(asked, CALENDAR)
        assert f"{got.astimezone(SHANGHAI):%Y-%m-%dT%H:%M}" == first

    def test_of_somebody_who_works_at_weekends_too(self):
        """Saturday is a day like any other then."""
        saturday = instant(date(2026, 11, 28), time(10))
        assert Hours(workdays_only=False).first_from(saturday, CALENDAR) == saturday


class TestOffices:
    @pytest.mark.parametrize(
        ("office", "superior"),
        [("330424-02", "330400-01"), ("330400-01", "330000-01"), ("330000-01", "")],
    )
    def test_of_a_county_stands_below_its_city(self, office: str, superior: str):
        """And that below its province, above which there is none here."""
        assert superior_of(office) == superior

    @pytest.mark.parametrize("office", ["110105-01", "120101-02", "310101-01", "500230-01"])
    def test_of_a_district_of_a_municipality_stands_below_that(self, office: str):
        """There is no office of the districts (市辖区) or of the counties in between."""
        assert superior_of(office) == f"{office[:2]}0000-01"
        assert superior_of(f"{office[:2]}0000-01") == ""
