"""What was put on record wrongly is put right by facts of its own; the record keeps both."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chassis.eventstore.application import Provenance, Unit
from contracts.rpc.course import CorrectedStatement
from services.responsibility.application import Responsibility
from services.responsibility.application.courses import Courses, StepAsked
from services.responsibility.domain.conditions import ASKED_AGAIN
from services.responsibility.domain.course import Course
from services.responsibility.domain.evidence import MatterCorrection, Withdrawal
from services.responsibility.domain.ownership import Ownership
from services.responsibility.domain.refusals import (
    ConditionUnmet,
    NothingChanged,
    OfficeNotAllowed,
    StatedByIntake,
    StepUnknown,
    VersionChanged,
)
from services.responsibility.domain.taking import StepCorrection
from statute.course import STEPS
from tests.builders import (
    FOLLOWER,
    HOUR,
    HUANG,
    NOON,
    OTHER_COUNTY,
    actor,
    command,
    happened,
    number,
    petition_id,
    registration,
    statement,
)
from tests.unit.responsibility.casebook import (
    GIVEN,
    Asked,
    Casebook,
    close,
    receive,
    reply,
    take,
)
from tests.unit.responsibility.meanwhile import corrected as corrected_to
from tests.unit.responsibility.paths import (
    PATHS,
    TO_CLEARANCE,
    Leg,
    asked,
    course_of,
    register,
    running,
    term_of,
    walk,
)
from tests.unit.responsibility.town import Town, does


def corrected(
    step_number: int = 1, office: str = "330424-01", sees: int | None = None, **stated: Any
) -> Asked:
    correction = StepCorrection(
        step_number, stated or {"document": "海信转〔2026〕21号"}, "誊写有误"
    )
    by = actor(office=office)
    sent = command("responsibility.correct_step", correction, by, f"correct-{correction}-{sees}")

    def ask(application: Responsibility) -> Any:
        made = type(sent)(sent.actor, sent.key, sees)
        return Courses(application).correct_step(made, number(), correction)

    return ask


def told(cause: str, tell: Any) -> Asked:
    def ask(application: Responsibility) -> None:
        def decide(unit: Unit) -> dict[str, Any]:
            tell(application, unit)
            return {}

        application.run(Provenance("service:responsibility", cause, cause), decide)

    return ask


def reclassified(petition_class: str | None, channel: str | None = None, of: int = 1) -> Asked:
    correction = MatterCorrection(number(of), of == 1, petition_class, channel)
    return told(
        f"corrected-{of}",
        lambda application, unit: application.correct_matter(unit, petition_id(), correction, NOON),
    )


def withdrawn(of: int = 1, cause: str = "withdrawn") -> Asked:
    return told(
        f"{cause}-{of}",
        lambda application, unit: application.receive_withdrawal(
            unit, petition_id(), Withdrawal(number(of), "settled"), application.clock()
        ),
    )


def transferred(case: Casebook) -> Casebook:
    case.when_registered(registration())
    case.when(receive())
    case.when(take("transfer", document="海信转〔2026〕12号"))
    return case


class TestAStep:
    def test_shows_what_should_have_been_stated_and_that_it_was_corrected(self, case: Casebook):
        transferred(case).when(corrected())
        (step,) = case.answer["steps"]
        assert (step["given"]["document"], step["corrected"]) == ("海信转〔2026〕21号", True)

    def test_is_on_record_as_it_was_and_as_it_is(self, case: Casebook):
        transferred(case).when(corrected())
        case.then(
            happened(
                Course.StepCorrected,
                step="transfer",
                before={"document": "海信转〔2026〕12号"},
                after={"document": "海信转〔2026〕21号"},
                reason="誊写有误",
            )
        )

    def test_was_the_old_one_before_the_correction(self, case: Casebook):
        before = transferred(case).clock()
        case.clock.advance(HOUR)
        case.when(corrected())
        then = Courses(case.application).course_of(number(), before, FOLLOWER)
        assert then["steps"][0]["given"]["document"] == "海信转〔2026〕12号"
        assert not then["steps"][0]["corrected"]

    def test_keeps_its_day_and_where_it_led(self, case: Casebook):
        transferred(case).when(corrected())
        course = Courses(case.application).course_of(number(), None, FOLLOWER)
        assert (course["state"], course["since"]) == ("transferred", "2026-11-24T04:00:00.000000Z")

    @pytest.mark.parametrize(
        ("given", "refusal"),
        [
            ({"step_number": 2}, StepUnknown),
            ({"unit_score": 3}, NothingChanged),
            ({"document": "海信转〔2026〕12号"}, NothingChanged),
            ({"office": OTHER_COUNTY}, OfficeNotAllowed),
            ({"sees": 1}, VersionChanged),
        ],
    )
    def test_is_corrected_only_where_it_stands(
        self, case: Casebook, given: dict[str, Any], refusal: type[Exception]
    ):
        transferred(case).when(corrected(**given))
        case.then_refused(refusal)

    def test_has_no_correction_before_the_first(self, case: Casebook):
        case.when_registered(registration())
        case.when(corrected())
        case.then_refused(StepUnknown)

    def test_that_delivered_the_reply_corrects_the_reply_too(self, case: Casebook):
        transferred(case)
        for step in ("accept", "handle"):
            case.when(take(step))
        case.when(reply("海信复〔2026〕7号"))
        case.when(corrected(4, document="海信复〔2026〕17号"))
        assert case.ownership()["reply"]["document"] == "海信复〔2026〕17号"


class TestWhatACorrectionPutsIn:
    """It is checked as what was stated with the step."""

    def found_by_a_repeat(self, case: Casebook) -> int:
        """A repeat came after the reply; whoever inspects names it. Return the step's number."""
        register(case)
        walk(case, "transfer", "accept", "handle", "reply")
        case.when_registered(registration(2, repeats=petition_id()))
        found = {"found_by": "repeat", "document": number(2)}
        walk(case, "inspect", inspect=found)
        return len(course_of(case)["steps"])

    def test_is_the_number_of_a_repeat_where_it_was_found_by_one(self, case: Casebook):
        """Neither another number nor a document that is none."""
        place = self.found_by_a_repeat(case)
        for document in (number(3), "海信核〔2026〕4号"):
            case.when(corrected(place, document=document))
            case.then_refused(ConditionUnmet, step="inspect", condition="repeat_on_record")
        case.when_registered(registration(3, repeats=petition_id()))
        case.when(corrected(place, document=number(3)))
        assert case.answer["steps"][-1]["given"]["document"] == number(3)

    def test_is_any_document_where_it_was_found_otherwise(self, case: Casebook):
        register(case)
        walk(case, "transfer", "inspect")
        case.when(corrected(2, document="海信核〔2026〕4号"))
        assert case.answer["steps"][-1]["given"]["document"] == "海信核〔2026〕4号"

    def test_is_nothing_where_the_petitioner_took_the_step(self, case: Casebook):
        """The number that he withdrew, and why, is on record at intake."""
        transferred(case).when(withdrawn())
        case.when(corrected(2, document=number(7)))
        case.then_refused(StatedByIntake)
        case.when(corrected(2, reason="not_pursued"))
        case.then_refused(StatedByIntake)

    def test_is_nothing_where_a_repeat_opened_the_matter(self, case: Casebook):
        """Its number is what the reopening rests on."""
        register(case)
        walk(case, *PATHS["closed"])
        case.when_registered(registration(2, repeats=petition_id()))
        walk(case, "set_plan")
        *_, reopened, _ = course_of(case)["steps"]
        assert reopened["given"]["document"] == number(2)
        case.when(corrected(reopened["number"], document="海信办〔2026〕4号"))
        case.then_refused(StatedByIntake)

    def test_is_what_was_stated_where_somebody_ordered_the_reopening(self, case: Casebook):
        register(case)
        walk(case, *PATHS["closed"], "reopen")
        case.when(corrected(len(course_of(case)["steps"]), document="海信办〔2026〕4号"))
        assert case.answer["steps"][-1]["given"]["document"] == "海信办〔2026〕4号"

    def test_is_checked_by_each_condition_that_asks_about_it(self, case: Casebook):
        """With each step that states one, what may be corrected is asked about as in the step."""
        for code, step in STEPS.items():
            for name in CorrectedStatement.__struct_fields__:
                if name in {*step.takes, *step.may_take}:
                    about = (
                        {"repeat_on_record"} if (code, name) == ("inspect", "document") else set()
                    )
                    assert {ASKED_AGAIN.get(name)} & set(step.conditions) == about


