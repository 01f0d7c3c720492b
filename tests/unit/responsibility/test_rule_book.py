"""The rule book of the course: one class for each article, one test for each rule.

`docs/regulation.md` is written from the names and docstrings here and from the tables in
`statute`: the number in the name of a class is that of the article, `FirstContact` is the local
rule 首问负责, `Policy` is what a province may set otherwise or what we decided (ADR 9).
"""

from collections.abc import Sequence
from datetime import timedelta
from itertools import permutations
from typing import Final

import pytest

from chassis.eventstore.instants import text_of
from services.responsibility.application.courses import Courses
from services.responsibility.domain.course import Course
from services.responsibility.domain.evidence import ClosingStatement
from services.responsibility.domain.ownership import Ownership
from services.responsibility.domain.refusals import (
    ClassNotFitting,
    ConditionUnmet,
    NotTheOwner,
    OfficeNotAllowed,
    PartyToTheMatter,
    StepNotOpen,
    StepOutOfOrder,
)
from statute.course import (
    CHECKS,
    EVERY_CLASS,
    GROUNDS_OF_NOT_ACCEPTING_AGAIN,
    GROUNDS_OF_REFUSAL,
    PROPOSALS,
    ROUTES_ELSEWHERE,
    STEPS,
    TRIGGERS,
)
from statute.terms import TERMS
from tests.builders import (
    CLERK,
    DAY,
    FOLLOWER,
    HEAD,
    HOUR,
    HUANG,
    OTHER_COUNTY,
    SHEN,
    actor,
    happened,
    number,
    petition_id,
    registration,
    statement,
)
from tests.unit.responsibility.casebook import GIVEN, Casebook, close, reopen, reply, take
from tests.unit.responsibility.meanwhile import named_as_parties, sealed, unit_is_a_party
from tests.unit.responsibility.paths import (
    NOT_EVALUATED,
    PATHS,
    SECOND_CLERK,
    TO_CLEARANCE,
    TO_THE_REPLY,
    TO_THE_REVIEW,
    UNEVALUATED,
    Leg,
    asked,
    course_of,
    noon_of,
    register,
    running,
    term_of,
    walk,
)

MINUTE: Final = timedelta(minutes=1)
HANDLER: Final = GIVEN["handler"]
DISSATISFIED: Final = {"evaluate": {"satisfied": False}}
BUT_APPEALS: Final = ("suggestion", "accusation")
PROMISED: Final = {"reply": {"carry_out_by": "2026-12-24"}}
SHOWN_BY_THE_RECORD: Final = {
    "delay",
    "buck_passing",
    "false_report",
    "opinion_not_carried_out",
}


class TestArticle22FirstStep:
    """The petition office takes its first step, 转送 or 交办 or its own handling, in 15 days."""

    @pytest.mark.parametrize("petition_class", EVERY_CLASS)
    def test_the_term_runs_from_the_receipt_for_every_class(
        self, case: Casebook, petition_class: str
    ):
        """Before anybody has taken a step; received on 2025-12-25, the last day is 2026-01-09."""
        register(case, on="2025-12-25", petition_class=petition_class)
        assert running(case) == {"first_step"}
        assert term_of(case, "first_step")["due_on"] == "2026-01-09"

    def test_what_was_registered_later_is_due_from_the_receipt_too(self, case: Casebook):
        """A letter that came on the 1st and was registered on the 10th: until the 16th."""
        case.clock.now = noon_of("2026-11-10")
        letter = registration(registered_at=case.clock(), raised_at=noon_of("2026-11-01"))
        case.when_registered(letter)
        assert term_of(case, "first_step")["due_on"] == "2026-11-16"

    def test_a_step_before_the_registration_is_the_first_one(self, case: Casebook):
        """That letter was transferred on the 5th: the organ's 15 days run from there."""
        case.clock.now = noon_of("2026-11-10")
        letter = registration(registered_at=case.clock(), raised_at=noon_of("2026-11-01"))
        case.when_registered(letter)
        case.when(take("transfer", at=noon_of("2026-11-05")))
        assert term_of(case, "first_step")["ended_on"] == "2026-11-05"
        assert term_of(case, "acceptance")["due_on"] == "2026-11-20"

    def test_a_step_on_the_last_day_is_in_time(self, case: Casebook):
        """To the minute before midnight in Shanghai."""
        register(case, on="2025-12-25")
        walk(case, 15 * DAY, 12 * HOUR - MINUTE, "transfer")
        assert term_of(case, "first_step")["late_days"] == 0

    def test_a_step_a_day_later_is_taken_and_is_late(self, case: Casebook):
        """Lateness is on record; it does not keep the petition from the competent organ."""
        register(case, on="2025-12-25")
        walk(case, 15 * DAY, 12 * HOUR, "transfer")
        assert term_of(case, "first_step")["ended_on"] == "2026-01-10"
        assert term_of(case, "first_step")["late_days"] == 1


class TestArticle22Transfer:
    """转送: to the competent organ, by a document."""

    def test_a_transfer_ends_the_first_step_and_begins_the_organs_terms(self, case: Casebook):
        """The organ has to say whether it accepts, or to object."""
        register(case)
        case.when(take("transfer", unit="330424-09", document="海信转〔2026〕3号"))
        case.then(
            happened(Course.Begun, petition_class="appeal"),
            happened(Course.TermBegun, term="first_step"),
            happened(Course.StepTaken, step="transfer", state="transferred", article="Art 22"),
            happened(Course.TermEnded, term="first_step", late_days=0),
            happened(Course.TermBegun, term="acceptance"),
            happened(Course.TermBegun, term="objection"),
        )
        assert case.answer["unit"] == "330424-09"

    def test_a_matter_is_transferred_once(self, case: Casebook):
        """To pass it on again the organ has to object first."""
        register(case)
        walk(case, "transfer")
        case.when(take("transfer"))
        case.then_refused(StepNotOpen, state="transferred")

    def test_an_office_without_a_say_does_not_transfer(self, case: Casebook):
        """Another county's."""
        register(case)
        case.when(take("transfer", by="K330726001", office=OTHER_COUNTY))
        case.then_refused(OfficeNotAllowed)


class TestArticle22Assignment:
    """交办: the same, with a day by which the unit reports back."""

    def test_an_assignment_states_the_day_of_the_report(self, case: Casebook):
        """It stands in the fact, and the terms are those of a transfer."""
        register(case)
        case.when(take("assign", report_by="2026-12-31"))
        taken = next(f for f in case.new_facts() if isinstance(f, Course.StepTaken))
        assert (taken.state, taken.given["report_by"]) == ("assigned", "2026-12-31")
        assert running(case) == {"acceptance", "objection", "report_back"}


class TestArticle22ReportBack:
    """交办 is a transfer with a day by which the unit reports back."""

    def test_the_answer_is_due_on_the_day_that_was_stated(self, case: Casebook):
        """Whichever class the petition is of; the reply ends the term."""
        register(case, on="2026-03-02")
        walk(case, "assign", assign={"report_by": "2026-04-15"})
        assert term_of(case, "report_back")["due_on"] == "2026-04-15"
        walk(case, 50 * DAY, "accept", "handle", "reply")
        assert term_of(case, "report_back")["ended_on"] == "2026-04-21"
        assert term_of(case, "report_back")["late_days"] == 6

    def test_a_transfer_asks_for_no_report(self, case: Casebook):
        """That is the difference between 转送 and 交办."""
        register(case)
        walk(case, "transfer")
        assert "report_back" not in running(case)


class TestArticle23Acceptance:
    """受理: the organ tells the petitioner in writing whether it accepts, in 15 days."""

    def test_fifteen_days_run_from_the_receipt_of_the_transfer(self, case: Casebook):
        """Transferred on 2023-04-28, over the holidays of May: the last day is 2023-05-13."""
        register(case, on="2023-04-20")
        walk(case, 8 * DAY, "transfer")
        assert term_of(case, "acceptance")["due_on"] == "2023-05-13"

    @pytest.mark.parametrize(("after_days", "late_days"), [(15, 0), (16, 1)])
    def test_acceptance_after_the_last_day_is_late(
        self, case: Casebook, after_days: int, late_days: int
    ):
        """It is accepted all the same."""
        register(case, on="2023-04-28")
        walk(case, "transfer", after_days * DAY, "accept")
        assert course_of(case)["state"] == "accepted"
        assert term_of(case, "acceptance")["late_days"] == late_days

    def test_acceptance_ends_what_ran_before_it(self, case: Casebook):
        """From here on it is the handling that has a term."""
        register(case)
        walk(case, "transfer", "accept")
        assert running(case) == {"handling"}

    def test_the_office_may_accept_without_a_transfer(self, case: Casebook):
        """It handles the matter at its own level; that is its first step."""
        register(case)
        walk(case, "accept")
        assert term_of(case, "first_step")["ended_on"] == "2026-11-24"
        assert term_of(case, "acceptance") == {}

    def test_the_handling_unit_accepts_what_was_sent_to_it(self, case: Casebook):
        """Whoever acts for the unit that the transfer names."""
        register(case)
        walk(case, "transfer")
        case.when(take("accept", by=HANDLER, office=GIVEN["unit"]))
        assert course_of(case)["state"] == "accepted"

    def test_a_unit_that_nothing_was_sent_to_does_not_accept(self, case: Casebook):
        """Not before the transfer, and not another one after it."""
        register(case)
        case.when(take("accept", by=HANDLER, office="330726-07"))
        case.then_refused(OfficeNotAllowed)


