"""The course of a petition: one method for each step of `statute.course`, and what can be asked."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, ClassVar, Final, Literal, cast

import msgspec
from msgspec import UNSET, Meta, UnsetType

from contracts.envelope import Utc
from contracts.fields import (
    VISIBLE,
    Cursor,
    Document,
    ExpectedVersion,
    Limit,
    Number,
    Office,
    PetitionClass,
    Reason,
    RequestId,
    Staff,
)
from contracts.rpc.method import FOLLOWERS, HEADS, OPERATORS, READERS, Answer, Method, Request
from statute.course import (
    ASKED_THROUGH,
    CHECKS,
    GIVEN,
    GROUNDS_OF_NOT_ACCEPTING_AGAIN,
    GROUNDS_OF_REFUSAL,
    PROPOSALS,
    ROUTES_ELSEWHERE,
    STEPS,
    TRIGGERS,
    Step,
)

Score = Annotated[int, Meta(ge=1, le=5)]
TermCode = Literal[
    "first_step",
    "acceptance",
    "objection",
    "handling",
    "re_examination",
    "evaluation",
    "review_request",
    "review",
    "re_review_request",
    "re_review",
    "report_back",
    "supervision",
    "proposal",
    "carrying_out",
]
Place = Annotated[int, Meta(ge=1, le=2**31 - 1)]

# What is stated with a step, by name, to its type on the wire.
TYPES: Final[Mapping[str, Any]] = {
    "unit": Office,
    "document": Document,
    "reason": Reason,
    "report_by": date,
    "settled_by": Literal["agreement", "superior"],
    "route": Literal[tuple(ROUTES_ELSEWHERE)],
    "handler": Staff,
    "team": Annotated[list[Staff], Meta(min_length=1, max_length=20)],
    "days": Annotated[int, Meta(ge=1, le=30)],
    "office_score": Score,
    "unit_score": Score,
    "satisfied": bool,
    "finding": Literal["upheld", "changed"],
    "trigger": Literal[tuple(TRIGGERS)],
    "proposal": Literal[tuple(PROPOSALS)],
    "adopted": bool,
    "carry_out_by": date,
    "carried_out": bool,
    "reply_received": bool,
    "untrue_steps": Annotated[list[Place], Meta(min_length=1, max_length=50)],
    "found_by": Literal["visit", "repeat", "inspection"],
    "instead_of": Office,
    "asked_through": Literal[tuple(ASKED_THROUGH)],
    "aspect": Literal[tuple(CHECKS)],
}
GROUNDS: Final[Mapping[str, Any]] = {
    "refuse": Literal[tuple(GROUNDS_OF_REFUSAL)],
    "not_accept_again": Literal[tuple(GROUNDS_OF_NOT_ACCEPTING_AGAIN)],
}
# They change the ownership as well and have methods of their own.
OF_THE_OWNERSHIP: Final = frozenset({"reply", "close", "reopen"})


class TakeStep(Request, frozen=True):
    """Take a step of the course.

    Attributes:
        happened_at: when it happened, as stated, in the past; now unless given.
    """

    INSTEAD: ClassVar = dict.fromkeys(
        ("delivered_at", "received_at", "occurred_at"), "state when it happened as happened_at"
    )

    request_id: RequestId
    number: Number
    happened_at: Utc | None = None
    expected_version: ExpectedVersion = UNSET


class TermState(Answer, frozen=True):
    """One statutory term of a matter.

    Attributes:
        term: its code.
        runs_from: the day in Shanghai that it is counted from.
        due_on: its last day in Shanghai; null while a hearing goes on, or where one did at its end.
        workday: the last day, or the next that is worked.
        provisional: a year is not published yet; it will be counted again.
        calendar: version of the calendar of working days.
        ended_on: day of the step that it was for; null while it runs.
        late_days: days after its end on which that step was taken, or a hearing began that goes on;
            0 in time.
        extension_days: by which it was extended.
    """

    term: TermCode
    runs_from: date
    due_on: date | None
    workday: date | None
    provisional: bool
    calendar: str
    ended_on: date | None
    late_days: int
    extension_days: int


class StepOpen(Answer, frozen=True):
    """A step that leads on from where the matter is, and that nothing on record stands against.

    Who may take it, and what has to hold of what he states, is decided when he asks.

    Attributes:
        step: its code in the course.
        article: that it rests on.
        roles: any one of them may take it.
        takes: what has to be stated with it.
        may_take: what may be stated beside it.
    """

    step: str
    article: str
    roles: list[str]
    takes: list[str]
    may_take: list[str] | UnsetType = UNSET


class StepTaken(Answer, frozen=True):
    """A step that was taken.

    Attributes:
        step: its code in the course.
        by: staff number of who took it.
        happened_at: when, as stated.
        number: its place among the steps, from 1.
        given: what was stated with it, as it stands now.
        corrected: whether that was corrected.
    """

    step: str
    by: str
    happened_at: Utc
    number: int | UnsetType = UNSET
    given: dict[str, Any] | UnsetType = UNSET
    corrected: bool | UnsetType = UNSET


class MergedCourse(Answer, frozen=True):
    """How far the own course of a petition had got when its matter was merged (并案).

    The course of the matter that it is part of goes on; this one's work is not taken over.

    Attributes:
        state: a state of the course.
        unit: the handling unit until then.
        handler: staff number of the handler until then.
        assisting: units that assisted.
        terms: all that ever began, the latest of a kind last; what ran ended with the merging.
        steps: those taken, oldest first.
        merged_into: number of the matter that it is part of.
        merged_at: since when.
    """

    state: str
    unit: str
    handler: str
    assisting: list[str]
    terms: list[TermState]
    steps: list[StepTaken]
    merged_into: Number
    merged_at: Utc


class Course(Answer, frozen=True):
    """Where a matter stands in its course.

    Attributes:
        number: the petition that was asked about.
        matter: number of the matter that it belongs to.
        state: a state of the course.
        since: since when.
        unit: the handling unit (承办单位); empty while there is none.
        handler: staff number of the handler (承办人); empty while there is none. Never the owner's
            field.
        assisting: units that assist.
        team: staff numbers.
        plan: reference of the plan.
        terms: all that ever began, the latest of a kind last.
        open_steps: the steps that lead on from here and that nothing on record stands against.
        steps: those taken, oldest first.
        version: of the course, from 1; 0 before its first step.
        previous_class: class before it was corrected; absent where it never was.
        merged_course: the own course of the petition, whose matter was merged into this one; absent
            where it had none.
    """

    number: Number
    matter: Number
    petition_class: PetitionClass
    state: str
    since: Utc
    unit: str
    handler: str
    assisting: list[str]
    team: list[str]
    plan: str
    terms: list[TermState]
    open_steps: list[StepOpen]
    steps: list[StepTaken]
    version: int
    previous_class: PetitionClass | UnsetType = UNSET
    merged_course: MergedCourse | UnsetType = UNSET


class CorrectedStatement(Request, frozen=True):
    """What should have been stated; what is not given stays as it was.

    Attributes:
        reason: the reason stated with the step.
        office_score: how the petitioner rates the petition office, 1 to 5.
        unit_score: how the petitioner rates the handling unit, 1 to 5.
    """

    document: Document | UnsetType = UNSET
    reason: Reason | UnsetType = UNSET
    office_score: Score | UnsetType = UNSET
    unit_score: Score | UnsetType = UNSET


class CorrectStep(Request, frozen=True):
    """Correct what was stated with a step; its day and where it led stay.

    Attributes:
        step_number: its place among the steps of `course_of`, from 1.
        corrected: what should have been stated.
        reason: why it is corrected. Published: no personal data.
    """

    INSTEAD: ClassVar = dict.fromkeys(
        ("happened_at", "corrected.happened_at"),
        "the day of a step stays; a step that should not have been taken is undone by another one",
    )

    request_id: RequestId
    number: Number
    step_number: Place
    corrected: CorrectedStatement
    reason: Reason
    expected_version: ExpectedVersion = UNSET


class AskCourse(Request, frozen=True):
    """Which petition, and as of which instant of the record; now unless given."""

    number: Number
    as_of: Utc | None = None


class ListTerms(Request, frozen=True):
    """Which terms: those that meet everything that is given.

    Attributes:
        number: of the matter.
        owner: staff number of the leader who owns the matter.
        unit: the handling unit.
        office: office of the matter; the caller's unless anything else is given.
        running: whether the step that the term is for is still to be taken.
        late: ended, or running, after the last day.
        due_until: no last day after this one.
    """

    number: Number | None = None
    owner: Staff | None = None
    unit: Office | None = None
    office: Office | None = None
    running: bool | None = None
    late: bool | None = None
    due_until: date | None = None
    limit: Limit = 50
    cursor: Cursor = ""


class TermRow(Answer, frozen=True):
    """One term in a list.

    Attributes:
        term: its code.
        provisional: a year is not published yet; it will be counted again.
        number: of the matter.
        owner: of the matter; empty while there is none.
        office: of the matter.
        unit: the handling unit; empty while there is none.
        due_on: its last day in Shanghai; null while a hearing goes on.
        ended_on: null while it runs.
        late_days: days after its end: until its step was taken, or until today.
    """

    number: Number
    term: TermCode
    owner: str
    office: Office
    unit: str
    due_on: date | None
    ended_on: date | None
    provisional: bool
    late_days: int


class TermPage(Answer, frozen=True):
    """One page of terms, the earliest last day first."""

    items: list[TermRow]
    next_cursor: str


class ExplainTerm(Request, frozen=True):
    """Which term of which petition.

    Attributes:
        term: its code.
    """

    number: Number
    term: TermCode


class DayCounted(Answer, frozen=True):
    """One day of a term.

    Attributes:
        day: in Shanghai.
        number: its place among the days that count; null for one that does not.
        why: counted, runs_from, not_worked, hearing or rolled.
        kind: workday, make_up_day, weekend or holiday.
        known: whether the calendar was published for it.
    """

    day: date
    number: int | None
    why: Literal["counted", "runs_from", "not_worked", "hearing", "rolled"]
    kind: Literal["workday", "make_up_day", "weekend", "holiday"]
    known: bool


class TermPaused(Answer, frozen=True):
    """Why a term has no last day now.

    Attributes:
        since: first day of the hearing that goes on; no day counts from it on.
        why: what goes on.
        article: of the Regulation, by which its time does not count.
    """

    since: date
    why: Literal["hearing"]
    article: str


class TermExplained(Answer, frozen=True):
    """A term with each day counted or left out, and why.

    Attributes:
        article: of the Regulation.
        mark: V, verified; R, the number of the article is from memory; U, no text is known.
        days: in order, the day that it runs from included; while it is paused, up to that day; of
            one that ended during a hearing, up to its end.
        paused: why the term has no last day now; null where it has one, or has ended.
    """

    number: Number
    state: TermState
    article: str
    mark: str
    days: list[DayCounted]
    paused: TermPaused | None


class ListToSupervise(Request, frozen=True):
    """Matters of the caller's region whose record shows a reason for supervision."""

    limit: Limit = 50
    cursor: Cursor = ""