def test_the_steps_of_the_whole_are_corrected_under_each_of_its_numbers(town: Town) -> None:
    """As they are shown: not those of a matter that is part of it now."""
    first, second = town.register(2)
    does(town, receive(HUANG, of=first), receive(HUANG, of=second))
    does(town, take("assign", of=second), take("transfer", of=first))
    town.link(second, first)
    shown = Courses(town.case.application).course_of(second, None, FOLLOWER)
    assert [step["step"] for step in shown["steps"]] == ["transfer"]
    correction = StepCorrection(1, {"document": "海信转〔2026〕21号"}, "誊写有误")
    sent = command("responsibility.correct_step", correction, actor())
    answer = Courses(town.case.application).correct_step(sent, second, correction)
    assert [(step["step"], step["corrected"]) for step in answer["steps"]] == [("transfer", True)]


class TestAMatter:
    def test_takes_the_class_and_channel_of_its_first_petition(self, case: Casebook):
        case.when_registered(registration())
        case.when(reclassified("suggestion", "letter"))
        case.then(
            happened(
                Ownership.MatterCorrected,
                petition_class="suggestion",
                previous_class="appeal",
                channel="letter",
                previous_channel="visit",
            )
        )

    def test_follows_a_repeat_only_into_an_accusation(self, case: Casebook):
        """What the repeat is, is on record all the same: with that it leaves."""
        case.when_registered(registration(), registration(2, repeats=petition_id()))
        case.when(reclassified("suggestion", "letter", of=2))
        case.then(
            happened(
                Ownership.MatterCorrected,
                petition_class="appeal",
                previous_class="appeal",
                channel="visit",
                corrected_number=number(2),
                corrected_class="suggestion",
            )
        )
        case.when(
            told(
                "sealed",
                lambda application, unit: application.correct_matter(
                    unit,
                    petition_id(),
                    MatterCorrection(number(2), False, "accusation", None),
                    NOON,
                ),
            )
        )
        case.then(happened(Ownership.MatterCorrected, petition_class="accusation", channel="visit"))

    def test_is_never_opened_again_to_everybody(self, case: Casebook):
        case.when_registered(registration(petition_class="accusation"))
        case.when(reclassified("appeal"))
        case.then_nothing()

    def test_goes_on_in_the_course_of_its_new_class(self, case: Casebook):
        transferred(case).when(reclassified("suggestion"))
        course = Courses(case.application).course_of(number(), None, FOLLOWER)
        assert (course["petition_class"], course["previous_class"]) == ("suggestion", "appeal")
        assert course["state"] == "transferred"


