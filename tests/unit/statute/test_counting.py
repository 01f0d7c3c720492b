"""When the statutory terms end: fixed cases of the years 2023 to 2027, and what may change them.

The last days of terms in calendar days are those of plain date arithmetic; those in working days
were counted with `chinesecalendar`, which is not used by what is tested.
"""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statute import counting
from statute.counting import Term
from statute.terms import TERMS, Counting
from statute.workdays import WorkCalendar, newest_calendar

CALENDAR = newest_calendar()
CASES = [
    ("first_step", "2023-01-20", "2023-02-04"),
    ("first_step", "2024-02-15", "2024-03-01"),
    ("first_step", "2025-12-25", "2026-01-09"),
    ("first_step", "2026-12-17", "2027-01-01"),
    ("acceptance", "2023-04-28", "2023-05-13"),
    ("acceptance", "2024-02-14", "2024-02-29"),
    ("acceptance", "2026-09-24", "2026-10-09"),
    ("handling", "2023-10-01", "2023-11-30"),
    ("handling", "2023-12-31", "2024-02-29"),
    ("handling", "2024-01-01", "2024-03-01"),
    ("handling", "2024-02-29", "2024-04-29"),
    ("handling", "2024-12-31", "2025-03-01"),
    ("handling", "2025-11-30", "2026-01-29"),
    ("handling", "2026-11-01", "2026-12-31"),
    ("handling", "2026-11-25", "2027-01-24"),
    ("handling", "2027-02-28", "2027-04-29"),
    ("review_request", "2023-01-31", "2023-03-02"),
    ("review_request", "2024-01-30", "2024-02-29"),
    ("review_request", "2024-01-31", "2024-03-01"),
    ("review_request", "2026-12-02", "2027-01-01"),
    ("review", "2023-02-28", "2023-03-30"),
    ("review", "2024-02-28", "2024-03-29"),
    ("review", "2024-02-29", "2024-03-30"),
    ("review", "2027-02-28", "2027-03-30"),
    ("re_review_request", "2025-01-28", "2025-02-27"),
    ("re_review_request", "2026-02-28", "2026-03-30"),
    ("re_review_request", "2026-12-31", "2027-01-30"),
    ("re_review", "2023-09-30", "2023-10-30"),
    ("re_review", "2024-01-30", "2024-02-29"),
    ("re_review", "2024-02-01", "2024-03-02"),
    ("re_review", "2026-10-01", "2026-10-31"),
    ("objection", "2023-01-16", "2023-01-28"),
    ("objection", "2023-01-20", "2023-02-01"),
    ("objection", "2023-01-21", "2023-02-01"),
    ("objection", "2023-01-28", "2023-02-02"),
    ("objection", "2023-04-26", "2023-05-06"),
    ("objection", "2023-06-19", "2023-06-27"),
    ("objection", "2023-09-25", "2023-10-08"),
    ("objection", "2023-09-28", "2023-10-11"),
    ("objection", "2024-02-01", "2024-02-07"),
    ("objection", "2024-02-04", "2024-02-09"),
    ("objection", "2024-02-08", "2024-02-21"),
    ("objection", "2024-02-09", "2024-02-22"),
    ("objection", "2024-04-03", "2024-04-11"),
    ("objection", "2024-04-26", "2024-05-07"),
    ("objection", "2024-09-13", "2024-09-23"),
    ("objection", "2024-09-27", "2024-10-10"),
    ("objection", "2025-01-22", "2025-02-05"),
    ("objection", "2025-01-24", "2025-02-07"),
    ("objection", "2025-01-27", "2025-02-10"),
    ("objection", "2025-04-25", "2025-05-06"),
    ("objection", "2025-09-26", "2025-10-10"),
    ("objection", "2026-02-12", "2026-02-26"),
    ("objection", "2026-02-13", "2026-02-27"),
    ("objection", "2026-02-14", "2026-02-28"),
    ("objection", "2026-02-16", "2026-02-28"),
    ("objection", "2026-04-30", "2026-05-11"),
    ("objection", "2026-09-24", "2026-10-09"),
    ("objection", "2026-09-30", "2026-10-13"),
    ("objection", "2026-12-25", "2027-01-01"),
    ("objection", "2026-12-30", "2027-01-06"),
    ("objection", "2027-02-03", "2027-02-10"),
]
days_known = st.dates(date(2020, 1, 1), date(2026, 6, 30))