class FoundFrom(Answer, frozen=True):
    """One event that shows a reason for supervision.

    Attributes:
        event_id: UUID of the event.
        position: in the log of responsibility, from 1.
        type: written name with version.
        happened_at: when it happened, as stated.
    """

    event_id: str
    position: int
    type: str
    happened_at: Utc


class LateTerm(Answer, frozen=True):
    """One term that somebody owes, or owed, a step within.

    Attributes:
        term: its code.
        due_on: its last day in Shanghai.
        ended_on: day of the step that it was for; null while it runs, or a hearing goes on.
        late_days: days after its end: until its step was taken or the hearing began, or until
            today.
    """

    term: TermCode
    due_on: date
    ended_on: date | None
    late_days: int


class ToSupervise(Answer, frozen=True):
    """One matter, and what its record shows.

    Attributes:
        number: of the matter.
        trigger: delay (a term that somebody owes is over, or ended late and no order was made for
            that; until the closure), buck_passing (it was passed on more
            often than is allowed), false_report (what was reported was found untrue) or
            opinion_not_carried_out (it was found not to be, or was not reported in time).
        since: the last day of the first term that is over, or the day on which it was last passed
            on or found.
        owner: of the matter; empty while there is none.
        office: of the matter.
        unit: the handling unit; empty while there is none.
        found_from: the events that show it, oldest first.
        late_terms: of a delay, the terms that are late or ended late, the running ones last; absent
            where no step of the course was taken.
    """

    number: Number
    trigger: Literal["delay", "buck_passing", "false_report", "opinion_not_carried_out"]
    since: date
    owner: str
    office: Office
    unit: str
    found_from: list[FoundFrom] | UnsetType = UNSET
    late_terms: list[LateTerm] | UnsetType = UNSET


