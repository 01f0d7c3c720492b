"""What a small office closes without a course keeps the petitioner's rights."""

import pytest

from services.responsibility.application.courses import Courses
from services.responsibility.domain.refusals import CaseClosed, ConditionUnmet
from statute.course import STEPS
from tests.builders import DAY, FOLLOWER, number, statement
from tests.unit.responsibility.casebook import Casebook, close, reopen, reply, take
from tests.unit.responsibility.meanwhile import corrected
from tests.unit.responsibility.paths import asked, course_of, register, term_of, walk

# The others wait for something: a day of carrying out, an order of supervision, a proposal.
OPEN_WHEN_CLOSED = ["ask_review", "inspect", "order_supervision", "reopen"]
WAITING_WHEN_CLOSED = [
    each.code
    for each in STEPS.values()
    if "closed" in each.sources and each.code not in OPEN_WHEN_CLOSED
]


def closed(case: Casebook, outcome: str = "settled") -> None:
    register(case)
    case.when(reply())
    case.clock.advance(DAY)
    case.when(close(statement(outcome=outcome, follow_up_visit_at=case.clock(),
                              evaluation_asked_at=case.clock())))  # fmt: skip
    assert case.refusal is None, case.refusal.fields
    assert course_of(case)["version"] == 0


class TestAMatterClosedWithoutACourse:
    def test_is_reviewed_within_thirty_days_of_the_reply(self, case: Casebook):
        """The review opens it, for the owner that it had."""
        closed(case)
        walk(case, 29 * DAY, "ask_review")
        assert term_of(case, "review_request")["runs_from"] == "2026-11-24"
        assert course_of(case)["state"] == "review_asked"
        assert case.ownership()["state"] == "owned"

    def test_is_not_reviewed_later(self, case: Casebook):
        """The term ran from the reply, not from the closure; nothing is recorded."""
        closed(case)
        case.clock.advance(30 * DAY)
        case.when(take("ask_review"))
        case.then_refused(ConditionUnmet, condition="review_in_time")

    def test_whose_reply_was_stated_with_the_closure_is_reviewed_too(self, case: Casebook):
        """Within thirty days of the closure: no other day of the reply is known."""
        register(case)
        case.when(close(statement(reply_document="海信复〔2026〕9号")))
        assert case.refusal is None, case.refusal.fields
        walk(case, 30 * DAY, "ask_review")
        assert term_of(case, "review_request")["runs_from"] == "2026-11-24"
        assert course_of(case)["steps"][0]["given"] == {"document": "海信复〔2026〕9号"}

    def test_whose_reply_was_stated_with_the_closure_is_not_reviewed_later(self, case: Casebook):
        register(case)
        case.when(close(statement(reply_document="海信复〔2026〕9号")))
        case.clock.advance(31 * DAY)
        case.when(take("ask_review"))
        case.then_refused(ConditionUnmet, condition="review_in_time")

    def test_is_not_reviewed_where_it_was_withdrawn(self, case: Casebook):
        """Nor where it was routed elsewhere."""
        closed(case, "withdrawn")
        case.when(take("ask_review"))
        case.then_refused(ConditionUnmet, condition="review_in_time")

    def test_is_supervised(self, case: Casebook):
        """What is closed stays closed."""
        closed(case)
        walk(case, "order_supervision", "answer_supervision")
        assert course_of(case)["state"] == "closed"
        assert case.ownership()["state"] == "closed"

    def test_shows_the_steps_that_lead_on_before_the_first_of_them(self, case: Casebook):
        """And the term within which a review is asked for; the first step changes neither."""
        closed(case)
        shown = course_of(case)
        assert shown["open_steps"][0]["step"] == "ask_review"
        assert (shown["state"], shown["steps"], shown["version"]) == ("closed", [], 0)
        explained = Courses(case.application).explain(number(), "review_request", FOLLOWER)
        assert explained["state"] == term_of(case, "review_request")
        walk(case, "order_supervision")
        after = course_of(case)
        assert after["state"] == shown["state"]
        assert after["terms"][:2] == shown["terms"]
        assert [each for each in after["open_steps"] if each in shown["open_steps"]] == (
            shown["open_steps"]
        )
        ordered = {each["step"] for each in after["open_steps"]} - set(OPEN_WHEN_CLOSED)
        assert ordered == {"answer_supervision", "propose"}

    @pytest.mark.parametrize("step", OPEN_WHEN_CLOSED)
    def test_every_step_that_is_shown_is_open(self, case: Casebook, step: str):
        """None is refused."""
        closed(case)
        assert [each["step"] for each in course_of(case)["open_steps"]] == OPEN_WHEN_CLOSED
        case.when(asked(step))
        assert case.refusal is None

    @pytest.mark.parametrize("step", WAITING_WHEN_CLOSED)
    def test_no_step_that_waits_for_another_is_shown(self, case: Casebook, step: str):
        """It is refused by its own condition, not because the matter is closed."""
        closed(case)
        case.when(asked(step))
        case.then_refused(ConditionUnmet)

    def test_is_reviewed_where_its_reply_was_only_stated_with_the_closure(self, case: Casebook):
        """It was delivered by then at the latest: thirty days from there."""
        register(case)
        case.clock.advance(DAY)
        case.when(close(statement()))
        assert case.refusal is None, case.refusal.fields
        case.clock.advance(31 * DAY)
        case.when(take("ask_review"))
        case.then_refused(ConditionUnmet, condition="review_in_time")
        walk(case, -DAY, "ask_review")
        assert term_of(case, "review_request")["runs_from"] == "2026-11-25"

    def test_has_no_review_where_it_is_no_appeal(self, case: Casebook):
        """A suggestion that was replied to; nor is one shown."""
        register(case, petition_class="suggestion")
        case.when(close(statement()))
        assert "ask_review" not in {step["step"] for step in course_of(case)["open_steps"]}
        assert term_of(case, "review_request") == {}

    def test_is_reviewed_where_it_turns_out_to_be_an_appeal(self, case: Casebook):
        """Within thirty days of its reply, whenever the class was put right."""
        register(case, petition_class="suggestion")
        case.when(reply())
        case.clock.advance(DAY)
        stated = {"follow_up_visit_at": case.clock(), "evaluation_asked_at": case.clock()}
        case.when(close(statement(**stated)))
        case.clock.advance(29 * DAY)
        corrected(case, "appeal")
        assert term_of(case, "review_request")["due_on"] == "2026-12-24"
        walk(case, "ask_review")

    def test_that_is_opened_again_is_reviewed_by_its_next_reply(self, case: Casebook):
        """What the closure before rested on is over with it."""
        closed(case)
        case.when(reopen())
        case.clock.advance(DAY)
        stated = {"follow_up_visit_at": case.clock(), "evaluation_asked_at": case.clock()}
        case.when(close(statement(reply_document="海信复〔2026〕9号", **stated)))
        assert case.refusal is None, case.refusal.fields
        assert term_of(case, "review_request")["runs_from"] == "2026-11-26"
        walk(case, "ask_review")

    @pytest.mark.parametrize("step", ["transfer", "accept", "evaluate"])
    def test_goes_on_by_no_other_step(self, case: Casebook, step: str):
        """As before."""
        closed(case)
        case.when(take(step))
        case.then_refused(CaseClosed)
