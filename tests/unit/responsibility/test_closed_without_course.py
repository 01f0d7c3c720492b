"""What a small office closes without a course keeps the petitioner's rights."""

import pytest

from services.responsibility.domain.refusals import CaseClosed, ConditionUnmet
from tests.builders import DAY, statement
from tests.unit.responsibility.casebook import Casebook, close, reply, take
from tests.unit.responsibility.paths import course_of, register, term_of, walk


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

    @pytest.mark.parametrize("step", ["transfer", "accept", "evaluate"])
    def test_goes_on_by_no_other_step(self, case: Casebook, step: str):
        """As before."""
        closed(case)
        case.when(take(step))
        case.then_refused(CaseClosed)