class TestArticle23ObjectionInFiveWorkingDays:
    """异议: an organ that is not competent says so, with reasons, in 5 working days."""

    # 2024-02-08 is the Thursday before the Spring Festival: Friday is worked, then eight days are
    # not, then Sunday 2024-02-18 is a make-up day.
    def test_holidays_do_not_count_and_make_up_days_do(self, case: Casebook):
        """Transferred on 2024-02-08: days 1 to 5 are 02-09, 02-18, 02-19, 02-20 and 02-21."""
        register(case, on="2024-02-08")
        walk(case, "transfer")
        days = Courses(case.application).explain(number(), "objection", FOLLOWER)["days"]
        counted = [day["day"][5:] for day in days if day["why"] == "counted"]
        assert counted == ["02-09", "02-18", "02-19", "02-20", "02-21"]
        assert [day["kind"] for day in days if day["day"] == "2024-02-18"] == ["make_up_day"]

    def test_an_objection_on_the_fifth_day_is_in_time(self, case: Casebook):
        """13 days after the transfer by the calendar on the wall."""
        register(case, on="2024-02-08")
        walk(case, "transfer", 13 * DAY)
        case.when(take("object", reason="not ours"))
        case.then(
            happened(Course.StepTaken, step="object", state="objected", article="Art 23(3)"),
            happened(Course.TermEnded, term="objection", ended_on="2024-02-21", late_days=0),
        )

    def test_an_objection_a_day_late_is_refused(self, case: Casebook):
        """The organ keeps the matter."""
        register(case, on="2024-02-08")
        walk(case, "transfer", 14 * DAY)
        case.when(take("object"))
        case.then_refused(ConditionUnmet, condition="objection_in_time")

    def test_an_objection_that_is_dated_back_is_late_by_the_record(self, case: Casebook):
        """Whoever states it may state any day; the refusal says which was the last."""
        register(case, on="2024-02-08")
        walk(case, "transfer", 14 * DAY)
        case.when(take("object", at=case.clock() - DAY))
        case.then_refused(ConditionUnmet, condition="objection_in_time", last_day="2024-02-21")

    def test_an_objection_may_be_dated_back_within_its_days(self, case: Casebook):
        """Entered on the fifth day, it was made on the fourth: its term ended then."""
        register(case, on="2024-02-08")
        walk(case, "transfer", 13 * DAY)
        case.when(take("object", at=case.clock() - DAY))
        case.then(
            happened(Course.StepTaken, step="object", state="objected"),
            happened(Course.TermEnded, term="objection", ended_on="2024-02-20", late_days=0),
        )

    def test_nothing_goes_back_before_the_sender_agrees(self, case: Casebook):
        """Until then the organ's term for acceptance runs on."""
        register(case)
        walk(case, "transfer", "object")
        assert course_of(case)["state"] == "objected"
        assert running(case) == {"acceptance"}

    def test_what_the_sender_takes_back_is_his_to_send_anew(self, case: Casebook):
        """With another 15 days, from that day."""
        register(case)
        walk(case, "transfer", DAY, "object", DAY, "take_back")
        assert course_of(case)["state"] == "registered"
        assert course_of(case)["unit"] == ""
        assert running(case) == {"first_step"}
        assert term_of(case, "first_step")["runs_from"] == "2026-11-26"

    def test_an_organ_objects_once(self, case: Casebook):
        """Once the sender insists it has to decide, and its 15 days have run all the while."""
        register(case)
        walk(case, "transfer", DAY, "object", "insist")
        assert term_of(case, "acceptance")["runs_from"] == "2026-11-24"
        case.when(take("object"))
        case.then_refused(ConditionUnmet, condition="objection_in_time")


class TestArticle24CompetenceDispute:
    """管辖争议: the organs agree, or else their common superior decides."""

    @pytest.mark.parametrize("state", ["transferred", "assigned", "objected"])
    def test_a_dispute_ends_the_term_for_objections(self, case: Casebook, state: str):
        """Competence is being settled already; acceptance is still due."""
        register(case)
        walk(case, *PATHS[state], "dispute_competence")
        assert course_of(case)["state"] == "disputed"
        assert running(case) - {"report_back"} == {"acceptance"}

    @pytest.mark.parametrize("settled_by", ["agreement", "superior"])
    def test_whoever_is_found_competent_has_fifteen_days_from_then(
        self, case: Casebook, settled_by: str
    ):
        """It is on record who settled it; the term of the organ before is over."""
        register(case)
        walk(case, *PATHS["disputed"], 10 * DAY)
        case.when(take("settle_competence", unit="330424-09", settled_by=settled_by))
        case.then(
            happened(Course.StepTaken, state="transferred", article="Art 24"),
            happened(Course.TermEnded, term="acceptance"),
            happened(Course.TermBegun, term="acceptance", runs_from="2026-12-04"),
        )
        assert course_of(case)["unit"] == "330424-09"

    def test_what_was_settled_is_not_objected_to(self, case: Casebook):
        """No term for objections begins."""
        register(case)
        walk(case, *PATHS["disputed"], "settle_competence")
        case.when(take("object"))
        case.then_refused(ConditionUnmet, condition="objection_in_time")


class TestArticle27To31Handling:
    """办理: an accepted matter has a handler."""

    @pytest.mark.parametrize("petition_class", EVERY_CLASS)
    def test_handling_names_the_handler(self, case: Casebook, petition_class: str):
        """Of every class; who does the work is never the owner's field."""
        register(case, petition_class=petition_class)
        walk(case, "transfer", "accept")
        case.when(take("handle", handler=HANDLER))
        case.then(happened(Course.StepTaken, step="handle", state="handling"))
        assert course_of(case)["handler"] == HANDLER
        assert case.ownership()["owner"] == HUANG

    def test_what_was_not_accepted_is_not_handled(self, case: Casebook):
        """First the petitioner is told."""
        register(case)
        walk(case, "transfer")
        case.when(take("handle"))
        case.then_refused(StepNotOpen, state="transferred")

    @pytest.mark.parametrize("petition_class", BUT_APPEALS)
    def test_suggestions_and_accusations_have_no_term_of_handling(
        self, case: Casebook, petition_class: str
    ):
        """The 60 days are those of an appeal."""
        register(case, petition_class=petition_class)
        walk(case, *PATHS["handling"])
        assert running(case) == set()


class TestArticle31Refusal:
    """不予受理, 不再受理: for the grounds of the Regulation only; the matter stays on record."""

    @pytest.mark.parametrize("ground", GROUNDS_OF_REFUSAL)
    @pytest.mark.parametrize("state", ["registered", "transferred", "assigned"])
    def test_a_refusal_states_one_of_three_grounds(self, case: Casebook, state: str, ground: str):
        """Before acceptance; every term ends with it."""
        register(case)
        walk(case, *PATHS[state], "refuse", refuse={"ground": ground})
        assert course_of(case)["state"] == "refused"
        assert running(case) == set()

    @pytest.mark.parametrize("ground", GROUNDS_OF_NOT_ACCEPTING_AGAIN)
    def test_not_accepting_again_states_one_of_two_grounds(self, case: Casebook, ground: str):
        """The petition office may find that before any transfer."""
        register(case)
        walk(case, "not_accept_again", not_accept_again={"ground": ground})
        assert course_of(case)["state"] == "not_accepted_again"
        assert running(case) == set()

    def test_what_was_accepted_is_not_refused_any_more(self, case: Casebook):
        """The petitioner was told."""
        register(case)
        walk(case, "transfer", "accept")
        case.when(take("refuse"))
        case.then_refused(StepNotOpen, state="accepted")


class TestArticle31Routes:
    """导入其他程序: five of the six routes of an appeal lead to another procedure."""

    @pytest.mark.parametrize("route", ROUTES_ELSEWHERE)
    def test_each_of_the_five_routes_ends_the_matter_here(self, case: Casebook, route: str):
        """With every term; the sixth route is our own handling."""
        register(case)
        walk(case, "transfer", "accept", "route", route={"route": route})
        assert course_of(case)["state"] == "routed"
        assert running(case) == set()

    @pytest.mark.parametrize("state", ["registered", "transferred", "assigned", "accepted"])
    def test_a_route_is_found_before_the_handling_begins(self, case: Casebook, state: str):
        """Before acceptance or after it."""
        register(case)
        walk(case, *PATHS[state], "route")
        assert course_of(case)["state"] == "routed"

    @pytest.mark.parametrize("petition_class", BUT_APPEALS)
    def test_only_appeals_are_routed(self, case: Casebook, petition_class: str):
        """Suggestions and accusations have ways of their own."""
        register(case, petition_class=petition_class)
        walk(case, "transfer")
        case.when(take("route"))
        case.then_refused(ClassNotFitting, petition_class=petition_class)


class TestArticle31WrittenOpinion:
    """The sixth route: hear, investigate, perhaps hold a hearing (听证), then answer (答复)."""

    @pytest.mark.parametrize("step", ["hear", "consult", "report_progress"])
    def test_the_way_to_the_opinion_leaves_the_matter_in_handling(self, case: Casebook, step: str):
        """Hearing, consultation and progress are on record; the term runs on."""
        register(case)
        walk(case, *PATHS["handling"], 5 * DAY, step)
        assert course_of(case)["state"] == "handling"
        assert term_of(case, "handling")["due_on"] == "2027-01-23"

    def test_the_opinion_ends_the_handling_and_begins_the_term_for_a_review(self, case: Casebook):
        """On the day that the petitioner receives it."""
        register(case)
        walk(case, *PATHS["handling"], 9 * DAY)
        case.when(reply(at=case.clock() - DAY))
        case.then(
            happened(Ownership.ReplyDelivered),
            happened(Course.StepTaken, step="reply", state="replied", article="Art 31(6)"),
            happened(Course.TermEnded, term="handling", ended_on="2026-12-02"),
            happened(Course.TermBegun, term="review_request", runs_from="2026-12-02"),
        )

    def test_there_is_no_opinion_without_handling(self, case: Casebook):
        """Once a course has begun it leads through acceptance and handling."""
        register(case)
        walk(case, "transfer", "accept")
        case.when(reply())
        case.then_refused(StepNotOpen, step="reply", state="accepted")

    @pytest.mark.parametrize("petition_class", BUT_APPEALS)
    def test_the_opinion_on_what_is_no_appeal_has_no_review(
        self, case: Casebook, petition_class: str
    ):
        """No such term begins, and the step is not for it."""
        register(case, petition_class=petition_class)
        walk(case, *TO_THE_REPLY)
        assert running(case) == set()
        case.when(take("ask_review"))
        case.then_refused(ClassNotFitting, petition_class=petition_class)


class TestArticle34Handling:
    """An appeal is handled in 60 days from its acceptance."""

    def test_accepted_on_the_first_of_october_it_ends_on_the_last_of_november(self, case: Casebook):
        """2023-10-01 and 60 days: the day after is day 1, the last day is 2023-11-30."""
        register(case, on="2023-10-01")
        walk(case, "accept")
        assert term_of(case, "handling")["due_on"] == "2023-11-30"
        days = Courses(case.application).explain(number(), "handling", FOLLOWER)["days"]
        assert (days[1]["day"], days[1]["number"]) == ("2023-10-02", 1)
        assert (days[-1]["day"], days[-1]["number"]) == ("2023-11-30", 60)

    @pytest.mark.parametrize(("after_days", "late_days"), [(60, 0), (61, 1), (75, 15)])
    def test_a_reply_after_the_last_day_is_late(
        self, case: Casebook, after_days: int, late_days: int
    ):
        """And is a reply."""
        register(case, on="2023-10-01")
        walk(case, "accept", "handle", after_days * DAY, "reply")
        assert term_of(case, "handling")["late_days"] == late_days

    def test_a_hearing_does_not_stop_the_term(self, case: Casebook):
        """Only a re-review leaves the days of a hearing out."""
        register(case, on="2023-10-01")
        walk(case, "accept", "handle", 9 * DAY, "hear")
        assert term_of(case, "handling")["due_on"] == "2023-11-30"


