"""The course of one matter: the steps taken, the terms that run, who does the work.

A stream of its own beside the ownership, so that no step can touch the owner. What may be done is
read from the table in `statute.course`; here is what its conditions mean.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, timedelta
from operator import eq
from typing import Any, ClassVar, Final
from uuid import UUID, uuid5

from eventsourcing.domain import Aggregate, CanMutateAggregate, event

from services.responsibility.domain.policy import (
    PASSED_ON_AT_MOST,
    PASSING_ON,
    REPORT_WITHIN,
    day_of,
)
from services.responsibility.domain.refusals import (
    ClassNotFitting,
    ConditionUnmet,
    NothingChanged,
    StepNotOpen,
    StepOutOfOrder,
    StepUnknown,
)
from services.responsibility.domain.supervision import (
    POLICY,
    promise,
    reasons_in,
    untrue_reports,
)
from services.responsibility.domain.taken import Taken
from statute.counting import Due, Pause, Term, TermRefusal
from statute.course import BEGINNING, CONDITIONS, FINAL, SENDING, STEPS, Step, steps_from
from statute.parties import Parties
from statute.terms import TERMS, Counting
from statute.workdays import WorkCalendar

COURSES: Final = UUID("4a5f6d0e-7b51-5c62-8d0b-4f7e2f3a9c35")
CARRYING_OUT: Final = "carrying_out"
# With each of them the handling begins anew, and what was stated before is about what was before.
BEGINS_HANDLING: Final = frozenset({"handle", "re_examine", "remand", "drop_review", "reopen"})
# Terms of appeals alone that a step of what is no appeal would begin.
BEGINS_FOR_APPEALS: Final[Mapping[str, tuple[str, ...]]] = {"drop_review": ("handling",)}


@dataclass(frozen=True, slots=True)
class Taking:
    """A step that somebody wants to take.

    Attributes:
        given: what he states, by names in `statute.course.GIVEN`.
        at: when it happened, UTC.
        calendar: by which the terms are counted.
        repeats: numbers of what repeats the matter.
        parties: who is kept out of it.
        stands_for: tells whether an office is another one itself, or above it.
    """

    step: Step
    by: str
    office: str
    given: Mapping[str, Any]
    at: datetime
    calendar: WorkCalendar
    repeats: Sequence[str] = ()
    parties: Parties = field(default_factory=Parties)
    stands_for: Callable[[str, str], bool] = eq

    @property
    def day(self) -> date:
        """The day of the step, in Shanghai."""
        return day_of(self.at)

    @property
    def repeat_known(self) -> bool:
        """Whether the document is the number of a repeat, where one is what it was found by."""
        return self.given["found_by"] != "repeat" or self.given["document"] in self.repeats


@dataclass(frozen=True, slots=True)
class StepCorrection:
    """What should have been stated with a step.

    Attributes:
        step_number: its place among the steps, from 1.
        stated: name to what should have been stated, for what was wrong.
    """

    step_number: int
    stated: Mapping[str, Any]
    reason: str


@dataclass
class CourseTerm:
    """One term of the matter.

    Attributes:
        due: None while a hearing goes on.
        ended_on: day of the step that it was for; None while it runs.
        late_days: at its end, or when the hearing began that goes on.
    """

    term: Term
    due: Due | None
    ended_on: date | None = None
    late_days: int = 0

    @property
    def owed(self) -> bool:
        """Whether somebody owes a step within it; a right only lapses."""
        return not self.term.rule.lapses

    def late_on(self, day: date) -> int:
        """Return by how many days it is late where the step is taken on a day.

        While a hearing goes on, by how many it was when that began.
        """
        if self.due is None:
            return self.late_days
        return max(0, (day - self.due.on).days) if self.owed else 0

    def open_at(self, at: datetime) -> bool:
        """Tell whether it runs, and is not over."""
        return self.ended_on is None and not self.over_at(at)

    def over_at(self, at: datetime) -> bool:
        """Tell whether its last day is over, whether or not it was ended by then."""
        return self.due is not None and at >= self.due.until


@dataclass
class Work:
    """Who does the work, each with its latest value; the log has their history."""

    unit: str = ""
    handler: str = ""
    assisting: list[str] = field(default_factory=list)
    team: list[str] = field(default_factory=list)
    plan: str = ""
    handlers: list[str] = field(default_factory=list)
    members: list[str] = field(default_factory=list)

    def parts_of(self, parties: Parties) -> list[str]:
        """Return the parts of the work that parties have, by their names here."""
        parts = {
            "unit": [self.unit],
            "handler": [self.handler],
            "assisting": self.assisting,
            "team": self.team,
        }
        return [name for name, who in parts.items() if parties.include(*filter(None, who))]

    @property
    def involved(self) -> frozenset[str]:
        """Offices and staff numbers of those who do the work now."""
        who = {self.unit, self.handler, *self.assisting, *self.team}
        return frozenset(who - {""})


class Course(Aggregate):
    """The course of one matter; it begins with the first step after registration."""

    TOPIC = "course.v1"

    class Event(Aggregate.Event):
        petition_id: str
        number: str

    class Begun(Event, Aggregate.Created):
        TOPIC = "course.begun.v1"
        office: str
        petition_class: str

    Created = Begun

    class StepTaken(Event):
        TOPIC = "course.step_taken.v1"
        step: str
        previous_state: str
        state: str
        article: str
        by: str
        office: str
        given: dict[str, Any]

    class SupervisionFound(Event):
        TOPIC = "supervision.reason_found.v1"
        trigger: str
        policy: str
        steps: list[int]

    class ReplacementDue(Event):
        TOPIC = "replacement.due.v1"
        office: str
        parts: list[str]

    class ReplacementSettled(Event):
        TOPIC = "replacement.settled.v1"
        office: str

    class Reclassified(Event):
        TOPIC = "course.reclassified.v1"
        petition_class: str
        previous_class: str

    class StepCorrected(Event):
        TOPIC = "course.step_corrected.v1"
        step_number: int
        step: str
        before: dict[str, Any]
        after: dict[str, Any]
        reason: str
        by: str
        office: str

    class TermBegun(Event):
        TOPIC = "term.begun.v1"
        term: str
        office: str
        runs_from: str
        length_days: int
        counting: dict[str, Any]
        due: dict[str, Any]

    class TermExtended(Event):
        TOPIC = "term.extended.v1"
        term: str
        days: int
        due: dict[str, Any]

    class TermPaused(Event):
        TOPIC = "term.paused.v1"
        term: str
        first_day: str

    class TermResumed(Event):
        TOPIC = "term.resumed.v1"
        term: str
        last_day: str
        due: dict[str, Any]

    class TermRecounted(Event):
        TOPIC = "term.recounted.v1"
        term: str
        due: dict[str, Any]

    class TermEnded(Event):
        TOPIC = "term.ended.v1"
        term: str
        ended_on: str
        late_days: int

    class Merged(Event):
        TOPIC = "course.merged.v1"
        into_number: str
        ended_on: str
        late_days: dict[str, int]

    class Split(Event):
        TOPIC = "course.split.v1"
        state: str
        terms: list[str]

    @staticmethod
    def create_id(petition_id: str) -> UUID:
        return uuid5(COURSES, petition_id)

    @event(Begun)
    def __init__(
        self, timestamp: datetime, petition_id: str, number: str, office: str, petition_class: str
    ) -> None:
        self.petition_id = petition_id
        self.number = number
        self.office = office
        self.petition_class = petition_class
        self.previous_class: str | None = None
        self.state = BEGINNING
        self.since = timestamp
        self.terms: dict[str, CourseTerm] = {}
        # Those in whose place another of their kind began.
        self.past_terms: list[CourseTerm] = []
        self.work = Work()
        self.steps: list[Taken] = []
        self.closed_from = ""
        self.ended_by_merging: list[str] = []
        self.reasons: set[str] = set()
        self.replacement_due: list[str] = []

    def trigger_event(self, event_class: type[CanMutateAggregate[UUID]], **kwargs: Any) -> None:
        """Make a fact; every fact of a matter names it."""
        super().trigger_event(
            event_class, petition_id=self.petition_id, number=self.number, **kwargs
        )

    def begin_first_term(self, registered_at: datetime, calendar: WorkCalendar) -> None:
        """Let the term for the office's first step run from the receipt (Art 22)."""
        self._begin_term("first_step", registered_at, calendar, {})

    def take(self, taking: Taking) -> None:
        """Take a step.

        Raises:
            StepNotOpen: it does not lead on from here; says which do.
            ClassNotFitting: it is not for petitions of this class.
            StepOutOfOrder: it is dated before the one before it.
            ConditionUnmet: names the condition and what it asks.
        """
        self._check(taking)
        self._put_on_record(taking)

    def follow(self, done: Iterable[Taking]) -> None:
        """Take in what was done without a course; whether it was open was decided by then."""
        for taking in done:
            self._put_on_record(taking)

    def _put_on_record(self, taking: Taking) -> None:
        step = taking.step
        self._record_step(
            timestamp=taking.at,
            step=step.code,
            previous_state=self.state,
            state=step.after(self.state),
            article=step.article,
            by=taking.by,
            office=taking.office,
            given=dict(taking.given),
        )
        self._move_terms(taking)
        for reason in reasons_in(self.steps):
            self._record_reason(
                timestamp=taking.at,
                trigger=reason.trigger,
                policy=POLICY.version,
                steps=list(reason.steps),
            )

    def look_for_replacement(self, parties: Parties, at: datetime) -> None:
        """Put on record, once, that somebody at work is a party, and once that nobody is any more.

        He sees nothing and takes no step; only a step of the course names another in his place.
        """
        parts = [] if self.state in FINAL else self.work.parts_of(parties)
        if parts == self.replacement_due:
            return
        if parts:
            self._record_replacement(timestamp=at, office=self.office, parts=parts)
        else:
            self._record_settlement(timestamp=at, office=self.office)

    def end_terms(self, at: datetime) -> None:
        """Let all that the matter owes to the petitioner end with it."""
        for code in self._all_but_outlasting():
            self._end_term(code, at)

    @property
    def all_terms(self) -> list[CourseTerm]:
        """All terms that ever began; the latest of each kind behind those before."""
        return [*self.past_terms, *self.terms.values()]

    @property
    def has_ended(self) -> bool:
        """Whether the matter ended after re-review, closed since or not."""
        return "ended" in {self.state, self.closed_from}

    def merge(self, into_number: str, at: datetime) -> None:
        """End with its terms: the matter is part of another, whose course goes on."""
        day = day_of(at)
        running = {code: each for code, each in self.terms.items() if each.ended_on is None}
        self._record_merging(
            timestamp=at,
            into_number=into_number,
            ended_on=day.isoformat(),
            late_days={code: each.late_on(day) for code, each in running.items()},
        )

    def split(self, at: datetime) -> None:
        """Go on where it stood; the terms that ended with the merging run again."""
        self._record_split(timestamp=at, state=self.state, terms=list(self.ended_by_merging))

    def reclassify(self, petition_class: str, at: datetime, calendar: WorkCalendar) -> None:
        """Go on as the course of another class, with the terms that it has where the course stands.

        Those that it does not have end; those that it has beside run from the steps they run from.
        """
        if petition_class == self.petition_class:
            return
        self._record_class(
            timestamp=at, petition_class=petition_class, previous_class=self.petition_class
        )
        owed = self._owed_to_an_appeal() if petition_class == "appeal" else {}
        for code in [code for code in self.terms if TERMS[code].appeals_only]:
            if code not in owed:
                self._end_term(code, at)
        for code, runs_from in owed.items():
            if not self._runs(code):
                self._begin_again(code, runs_from, at, calendar)

    def correct_step(self, correction: StepCorrection, by: str, office: str, at: datetime) -> Taken:
        """Correct what was stated with a step, neither its day nor where it led.

        Returns:
            the step as it stands now.

        Raises:
            StepUnknown: there is no such step.
            NothingChanged: nothing of the kind was stated with it, or it was stated so.
        """
        if correction.step_number > len(self.steps):
            raise StepUnknown(step_number=f"there are {len(self.steps)} steps on record")
        taken = self.steps[correction.step_number - 1]
        if unstated := sorted(set(correction.stated) - set(taken.given)):
            raise NothingChanged(
                **{f"corrected.{name}": "was not stated with this step" for name in unstated}
            )
        after = {
            name: value for name, value in correction.stated.items() if value != taken.given[name]
        }
        if not after:
            raise NothingChanged(corrected="the record says so already")
        self._record_step_correction(
            timestamp=at,
            step_number=correction.step_number,
            step=taken.step,
            before={name: taken.given[name] for name in after},
            after=after,
            reason=correction.reason,
            by=by,
            office=office,
        )
        return self.steps[correction.step_number - 1]

    def step_at(self, place: int) -> Step | None:
        """Return which step was taken at a place, from 1; None where there is none."""
        return STEPS[self.steps[place - 1].step] if place <= len(self.steps) else None

    def recount(self, calendar: WorkCalendar, at: datetime) -> int:
        """Count the terms that run again by another calendar; return how many there were.

        One that ends on the same day is on record again too: it says by what it was counted.
        """
        outdated = {
            code: running.term
            for code, running in self.terms.items()
            if running.ended_on is None and running.due and running.due.calendar != calendar.version
        }
        for code, term in outdated.items():
            self._record_recount(timestamp=at, term=code, due=_told(term.due(calendar)))
        return len(outdated)

    def last(self, step: str) -> Taken | None:
        """Return what was stated when a step was last taken since the matter was last handled."""
        return next((taken for taken in self._since_handled() if taken.step == step), None)

    def _since_handled(self) -> Iterator[Taken]:
        """Yield the steps back to the one by which the matter was last handled, that included."""
        for taken in reversed(self.steps):
            yield taken
            if taken.step in BEGINS_HANDLING:
                return

    # What has to hold

    def _check(self, taking: Taking) -> None:
        step = taking.step
        if self.state not in step.sources:
            open_steps = ", ".join(s.code for s in steps_from(self.state, self.petition_class))
            raise StepNotOpen(step=step.code, state=self.state, open=open_steps)
        if self.petition_class not in step.classes:
            raise ClassNotFitting(step=step.code, petition_class=self.petition_class)
        if taking.at < self.since:
            raise StepOutOfOrder(happened_at="lies before the step before it")
        for name in step.conditions:
            if not self._HOLDS[name](self, taking):
                raise ConditionUnmet(step=step.code, condition=name, asks=CONDITIONS[name])

    def _term_open(self, code: str, taking: Taking) -> bool:
        running = self.terms.get(code)
        return running is not None and running.open_at(taking.at)

    def _objection_in_time(self, taking: Taking) -> bool:
        return self._term_open("objection", taking)

    def _review_in_time(self, taking: Taking) -> bool:
        """A closure does not shorten the petitioner's term; asking or withdrawing uses it up."""
        term = self.terms.get("review_request")
        used = self.last("ask_review") or self.last("withdraw")
        return term is not None and not used and not term.over_at(taking.at)

    def _re_review_in_time(self, taking: Taking) -> bool:
        return self._term_open("re_review_request", taking)

    def _re_review_term_over(self, taking: Taking) -> bool:
        return not self._term_open("re_review_request", taking)

    def _extension_possible(self, taking: Taking) -> bool:
        handling = self.terms.get("handling")
        asked = self.last("ask_extension")
        days = taking.given.get("days") or (asked.given["days"] if asked else 0)
        if handling is None or handling.ended_on is not None:
            return False
        try:
            handling.term.extend(days, taking.day, taking.calendar)
        except TermRefusal:
            return False
        return True

    def _extension_asked(self, _taking: Taking) -> bool:
        decisions = {"ask_extension", "approve_extension", "decline_extension"}
        decided = [taken.step for taken in self._since_handled() if taken.step in decisions]
        return decided[:1] == ["ask_extension"]

    def _dissatisfied(self, _taking: Taking) -> bool:
        evaluation = self.last("evaluate")
        return evaluation is not None and not evaluation.given["satisfied"]

    def _re_examined(self, taking: Taking) -> bool:
        return self.last("re_examine") is not None or not self._dissatisfied(taking)

    def _no_hearing_that_day(self, taking: Taking) -> bool:
        return all(pause.last != taking.day for pause in self.terms["re_review"].term.pauses)

    def _not_own_work(self, taking: Taking) -> bool:
        checkers = {
            taken.by for taken in map(self.last, ("check", "verify", "countersign")) if taken
        }
        return taking.by not in self._workers | checkers

    @property
    def _workers(self) -> frozenset[str]:
        """Staff numbers of all who were ever handler or in the team, or delivered a reply."""
        replied = {taken.by for taken in self.steps if taken.step == "reply"}
        return frozenset({*self.work.handlers, *self.work.members, *replied})

    def _decided_by_the_sender(self, taking: Taking) -> bool:
        sent = self._last_of(SENDING)
        objected = self._last_of({"object"})
        by_another = objected is None or taking.by != objected.by
        return by_another and (sent is None or taking.stands_for(taking.office, sent.office))

    def _not_own_opinion(self, taking: Taking) -> bool:
        """Neither who made it nor anybody of a body below the unit whose opinion it is."""
        unit = self.work.unit
        below = unit != taking.office and taking.stands_for(unit, taking.office)
        return taking.by not in self._workers and not below

    def _another_body(self, taking: Taking) -> bool:
        reviewed = self.last("decide_review")
        if reviewed is None:
            return True
        below = taking.stands_for(reviewed.office, taking.office)
        return taking.by != reviewed.by and not below

    def _last_of(self, steps: Collection[str]) -> Taken | None:
        return next((taken for taken in reversed(self.steps) if taken.step in steps), None)

    def _report_by_ahead(self, taking: Taking) -> bool:
        ahead = date.fromisoformat(taking.given["report_by"]) - taking.day
        return timedelta(0) < ahead <= REPORT_WITHIN

    def _carry_out_by_ahead(self, taking: Taking) -> bool:
        stated = taking.given.get("carry_out_by")
        ahead = date.fromisoformat(stated) - taking.day if stated else timedelta(1)
        return timedelta(0) < ahead <= REPORT_WITHIN

    def _carrying_out_due(self, _taking: Taking) -> bool:
        return self._runs(CARRYING_OUT)

    def _carrying_out_promised(self, taking: Taking) -> bool:
        return "carried_out" not in taking.given or promise(self.steps) is not None

    def _untrue_on_record(self, taking: Taking) -> bool:
        return untrue_reports(self.steps, taking.given.get("untrue_steps", ()), taking.by)

    def _no_appeal(self, _taking: Taking) -> bool:
        return self.petition_class != "appeal"

    def _party_at_work(self, taking: Taking) -> bool:
        replaced = taking.given["instead_of"]
        at_work = replaced in {self.work.unit, *self.work.assisting}
        return at_work and taking.parties.include(replaced)

    def _trigger_on_record(self, taking: Taking) -> bool:
        shown = {
            "delay": self._delayed,
            "buck_passing": self._passed_on_too_often,
            "false_report": self._reported_falsely,
            "opinion_not_carried_out": self._not_carried_out,
        }
        shows = shown.get(taking.given["trigger"])
        return shows is None or shows(taking)

    def _delayed(self, taking: Taking) -> bool:
        return any(
            running.late_days > 0
            or (running.ended_on is None and running.owed and running.over_at(taking.at))
            for running in self.all_terms
            if running.term.rule.code != CARRYING_OUT
        )

    def _passed_on_too_often(self, _taking: Taking) -> bool:
        passed_on = sum(taken.step in PASSING_ON for taken in self.steps)
        return passed_on > PASSED_ON_AT_MOST

    def _reported_falsely(self, _taking: Taking) -> bool:
        return "false_report" in self.reasons

    def _not_carried_out(self, taking: Taking) -> bool:
        overdue = self._runs(CARRYING_OUT) and self.terms[CARRYING_OUT].over_at(taking.at)
        return overdue or "opinion_not_carried_out" in self.reasons

    def _runs(self, code: str) -> bool:
        running = self.terms.get(code)
        return running is not None and running.ended_on is None

    def _supervision_open(self, _taking: Taking) -> bool:
        return self._runs("supervision")

    def _supervised(self, _taking: Taking) -> bool:
        return "supervision" in self.terms

    def _proposal_open(self, _taking: Taking) -> bool:
        return self._runs("proposal")

    def _no_proposal_open(self, _taking: Taking) -> bool:
        return not self._runs("proposal")

    _HOLDS: ClassVar[Mapping[str, Callable[["Course", Taking], bool]]] = {
        "objection_in_time": _objection_in_time,
        "review_in_time": _review_in_time,
        "re_review_in_time": _re_review_in_time,
        "re_review_term_over": _re_review_term_over,
        "extension_asked": _extension_asked,
        "extension_possible": _extension_possible,
        "dissatisfied": _dissatisfied,
        "re_examined": _re_examined,
        "no_hearing_that_day": _no_hearing_that_day,
        "report_by_ahead": _report_by_ahead,
        "trigger_on_record": _trigger_on_record,
        "carry_out_by_ahead": _carry_out_by_ahead,
        "carrying_out_due": _carrying_out_due,
        "carrying_out_promised": _carrying_out_promised,
        "untrue_on_record": _untrue_on_record,
        "repeat_on_record": lambda _, taking: taking.repeat_known,
        "no_appeal": _no_appeal,
        "party_at_work": _party_at_work,
        "supervision_open": _supervision_open,
        "supervised": _supervised,
        "proposal_open": _proposal_open,
        "no_proposal_open": _no_proposal_open,
        "not_own_work": _not_own_work,
        "decided_by_the_sender": _decided_by_the_sender,
        "not_own_opinion": _not_own_opinion,
        "another_body": _another_body,
    }

    # Terms

    def _move_terms(self, taking: Taking) -> None:
        step = taking.step
        ending = self._all_but_outlasting() if step.to in FINAL else step.ends
        for code in ending:
            self._end_term(code, taking.at)
        for code in step.begins:
            rule = TERMS[code]
            stated = not rule.stated or rule.stated_as in taking.given
            if stated and (self.petition_class == "appeal" or not rule.appeals_only):
                self._begin_term(code, taking.at, taking.calendar, taking.given)
        move = self._MOVES.get(step.code)
        if move is not None:
            move(self, taking)

    def _all_but_outlasting(self) -> list[str]:
        return [code for code in self.terms if not TERMS[code].outlasts]

    def _owed_to_an_appeal(self) -> dict[str, date]:
        """Return the terms of appeals alone that would run here, each with the day it runs from."""
        owed: dict[str, date] = {}
        for taken in self.steps:
            step = STEPS[taken.step]
            for code in list(owed) if step.to in FINAL else step.ends:
                owed.pop(code, None)
            for code in (*step.begins, *BEGINS_FOR_APPEALS.get(step.code, ())):
                if TERMS[code].appeals_only:
                    owed[code] = day_of(taken.at)
        return owed

    def _begin_again(
        self, code: str, runs_from: date, at: datetime, calendar: WorkCalendar
    ) -> None:
        """Begin a term that runs from a day before, as it was then where it was cut off."""
        former = self.terms.get(code)
        self._begin_term(code, at, calendar, {}, runs_from)
        if former is None or former.term.runs_from != runs_from:
            return
        if days := former.term.extension_days:
            extended = replace(self.terms[code].term, extension_days=days)
            due = _told(extended.due(calendar))
            self._record_extension(timestamp=at, term=code, days=days, due=due)
        for pause in former.term.pauses:
            self._record_pause(timestamp=at, term=code, first_day=pause.first.isoformat())
            if pause.last is not None:
                self._resume_after(code, pause.last, at, calendar)

    def _begin_term(
        self,
        code: str,
        at: datetime,
        calendar: WorkCalendar,
        given: Mapping[str, Any],
        runs_from: date | None = None,
    ) -> None:
        term = Term.begin(code, runs_from or day_of(at))
        if term.rule.stated:
            length = (date.fromisoformat(given[term.rule.stated_as]) - term.runs_from).days
            term = replace(term, rule=replace(term.rule, length_days=length))
        self._record_term(
            timestamp=at,
            term=code,
            office=self.office,
            runs_from=term.runs_from.isoformat(),
            length_days=term.length_days,
            counting=asdict(term.counting),
            due=_told(term.due(calendar)),
        )

    def _end_term(self, code: str, at: datetime) -> None:
        running = self.terms.get(code)
        if running is None or running.ended_on is not None:
            return
        day = day_of(at)
        late_days = running.late_on(day)
        self._record_end(timestamp=at, term=code, ended_on=day.isoformat(), late_days=late_days)

    def _extend(self, taking: Taking) -> None:
        asked = self.last("ask_extension")
        days = asked.given["days"] if asked else 0
        term = self.terms["handling"].term.extend(days, taking.day, taking.calendar)
        self._record_extension(
            timestamp=taking.at, term="handling", days=days, due=_told(term.due(taking.calendar))
        )

    def _pause(self, taking: Taking) -> None:
        self._record_pause(timestamp=taking.at, term="re_review", first_day=taking.day.isoformat())

    def _resume(self, taking: Taking) -> None:
        self._resume_after("re_review", taking.day, taking.at, taking.calendar)

    def _resume_after(self, code: str, last: date, at: datetime, calendar: WorkCalendar) -> None:
        due = _told(self.terms[code].term.resume(last).due(calendar))
        self._record_resumption(timestamp=at, term=code, last_day=last.isoformat(), due=due)

    _MOVES: ClassVar[Mapping[str, Callable[["Course", Taking], None]]] = {
        "approve_extension": _extend,
        "begin_hearing": _pause,
        "end_hearing": _resume,
    }

    # Records. Replayed for ever, so they decide nothing.

    @event(StepTaken)
    def _record_step(
        self,
        timestamp: datetime,
        step: str,
        previous_state: str,
        state: str,
        article: str,
        by: str,
        office: str,
        given: dict[str, Any],
    ) -> None:
        self.state = state
        self.closed_from = previous_state if state == "closed" else ""
        self.since = timestamp
        self.steps.append(Taken(step, by, given, timestamp, office=office))
        if given.get("carried_out"):
            self.reasons.discard("opinion_not_carried_out")
        if state == "closed":
            # Who works at it is looked at anew where it is opened again.
            self.replacement_due = []
        if step == "replace_unit":
            _replace(self.work, given["instead_of"], given["unit"])
            return
        for name, value in given.items():
            note = _NOTES.get((step, name)) or _NOTES.get(("", name))
            if note is not None:
                note(self.work, value)

    @event(SupervisionFound)
    def _record_reason(
        self, timestamp: datetime, trigger: str, policy: str, steps: list[int]
    ) -> None:
        self.reasons.add(trigger)

    @event(ReplacementDue)
    def _record_replacement(self, timestamp: datetime, office: str, parts: list[str]) -> None:
        self.replacement_due = parts

    @event(ReplacementSettled)
    def _record_settlement(self, timestamp: datetime, office: str) -> None:
        self.replacement_due = []

    @event(Reclassified)
    def _record_class(self, timestamp: datetime, petition_class: str, previous_class: str) -> None:
        self.petition_class = petition_class
        self.previous_class = previous_class

    @event(StepCorrected)
    def _record_step_correction(
        self,
        timestamp: datetime,
        step_number: int,
        step: str,
        before: dict[str, Any],
        after: dict[str, Any],
        reason: str,
        by: str,
        office: str,
    ) -> None:
        taken = self.steps[step_number - 1]
        given = {**taken.given, **after}
        self.steps[step_number - 1] = replace(taken, given=given, corrected=True)
        if taken.step == "set_plan" and self.work.plan == taken.given["document"]:
            self.work.plan = given["document"]

    @event(TermBegun)
    def _record_term(
        self,
        timestamp: datetime,
        term: str,
        office: str,
        runs_from: str,
        length_days: int,
        counting: dict[str, Any],
        due: dict[str, Any],
    ) -> None:
        rule = replace(TERMS[term], length_days=length_days)
        running = Term(rule, date.fromisoformat(runs_from), Counting(**counting))
        if term in self.terms:
            self.past_terms.append(self.terms[term])
        self.terms[term] = CourseTerm(running, _due(due))

    @event(TermExtended)
    def _record_extension(
        self,
        timestamp: datetime,
        term: str,
        days: int,
        due: dict[str, Any],
    ) -> None:
        running = self.terms[term]
        running.term = replace(running.term, extension_days=days)
        running.due = _due(due)

    @event(TermPaused)
    def _record_pause(self, timestamp: datetime, term: str, first_day: str) -> None:
        running = self.terms[term]
        pause = Pause(date.fromisoformat(first_day))
        running.term = replace(running.term, pauses=(*running.term.pauses, pause))
        running.late_days = running.late_on(pause.first)
        running.due = None

    @event(TermResumed)
    def _record_resumption(
        self,
        timestamp: datetime,
        term: str,
        last_day: str,
        due: dict[str, Any],
    ) -> None:
        running = self.terms[term]
        *before, last = running.term.pauses
        ended = replace(last, last=date.fromisoformat(last_day))
        running.term = replace(running.term, pauses=(*before, ended))
        running.due, running.late_days = _due(due), 0

    @event(TermRecounted)
    def _record_recount(
        self,
        timestamp: datetime,
        term: str,
        due: dict[str, Any],
    ) -> None:
        self.terms[term].due = _due(due)

    @event(Merged)
    def _record_merging(
        self, timestamp: datetime, into_number: str, ended_on: str, late_days: dict[str, int]
    ) -> None:
        self.ended_by_merging = list(late_days)
        self.replacement_due = []
        for code, late in late_days.items():
            self.terms[code].ended_on = date.fromisoformat(ended_on)
            self.terms[code].late_days = late

    @event(Split)
    def _record_split(self, timestamp: datetime, state: str, terms: list[str]) -> None:
        self.ended_by_merging = []
        for code in terms:
            running = self.terms[code]
            running.ended_on = None
            running.late_days = 0 if running.due else running.late_days

    @event(TermEnded)
    def _record_end(self, timestamp: datetime, term: str, ended_on: str, late_days: int) -> None:
        running = self.terms[term]
        running.ended_on = date.fromisoformat(ended_on)
        running.late_days = late_days


