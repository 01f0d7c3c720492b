"""No matter gets stuck in its course, and none of its terms is lost on the way."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import pytest

from services.responsibility.application.courses import Courses
from services.responsibility.domain.course import Course
from services.responsibility.domain.ownership import Ownership
from services.responsibility.domain.policy import day_of
from services.responsibility.domain.refusals import OfficeNotAllowed, VersionChanged
from services.responsibility.readmodels.terms import TermsAsked, TermTables
from tests.builders import (
    DAY,
    FOLLOWER,
    HEAD,
    HOUR,
    actor,
    command,
    happened,
    number,
    petition_id,
    registration,
)
from tests.unit.responsibility.casebook import (
    ANYBODY,
    Asked,
    Casebook,
    StepAsked,
    close,
    reopen,
    reply,
    take,
)
from tests.unit.responsibility.paths import PATHS, course_of, register, running, term_of, walk

MINUTE: Final = timedelta(minutes=1)
REPEAT: Final = registration(2, repeats=petition_id(1))


class TestARepeatOfAClosedMatter:
    def test_lets_the_reply_be_the_next_step(self, case: Casebook):
        """The course follows the ownership whichever step comes first."""
        closed(case)
        case.clock.advance(DAY)
        case.when_registered(replace(REPEAT, registered_at=case.clock()))
        case.when(reply())
        case.then(
            happened(Ownership.ReplyDelivered),
            happened(Course.StepTaken, step="reopen", state="handling"),
            happened(Course.TermBegun, term="handling"),
            happened(Course.StepTaken, step="reply", state="replied"),
            happened(Course.TermEnded, term="handling"),
            happened(Course.TermBegun, term="review_request"),
        )

    def test_goes_on_when_it_was_registered_before_the_closure(self, case: Casebook):
        """It was on its way while the owner closed; the course goes on from the closure."""
        closed(case)
        closed_at = case.clock()
        case.when_registered(replace(REPEAT, registered_at=closed_at - HOUR))
        case.when(take("report_progress"))
        assert case.refusal is None
        assert course_of(case)["state"] == "handling"
        reopened = [step for step in course_of(case)["steps"] if step["step"] == "reopen"]
        assert [step["happened_at"] for step in reopened] == [course_of(case)["since"]]

    def test_is_decided_on_as_it_was_shown(self, case: Casebook):
        """The version that is shown is the one that may be expected."""
        closed(case)
        case.when_registered(replace(REPEAT, registered_at=case.clock()))
        shown = course_of(case)["version"]
        case.when(seen(shown - 1))
        case.then_refused(VersionChanged)
        case.when(seen(shown))
        assert case.refusal is None

    def test_has_its_new_term_explained(self, case: Casebook):
        """That which `course_of` shows."""
        closed(case)
        case.clock.advance(DAY)
        case.when_registered(replace(REPEAT, registered_at=case.clock()))
        explained = Courses(case.application).explain(number(), "handling", FOLLOWER)
        assert explained["state"] == term_of(case, "handling")
        assert explained["state"]["runs_from"] == "2026-11-25"


class TestAMatterClosedWithoutACourse:
    """Nobody took a step; its owner replied and closed."""

    def test_shows_that_it_is_closed(self, case: Casebook):
        """The term of the first step ended with it, two days late; none is on record."""
        closed_without_course(case)
        shown = course_of(case)
        assert (shown["state"], shown["steps"], shown["version"]) == ("closed", [], 0)
        late = [(term["term"], term["late_days"]) for term in shown["terms"]]
        assert late == [("first_step", 2), ("review_request", 0)]
        assert {term["ended_on"] for term in shown["terms"]} == {"2026-12-11"}

    def test_is_received_anew_when_it_is_opened_again(self, case: Casebook):
        """The first step is due fifteen days after that, in the list as in the course."""
        closed_without_course(case)
        case.when_registered(replace(REPEAT, registered_at=case.clock()))
        assert term_of(case, "first_step")["due_on"] == "2026-12-26"
        assert [row["due_on"] for row in listed(case)] == ["2026-12-26"]
        walk(case, "transfer")
        assert term_of(case, "first_step")["late_days"] == 0


class TestASlowClock:
    """Another machine's clock was ahead when the last step went on record."""

    @pytest.mark.parametrize(
        ("before", "asked"),
        [
            ("handling", take("report_progress")),
            ("handling", reply()),
            ("cleared", close()),
            ("closed", reopen()),
        ],
        ids=["a step", "reply", "close", "reopen"],
    )
    def test_puts_no_step_before_the_last(self, case: Casebook, before: str, asked: Asked):
        register(case)
        walk(case, *PATHS[before])
        last = course_of(case)["since"]
        case.clock.advance(-MINUTE)
        case.when(asked)
        assert case.refusal is None
        assert course_of(case)["since"] == last