class TestTheTermsOfTheNewClass:
    """An appeal has terms that the others have not; they run from the steps they run from."""

    def changed(self, case: Casebook, *legs: Leg, **given: Any) -> None:
        register(case, on="2026-03-02", petition_class="suggestion")
        walk(case, *legs, **given)
        case.when(lambda _: corrected_to(case, "appeal"))

    def test_an_appeal_has_its_sixty_days_from_the_acceptance(self, case: Casebook):
        self.changed(case, "accept", timedelta(days=10))
        case.then(
            happened(Ownership.MatterCorrected, petition_class="appeal"),
            happened(Course.Reclassified, petition_class="appeal"),
            happened(Course.TermBegun, term="handling", runs_from="2026-03-02", length_days=60),
        )
        assert term_of(case, "handling")["due_on"] == "2026-05-01"

    def test_an_appeal_can_be_extended_then(self, case: Casebook):
        self.changed(case, "accept")
        walk(case, "handle", "ask_extension", "approve_extension")
        assert term_of(case, "handling")["due_on"] == "2026-05-31"

    def test_an_appeal_that_was_replied_to_may_be_reviewed(self, case: Casebook):
        self.changed(case, "accept", "handle", timedelta(days=10), "reply", timedelta(days=30))
        assert running(case) == {"review_request"}
        walk(case, "ask_review")

    def test_an_appeal_that_was_closed_may_be_reviewed(self, case: Casebook):
        """A closure does not shorten the petitioner's term: thirty days from the reply."""
        self.changed(case, *TO_CLEARANCE[1:], "close", timedelta(days=30))
        case.then(
            happened(Ownership.MatterCorrected, petition_class="appeal"),
            happened(Course.Reclassified, petition_class="appeal"),
            happened(Course.TermBegun, term="review_request", runs_from="2026-03-02"),
            happened(Course.TermEnded, term="review_request", late_days=0),
        )
        assert running(case) == set()
        walk(case, "ask_review")

    def test_an_appeal_that_was_closed_is_reviewed_no_later_for_that(self, case: Casebook):
        """Its term is over, whenever the class was put right."""
        self.changed(case, *TO_CLEARANCE[1:], "close", timedelta(days=31))
        case.when(asked("ask_review"))
        case.then_refused(ConditionUnmet, condition="review_in_time")

    def test_an_appeal_that_was_closed_and_opened_again_has_the_terms_of_the_handling(
        self, case: Casebook
    ):
        """The reply before is no answer any more."""
        self.changed(case, *TO_CLEARANCE[1:], "close", "reopen")
        assert running(case) == {"handling"}

    def test_there_and_back_changes_nothing_of_what_is_closed(self, case: Casebook):
        register(case, on="2026-03-02")
        walk(case, *PATHS["closed"])
        before = course_of(case)["terms"]
        corrected_to(case, "suggestion")
        corrected_to(case, "appeal")
        assert course_of(case)["terms"] == before

    @pytest.mark.parametrize(
        ("path", "terms"),
        [
            ((), {"first_step"}),
            (("transfer",), {"acceptance", "objection"}),
            (("accept", "handle", "reply", "evaluate", "re_examine"), {"re_examination"}),
            (("accept", "withdraw"), set()),
        ],
    )
    def test_none_begins_that_an_appeal_would_not_have_there(
        self, case: Casebook, path: tuple[str, ...], terms: set[str]
    ):
        self.changed(case, *path, evaluate={"satisfied": False})
        assert running(case) == terms

    def test_what_is_no_appeal_has_none_of_them(self, case: Casebook):
        """On record, and by how many days it was late."""
        register(case, on="2026-03-02")
        walk(case, "accept", timedelta(days=62))
        case.when(lambda _: corrected_to(case, "suggestion"))
        case.then(
            happened(Ownership.MatterCorrected, petition_class="suggestion"),
            happened(Course.Reclassified, petition_class="suggestion"),
            happened(Course.TermEnded, term="handling", ended_on="2026-05-03", late_days=2),
        )

    def test_there_and_back_is_where_it_was(self, case: Casebook):
        """Extended as before; and whether a hearing goes on is not forgotten."""
        register(case, on="2026-03-02")
        walk(case, "accept", "handle", "ask_extension", "approve_extension")
        before = term_of(case, "handling")
        corrected_to(case, "suggestion")
        assert running(case) == set()
        corrected_to(case, "appeal")
        assert term_of(case, "handling") == before

    def test_a_hearing_is_held_where_it_was(self, case: Casebook):
        register(case, on="2026-03-02")
        day = timedelta(days=1)
        walk(case, *PATHS["re_review_hearing"], 3 * day, "end_hearing", day, "begin_hearing")
        before = term_of(case, "re_review")
        corrected_to(case, "suggestion")
        corrected_to(case, "appeal")
        assert term_of(case, "re_review") == before
        walk(case, day, "end_hearing")
        assert term_of(case, "re_review")["due_on"] == "2026-04-06"

    def test_what_was_no_appeal_when_its_review_was_dropped_is_handled_anew(self, case: Casebook):
        register(case, on="2026-03-02")
        walk(case, *PATHS["review_asked"])
        corrected_to(case, "suggestion")
        walk(case, timedelta(days=5), "drop_review")
        corrected_to(case, "appeal")
        assert term_of(case, "handling")["runs_from"] == "2026-03-07"