def _told(due: Due | None) -> dict[str, Any]:
    """Return when a term ends as its facts have it; a term that goes on has no such fact."""
    if due is None:
        raise TermRefusal("a hearing goes on")
    return {
        "on": due.on.isoformat(),
        "until": due.until.isoformat(),
        "workday": due.workday.isoformat(),
        "provisional": due.provisional,
        "calendar": due.calendar,
    }


def _due(told: Mapping[str, Any]) -> Due:
    return Due(
        on=date.fromisoformat(told["on"]),
        until=datetime.fromisoformat(told["until"]),
        workday=date.fromisoformat(told["workday"]),
        provisional=told["provisional"],
        calendar=told["calendar"],
    )


def _replace(work: Work, replaced: str, unit: str) -> None:
    work.unit = unit if work.unit == replaced else work.unit
    work.assisting = [unit if each == replaced else each for each in work.assisting]


def _name_handler(work: Work, handler: str) -> None:
    work.handler = handler
    work.handlers.append(handler)


def _name_team(work: Work, team: list[str]) -> None:
    work.team = team
    work.members += team


# Step ("" for any) and statement to what it changes in the work.
_NOTES: Final[Mapping[tuple[str, str], Callable[[Work, Any], None]]] = {
    ("ask_assistance", "unit"): lambda work, unit: work.assisting.append(unit),
    ("", "unit"): lambda work, unit: setattr(work, "unit", unit),
    ("", "handler"): _name_handler,
    ("", "team"): _name_team,
    ("take_back", "document"): lambda work, _document: setattr(work, "unit", ""),
    ("set_plan", "document"): lambda work, document: setattr(work, "plan", document),
}