class TestArticle34Extension:
    """延期: once, by up to 30 days, approved by the head before the term ends."""

    def test_an_extension_on_the_last_day_is_in_time(self, case: Casebook):
        """Accepted on 2023-10-01, extended by 30 days on 2023-11-30: to 2023-12-30."""
        to_last_day(case)
        walk(case, "ask_extension")
        case.when(take("approve_extension"))
        case.then(
            happened(Course.StepTaken, step="approve_extension", article="Art 34"),
            happened(Course.TermExtended, term="handling", days=30),
        )
        assert term_of(case, "handling")["due_on"] == "2023-12-30"

    def test_an_approval_a_day_late_is_refused(self, case: Casebook):
        """Though it was asked for in time."""
        to_last_day(case)
        walk(case, "ask_extension", DAY)
        case.when(take("approve_extension"))
        case.then_refused(ConditionUnmet, condition="extension_possible")

    def test_what_is_asked_for_a_day_late_is_refused(self, case: Casebook):
        """The term is over."""
        to_last_day(case)
        walk(case, DAY)
        case.when(take("ask_extension"))
        case.then_refused(ConditionUnmet, condition="extension_possible")

    @pytest.mark.parametrize("late", ["ask_extension", "approve_extension"])
    def test_what_is_dated_back_is_late_by_the_record(self, case: Casebook, late: str):
        """It was due on 2026-01-23. The delay stays: nobody approves it away afterwards."""
        register(case, on="2025-11-24")
        asked_in_time = ["ask_extension"] if late == "approve_extension" else []
        walk(case, "accept", "handle", 50 * DAY, *asked_in_time, 15 * DAY)
        case.when(take(late, at=case.clock() - 10 * DAY))
        case.then_refused(ConditionUnmet, condition="extension_possible", last_day="2026-01-23")
        case.when(take("order_supervision", trigger="delay"))
        assert case.refusal is None

    def test_both_may_be_dated_back_while_the_term_runs(self, case: Casebook):
        """Entered on the last day, they were asked for and approved the day before."""
        register(case, on="2025-11-24")
        walk(case, "accept", "handle", 60 * DAY)
        for step in ("ask_extension", "approve_extension"):
            case.when(take(step, at=case.clock() - DAY))
            assert case.refusal is None
        assert term_of(case, "handling")["due_on"] == "2026-02-22"

    def test_asking_extends_nothing(self, case: Casebook):
        """The head decides."""
        to_last_day(case)
        walk(case, "ask_extension")
        assert term_of(case, "handling")["due_on"] == "2023-11-30"

    @pytest.mark.parametrize(("days", "due_on"), [(1, "2023-12-01"), (30, "2023-12-30")])
    def test_one_to_thirty_days(self, case: Casebook, days: int, due_on: str):
        """As many as were asked for."""
        to_last_day(case)
        walk(case, "ask_extension", "approve_extension", ask_extension={"days": days})
        assert term_of(case, "handling")["due_on"] == due_on

    def test_more_than_thirty_days_are_refused(self, case: Casebook):
        """Before they get to the head."""
        to_last_day(case)
        case.when(take("ask_extension", days=31))
        case.then_refused(ConditionUnmet, condition="extension_possible")

    def test_a_term_is_extended_once(self, case: Casebook):
        """By a few days too."""
        to_last_day(case)
        walk(case, "ask_extension", "approve_extension", ask_extension={"days": 1})
        case.when(take("ask_extension", days=1))
        case.then_refused(ConditionUnmet, condition="extension_possible")

    def test_what_was_declined_may_be_asked_for_again(self, case: Casebook):
        """Each request is decided once."""
        to_last_day(case)
        walk(case, "ask_extension", "decline_extension")
        case.when(take("approve_extension"))
        case.then_refused(ConditionUnmet, condition="extension_asked")
        walk(case, "ask_extension", "approve_extension", ask_extension={"days": 10})
        assert term_of(case, "handling")["extension_days"] == 10

    def test_nothing_is_approved_that_was_not_asked_for(self, case: Casebook):
        """Nobody extends his own term unasked."""
        to_last_day(case)
        case.when(take("approve_extension"))
        case.then_refused(ConditionUnmet, condition="extension_asked")

    @pytest.mark.parametrize("petition_class", BUT_APPEALS)
    def test_only_the_term_of_an_appeal_is_extended(self, case: Casebook, petition_class: str):
        """The others have none."""
        register(case, petition_class=petition_class)
        walk(case, *PATHS["handling"])
        case.when(take("ask_extension"))
        case.then_refused(ClassNotFitting, petition_class=petition_class)


def to_last_day(case: Casebook) -> None:
    """A matter accepted on 2023-10-01, on the last day of its handling."""
    register(case, on="2023-10-01")
    walk(case, "accept", "handle", 60 * DAY)


class TestArticle35Review:
    """复查: the petitioner asks in 30 days from the opinion, it is decided in 30 days."""

    @pytest.mark.parametrize("state", STEPS["ask_review"].sources)
    def test_a_review_may_be_asked_for_at_any_time_after_the_opinion(
        self, case: Casebook, state: str
    ):
        """Whatever has happened since, closure included: received 2026-03-02, until 2026-04-01."""
        register(case, on="2026-03-02")
        walk(case, *PATHS[state], 30 * DAY, "ask_review")
        assert course_of(case)["state"] == "review_asked"
        assert running(case) == {"review"}
        assert term_of(case, "review")["due_on"] == "2026-05-01"

    @pytest.mark.parametrize("state", STEPS["ask_review"].sources)
    def test_a_request_a_day_late_is_refused(self, case: Casebook, state: str):
        """The opinion stands."""
        register(case, on="2026-03-02")
        walk(case, *PATHS[state], 31 * DAY)
        case.when(take("ask_review"))
        case.then_refused(ConditionUnmet, condition="review_in_time")

    def test_the_last_day_is_over_at_midnight_in_shanghai(self, case: Casebook):
        """To the minute before it is in time; at midnight it is late."""
        register(case, on="2026-03-02")
        walk(case, *TO_THE_REPLY, 30 * DAY, 12 * HOUR)
        case.when(take("ask_review"))
        case.then_refused(ConditionUnmet, condition="review_in_time")
        case.when(take("ask_review", at=case.clock() - MINUTE))
        assert course_of(case)["state"] == "review_asked"

    @pytest.mark.parametrize(("days", "taken"), [(30, True), (31, False)])
    def test_an_opinion_that_is_recorded_late_costs_him_no_day(
        self, case: Casebook, days: int, *, taken: bool
    ):
        """Dated 60 days back, its term was over before anybody recorded it; he has 30 from then."""
        register(case, on="2026-01-02")
        walk(case, *TO_THE_REPLY[:3], 60 * DAY)
        case.when(reply(at=case.clock() - 60 * DAY))
        assert term_of(case, "review_request")["due_on"] == "2026-02-01"
        case.clock.advance(days * DAY)
        case.when(take("ask_review"))
        if taken:
            assert course_of(case)["state"] == "review_asked"
        else:
            case.then_refused(ConditionUnmet, condition="review_in_time", last_day="2026-04-02")

    def test_a_review_of_a_closed_matter_opens_it(self, case: Casebook):
        """It is its owner's again."""
        register(case)
        walk(case, *PATHS["closed"], DAY)
        case.when(take("ask_review"))
        facts = {type(fact) for fact in case.new_facts()}
        assert facts == {Ownership.Reopened, Course.StepTaken, Course.TermBegun}
        assert (case.ownership()["state"], case.ownership()["owner"]) == ("owned", HUANG)

    @pytest.mark.parametrize("finding", ["upheld", "changed"])
    def test_the_decision_begins_the_term_for_a_re_review(self, case: Casebook, finding: str):
        """Upheld or changed: the review opinion is what the petitioner may go on from."""
        register(case, on="2026-03-02")
        walk(case, *PATHS["review_asked"], 30 * DAY)
        case.when(take("decide_review", finding=finding))
        case.then(
            happened(Course.StepTaken, state="reviewed", article="Art 35"),
            happened(Course.TermEnded, term="review", late_days=0),
            happened(Course.TermBegun, term="re_review_request", runs_from="2026-04-01"),
        )

    def test_a_decision_a_day_late_is_late(self, case: Casebook):
        """31 days after the request."""
        register(case, on="2026-03-02")
        walk(case, *PATHS["review_asked"], 31 * DAY, "decide_review")
        assert term_of(case, "review")["late_days"] == 1

    def test_what_is_remanded_is_handled_anew_in_sixty_days(self, case: Casebook):
        """From the day of that decision, and answered by a new opinion."""
        register(case, on="2026-03-02")
        walk(case, *PATHS["review_asked"], 10 * DAY, "remand")
        assert course_of(case)["state"] == "handling"
        assert running(case) == {"handling"}
        assert term_of(case, "handling")["due_on"] == "2026-05-11"


class TestArticle36ReReview:
    """复核: asked for and decided in 30 days each; it is the last instance."""

    def test_asked_for_on_the_last_day_it_is_in_time(self, case: Casebook):
        """30 days after the review opinion; another 30 to decide."""
        register(case, on="2026-03-02")
        walk(case, *TO_THE_REVIEW, 30 * DAY, "ask_re_review")
        assert running(case) == {"re_review"}
        assert term_of(case, "re_review")["due_on"] == "2026-05-01"

    def test_a_request_a_day_late_is_refused(self, case: Casebook):
        """The review opinion stands."""
        register(case, on="2026-03-02")
        walk(case, *TO_THE_REVIEW, 31 * DAY)
        case.when(take("ask_re_review"))
        case.then_refused(ConditionUnmet, condition="re_review_in_time")

    @pytest.mark.parametrize(("after_days", "late_days"), [(30, 0), (31, 1)])
    def test_a_decision_after_the_last_day_is_late(
        self, case: Casebook, after_days: int, late_days: int
    ):
        """And ends the term."""
        register(case, on="2026-03-02")
        walk(case, *PATHS["re_review_asked"], after_days * DAY, "decide_re_review")
        assert course_of(case)["state"] == "re_reviewed"
        assert term_of(case, "re_review")["late_days"] == late_days

    def test_after_it_the_matter_has_ended(self, case: Casebook):
        """信访终结: nothing runs, and only the closure leads on."""
        register(case)
        walk(case, *PATHS["ended"])
        assert running(case) == set()
        leading_on = [step["step"] for step in course_of(case)["open_steps"]
                      if STEPS[step["step"]].to]  # fmt: skip
        assert leading_on == ["close"]

    def test_a_review_that_nobody_goes_on_from_ends_the_matter(self, case: Casebook):
        """逾期未申请复核: once the 30 days are over, not before."""
        register(case, on="2026-03-02")
        walk(case, *TO_THE_REVIEW, 30 * DAY)
        case.when(take("let_stand"))
        case.then_refused(ConditionUnmet, condition="re_review_term_over")
        walk(case, DAY, "let_stand")
        assert course_of(case)["state"] == "ended"
        assert running(case) == set()