def on(text: str) -> date:
    return date.fromisoformat(text)


def due_on(term: Term, calendar: WorkCalendar = CALENDAR) -> date:
    due = term.due(calendar)
    assert due is not None
    return due.on


class TestLastDay:
    @pytest.mark.parametrize(("code", "runs_from", "last_day"), CASES)
    def test_of_each_term(self, code: str, runs_from: str, last_day: str) -> None:
        assert due_on(Term.begin(code, on(runs_from))) == on(last_day)

    def test_is_over_at_midnight_in_shanghai(self) -> None:
        due = Term.begin("handling", on("2023-10-01")).due(CALENDAR)
        assert due is not None
        assert due.until == datetime(2023, 11, 30, 16, tzinfo=UTC)

    def test_may_begin_to_count_on_the_day_itself(self) -> None:
        """A province may set how the days are counted."""
        same_day = Term.begin("handling", on("2023-10-01"), Counting(first_day="same_day"))
        assert due_on(same_day) == on("2023-11-29")

    def test_may_count_working_days(self) -> None:
        working = Term.begin("first_step", on("2023-09-25"), Counting(unit="working"))
        assert due_on(working) == on("2023-10-20")

    def test_may_give_way_to_the_next_working_day(self) -> None:
        rolling = Counting(roll_to_workday=True)
        assert due_on(Term.begin("review", on("2026-09-02"), rolling)) == on("2026-10-08")

    def test_stays_where_it_is_by_default_with_the_next_working_day_beside_it(self) -> None:
        due = Term.begin("review", on("2026-09-02")).due(CALENDAR)
        assert due is not None
        assert (due.on, due.workday) == (on("2026-10-02"), on("2026-10-08"))

    @given(runs_from=days_known)
    def test_of_five_working_days_has_five_working_days_behind_it(self, runs_from: date) -> None:
        due = due_on(Term.begin("objection", runs_from))
        between = [runs_from + timedelta(days=n) for n in range(1, (due - runs_from).days + 1)]
        assert sum(map(CALENDAR.is_worked, between)) == 5
        assert CALENDAR.is_worked(due)


class TestProvisional:
    @pytest.mark.parametrize(
        ("code", "runs_from", "provisional"),
        [
            ("objection", "2026-12-23", False),
            ("objection", "2026-12-25", True),
            ("handling", "2026-11-01", False),
            ("handling", "2026-11-25", True),
            # The last day is known, the working day to be shown beside it is not.
            ("first_step", "2026-12-11", False),
            ("re_review", "2027-02-01", True),
        ],
    )
    def test_is_what_ends_in_a_year_that_is_not_published(
        self, code: str, runs_from: str, *, provisional: bool
    ) -> None:
        due = Term.begin(code, on(runs_from)).due(CALENDAR)
        assert due is not None
        assert due.provisional is provisional
        assert due.calendar == "cn-2026"

    def test_is_counted_again_when_the_year_is_out(self) -> None:
        """Say the notice makes 4 to 6 January 2027 days off."""
        later = WorkCalendar(
            "cn-2027",
            CALENDAR.first,
            on("2027-12-31"),
            CALENDAR.holidays | {on("2027-01-04"), on("2027-01-05"), on("2027-01-06")},
            CALENDAR.make_up_days,
        )
        term = Term.begin("objection", on("2026-12-30"))
        before, after = term.due(CALENDAR), term.due(later)
        assert before is not None
        assert after is not None
        assert (before.on, before.provisional) == (on("2027-01-06"), True)
        assert (after.on, after.provisional) == (on("2027-01-11"), False)