class TestTheHandlingUnit:
    """It may be of another region than the office that sent it the matter."""

    ELSEWHERE: Final = "330726-07"

    @pytest.mark.parametrize("step", ["reply", "ask_extension", "report_progress", "hear"])
    def test_takes_its_steps(self, case: Casebook, step: str):
        """Its reply too."""
        assigned_to(case, self.ELSEWHERE)
        case.when(self._asked(step, self.ELSEWHERE))
        assert case.refusal is None

    @pytest.mark.parametrize("step", ["approve_extension", "decline_extension"])
    def test_has_its_own_head_decide_on_an_extension(self, case: Casebook, step: str):
        """Art 34: the head of the organ approves."""
        assigned_to(case, self.ELSEWHERE)
        walk(case, "ask_extension")
        case.when(self._asked(step, self.ELSEWHERE))
        assert case.refusal is None

    @pytest.mark.parametrize("step", ["order_supervision", "withdraw", "reply"])
    def test_takes_no_step_of_others_and_nobody_its(self, case: Casebook, step: str):
        """What the petition office decides is not its; a third office has no say at all."""
        assigned_to(case, self.ELSEWHERE)
        case.when(self._asked(step, "330800-01" if step == "reply" else self.ELSEWHERE))
        case.then_refused(OfficeNotAllowed, office="330424-01")

    @staticmethod
    def _asked(step: str, office: str) -> Asked:
        of_the_unit = actor("D330726071", office)
        return reply(by=of_the_unit) if step == "reply" else take(step, office=office)


class TestAClosure:
    def test_leaves_the_petitioner_the_term_for_asking_for_a_review(self, case: Casebook):
        """He may still ask on its last day; the matter is open again, with its owner."""
        register(case)
        walk(case, *PATHS["closed"], 30 * DAY, "ask_review")
        assert course_of(case)["state"] == "review_asked"
        assert case.ownership()["state"] == "owned"


class TestAnotherExamination:
    def test_ends_the_term_that_began_with_the_reply(self, case: Casebook):
        """The next reply begins it anew; two of a kind never run."""
        register(case)
        to_evaluation = ("transfer", "accept", "handle", "reply", "evaluate")
        walk(case, *to_evaluation, DAY, "re_examine", evaluate={"satisfied": False})
        assert term_of(case, "review_request")["ended_on"] == "2026-11-25"
        walk(case, "reply")
        assert running(case) == {"review_request"}

    def test_of_the_round_before_does_not_count(self, case: Casebook):
        """Reopened, replied to, and the petitioner still dissatisfied: it is due again."""
        register(case)
        dissatisfied = {"evaluate": {"satisfied": False}}
        to_evaluation = ("transfer", "accept", "handle", "reply", "evaluate")
        after = ("re_examine", "reply", "evaluate", "visit", "check", "verify", "countersign")
        walk(case, *to_evaluation, *after, "close", **dissatisfied)
        walk(case, "reopen", "reply", "evaluate", **dissatisfied)
        case.when(take("visit"))
        assert case.refusal.fields["condition"] == "re_examined"
        walk(case, "re_examine", "reply", "evaluate", "visit", **dissatisfied)