class TestArticle36RecordedLate:
    """What the re-review is asked for against may be dated back; the petitioner loses nothing."""

    def test_a_review_opinion_that_is_recorded_late_costs_him_no_day(self, case: Casebook):
        """Nor does anybody let it stand before; 40 days back, and 30 from the record."""
        register(case, on="2026-03-02")
        walk(case, *PATHS["review_asked"], 40 * DAY)
        case.when(take("decide_review", at=case.clock() - 40 * DAY))
        case.when(take("let_stand"))
        case.then_refused(ConditionUnmet, condition="re_review_term_over", until="2026-05-11")
        walk(case, 30 * DAY, "ask_re_review")
        assert course_of(case)["state"] == "re_review_asked"


class TestArticle36HearingDoesNotCount:
    """复核听证: the days of a hearing are not part of the term of a re-review."""

    def test_a_hearing_of_nine_days_moves_the_last_day_by_nine(self, case: Casebook):
        """Asked for on 2026-03-02, until 04-01; heard from 03-10 to 03-18: until 04-10."""
        register(case, on="2026-03-02")
        walk(case, *PATHS["re_review_asked"], 8 * DAY, "begin_hearing", 8 * DAY, "end_hearing")
        assert term_of(case, "re_review")["due_on"] == "2026-04-10"
        days = Courses(case.application).explain(number(), "re_review", FOLLOWER)["days"]
        heard = [day["day"] for day in days if day["why"] == "hearing"]
        assert (len(heard), heard[0], heard[-1]) == (9, "2026-03-10", "2026-03-18")

    def test_while_it_goes_on_the_term_has_no_last_day(self, case: Casebook):
        """It runs, and nobody knows yet until when."""
        register(case)
        walk(case, *PATHS["re_review_hearing"])
        assert running(case) == {"re_review"}
        assert term_of(case, "re_review")["due_on"] is None

    def test_while_it_goes_on_the_term_says_why_it_has_no_last_day(self, case: Casebook):
        """Paused since the first day of the hearing, with the days that went by until then."""
        register(case, on="2026-03-02")
        walk(case, *PATHS["re_review_asked"], 8 * DAY, "begin_hearing", 20 * DAY)
        explained = Courses(case.application).explain(number(), "re_review", FOLLOWER)
        assert explained["paused"] == {"since": "2026-03-10", "why": "hearing",
                                       "article": "Art 36"}  # fmt: skip
        last = explained["days"][-1]
        assert (last["day"], last["why"]) == ("2026-03-10", "hearing")
        assert [day["number"] for day in explained["days"]] == [None, *range(1, 8), None]
        walk(case, "end_hearing")
        assert Courses(case.application).explain(number(), "re_review", FOLLOWER)["paused"] is None

    def test_nothing_is_decided_while_it_goes_on(self, case: Casebook):
        """First it is ended."""
        register(case)
        walk(case, *PATHS["re_review_hearing"])
        case.when(take("decide_re_review"))
        case.then_refused(StepNotOpen, state="re_review_hearing")
        assert case.refusal.fields["open"].startswith("end_hearing, ")

    def test_a_second_hearing_begins_on_a_later_day(self, case: Casebook):
        """Each day is left out once."""
        register(case, on="2026-03-02")
        walk(case, *PATHS["re_review_asked"], DAY, "begin_hearing", "end_hearing")
        case.when(take("begin_hearing"))
        case.then_refused(ConditionUnmet, condition="no_hearing_that_day")
        walk(case, DAY, "begin_hearing", "end_hearing")
        assert term_of(case, "re_review")["due_on"] == "2026-04-03"

    def test_a_term_that_ends_during_a_hearing_is_ended_and_not_paused(self, case: Casebook):
        """With its day; the days of the hearing are those that do not count."""
        register(case, on="2026-03-02")
        walk(case, *PATHS["re_review_asked"], 8 * DAY, "begin_hearing", 3 * DAY, sealed,
             "drop_review")  # fmt: skip
        explained = Courses(case.application).explain(number(), "re_review", FOLLOWER)
        assert explained["state"]["ended_on"] == "2026-03-13"
        assert explained["paused"] is None
        assert [(day["day"], day["why"]) for day in explained["days"][-5:]] == [
            ("2026-03-09", "counted"),
            ("2026-03-10", "hearing"),
            ("2026-03-11", "hearing"),
            ("2026-03-12", "hearing"),
            ("2026-03-13", "hearing"),
        ]

    def test_one_that_ends_on_the_first_day_of_the_hearing_has_that_day(self, case: Casebook):
        """And no day after it."""
        register(case, on="2026-03-02")
        walk(case, *PATHS["re_review_asked"], 8 * DAY, "begin_hearing", sealed)
        explained = Courses(case.application).explain(number(), "re_review", FOLLOWER)
        assert explained["days"][-1]["day"] == explained["state"]["ended_on"] == "2026-03-10"
        assert explained["paused"] is None


class TestArticle39Supervision:
    """督办: an order with a reason and a day, and its answer."""

    @pytest.mark.parametrize("trigger", sorted(set(TRIGGERS) - SHOWN_BY_THE_RECORD))
    def test_what_people_found_is_enough_of_a_reason(self, case: Casebook, trigger: str):
        """Whether it is one is for the head of the office to say, and to document."""
        register(case)
        case.when(take("order_supervision", trigger=trigger, report_by="2027-01-15"))
        assert case.refusal is None
        assert term_of(case, "supervision")["due_on"] == "2027-01-15"

    def test_delay_is_what_the_record_shows(self, case: Casebook):
        """A term is over for which somebody owes a step."""
        register(case)
        walk(case, 16 * DAY)
        case.when(take("order_supervision", trigger="delay"))
        assert case.refusal is None

    def test_a_right_that_lapses_is_no_delay(self, case: Casebook):
        """The petitioner need not ask for a review."""
        register(case)
        walk(case, *TO_THE_REPLY, 40 * DAY)
        case.when(take("order_supervision", trigger="delay"))
        case.then_refused(ConditionUnmet, condition="trigger_on_record")

    def test_buck_passing_is_more_than_two_transfers(self, case: Casebook):
        """How many is a policy; that they are counted on the record is not."""
        register(case)
        walk(case, "transfer", "object", "take_back", "assign", "object", "take_back", "transfer")
        case.when(take("order_supervision", trigger="buck_passing"))
        assert case.refusal is None

    @pytest.mark.parametrize("step", ["visit", "check", "verify", "countersign", "inspect"])
    def test_a_report_is_false_where_a_check_finds_it_untrue(self, case: Casebook, step: str):
        """弄虚作假: the reply was reported to be delivered; the record shows both."""
        register(case)
        before = TO_CLEARANCE.index(step) if step in TO_CLEARANCE else 5
        walk(case, *TO_CLEARANCE[:before])
        walk(case, step, **{step: {"untrue_steps": [4]}})
        found = case.new_facts()[-1]
        assert isinstance(found, Course.SupervisionFound)
        assert (found.trigger, found.steps) == ("false_report", [4, before + 1])
        assert found.policy == "supervision.v2"
        case.when(take("order_supervision", trigger="false_report"))
        assert case.refusal is None

    def test_a_report_is_false_where_the_petitioner_has_no_reply(self, case: Casebook):
        """He says so when he is asked for his evaluation; nobody has to draw the conclusion."""
        register(case)
        walk(case, *TO_CLEARANCE[:5], evaluate={"reply_received": False})
        assert case.new_facts()[-1].steps == [4, 5]
        case.when(take("order_supervision", trigger="false_report"))
        assert case.refusal is None

    def test_a_report_that_was_found_true_is_none(self, case: Casebook):
        """The reply arrived, and what it promised was done."""
        register(case)
        found = {"reply_received": True, "carried_out": True}
        walk(case, *TO_THE_REPLY, "report_carrying_out", "inspect", inspect=found, **PROMISED)
        case.when(take("order_supervision", trigger="false_report"))
        case.then_refused(ConditionUnmet, condition="trigger_on_record")

    def test_an_opinion_is_not_carried_out_where_nobody_reported_that_it_was(self, case: Casebook):
        """拒不执行处理意见: its day is over, no delay stands beside it; on that day, not yet."""
        register(case)
        walk(case, *TO_THE_REPLY, 30 * DAY, **PROMISED)
        case.when(take("order_supervision", trigger="opinion_not_carried_out"))
        case.then_refused(ConditionUnmet, condition="trigger_on_record")
        walk(case, DAY)
        case.when(take("order_supervision", trigger="delay"))
        case.then_refused(ConditionUnmet, condition="trigger_on_record")
        case.when(take("order_supervision", trigger="opinion_not_carried_out"))
        assert case.refusal is None

    def test_an_opinion_that_was_reported_late_shows_nothing_any_more(self, case: Casebook):
        """The term says how late."""
        register(case)
        walk(case, *TO_THE_REPLY, 31 * DAY, "report_carrying_out", **PROMISED)
        case.when(take("order_supervision", trigger="opinion_not_carried_out"))
        case.then_refused(ConditionUnmet, condition="trigger_on_record")
        assert term_of(case, "carrying_out")["late_days"] == 1

    def test_an_opinion_reported_to_be_carried_out_and_found_not_to_be_shows_both(
        self, case: Casebook
    ):
        """The report was false, and the opinion is not carried out, before its day too."""
        register(case)
        found = {"carried_out": False}
        walk(case, *TO_THE_REPLY, "report_carrying_out", "inspect", inspect=found, **PROMISED)
        reasons = [fact for fact in case.new_facts() if isinstance(fact, Course.SupervisionFound)]
        assert [(each.trigger, each.steps) for each in reasons] == [
            ("false_report", [5, 6]),
            ("opinion_not_carried_out", [4, 6]),
        ]

    def test_an_opinion_that_need_not_be_carried_out_yet_is_not_held_against_anybody(
        self, case: Casebook
    ):
        """What was found stays on record; a day after the last one it is a reason."""
        register(case)
        walk(case, *TO_THE_REPLY, "inspect", inspect={"carried_out": False}, **PROMISED)
        case.when(take("order_supervision", trigger="opinion_not_carried_out"))
        case.then_refused(ConditionUnmet, condition="trigger_on_record")
        walk(case, 31 * DAY, "inspect", inspect={"carried_out": False})
        assert isinstance(case.new_facts()[-1], Course.SupervisionFound)

    def test_a_repeat_after_closure_shows_that_an_opinion_was_not_carried_out(self, case: Casebook):
        """The office finds it by the repeat, whose number is on record with the matter."""
        register(case)
        walk(case, *PATHS["closed"], 31 * DAY, **PROMISED)
        case.when_registered(registration(2, repeats=petition_id(1), registered_at=case.clock()))
        found = {"found_by": "repeat", "document": number(2), "carried_out": False}
        walk(case, "report_carrying_out", "inspect", inspect=found)
        case.when(take("order_supervision", trigger="opinion_not_carried_out"))
        assert case.refusal is None
        assert case.owners() == [HUANG]

    def test_an_opinion_found_to_be_carried_out_is_no_reason_any_more(self, case: Casebook):
        """Somebody looked again."""
        register(case)
        walk(case, *TO_THE_REPLY, "report_carrying_out", **PROMISED)
        walk(case, "inspect", inspect={"carried_out": False})
        walk(case, "inspect", inspect={"carried_out": True})
        case.when(take("order_supervision", trigger="opinion_not_carried_out"))
        case.then_refused(ConditionUnmet, condition="trigger_on_record")

    @pytest.mark.parametrize(
        ("trigger", "path", "on_record", "to_do"),
        [
            (
                "delay",
                ("transfer",),
                (
                    "first_step, last day 2026-03-17, ended 2026-03-02;"
                    " acceptance, last day 2026-03-17"
                ),
                "when one of them is over",
            ),
            (
                "delay",
                PATHS["re_review_hearing"],
                (
                    "handling, last day 2026-05-01, ended 2026-03-02;"
                    " review, last day 2026-04-01, ended 2026-03-02;"
                    " re_review, held up by a hearing"
                ),
                "when one of them is over",
            ),
            (
                "buck_passing",
                ("transfer", "object", "take_back", DAY, "assign"),
                (
                    "step 1, transfer, 2026-03-02T04:00:00+00:00;"
                    " step 4, assign, 2026-03-03T04:00:00+00:00"
                ),
                "more than 2 times",
            ),
            ("false_report", ("transfer",), "nothing of the kind", "untrue_steps of inspect"),
            (
                "false_report",
                TO_THE_REPLY,
                "step 4, reply, 2026-03-02T04:00:00+00:00",
                "untrue_steps of inspect",
            ),
            ("opinion_not_carried_out", TO_THE_REPLY[:3], "nothing of the kind", "of reply"),
            (
                "opinion_not_carried_out",
                (*TO_THE_REPLY, "inspect", DAY, "report_carrying_out"),
                (
                    "step 4, reply, 2026-03-02T04:00:00+00:00: to be carried out by 2026-12-24;"
                    " step 5, inspect, 2026-03-02T04:00:00+00:00;"
                    " step 6, report_carrying_out, 2026-03-03T04:00:00+00:00"
                ),
                "(carried_out)",
            ),
        ],
    )
    def test_what_the_record_has_instead_is_named(
        self, case: Casebook, trigger: str, path: Sequence[Leg], on_record: str, to_do: str
    ):
        """Each with its time, and what would show it: whoever orders can look it up."""
        register(case, on="2026-03-02")
        walk(case, *path, **PROMISED)
        case.when(take("order_supervision", trigger=trigger))
        case.then_refused(ConditionUnmet, condition="trigger_on_record")
        assert case.refusal.fields["on_record"].endswith(on_record)
        assert to_do in case.refusal.fields["to_do"]

    def test_an_answer_a_day_late_is_late(self, case: Casebook):
        """The day was stated in the order."""
        register(case, on="2026-03-02")
        walk(case, "order_supervision", order_supervision={"report_by": "2026-03-10"})
        walk(case, 9 * DAY, "answer_supervision")
        assert term_of(case, "supervision")["late_days"] == 1

    def test_it_outlasts_the_closure(self, case: Casebook):
        """The petitioner has his answer, the organ does not have its own yet."""
        register(case)
        walk(case, "order_supervision", "transfer", "refuse", "close")
        assert running(case) == {"supervision"}
        walk(case, "answer_supervision")
        assert running(case) == set()
        assert course_of(case)["state"] == "closed"