class ToSupervisePage(Answer, frozen=True):
    """One page of matters to be supervised, by their numbers."""

    items: list[ToSupervise]
    next_cursor: str


class ImportCalendar(Request, frozen=True):
    """Count by a newer calendar of working days; terms that run are counted again.

    Nothing happens where it is known already; a version is the name of one calendar.

    Attributes:
        version: name under which terms will say by what they were counted.
        first: first day that it knows.
        last: last day that it knows.
        holidays: weekdays that are not worked.
        make_up_days: days of a weekend that are worked (调休).
        document: reference of the notice.
    """

    request_id: RequestId
    version: Annotated[str, Meta(pattern=VISIBLE, max_length=64)]
    first: date
    last: date
    holidays: Annotated[list[date], Meta(max_length=2_000)]
    make_up_days: Annotated[list[date], Meta(max_length=2_000)]
    document: Document


class CalendarImported(Answer, frozen=True):
    """The calendar in use from now on.

    Attributes:
        version: its name.
        last: last day that it knows.
    """

    version: str
    last: date


def _request_of(step: Step) -> type[TakeStep]:
    """Return the request of a step: what every step takes, and what this one has stated."""
    fields: list[Any] = [(name, GROUNDS[step.code] if name == "ground" else TYPES[name])
                         for name in step.takes]  # fmt: skip
    fields += [(name, TYPES[name] | UnsetType, UNSET) for name in step.may_take]
    made = msgspec.defstruct(
        f"Take_{step.code}",
        fields,
        bases=(TakeStep,),
        namespace={"__doc__": _explained(step)},
        module=__name__,
        frozen=True,
        kw_only=True,
        forbid_unknown_fields=True,
    )
    return cast("type[TakeStep]", made)


