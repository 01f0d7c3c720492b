"""What the table does not have is refused, all of it, and leaves no trace."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pytest

from chassis.eventstore.application import Provenance, Unit
from services.responsibility.domain.course import Course
from services.responsibility.domain.refusals import (
    CaseClosed,
    CaseNotClosed,
    ClassNotFitting,
    ConditionUnmet,
    StepNotOpen,
)
from statute.course import (
    BEGINNING,
    CONDITIONS,
    EVERY_CLASS,
    STATES,
    STEPS,
    Step,
    edges,
    steps_from,
)
from tests.builders import CLERK, COUNTY, DAY, HEAD, HUANG, Clock, number, petition_id
from tests.unit.responsibility.casebook import GIVEN, Casebook, FakeArrivals, responsibility, take
from tests.unit.responsibility.paths import (
    CITY_S,
    HEAD_OF_THE_UNIT,
    PATHS,
    TO_CLEARANCE,
    TO_THE_REPLY,
    TO_THE_REVIEW,
    UNEVALUATED,
    Leg,
    asked,
    course_of,
    register,
    walk,
)
from tests.unit.stores import Stores

SERIAL_OF: Final = {state: serial for serial, state in enumerate(STATES, 1)}
LEADS_FROM: Final = {(source, step.code) for source, step, _ in edges()}
NOT_FITTING: Final = [
    (step, petition_class)
    for step in STEPS.values()
    for petition_class in EVERY_CLASS
    if petition_class not in step.classes
]


@pytest.fixture(scope="module")
def book(stores: Stores) -> Iterator[Casebook]:
    """One matter in each state. Refusals record nothing, so that it serves for all of them."""
    clock, arrivals = Clock(), FakeArrivals()
    with stores.opened("responsibility", lambda env: responsibility(env, clock, arrivals)) as made:
        case = Casebook(made, clock, arrivals)
        for state, serial in SERIAL_OF.items():
            register(case, serial)
            walk(case, *PATHS[state], serial=serial)
        yield case


class TestThePaths:
    def test_there_is_one_to_each_state(self):
        """So none is left out below."""
        assert PATHS.keys() == STATES.keys()

    @pytest.mark.parametrize("state", STATES)
    def test_it_leads_there(self, book: Casebook, state: str):
        """By steps that were all open."""
        assert course_of(book, SERIAL_OF[state])["state"] == state


class TestAStepThatDoesNotLeadFromAState:
    @pytest.mark.parametrize("state", STATES)
    def test_is_refused_with_where_it_leads(self, book: Casebook, state: str):
        """Every step that the table does not have there; the refusal names those that it has."""
        shut = [code for code in STEPS if (state, code) not in LEADS_FROM]
        opened = ", ".join(code for code in STEPS if (state, code) in LEADS_FROM)
        assert len(shut) + len(steps_from(state, "appeal")) == len(STEPS)
        for code in shut:
            book.when(take(code, of=number(SERIAL_OF[state])))
            book.then_refused(StepNotOpen, step=code, state=state, open=opened)

    @pytest.mark.parametrize("state", STATES)
    @pytest.mark.parametrize("code", ["reply", "close", "reopen"])
    def test_is_refused_by_the_commands_of_the_ownership_too(
        self, book: Casebook, state: str, code: str
    ):
        """An open matter is not reopened and a closed one not replied to, whatever its course."""
        if (state, code) in LEADS_FROM:
            return
        book.when(asked(code, SERIAL_OF[state]))
        if code == "reopen":
            book.then_refused(CaseNotClosed)
        elif (code, state) == ("reply", "closed"):
            book.then_refused(CaseClosed)
        else:
            book.then_refused(StepNotOpen, step=code, state=state)

    def test_is_refused_where_the_course_has_not_begun(self, case: Casebook):
        """No course begins with a refusal."""
        register(case)
        for code in STEPS:
            if (BEGINNING, code) not in LEADS_FROM:
                case.when(take(code))
                case.then_refused(StepNotOpen, step=code, state=BEGINNING)
        assert course_of(case)["version"] == 0


class TestAStepForOtherClasses:
    @pytest.mark.parametrize(
        ("step", "petition_class"), NOT_FITTING, ids=lambda value: getattr(value, "code", value)
    )
    def test_is_refused_from_every_state(self, case: Casebook, step: Step, petition_class: str):
        """Even where a matter of that class cannot have got by the steps that are open to it."""
        for serial, source in enumerate(step.sources, 1):
            register(case, serial, petition_class=petition_class)
            given_state(case, serial, petition_class, source)
            case.when(take(step.code, of=number(serial)))
            case.then_refused(ClassNotFitting, step=step.code, petition_class=petition_class)

    def test_there_are_such_steps_for_all_but_appeals(self):
        """The long way, with terms and instances, is an appeal's."""
        assert {petition_class for _, petition_class in NOT_FITTING} == {"suggestion", "accusation"}