class TestArticle40Proposals:
    """三项建议: improve work, improve policy, pursue responsibility; adopted or not."""

    @pytest.mark.parametrize("proposal", PROPOSALS)
    def test_each_of_the_three_is_followed_up(self, case: Casebook, proposal: str):
        """Until it is known whether it was adopted."""
        register(case)
        walk(case, "order_supervision", "propose", propose={"proposal": proposal})
        assert running(case) >= {"proposal"}
        walk(case, "adopt_proposal")
        assert "proposal" not in running(case)

    def test_another_comes_after_the_first_is_known_to_be_adopted_or_not(self, case: Casebook):
        """One at a time, so that each has its answer."""
        register(case)
        walk(case, "order_supervision", "propose", "adopt_proposal", "propose")
        assert running(case) >= {"proposal"}

    def test_none_without_an_order(self, case: Casebook):
        """What is proposed comes out of a supervision."""
        register(case)
        case.when(take("propose"))
        case.then_refused(ConditionUnmet, condition="supervised")


# A state, a step from there, and the terms that run from its day.
BEGINNINGS: Final = (
    ("registered", "transfer", {"acceptance", "objection"}),
    ("registered", "assign", {"acceptance", "objection"}),
    ("objected", "take_back", {"first_step"}),
    ("disputed", "settle_competence", {"acceptance"}),
    ("transferred", "accept", {"handling"}),
    ("handling", "reply", {"review_request"}),
    ("replied", "ask_evaluation", {"evaluation"}),
    ("evaluated", "re_examine", {"re_examination"}),
    ("closed", "ask_review", {"review"}),
    ("review_asked", "decide_review", {"re_review_request"}),
    ("review_asked", "remand", {"handling"}),
    ("reviewed", "ask_re_review", {"re_review"}),
)


class TestPolicyWork:
    """Who does the work, and how: on record beside the course, and never the owner."""

    def test_a_matter_has_a_handler_a_team_a_plan_and_units_that_assist(self, case: Casebook):
        """Each with its latest value; the log has what they were before."""
        register(case)
        walk(case, *PATHS["handling"])
        walk(
            case,
            *("name_handler", "name_team", "set_plan", "ask_assistance"),
            name_handler={"handler": "U330424099"},
            set_plan={"document": "海信案〔2026〕2号"},
            ask_assistance={"unit": "330424-08"},
        )
        course = course_of(case)
        assert (course["unit"], course["handler"]) == (GIVEN["unit"], "U330424099")
        assert (course["team"], course["plan"]) == (GIVEN["team"], "海信案〔2026〕2号")
        assert course["assisting"] == ["330424-08"]
        assert course["state"] == "handling"

    def test_a_step_is_not_dated_before_the_one_before_it(self, case: Casebook):
        """The course is told in its order."""
        register(case)
        walk(case, "transfer", DAY, "accept")
        case.when(take("handle", at=case.clock() - HOUR))
        case.then_refused(StepOutOfOrder)

    def test_a_step_may_be_recorded_later_than_it_happened(self, case: Casebook):
        """Its terms are counted from when it happened."""
        register(case)
        walk(case, "transfer")
        accepted_at = case.clock() + DAY
        walk(case, 3 * DAY)
        case.when(take("accept", at=accepted_at))
        assert term_of(case, "handling")["runs_from"] == "2026-11-25"

    @pytest.mark.parametrize(("state", "step", "terms"), BEGINNINGS)
    def test_every_term_runs_from_the_day_that_is_stated(
        self, case: Casebook, state: str, step: str, terms: set[str]
    ):
        """Not from the day on which somebody got round to recording it."""
        register(case, on="2026-03-02")
        walk(case, *PATHS[state], evaluate={"satisfied": step != "re_examine"})
        at = case.clock() + 2 * DAY
        walk(case, 5 * DAY, step, **{step: {"at": at}})
        began = {
            term["term"]: term["runs_from"]
            for term in course_of(case)["terms"]
            if term["ended_on"] is None
        }
        assert {code: began[code] for code in terms} == dict.fromkeys(terms, "2026-03-04")

    def test_every_term_that_a_step_begins_is_tried_so(self):
        """But those whose last day is stated, and a reopening, which happens when it is said."""
        begin = {(step.code, term) for step in STEPS.values() for term in step.begins}
        counted = {(step, term) for step, term in begin if not TERMS[term].stated}
        assert counted - {("reopen", "handling")} == {
            (step, term) for _, step, terms in BEGINNINGS for term in terms
        }

    def test_a_hearing_takes_the_days_that_are_stated(self, case: Casebook):
        """From the second to the fourth of March: three days do not count."""
        register(case, on="2026-03-01")
        walk(case, *PATHS["re_review_asked"], 9 * DAY)
        for step, day in (("begin_hearing", "2026-03-02"), ("end_hearing", "2026-03-04")):
            walk(case, step, **{step: {"at": noon_of(day)}})
        assert term_of(case, "re_review")["due_on"] == "2026-04-03"


class TestPolicyDissatisfiedMeansReExamined:
    """评价, 重新核查, 回访: a matter is rated and visited; 不满意 means examined again."""

    def test_office_and_unit_are_rated_apart(self, case: Casebook):
        """Two scores, and whether the petitioner is satisfied."""
        register(case)
        walk(case, *TO_THE_REPLY)
        case.when(take("evaluate", office_score=5, unit_score=2, satisfied=False))
        assert case.new_facts()[0].given == {
            "office_score": 5,
            "unit_score": 2,
            "satisfied": False,
        }

    def test_the_satisfied_are_visited_at_once(self, case: Casebook):
        """Nothing has to be examined again, nor may it be."""
        register(case)
        walk(case, *PATHS["evaluated"])
        case.when(take("re_examine"))
        case.then_refused(ConditionUnmet, condition="dissatisfied")
        walk(case, "visit")

    def test_the_dissatisfied_are_visited_after_another_examination(self, case: Casebook):
        """It goes back to handling, and is replied to and rated anew."""
        register(case)
        walk(case, *TO_THE_REPLY, "evaluate", **DISSATISFIED)
        case.when(take("visit"))
        case.then_refused(ConditionUnmet, condition="re_examined")
        walk(case, "re_examine", "reply", "evaluate", "visit", **DISSATISFIED)
        assert course_of(case)["state"] == "visited"