def test_a_course_that_was_left_without_its_term_is_not_extended(case: Casebook):
    """On record from before reclassifying began terms: refused by a code, like any other."""
    register(case, petition_class="suggestion")
    walk(case, "accept", "handle")

    def reclassified_then(unit: Unit) -> dict[str, Any]:
        course: Any = unit.find(Course, Course.create_id(petition_id()))
        classes = {"petition_class": "appeal", "previous_class": "suggestion"}
        course.trigger_event(Course.Reclassified, timestamp=case.clock(), **classes)
        ownership: Any = unit.find(Ownership, Ownership.create_id(petition_id()))
        ownership.correct(MatterCorrection(number(), True, "appeal", None), case.clock())
        return {}

    case.application.run(Provenance("service:responsibility", "then", "then"), reclassified_then)
    case.when(take("ask_extension"))
    case.then_refused(ConditionUnmet, condition="extension_possible")


class TestWithdrawal:
    def test_by_the_petitioner_is_a_step_of_the_course(self, case: Casebook):
        transferred(case).when(withdrawn())
        assert case.new_facts()[0].withdrawn_number == number()
        course = Courses(case.application).course_of(number(), None, FOLLOWER)
        assert course["state"] == "withdrawn"
        assert course["steps"][-1]["by"] == "petitioner"
        case.when(close(statement(outcome="withdrawn")))
        assert case.refusal is None

    def test_begins_the_course_where_nothing_was_done_yet(self, case: Casebook):
        case.when_registered(registration())
        case.when(withdrawn())
        course = Courses(case.application).course_of(number(), None, FOLLOWER)
        assert course["state"] == "withdrawn"

    def test_of_one_of_two_petitions_leaves_the_matter(self, case: Casebook):
        case.when_registered(registration(), registration(2, repeats=petition_id()))
        case.when(withdrawn(2))
        case.then(happened(Ownership.WithdrawalReceived, withdrawn_number=number(2)))
        case.when(withdrawn(1))
        course = Courses(case.application).course_of(number(), None, FOLLOWER)
        assert course["state"] == "withdrawn"

    def test_of_a_closed_matter_is_on_record_and_changes_nothing(self, case: Casebook):
        case.when_registered(registration())
        case.when(receive())
        case.when(reply())
        case.when(close())
        case.when(withdrawn())
        case.then(happened(Ownership.WithdrawalReceived))

    def test_twice_is_once(self, case: Casebook):
        transferred(case).when(withdrawn())
        case.when(withdrawn(cause="again"))
        case.then_nothing()


class TestTheVersionBeforeTheFirstStep:
    def test_is_nought(self, case: Casebook):
        """As `course_of` shows it, so it can be given."""
        case.when_registered(registration())
        assert Courses(case.application).course_of(number(), None, FOLLOWER)["version"] == 0
        case.when(seeing(0))
        assert case.refusal is None

    def test_is_no_version_of_a_course_that_has_begun(self, case: Casebook):
        transferred(case).when(seeing(0, "accept"))
        case.then_refused(VersionChanged)

    def test_of_a_matter_there_is_none(self, case: Casebook):
        case.when_registered(registration())
        case.when(receive(sees=0))
        case.then_refused(VersionChanged)


def seeing(version: int, step: str = "transfer") -> Asked:
    def ask(application: Responsibility) -> Any:
        asked = StepAsked(number(), step, {n: GIVEN[n] for n in STEPS[step].takes}, None)
        sent = command(f"responsibility.{step}", asked, actor(), f"seeing-{version}-{step}")
        return Courses(application).take_step(replace(sent, expected_version=version), asked)

    return ask