class TestASecondHearing:
    def test_of_a_re_review_can_be_ended_like_the_first(self, case: Casebook):
        """It begins on another day, so that each day is left out once."""
        register(case)
        walk(case, *PATHS["re_review_asked"], "begin_hearing", 2 * DAY, "end_hearing")
        walk(case, DAY, "begin_hearing", "end_hearing")
        assert term_of(case, "re_review")["due_on"] == "2026-12-27"


class TestARightThatLapses:
    """Objections, requests for a review and for a re-review: nobody owes them."""

    def test_makes_nobody_late_when_it_ends_unused(self, case: Casebook):
        """Accepted after the five days, closed after the thirty."""
        register(case)
        walk(case, "transfer", 14 * DAY, "accept", "handle", "reply", 45 * DAY)
        walk(case, *PATHS["cleared"][4:], "close")
        late = {term["term"]: term["late_days"] for term in course_of(case)["terms"]}
        assert late == dict.fromkeys(late, 0)
        assert late_terms(case) == set()

    def test_makes_nobody_late_while_it_runs(self, case: Casebook):
        """The petitioner said nothing within the thirty days."""
        register(case)
        walk(case, *PATHS["replied"], 45 * DAY)
        assert late_terms(case) == set()

    def test_lets_a_review_stand_without_lateness(self, case: Casebook):
        """That the term is over is what the step is for."""
        register(case)
        walk(case, *PATHS["reviewed"], 31 * DAY, "let_stand", "close")
        assert term_of(case, "re_review_request")["late_days"] == 0
        assert late_terms(case) == set()

    def test_late_ones_that_run_and_that_ended_are_one_list(self, case: Casebook):
        """Page by page, the earliest last day first."""
        register(case)
        walk(case, 16 * DAY, "transfer", 16 * DAY, "accept", "handle", 61 * DAY)
        assert late_terms(case) == {"first_step", "acceptance", "handling"}

    def test_hides_no_duty_that_is_late(self, case: Casebook):
        """The answer is, and is listed."""
        register(case)
        walk(case, *PATHS["handling"], 61 * DAY)
        assert late_terms(case) == {"handling"}


def closed_without_course(case: Casebook) -> None:
    """A matter that was replied to and closed seventeen days after its receipt."""
    register(case)
    for asked, later in ((reply(), 17 * DAY), (close(), HOUR)):
        case.when(asked)
        assert case.refusal is None
        case.clock.advance(later)


def assigned_to(case: Casebook, unit: str) -> None:
    register(case)
    walk(case, *PATHS["handling"], transfer={"unit": unit})


def listed(case: Casebook) -> list[dict[str, Any]]:
    log, today = case.application.log_of_events, day_of(case.clock())
    return TermTables.listed(log, ANYBODY, TermsAsked(), today, 100, "")[0]


def late_terms(case: Casebook) -> set[str]:
    """Codes of the terms that the list of late ones has, each with its days."""
    asked = TermsAsked(late=True)
    today = day_of(case.clock())
    log = case.application.log_of_events
    late, _ = TermTables.listed(log, ANYBODY, asked, today, 100, "")
    everything, _ = TermTables.listed(log, ANYBODY, TermsAsked(), today, 100, "")
    assert late == [term for term in everything if term["late_days"] > 0]
    assert late == list(one_by_one(case, asked))
    return {term["term"] for term in late}


def one_by_one(case: Casebook, asked: TermsAsked) -> Iterator[dict[str, Any]]:
    """All terms, each on a page of its own."""
    log, cursor, first = case.application.log_of_events, "", True
    while cursor or first:
        page, cursor = TermTables.listed(log, ANYBODY, asked, day_of(case.clock()), 1, cursor)
        first = False
        yield from page


def closed(case: Casebook) -> None:
    """A matter that was closed some hours after it was received."""
    register(case)
    walk(case, *PATHS["cleared"], 3 * HOUR, "close")


def seen(version: int) -> Asked:
    """A step by somebody who saw the course at a version."""
    asked = StepAsked(number(), "report_progress", {"reason": "see the document"}, None)
    sent = command("responsibility.report_progress", asked, actor(HEAD), f"seen-{version}")
    sent = replace(sent, expected_version=version)
    return lambda application: Courses(application).take_step(sent, asked)