class TestPolicyASlipInTheEvaluation:
    """A matter is not closed over a petitioner who was recorded as satisfied by mistake."""

    @pytest.mark.parametrize("until", range(5, len(TO_CLEARANCE) + 1))
    def test_a_dissatisfied_evaluation_replaces_a_satisfied_one(self, case: Casebook, until: int):
        """Wherever it stands until the closure; it is examined again, both stay on record."""
        register(case)
        walk(case, *TO_CLEARANCE[:until])
        state = course_of(case)["state"]
        walk(case, "evaluate", **DISSATISFIED)
        assert course_of(case)["state"] == state
        walk(case, "re_examine")
        steps = course_of(case)["steps"]
        said = [step["given"]["satisfied"] for step in steps if step["step"] == "evaluate"]
        assert said == [True, False]

    def test_it_stands_against_the_closure(self, case: Casebook):
        """Until the handling was examined again."""
        register(case)
        walk(case, *TO_CLEARANCE)
        walk(case, "evaluate", **DISSATISFIED)
        case.when(close())
        case.then_refused(ConditionUnmet, condition="dissatisfaction_answered")

    @pytest.mark.parametrize("satisfied", [True, False])
    def test_nothing_replaces_a_dissatisfied_one(self, case: Casebook, *, satisfied: bool):
        """Or whoever wants to close would record another."""
        register(case)
        walk(case, *TO_THE_REPLY, "evaluate", **DISSATISFIED)
        case.when(take("evaluate", satisfied=satisfied))
        case.then_refused(ConditionUnmet, condition="not_evaluated")


class TestPolicyNoEvaluation:
    """逾期未评价: a petitioner who is asked and says nothing does not hold the closure up."""

    def test_it_is_on_record_how_and_when_he_was_asked(self, case: Casebook):
        """Nothing of who was spoken to; the matter stays replied."""
        register(case)
        walk(case, *TO_THE_REPLY, DAY)
        case.when(take("ask_evaluation", asked_through="letter"))
        asked, begun = case.new_facts()
        assert (asked.given, asked.state) == ({"asked_through": "letter"}, "replied")
        assert asked.timestamp == noon_of("2026-11-25")
        assert (begun.term, begun.length_days) == ("evaluation", 30)

    @pytest.mark.parametrize("petition_class", EVERY_CLASS)
    def test_he_has_thirty_days(self, case: Casebook, petition_class: str):
        """Of every class; how long is a policy. Asked on 2026-03-02, his last day is 2026-04-01."""
        register(case, on="2026-03-02", petition_class=petition_class)
        walk(case, *TO_THE_REPLY, "ask_evaluation", 30 * DAY)
        case.when(take("record_no_evaluation"))
        case.then_refused(
            ConditionUnmet,
            condition="evaluation_term_over",
            asks="the petitioner was asked for his evaluation, and his days are over",
            until="2026-04-01",
        )
        walk(case, DAY, "record_no_evaluation")
        assert course_of(case)["state"] == "evaluated"

    def test_who_is_asked_again_has_his_days_again(self, case: Casebook):
        """He may not have been reached the first time; both askings stay on record."""
        register(case, on="2026-03-02")
        walk(case, *TO_THE_REPLY, "ask_evaluation", 20 * DAY, "ask_evaluation")
        assert term_of(case, "evaluation")["due_on"] == "2026-04-21"
        assert [step["step"] for step in course_of(case)["steps"]].count("ask_evaluation") == 2

    def test_an_asking_that_is_dated_back_leaves_him_his_days(self, case: Casebook):
        """He was never asked, for all that the record knows; 30 days from when it is on record."""
        register(case, on="2026-03-02")
        walk(case, *TO_THE_REPLY, 60 * DAY)
        case.when(take("ask_evaluation", at=case.clock() - 60 * DAY))
        for stated in (case.clock() - 29 * DAY, None):
            case.when(take("record_no_evaluation", at=stated))
            case.then_refused(ConditionUnmet, condition="evaluation_term_over", until="2026-05-31")
        walk(case, 31 * DAY, "record_no_evaluation")
        assert course_of(case)["state"] == "evaluated"

    def test_nobody_is_late_with_it(self, case: Casebook):
        """It is a right: neither he nor the office owes a step within it."""
        register(case)
        walk(case, *TO_THE_REPLY, "ask_evaluation", 40 * DAY)
        case.when(take("order_supervision", trigger="delay"))
        case.then_refused(ConditionUnmet, condition="trigger_on_record")

    def test_an_evaluation_in_time_ends_the_wait(self, case: Casebook):
        """And there is nothing to record any more."""
        register(case)
        walk(case, *TO_THE_REPLY, "ask_evaluation", DAY, "evaluate")
        assert term_of(case, "evaluation")["ended_on"] == "2026-11-25"
        case.when(take("record_no_evaluation"))
        case.then_refused(StepNotOpen, step="record_no_evaluation", state="evaluated")

    def test_he_counts_as_one_who_was_not_evaluated(self, case: Casebook):
        """No evaluation is on record: neither scores nor whether he is satisfied."""
        register(case)
        walk(case, *UNEVALUATED)
        case.when(close())
        steps = course_of(case)["steps"]
        assert "evaluate" not in {step["step"] for step in steps}
        assert not any("satisfied" in step["given"] for step in steps)

    def test_the_closure_rests_on_when_he_was_asked(self, case: Casebook):
        """Not on when the wait was over."""
        register(case)
        walk(case, *UNEVALUATED)
        case.when(close())
        closed = case.new_facts()[0]
        assert isinstance(closed, Ownership.Closed)
        assert text_of(closed.evaluation_asked_at) == "2026-11-24T04:00:00.000000Z"

    def test_the_closure_rests_on_it_where_nothing_of_it_is_stated(self, case: Casebook):
        """He was asked a day after the reply; that he said something later changes nothing."""
        register(case)
        walk(case, *TO_THE_REPLY, DAY, *UNEVALUATED[4:], DAY, "evaluate")
        case.when(close(ClosingStatement("settled")))
        closed = case.new_facts()[0]
        assert isinstance(closed, Ownership.Closed)
        assert text_of(closed.evaluation_asked_at) == "2026-11-25T04:00:00.000000Z"

    @pytest.mark.parametrize("until", range(len(NOT_EVALUATED), len(UNEVALUATED) + 1))
    def test_a_late_evaluation_is_taken_until_the_closure(self, case: Casebook, until: int):
        """Who is satisfied leaves the matter where it is; nothing is visited or checked again."""
        register(case)
        walk(case, *UNEVALUATED[:until])
        state = course_of(case)["state"]
        walk(case, "evaluate")
        assert course_of(case)["state"] == state
        walk(case, *UNEVALUATED[until:])
        case.when(close())
        assert course_of(case)["state"] == "closed"

    @pytest.mark.parametrize("until", range(len(NOT_EVALUATED), len(UNEVALUATED) + 1))
    def test_a_late_one_that_is_dissatisfied_means_examined_again(self, case: Casebook, until: int):
        """As one in time: it goes no further before, whatever was checked by then."""
        register(case)
        walk(case, *UNEVALUATED[:until], "evaluate", **DISSATISFIED)
        onward = [*UNEVALUATED[until:], "close"][0]
        case.when(asked(onward))
        assert isinstance(case.refusal, ConditionUnmet)
        walk(case, "re_examine", "reply", *UNEVALUATED[4:], "close")
        assert course_of(case)["state"] == "closed"

    def test_that_he_was_asked_may_be_found_untrue(self, case: Casebook):
        """At the visit he says that nobody asked him."""
        register(case)
        walk(case, *NOT_EVALUATED, "visit", visit={"untrue_steps": [5], "by": HUANG})
        assert course_of(case)["state"] == "visited"
        case.when(take("order_supervision", trigger="false_report"))
        assert case.refusal is None

    def test_what_was_dissatisfied_and_reviewed_to_the_end_is_closed(self, case: Casebook):
        """The condition is one of what is cleared; a review examined this."""
        register(case)
        walk(case, *TO_THE_REPLY, "evaluate", *PATHS["ended"][4:], "close", **DISSATISFIED)
        assert course_of(case)["state"] == "closed"


class TestPolicyReExamination:
    """重新核查: examined again in 30 days, for every class; how long is a policy."""

    @pytest.mark.parametrize("petition_class", EVERY_CLASS)
    def test_thirty_days_run_from_the_order(self, case: Casebook, petition_class: str):
        """Ordered on 2026-03-02; the last day is 2026-04-01."""
        register(case, on="2026-03-02", petition_class=petition_class)
        walk(case, *TO_THE_REPLY, "evaluate", "re_examine", **DISSATISFIED)
        assert term_of(case, "re_examination")["due_on"] == "2026-04-01"
        assert "re_examination" in running(case)

    @pytest.mark.parametrize(("after_days", "late_days"), [(30, 0), (31, 1)])
    def test_the_next_reply_ends_them(self, case: Casebook, after_days: int, late_days: int):
        """In time on the last day, late after it."""
        register(case, on="2026-03-02")
        walk(case, *TO_THE_REPLY, "evaluate", "re_examine", **DISSATISFIED)
        walk(case, after_days * DAY, "reply")
        assert term_of(case, "re_examination")["late_days"] == late_days
        assert running(case) == {"review_request"}

    def test_what_is_not_examined_in_time_is_delay(self, case: Casebook):
        """Whatever became of the sixty days of handling."""
        register(case, on="2026-03-02")
        walk(case, *TO_THE_REPLY, "evaluate", "re_examine", 31 * DAY, **DISSATISFIED)
        case.when(take("order_supervision", trigger="delay", report_by="2026-05-01"))
        assert case.refusal is None

    def test_each_of_its_days_is_explained(self, case: Casebook):
        """Calendar days, by a policy."""
        register(case, on="2026-03-02")
        walk(case, *TO_THE_REPLY, "evaluate", "re_examine", **DISSATISFIED)
        explained = Courses(case.application).explain(number(), "re_examination", FOLLOWER)
        assert (explained["article"], explained["mark"]) == ("ADR 9", "U")
        counted = [day["day"] for day in explained["days"] if day["number"]]
        assert (len(counted), counted[0], counted[-1]) == (30, "2026-03-03", "2026-04-01")

    def test_a_term_into_an_unpublished_year_is_provisional(self, case: Casebook):
        """And counted again like any other."""
        register(case, on="2026-12-20")
        walk(case, *TO_THE_REPLY, "evaluate", "re_examine", **DISSATISFIED)
        assert term_of(case, "re_examination")["provisional"]

    def test_a_withdrawal_ends_them(self, case: Casebook):
        """As all that the matter owes."""
        register(case)
        walk(case, *TO_THE_REPLY, "evaluate", "re_examine", "withdraw", **DISSATISFIED)
        assert running(case) == set()