def given_state(case: Casebook, serial: int, petition_class: str, state: str) -> None:
    """Put a course in a state on record, whatever a rule may say about that."""

    def record(unit: Unit) -> dict[str, Any]:
        course = Course._create(
            Course.Begun,
            id=Course.create_id(petition_id(serial)),
            timestamp=case.clock(),
            petition_id=petition_id(serial),
            number=number(serial),
            office=COUNTY,
            petition_class=petition_class,
        )
        course.trigger_event(
            Course.StepTaken,
            timestamp=case.clock(),
            step="accept",
            previous_state=BEGINNING,
            state=state,
            article="",
            by=HEAD,
            office=COUNTY,
            given={},
        )
        unit.add(course)
        return {}

    case.application.run(Provenance(CLERK, "given", f"given-state-{serial}"), record)


@dataclass(frozen=True)
class Unmet:
    """A step that one condition stands against, at the end of a path."""

    path: Sequence[Leg]
    step: str
    stated: Mapping[str, Any] = field(default_factory=dict)
    on_the_way: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


DISSATISFIED: Final = {"evaluate": {"satisfied": False}}
PROMISED: Final = {"reply": {"carry_out_by": "2026-12-24"}}
TO_HANDLING: Final = ("transfer", "accept", "handle")
IN_A_TEAM: Final = (*TO_HANDLING, "name_team", *TO_CLEARANCE[3:])
PROCESS: Final = {"check": {"aspect": "process"}}
PROCESS_CHECKED: Final = TO_CLEARANCE[:7]
OWN_S: Final = {"by": "D330424009", "office": COUNTY}
# At least one a condition. From 2026-11-24, a Tuesday.
UNMET: Final[Sequence[tuple[str, Unmet]]] = (
    ("objection_in_time", Unmet(("transfer", 8 * DAY), "object")),
    ("objection_in_time", Unmet(("transfer", "object", "insist"), "object")),
    ("review_in_time", Unmet((*TO_THE_REPLY, 31 * DAY), "ask_review")),
    ("review_in_time", Unmet((*PATHS["closed"], 31 * DAY), "ask_review")),
    ("review_in_time", Unmet(("refuse", "close"), "ask_review")),
    ("review_in_time", Unmet((*TO_THE_REPLY, "withdraw", "close"), "ask_review")),
    ("review_in_time", Unmet((*PATHS["ended"], "close"), "ask_review")),
    ("re_review_in_time", Unmet((*TO_THE_REVIEW, 31 * DAY), "ask_re_review")),
    ("re_review_term_over", Unmet((*TO_THE_REVIEW, 30 * DAY), "let_stand")),
    ("extension_asked", Unmet(TO_HANDLING, "approve_extension")),
    ("extension_asked", Unmet(TO_HANDLING, "decline_extension")),
    (
        "extension_asked",
        Unmet((*TO_HANDLING, "ask_extension", "decline_extension"), "decline_extension"),
    ),
    (
        "extension_asked",
        Unmet(
            (*TO_THE_REPLY[:3], "ask_extension", "reply", "ask_review", "remand"),
            "decline_extension",
        ),
    ),
    ("extension_possible", Unmet((*TO_HANDLING, 61 * DAY), "ask_extension")),
    ("extension_possible", Unmet(TO_HANDLING, "ask_extension", {"days": 31})),
    (
        "extension_possible",
        Unmet((*TO_HANDLING, "ask_extension", "approve_extension"), "ask_extension"),
    ),
    ("extension_possible", Unmet((*TO_HANDLING, "ask_extension", 61 * DAY), "approve_extension")),
    ("dissatisfied", Unmet(TO_CLEARANCE[:5], "re_examine")),
    ("re_examined", Unmet(TO_CLEARANCE[:5], "visit", {}, DISSATISFIED)),
    ("evaluation_term_over", Unmet(TO_THE_REPLY, "record_no_evaluation")),
    (
        "evaluation_term_over",
        Unmet((*TO_THE_REPLY, "ask_evaluation", 30 * DAY), "record_no_evaluation"),
    ),
    (
        "evaluation_term_over",
        Unmet(
            (*TO_THE_REPLY, "ask_evaluation", 29 * DAY, "ask_evaluation", 30 * DAY),
            "record_no_evaluation",
        ),
    ),
    (
        "evaluation_term_over",
        Unmet(
            (*TO_THE_REPLY, "ask_evaluation", "ask_review", 31 * DAY, "remand", "reply"),
            "record_no_evaluation",
        ),
    ),
    ("not_evaluated", Unmet(TO_CLEARANCE[:5], "evaluate")),
    ("not_evaluated", Unmet(TO_CLEARANCE[:8], "evaluate")),
    ("not_evaluated", Unmet((*UNEVALUATED, "evaluate"), "evaluate")),
    *(
        ("re_examined", Unmet((*UNEVALUATED[:until], "evaluate"), step, {}, DISSATISFIED))
        for until, step in ((7, "visit"), (8, "check"), (9, "verify"), (10, "countersign"))
    ),
    (
        "dissatisfaction_answered",
        Unmet((*UNEVALUATED, "evaluate"), "close", {}, DISSATISFIED),
    ),
    ("not_own_work", Unmet(TO_CLEARANCE[:6], "check", {"by": GIVEN["handler"]})),
    ("not_own_work", Unmet(TO_CLEARANCE[:7], "verify", {"by": CLERK})),
    ("not_own_work", Unmet(TO_CLEARANCE[:7], "verify", {"by": GIVEN["handler"]})),
    ("not_own_work", Unmet(TO_CLEARANCE[:8], "countersign", {"by": CLERK})),
    (
        "not_own_work",
        Unmet(TO_CLEARANCE[:8], "countersign", {"by": HUANG}, {"handle": {"handler": HUANG}}),
    ),
    ("not_own_work", Unmet(PROCESS_CHECKED, "verify", {"by": CLERK}, PROCESS)),
    *(
        ("not_the_handler", Unmet(path, step, {"by": by}))
        for path, step in (
            (IN_A_TEAM[:5], "ask_evaluation"),
            (IN_A_TEAM[:5], "evaluate"),
            ((*IN_A_TEAM[:5], "ask_evaluation", 31 * DAY), "record_no_evaluation"),
            (IN_A_TEAM[:6], "visit"),
        )
        for by in (GIVEN["handler"], "U330424072")
    ),
    ("check_due", Unmet(PROCESS_CHECKED, "check", {"aspect": "process"}, PROCESS)),
    ("check_due", Unmet(PROCESS_CHECKED, "check")),
    ("all_checked", Unmet(PROCESS_CHECKED, "verify", {}, PROCESS)),
    # The second is of the team, the last is the owner, who delivered the reply.
    ("not_own_work", Unmet(IN_A_TEAM[:7], "check", {"by": "U330424071"})),
    ("not_own_work", Unmet(IN_A_TEAM[:8], "verify", {"by": "U330424072"})),
    ("not_own_work", Unmet(TO_CLEARANCE[:6], "check", {"by": HUANG})),
    ("decided_by_the_sender", Unmet(PATHS["objected"], "take_back", {"by": HEAD_OF_THE_UNIT})),
    ("decided_by_the_sender", Unmet(PATHS["objected"], "insist", {"by": HEAD_OF_THE_UNIT})),
    ("decided_by_the_sender", Unmet(PATHS["objected"], "insist", {}, {"transfer": CITY_S})),
    ("not_own_opinion", Unmet(PATHS["review_asked"], "decide_review", {"by": HUANG})),
    ("not_own_opinion", Unmet(PATHS["review_asked"], "remand", {"by": GIVEN["handler"]})),
    (
        "not_own_opinion",
        Unmet(PATHS["review_asked"], "decide_review", {}, {"transfer": {"unit": "330400-05"}}),
    ),
    # Where no unit has it the opinion is the office's own: that above it reviews.
    ("not_own_opinion", Unmet(("accept", "handle", "reply", "ask_review"), "decide_review")),
    ("not_own_opinion", Unmet(("accept", "handle", "reply", "ask_review"), "remand")),
    (
        "not_own_opinion",
        Unmet(PATHS["review_asked"], "decide_review", {}, {"transfer": {"unit": COUNTY}}),
    ),
    (
        "not_own_opinion",
        Unmet(PATHS["re_review_asked"], "decide_re_review", {**CITY_S, "by": HUANG}),
    ),
    ("another_body", Unmet(PATHS["re_review_asked"], "decide_re_review", OWN_S)),
    ("another_body", Unmet(PATHS["re_review_asked"], "begin_hearing", OWN_S)),
    ("another_body", Unmet(PATHS["re_review_hearing"], "end_hearing", OWN_S)),
    ("another_body", Unmet(PATHS["re_review_asked"], "decide_re_review", {"by": HEAD})),
    (
        "another_body",
        Unmet(PATHS["re_review_asked"], "decide_re_review", OWN_S, {"decide_review": CITY_S}),
    ),
    ("report_by_ahead", Unmet(("transfer",), "order_supervision", {"report_by": "2026-11-24"})),
    ("report_by_ahead", Unmet((), "assign", {"report_by": "2026-11-23"})),
    (
        "report_by_ahead",
        Unmet(("order_supervision",), "propose", {"report_by": "2026-11-24"}),
    ),
    ("report_by_ahead", Unmet((), "assign", {"report_by": "2028-11-24"})),
    ("carry_out_by_ahead", Unmet(TO_HANDLING, "reply", {"carry_out_by": "2026-11-24"})),
    ("carry_out_by_ahead", Unmet(TO_HANDLING, "reply", {"carry_out_by": "2028-11-24"})),
    ("carrying_out_due", Unmet(TO_THE_REPLY, "report_carrying_out")),
    (
        "carrying_out_due",
        Unmet((*TO_THE_REPLY, "report_carrying_out"), "report_carrying_out", {}, PROMISED),
    ),
    (
        "carrying_out_due",
        Unmet((*TO_THE_REPLY, "ask_review", "remand"), "report_carrying_out", {}, PROMISED),
    ),
    ("carrying_out_promised", Unmet(TO_THE_REPLY, "inspect", {"carried_out": False})),
    (
        "carrying_out_promised",
        Unmet((*TO_THE_REPLY, "ask_review", "remand"), "inspect", {"carried_out": True}, PROMISED),
    ),
    # The first is a transfer, which reports nothing; there is no ninth; the reply is his own.
    ("untrue_on_record", Unmet(TO_THE_REPLY, "inspect", {"untrue_steps": [1]})),
    ("untrue_on_record", Unmet(TO_THE_REPLY, "inspect", {"untrue_steps": [9]})),
    ("untrue_on_record", Unmet(TO_THE_REPLY, "inspect", {"untrue_steps": [4], "by": HUANG})),
    ("untrue_on_record", Unmet(TO_CLEARANCE[:5], "visit", {"untrue_steps": [4, 1]})),
    (
        "repeat_on_record",
        Unmet(TO_THE_REPLY, "inspect", {"found_by": "repeat", "document": number(2)}),
    ),
    ("no_appeal", Unmet(PATHS["review_asked"], "drop_review")),
    ("party_at_work", Unmet(TO_HANDLING, "replace_unit", {"unit": "330424-08"})),
    ("trigger_on_record", Unmet(("transfer",), "order_supervision", {"trigger": "delay"})),
    (
        "trigger_on_record",
        Unmet(TO_THE_REPLY, "order_supervision", {"trigger": "false_report"}),
    ),
    (
        "trigger_on_record",
        Unmet(TO_THE_REPLY, "order_supervision", {"trigger": "opinion_not_carried_out"}, PROMISED),
    ),
    (
        "trigger_on_record",
        Unmet(
            ("transfer", "object", "take_back", "transfer"),
            "order_supervision",
            {"trigger": "buck_passing"},
        ),
    ),
    ("supervision_open", Unmet(("transfer",), "answer_supervision")),
    ("supervision_open", Unmet(("order_supervision", "answer_supervision"), "answer_supervision")),
    ("supervised", Unmet(("transfer",), "propose")),
    ("no_proposal_open", Unmet(("order_supervision", "propose"), "propose")),
    ("proposal_open", Unmet(("order_supervision",), "adopt_proposal")),
    (
        "no_hearing_that_day",
        Unmet((*PATHS["re_review_asked"], "begin_hearing", "end_hearing"), "begin_hearing"),
    ),
)


class TestACondition:
    def test_each_one_is_tried(self):
        """None of the table is left out, and none is tried that it does not have."""
        assert {name for name, _ in UNMET} == set(CONDITIONS)
        assert {name for step in STEPS.values() for name in step.conditions} == set(CONDITIONS)

    @pytest.mark.parametrize(
        ("name", "unmet"), UNMET, ids=[f"{name}-{unmet.step}" for name, unmet in UNMET]
    )
    def test_that_does_not_hold_is_named(self, case: Casebook, name: str, unmet: Unmet):
        """And what it asks; nothing is recorded."""
        register(case)
        walk(case, *unmet.path, **unmet.on_the_way)
        case.when(asked(unmet.step, **unmet.stated))
        case.then_refused(
            ConditionUnmet, step=unmet.step, condition=name, asks=CONDITIONS.get(name, "")
        )