def _explained(step: Step) -> str:
    stated = [f"    {name}: {GIVEN[name]}." for name in (*step.takes, *step.may_take)]
    attributes = ["", "Attributes:", *stated] if stated else []
    return "\n".join([f"{step.chinese}: {step.article}.", *attributes])


def _method_of(step: Step) -> Method[TakeStep, Course]:
    leaving = ", ".join(source for source in step.sources if step.after(source) != source)
    staying = ", ".join(source for source in step.sources if step.after(source) == source)
    ways = (leaving and f"from {leaving} to {step.to}", staying and f"in {staying}")
    leads = ", or ".join(filter(None, ways))
    return Method(
        "responsibility",
        step.code,
        _request_of(step),
        Course,
        frozenset(step.by),
        f"{step.chinese}, {step.article}: {leads}.",
    )


STEP_METHODS: Final[Mapping[str, Method[TakeStep, Course]]] = {
    code: _method_of(step) for code, step in STEPS.items() if code not in OF_THE_OWNERSHIP
}

CORRECT_STEP: Final = Method(
    "responsibility",
    "correct_step",
    CorrectStep,
    Course,
    frozenset({"clerk", "office_head"}),
    "Correct the document, reason or scores stated with a step; what they were stays on record.",
)

COURSE_OF: Final = Method(
    "responsibility",
    "course_of",
    AskCourse,
    Course,
    READERS,
    "Where a petition stands in its course, which terms run, and what may be done next.",
)

TERMS: Final = Method(
    "responsibility",
    "terms",
    ListTerms,
    TermPage,
    READERS,
    "Statutory terms by petition, owner, unit or office; what is late and since when.",
)

EXPLAIN: Final = Method(
    "responsibility",
    "explain",
    ExplainTerm,
    TermExplained,
    READERS,
    "Why a term ends when it ends: each day counted or left out.",
)

TO_SUPERVISE: Final = Method(
    "responsibility",
    "to_supervise",
    ListToSupervise,
    ToSupervisePage,
    HEADS | FOLLOWERS,
    "Matters whose record shows a reason for supervision, with the events that show it.",
)

IMPORT_CALENDAR: Final = Method(
    "responsibility",
    "import_calendar",
    ImportCalendar,
    CalendarImported,
    OPERATORS,
    "Count statutory terms by a newer calendar of working days.",
)

METHODS: Final[tuple[Method[Any, Any], ...]] = (
    *STEP_METHODS.values(),
    CORRECT_STEP,
    COURSE_OF,
    TERMS,
    EXPLAIN,
    TO_SUPERVISE,
    IMPORT_CALENDAR,
)