class TestPolicyCarryingOut:
    """意见执行: an opinion may say by when what it promises is done; that is reported."""

    def test_the_term_runs_to_the_day_that_the_opinion_says(self, case: Casebook):
        """From its delivery; the report ends it."""
        register(case)
        walk(case, *TO_THE_REPLY, **PROMISED)
        assert term_of(case, "carrying_out")["due_on"] == "2026-12-24"
        walk(case, 30 * DAY, "report_carrying_out")
        assert term_of(case, "carrying_out")["late_days"] == 0

    def test_it_outlasts_the_closure(self, case: Casebook):
        """The petitioner has his answer, and waits for what it promised."""
        register(case)
        walk(case, *PATHS["closed"], **PROMISED)
        assert "carrying_out" in running(case)
        walk(case, "report_carrying_out")
        assert "carrying_out" not in running(case)

    def test_an_opinion_that_promises_nothing_has_no_such_term(self, case: Casebook):
        """Nothing has to be reported."""
        register(case)
        walk(case, *TO_THE_REPLY)
        assert term_of(case, "carrying_out") == {}

    def test_a_later_opinion_takes_the_place_of_the_promise(self, case: Casebook):
        """It says anew by when, or nothing."""
        register(case)
        walk(case, *TO_THE_REPLY, "evaluate", "re_examine", **DISSATISFIED, **PROMISED)
        assert "carrying_out" in running(case)
        walk(case, "reply")
        assert "carrying_out" not in running(case)

    def test_an_annulled_opinion_promises_nothing(self, case: Casebook):
        """The review sent it back."""
        register(case)
        walk(case, *TO_THE_REPLY, "ask_review", "remand", **PROMISED)
        assert running(case) == {"handling"}

    def test_an_opinion_without_a_course_promises_nothing(self, case: Casebook):
        """The promise is a term of the course: first the matter is accepted and handled."""
        register(case)
        case.when(reply(carry_out_by="2026-12-24"))
        case.then_refused(StepNotOpen, step="reply", state="registered")

    def test_the_unit_reports_and_no_other(self, case: Casebook):
        """The one that handles the matter."""
        register(case)
        walk(case, *TO_THE_REPLY, **PROMISED)
        case.when(take("report_carrying_out", by="U9", office=OTHER_COUNTY))
        case.then_refused(OfficeNotAllowed)
        case.when(take("report_carrying_out", by="U9", office=GIVEN["unit"]))
        assert case.refusal is None


class TestPolicyReviewOfWhatIsNoAppeal:
    """终止复查复核: what turns out an accusation under review is handled as what it is (ADR 11)."""

    @pytest.mark.parametrize("state", STEPS["drop_review"].sources)
    def test_the_review_ends_and_the_handling_goes_on(self, case: Casebook, state: str):
        """From each of its states; nothing of it runs any more, and no term of an appeal begins."""
        register(case)
        walk(case, *PATHS[state], sealed)
        assert course_of(case)["state"] == state
        walk(case, "drop_review")
        assert course_of(case)["state"] == "handling"
        assert running(case) == set()
        walk(case, *TO_CLEARANCE[3:], "close")
        assert case.owners() == [HUANG]

    def test_an_appeal_has_its_review(self, case: Casebook):
        """Nobody ends it so."""
        register(case)
        walk(case, *PATHS["review_asked"])
        case.when(take("drop_review"))
        case.then_refused(ConditionUnmet, condition="no_appeal")

    def test_until_then_the_way_is_shown(self, case: Casebook):
        """Among the steps that are open."""
        register(case)
        walk(case, *PATHS["reviewed"], sealed)
        leading_on = [step["step"] for step in course_of(case)["open_steps"]
                      if STEPS[step["step"]].to]  # fmt: skip
        assert leading_on == ["drop_review", "withdraw"]


class TestPolicyReplacement:
    """回避更换: a unit at work that turns out to be a party is replaced where the matter stands."""

    def test_another_unit_goes_on_where_it_stood(self, case: Casebook):
        """The terms run on: what the petitioner was promised does not change."""
        register(case)
        walk(case, *PATHS["handling"], unit_is_a_party)
        before = course_of(case)["terms"]
        walk(case, "replace_unit", replace_unit={"unit": "330424-08"})
        course = course_of(case)
        assert (course["state"], course["unit"], course["terms"]) == (
            "handling",
            "330424-08",
            before,
        )

    def test_a_unit_that_assists_is_replaced_too(self, case: Casebook):
        """And the handling unit stays."""
        register(case)
        walk(case, *PATHS["handling"], "ask_assistance", ask_assistance={"unit": "330424-09"})
        named_as_parties("330424-09")(case)
        walk(case, "replace_unit", replace_unit={"unit": "330424-08", "instead_of": "330424-09"})
        assert course_of(case)["assisting"] == ["330424-08"]
        assert course_of(case)["unit"] == GIVEN["unit"]

    def test_a_unit_that_is_no_party_is_not_replaced_so(self, case: Casebook):
        """That would be a way to pass a matter on."""
        register(case)
        walk(case, *PATHS["handling"])
        case.when(take("replace_unit", unit="330424-08"))
        case.then_refused(ConditionUnmet, condition="party_at_work")

    def test_no_party_takes_its_place(self, case: Casebook):
        """The refusal names the field."""
        register(case)
        walk(case, *PATHS["handling"], named_as_parties(GIVEN["unit"], "330424-08"))
        case.when(take("replace_unit", unit="330424-08"))
        case.then_refused(
            PartyToTheMatter, unit="is a party to the matter; name another who is none"
        )


class TestPolicyDoubleVerification:
    """三查双核: a check and two verifications, by people who did not do the work."""

    def test_three_different_people_clear_a_matter(self, case: Casebook):
        """One checks, another verifies, a third countersigns."""
        register(case)
        walk(case, *TO_CLEARANCE)
        by = [step["by"] for step in course_of(case)["steps"][-3:]]
        assert by == [CLERK, SECOND_CLERK, HEAD]
        assert course_of(case)["state"] == "cleared"

    @pytest.mark.parametrize("step", ["check", "verify", "countersign"])
    def test_the_handler_does_none_of_it(self, case: Casebook, step: str):
        """Nor who was the handler once."""
        register(case)
        walk(case, *PATHS["handling"], "name_handler", name_handler={"handler": "U330424099"})
        walk(case, *TO_CLEARANCE[3 : TO_CLEARANCE.index(step)])
        for handler in (HANDLER, "U330424099"):
            case.when(take(step, by=handler))
            case.then_refused(ConditionUnmet, condition="not_own_work")

    @pytest.mark.parametrize(
        ("step", "by"), [("verify", CLERK), ("countersign", CLERK), ("countersign", SECOND_CLERK)]
    )
    def test_nobody_verifies_what_he_checked_himself(self, case: Casebook, step: str, by: str):
        """Two people are two."""
        register(case)
        walk(case, *TO_CLEARANCE[: TO_CLEARANCE.index(step)])
        case.when(take(step, by=by))
        case.then_refused(ConditionUnmet, condition="not_own_work")


class TestPolicyNobodySpeaksForThePetitioner:
    """What he said, or that he said nothing, is not put on record by who did the work."""

    @pytest.mark.parametrize("step", ["ask_evaluation", "evaluate", "record_no_evaluation"])
    def test_not_by_who_was_the_handler_once(self, case: Casebook, step: str):
        """Of whatever office he is."""
        register(case)
        walk(case, *PATHS["handling"], "name_handler", name_handler={"handler": CLERK})
        walk(case, "name_handler", "reply")
        if step == "record_no_evaluation":
            walk(case, "ask_evaluation", 31 * DAY)
        case.when(take(step, by=CLERK))
        case.then_refused(ConditionUnmet, condition="not_the_handler")

    def test_the_owner_who_delivered_the_reply_visits(self, case: Casebook):
        """The visit is his to see to; he is reminded of it."""
        register(case)
        walk(case, *TO_CLEARANCE[:5])
        case.when(take("visit", by=HUANG))
        assert course_of(case)["state"] == "visited"


class TestPolicyThreeChecks:
    """三查: process, outcome and file are checked, each on record; which they are is a policy."""

    def checked(self, case: Casebook, *aspects: str, by: str = CLERK) -> None:
        for aspect in aspects:
            walk(case, "check", check={"aspect": aspect, "by": by})

    @pytest.mark.parametrize("order", list(permutations(CHECKS)))
    def test_all_of_them_come_before_the_verification(self, case: Casebook, order: Sequence[str]):
        """In any order; the refusal names those that are missing."""
        register(case)
        walk(case, *PATHS["visited"])
        for done in range(1, len(order)):
            self.checked(case, order[done - 1])
            case.when(take("verify", by=SECOND_CLERK))
            missing = ", ".join(check for check in CHECKS if check in order[done:])
            case.then_refused(ConditionUnmet, condition="all_checked", missing=missing)
        self.checked(case, order[-1])
        walk(case, *TO_CLEARANCE[7:], "close")
        assert course_of(case)["state"] == "closed"

    def test_each_is_made_once(self, case: Casebook):
        """A second time it says nothing new."""
        register(case)
        walk(case, *PATHS["visited"])
        self.checked(case, "file")
        case.when(take("check", by=CLERK, aspect="file"))
        case.then_refused(ConditionUnmet, condition="check_due")

    def test_one_without_its_name_is_all_of_them(self, case: Casebook):
        """As what is on record of before; also where some were made by name."""
        register(case)
        walk(case, *PATHS["visited"])
        self.checked(case, "outcome")
        walk(case, "check")
        case.when(take("check", by=CLERK, aspect="file"))
        case.then_refused(ConditionUnmet, condition="check_due")
        walk(case, "verify")

    def test_one_person_may_make_them_all_and_verifies_none(self, case: Casebook):
        """Whoever made any of them, not only the last."""
        register(case)
        walk(case, *PATHS["visited"])
        self.checked(case, "process")
        self.checked(case, "outcome", "file", by="K330424003")
        for somebody in (CLERK, "K330424003"):
            case.when(take("verify", by=somebody))
            case.then_refused(ConditionUnmet, condition="not_own_work")
        walk(case, "verify")
        case.when(take("countersign", by=CLERK))
        case.then_refused(ConditionUnmet, condition="not_own_work")

    def test_they_are_made_anew_after_another_examination(self, case: Casebook):
        """What was checked before was about another handling."""
        register(case)
        walk(case, *UNEVALUATED[:8])
        self.checked(case, "process")
        walk(case, "evaluate", "re_examine", "reply", "evaluate", "visit", **DISSATISFIED)
        self.checked(case, "process", "outcome")
        case.when(take("verify", by=SECOND_CLERK))
        case.then_refused(ConditionUnmet, condition="all_checked", missing="file")


