"""That a term was late stays on record when another of its kind begins in its place."""

from datetime import date, timedelta
from typing import Any

import pytest

from services.responsibility.readmodels.terms import TermsAsked, TermTables
from tests.unit.responsibility.casebook import ANYBODY, Casebook, take
from tests.unit.responsibility.meanwhile import sealed
from tests.unit.responsibility.paths import (
    PATHS,
    TO_THE_REPLY,
    Leg,
    course_of,
    register,
    term_of,
    walk,
)

LONG = timedelta(days=100)
# By each way that a term begins anew: the kind, days late, and the legs that lead there.
ANEW: dict[str, tuple[str, int, tuple[Leg, ...]]] = {
    "take_back": ("first_step", 85, (LONG, "transfer", "object", "take_back")),
    "settle_competence": (
        "acceptance",
        85,
        ("transfer", LONG, "dispute_competence", "settle_competence"),
    ),
    "remand": (
        "handling",
        40,
        (*TO_THE_REPLY[:3], LONG, "reply", "ask_review", "remand"),
    ),
}


def listed(case: Casebook, on: date, **asked: Any) -> list[dict[str, Any]]:
    found, _ = TermTables.listed(
        case.application.log_of_events, ANYBODY, TermsAsked(**asked), on, 50, ""
    )
    return found


@pytest.mark.parametrize("way", ANEW)
class TestATermThatBeginsAnew:
    def begun_anew(self, case: Casebook, way: str) -> tuple[str, int]:
        kind, late_days, legs = ANEW[way]
        register(case, on="2026-03-02")
        walk(case, *legs)
        return kind, late_days

    def test_leaves_the_one_before_on_record(self, case: Casebook, way: str):
        kind, late_days = self.begun_anew(case, way)
        of_the_kind = [term for term in course_of(case)["terms"] if term["term"] == kind]
        assert [term["late_days"] for term in of_the_kind] == [late_days, 0]
        assert [term["ended_on"] is None for term in of_the_kind] == [False, True]

    def test_leaves_it_in_the_lists(self, case: Casebook, way: str):
        kind, late_days = self.begun_anew(case, way)
        today = case.clock().date()
        late = listed(case, today, late=True)
        assert (kind, late_days) in {(term["term"], term["late_days"]) for term in late}
        both = [term for term in listed(case, today) if term["term"] == kind]
        assert sorted(term["late_days"] for term in both) == [0, late_days]
        running = [term for term in listed(case, today, running=True) if term["term"] == kind]
        assert [term["late_days"] for term in running] == [0]

    def test_leaves_a_delay_that_may_be_supervised(self, case: Casebook, way: str):
        self.begun_anew(case, way)
        case.when(take("order_supervision", trigger="delay"))
        assert case.refusal is None


def test_an_order_that_was_answered_late_is_not_forgotten_with_the_next(case: Casebook):
    register(case, on="2026-03-02")
    walk(case, "order_supervision", order_supervision={"report_by": "2026-03-10"})
    walk(case, timedelta(days=20), "order_supervision")
    orders = [term for term in course_of(case)["terms"] if term["term"] == "supervision"]
    assert [term["late_days"] for term in orders] == [12, 0]


class TestAReReviewThatIsLateBeforeItsHearing:
    """Due on 2026-04-01; the hearing begins on 2026-06-10."""

    def heard(self, case: Casebook, *legs: Leg) -> None:
        register(case, on="2026-03-02")
        walk(case, *PATHS["re_review_asked"], LONG, "begin_hearing", *legs)

    def test_is_late_while_the_hearing_goes_on(self, case: Casebook):
        self.heard(case, timedelta(days=9))
        assert (term_of(case, "re_review")["due_on"]) is None
        assert term_of(case, "re_review")["late_days"] == 70
        today = case.clock().date()
        late = listed(case, today, late=True)
        assert [(term["term"], term["late_days"]) for term in late] == [("re_review", 70)]
        assert not [term for term in listed(case, today, late=False) if term["term"] == "re_review"]

    def test_may_be_supervised_for_it(self, case: Casebook):
        self.heard(case)
        case.when(take("order_supervision", trigger="delay"))
        assert case.refusal is None

    def test_is_late_from_its_last_day_when_the_hearing_is_over(self, case: Casebook):
        self.heard(case, timedelta(days=9), "end_hearing")
        assert term_of(case, "re_review")["due_on"] == "2026-04-01"
        assert term_of(case, "re_review")["late_days"] == 0
        walk(case, "decide_re_review")
        assert term_of(case, "re_review")["late_days"] == 79

    def test_ended_late_where_it_ends_during_the_hearing(self, case: Casebook):
        """What turns out an accusation has no re-review; it was late all the same."""
        self.heard(case, timedelta(days=9), sealed, "drop_review")
        assert term_of(case, "re_review")["late_days"] == 70


def test_a_re_review_in_time_is_not_late_during_its_hearing(case: Casebook):
    register(case, on="2026-03-02")
    walk(case, *PATHS["re_review_hearing"], LONG)
    assert term_of(case, "re_review")["late_days"] == 0
    assert listed(case, case.clock().date(), late=True) == []
    case.when(take("order_supervision", trigger="delay"))
    assert case.refusal is not None