class TestExtension:
    def test_on_the_last_day_is_in_time(self) -> None:
        term = Term.begin("handling", on("2023-10-01"))
        extended = term.extend(30, on("2023-11-30"), CALENDAR)
        assert due_on(extended) == on("2023-12-30")

    def test_a_day_late_is_refused(self) -> None:
        term = Term.begin("handling", on("2023-10-01"))
        with pytest.raises(counting.Expired, match="2023-11-30"):
            term.extend(30, on("2023-12-01"), CALENDAR)

    def test_is_granted_once(self) -> None:
        term = Term.begin("handling", on("2023-10-01")).extend(10, on("2023-11-01"), CALENDAR)
        with pytest.raises(counting.ExtendedBefore):
            term.extend(10, on("2023-11-02"), CALENDAR)

    @pytest.mark.parametrize("days", [-1, 0, 31])
    def test_has_a_longest(self, days: int) -> None:
        with pytest.raises(counting.ExtensionTooLong):
            Term.begin("handling", on("2023-10-01")).extend(days, on("2023-11-01"), CALENDAR)

    @pytest.mark.parametrize("code", sorted(set(TERMS) - {"handling"}))
    def test_is_for_handling_only(self, code: str) -> None:
        with pytest.raises(counting.NotExtensible):
            Term.begin(code, on("2023-10-01")).extend(1, on("2023-10-01"), CALENDAR)


class TestHearing:
    def test_of_nine_days_moves_the_last_day_by_nine(self) -> None:
        term = Term.begin("re_review", on("2023-10-01")).pause(on("2023-10-10"), on("2023-10-18"))
        assert due_on(term) == on("2023-11-09")

    def test_that_goes_on_leaves_the_end_open(self) -> None:
        term = Term.begin("re_review", on("2023-10-01")).pause(on("2023-10-10"))
        assert term.due(CALENDAR) is None
        assert due_on(term.resume(on("2023-10-18"))) == on("2023-11-09")

    def test_after_the_last_day_changes_nothing(self) -> None:
        term = Term.begin("re_review", on("2023-10-01")).pause(on("2023-12-01"), on("2023-12-09"))
        assert due_on(term) == on("2023-10-31")

    def test_counts_in_every_other_term(self) -> None:
        with pytest.raises(counting.HearingCounts):
            Term.begin("review", on("2023-10-01")).pause(on("2023-10-10"))

    @pytest.mark.parametrize(
        ("first", "last"),
        [
            ("2023-10-20", "2023-10-19"),
            ("2023-09-30", "2023-10-02"),
            ("2023-10-15", "2023-10-16"),
        ],
    )
    def test_out_of_order_is_refused(self, first: str, last: str) -> None:
        term = Term.begin("re_review", on("2023-10-01")).pause(on("2023-10-10"), on("2023-10-15"))
        with pytest.raises(counting.PauseUnordered):
            term.pause(on(first), on(last))

    def test_is_not_ended_where_none_goes_on(self) -> None:
        with pytest.raises(counting.PauseUnordered):
            Term.begin("re_review", on("2023-10-01")).resume(on("2023-10-10"))


class TestEachDay:
    def test_says_why_it_counts_or_not(self) -> None:
        """The five working days over the Spring Festival of 2026, make-up days included."""
        days = list(Term.begin("objection", on("2026-02-13")).days(CALENDAR))
        assert [(str(day.day), day.number, day.kind) for day in days[:3]] == [
            ("2026-02-13", None, "workday"),
            ("2026-02-14", 1, "make_up_day"),
            ("2026-02-15", None, "weekend"),
        ]
        assert {day.why for day in days} == {"runs_from", "counted", "not_worked"}
        assert [day.number for day in days if day.number] == [1, 2, 3, 4, 5]

    @given(
        code=st.sampled_from(sorted(code for code, rule in TERMS.items() if not rule.stated)),
        runs_from=days_known,
        first_day=st.sampled_from(["same_day", "day_after"]),
        unit=st.sampled_from(["calendar", "working"]),
        rolls=st.booleans(),
    )
    def test_is_listed_once_in_order_and_numbered_to_the_length(
        self, code: str, runs_from: date, first_day: str, unit: str, *, rolls: bool
    ) -> None:
        term = Term.begin(code, runs_from, Counting(first_day, unit, rolls))  # type: ignore[arg-type]
        days = list(term.days(CALENDAR))
        assert [day.day for day in days] == [
            runs_from + timedelta(days=n) for n in range(len(days))
        ]
        numbers = [day.number for day in days if day.number is not None]
        assert numbers == list(range(1, term.length_days + 1))
        assert due_on(term) == days[-1].day