class TestPolicyWithdrawal:
    """撤回: the petitioner may withdraw."""

    @pytest.mark.parametrize("state", STEPS["withdraw"].sources)
    def test_a_withdrawal_ends_all_terms(self, case: Casebook, state: str):
        """Wherever the matter is."""
        register(case)
        walk(case, *PATHS[state], DAY, "withdraw")
        assert course_of(case)["state"] == "withdrawn"
        assert running(case) == set()

    def test_what_was_withdrawn_is_not_reviewed(self, case: Casebook):
        """Though the 30 days are not over."""
        register(case)
        walk(case, *TO_THE_REPLY, "withdraw", "close")
        case.when(take("ask_review"))
        case.then_refused(ConditionUnmet, condition="review_in_time")


# State to the outcomes that a matter may be closed with there.
ENDS_AS: Final = {
    "cleared": {"settled", "explained"},
    "ended": {"settled", "explained"},
    "refused": {"explained"},
    "not_accepted_again": {"explained"},
    "routed": {"routed_elsewhere"},
    "withdrawn": {"withdrawn"},
}
OUTCOMES: Final = ("settled", "explained", "routed_elsewhere", "withdrawn")
MAY_END_AS: Final = [
    (state, outcome) for state in ENDS_AS for outcome in OUTCOMES if outcome in ENDS_AS[state]
]
MAY_NOT_END_AS: Final = [
    (state, outcome) for state in ENDS_AS for outcome in OUTCOMES if outcome not in ENDS_AS[state]
]


class TestPolicyClosing:
    """办结条件: a matter is closed from where its course has come to an end."""

    def test_there_are_six_ways_to_the_end(self):
        """Cleared, ended, refused, not accepted again, routed, withdrawn."""
        assert set(STEPS["close"].sources) == ENDS_AS.keys()

    @pytest.mark.parametrize(("state", "outcome"), MAY_END_AS)
    def test_a_matter_ends_as_its_course_did(self, case: Casebook, state: str, outcome: str):
        """Nothing has to be stated again that its course has on record."""
        register(case)
        walk(case, *PATHS[state])
        case.when(close(statement(outcome=outcome)))
        assert case.ownership()["state"] == "closed"
        assert course_of(case)["state"] == "closed"
        assert running(case) == set()

    @pytest.mark.parametrize(("state", "outcome"), MAY_NOT_END_AS)
    def test_a_matter_does_not_end_as_what_its_course_was_not(
        self, case: Casebook, state: str, outcome: str
    ):
        """The refusal names the outcomes that are allowed."""
        register(case)
        walk(case, *PATHS[state])
        case.when(close(statement(outcome=outcome)))
        case.then_refused(ConditionUnmet)
        assert (
            set(case.refusal.fields["outcome"].partition("ends as ")[2].split(", "))
            == (ENDS_AS[state])
        )

    def test_a_closure_rests_on_what_the_course_has_on_record(self, case: Casebook):
        """Reply, visit and evaluation are those of the course, whatever is stated."""
        register(case)
        walk(case, *TO_THE_REPLY, DAY, "evaluate", DAY, "visit", DAY, *TO_CLEARANCE[6:])
        case.when(close(statement(reply_document="another", follow_up_visit_at=None)))
        closed = case.new_facts()[0]
        assert isinstance(closed, Ownership.Closed)
        assert closed.reply_document == "海信复〔2026〕7号"
        assert text_of(closed.evaluation_asked_at) == "2026-11-25T04:00:00.000000Z"
        assert text_of(closed.follow_up_visit_at) == "2026-11-26T04:00:00.000000Z"

    @pytest.mark.parametrize("state", ["accepted", "handling", "replied", "visited", "verified"])
    def test_a_matter_whose_course_goes_on_is_not_closed(self, case: Casebook, state: str):
        """Whatever its owner states."""
        register(case)
        walk(case, *PATHS[state])
        case.when(close())
        case.then_refused(StepNotOpen, step="close", state=state)


class TestFirstContactOnlyTheOwnerCloses:
    """谁第一个接待，谁负责到底: the owner closes, from every end that a course can have."""

    @pytest.mark.parametrize(("state", "outcome"), MAY_END_AS)
    @pytest.mark.parametrize("somebody", [HEAD, SHEN, CLERK, HANDLER])
    def test_nobody_else_closes(self, case: Casebook, state: str, outcome: str, somebody: str):
        """Neither head nor another leader, clerk or handler; both records stay as they were."""
        register(case)
        walk(case, *PATHS[state])
        case.when(close(statement(outcome=outcome), by=somebody))
        case.then_refused(NotTheOwner, owner=HUANG)
        assert course_of(case)["state"] == state

    def test_closure_moves_ownership_and_course_together(self, case: Casebook):
        """One unit of work, both or neither."""
        register(case)
        walk(case, *TO_CLEARANCE)
        case.when(close())
        case.then(
            happened(Ownership.Closed, owner=HUANG),
            happened(Course.StepTaken, step="close", state="closed", by=HUANG),
            happened(Course.TermEnded, term="review_request"),
        )

    def test_the_successor_closes_once_the_ownership_has_passed_to_him(self, case: Casebook):
        """The course goes on under the new owner as if nothing had happened."""
        register(case)
        walk(case, *TO_CLEARANCE)
        case.given(happened(Ownership.Succeeded, owner=SHEN))
        case.when(close(by=HUANG))
        case.then_refused(NotTheOwner, owner=SHEN)
        case.when(close(by=SHEN))
        assert course_of(case)["state"] == "closed"


class TestFirstContactOutlastsClosure:
    """重新办理: a matter that is opened again goes back to its owner, and into handling."""

    def test_reopening_moves_ownership_and_course_together(self, case: Casebook):
        """With 60 days, from the day of the order."""
        register(case)
        walk(case, *PATHS["closed"], DAY)
        case.when(reopen())
        case.then(
            happened(Ownership.Reopened, owner=HUANG),
            happened(Course.StepTaken, step="reopen", state="handling"),
            happened(Course.TermBegun, term="handling", runs_from="2026-11-25"),
        )

    def test_a_repeat_that_joins_a_closed_matter_reopens_its_course_at_the_next_step(
        self, case: Casebook
    ):
        """As of when the repeat was registered, and by the owner."""
        register(case)
        walk(case, *PATHS["closed"], DAY)
        repeat = registration(2, repeats=petition_id(1), registered_at=case.clock())
        case.when_registered(repeat)
        walk(case, DAY)
        case.when(take("report_progress"))
        case.then(
            happened(Course.StepTaken, step="reopen", by=HUANG, timestamp=noon_of("2026-11-25")),
            happened(Course.TermBegun, term="handling", runs_from="2026-11-25"),
            happened(Course.StepTaken, step="report_progress", state="handling"),
        )

    def test_until_that_step_the_course_is_shown_as_reopened(self, case: Casebook):
        """Whoever looks sees what may be done next."""
        register(case)
        walk(case, *PATHS["closed"])
        case.when_registered(registration(2, repeats=petition_id(1), registered_at=case.clock()))
        assert course_of(case)["state"] == "handling"
        assert running(case) == {"handling"}

    def test_a_repeat_that_joins_an_open_matter_leaves_its_course_alone(self, case: Casebook):
        """It is the same matter, where it is."""
        register(case)
        walk(case, *PATHS["evaluated"])
        case.when_registered(registration(2, repeats=petition_id(1), registered_at=case.clock()))
        case.then(happened(Ownership.RepeatJoined))
        assert course_of(case)["state"] == "evaluated"


STATED: Final = {
    "replace_unit": {"unit": "330424-08"},
    "reply": {"carry_out_by": "2026-12-20"},
}

# Between them they take every step of the table.
WALKS: Final = (
    ("assign", "object", "insist", "accept", "handle", "ask_extension", "decline_extension",
     "ask_extension", "approve_extension", "reply", "evaluate", "re_examine", "hear", "consult",
     "reply", "ask_review", "remand", "reply", "ask_review", "decide_review", "ask_re_review",
     "begin_hearing", "end_hearing", "decide_re_review", "end", "close", "reopen",
     "name_handler", "name_team", "set_plan", "report_progress", "ask_assistance",
     "inspect"),
    ("transfer", "object", "take_back", "transfer", "dispute_competence", "settle_competence",
     *TO_CLEARANCE[1:], "close"),
    (*TO_THE_REVIEW, 31 * DAY, "let_stand", "close"),
    (*UNEVALUATED, "evaluate", "close"),
    ("order_supervision", "propose", "refuse", "close", "answer_supervision", "adopt_proposal"),
    (*TO_THE_REPLY, 30 * DAY, "inspect", "report_carrying_out", "ask_review", sealed,
     "drop_review"),
    ("transfer", "accept", unit_is_a_party, "replace_unit"),
    ("not_accept_again", "close"),
    ("accept", "route", "close"),
    ("accept", "withdraw", "close"),
)  # fmt: skip


class TestFirstContactIsTouchedByNoStep:
    """No step of the course changes the owner: only succession and recusal do."""

    def test_the_walks_take_every_step(self):
        """So none is left out below."""
        assert {leg for legs in WALKS for leg in legs if isinstance(leg, str)} == set(STEPS)

    @pytest.mark.parametrize("legs", WALKS, ids=range(len(WALKS)))
    def test_the_owner_and_his_chain_are_the_same_after_each_step(
        self, case: Casebook, legs: tuple[str | timedelta, ...]
    ):
        """Whoever takes it, and whoever does the work."""
        register(case)
        chain = case.ownership()["chain"]
        stated = {**({} if "visit" in legs else DISSATISFIED), **STATED}
        for done in range(1, len(legs) + 1):
            walk(case, *legs[:done], begin_at=done - 1, **stated)
            assert case.ownership()["chain"] == chain
            assert case.ownership()["owner"] == HUANG

    def test_the_owner_may_take_a_step_wherever_his_office_is(self, case: Casebook):
        """He follows the handling through."""
        register(case)
        walk(case, *PATHS["handling"])
        case.when(take("set_plan", by=HUANG, office=OTHER_COUNTY))
        assert case.refusal is None
        case.when(reply(by=actor(HUANG, OTHER_COUNTY)))
        assert course_of(case)["state"] == "replied"
