"""The course of one matter: the steps taken, the terms that run, who does the work.

A stream of its own beside the ownership, so that no step can touch the owner. What may be done is
read from the table in `statute.course`, what its conditions mean stands in `conditions`, how the
terms move in `timed`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID, uuid5

from eventsourcing.domain import Aggregate, CanMutateAggregate, event

from services.responsibility.domain.conditions import ASKED_AGAIN, HOLDS, TELLS
from services.responsibility.domain.course_facts import Course as Facts
from services.responsibility.domain.course_terms import CourseTerm, due_of
from services.responsibility.domain.policy import day_of
from services.responsibility.domain.refusals import (
    ClassNotFitting,
    ConditionUnmet,
    NothingChanged,
    StatedByIntake,
    StepNotOpen,
    StepOutOfOrder,
    StepUnknown,
)
from services.responsibility.domain.supervision import POLICY, reasons_in
from services.responsibility.domain.taken import Taken
from services.responsibility.domain.taking import StepCorrection, Taking
from services.responsibility.domain.timed import Timed
from services.responsibility.domain.work import Work
from statute.counting import Pause, Term
from statute.course import BEGINNING, CONDITIONS, DATED_BY, FINAL, STEPS, Step, steps_from
from statute.parties import Parties
from statute.terms import TERMS, Counting
from statute.workdays import WorkCalendar

COURSES: Final = UUID("4a5f6d0e-7b51-5c62-8d0b-4f7e2f3a9c35")


class Course(Timed, Aggregate):
    """The course of one matter; it begins with the first step after registration."""

    TOPIC = "course.v1"

    Event = Facts.Event
    Created = Facts.Begun

    @staticmethod
    def create_id(petition_id: str) -> UUID:
        return uuid5(COURSES, petition_id)

    @event(Facts.Begun)
    def __init__(
        self,
        timestamp: datetime,
        petition_id: str,
        number: str,
        office: str,
        petition_class: str,
        received_at: datetime | None = None,
    ) -> None:
        self.petition_id = petition_id
        self.number = number
        self.office = office
        self.petition_class = petition_class
        self.previous_class: str | None = None
        self.state = BEGINNING
        self.since = timestamp
        # Facts of before do not say it: none of their steps lies before the registration.
        self.received_at = received_at or timestamp
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

    def take(self, taking: Taking) -> None:
        """Take a step.

        Raises:
            StepNotOpen: it does not lead on from here; says which do.
            ClassNotFitting: it is not for petitions of this class.
            StepOutOfOrder: it is dated before the one before it, or before the receipt.
            ConditionUnmet: names the condition and what it asks.
        """
        self._check(taking)
        self._put_on_record(taking)

    def _check(self, taking: Taking) -> None:
        step = taking.step
        if self.state not in step.sources:
            open_steps = ", ".join(s.code for s in steps_from(self.state, self.petition_class))
            raise StepNotOpen(step=step.code, state=self.state, open=open_steps)
        if self.petition_class not in step.classes:
            raise ClassNotFitting(step=step.code, petition_class=self.petition_class)
        if taking.at < self.not_before:
            before = "the step before it" if self.steps else "the receipt of the petition"
            dated_by = DATED_BY.get(step.code, "happened_at")
            not_before = self.not_before.isoformat()
            raise StepOutOfOrder(**{dated_by: f"lies before {before}"}, not_before=not_before)
        for name in step.conditions:
            self._check_condition(name, taking)

    def _check_condition(self, name: str, taking: Taking) -> None:
        if not HOLDS[name](self, taking):
            told = TELLS[name](self, taking) if name in TELLS else {}
            asks = CONDITIONS[name]
            raise ConditionUnmet(step=taking.step.code, condition=name, asks=asks, **told)

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
            recorded_at=taking.recorded_at if taking.dated_back else None,
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
        closed = self.state == "closed"
        for code, runs_from in owed.items():
            if not self.runs(code) and not (closed and self._ran(code, runs_from)):
                self._begin_again(code, runs_from, at, calendar)
            if closed:
                self._end_term(code, at)

    def correct_step(
        self,
        correction: StepCorrection,
        by: str,
        office: str,
        at: datetime,
        calendar: WorkCalendar,
    ) -> Taken:
        """Correct what was stated with a step, neither its day nor where it led.

        Returns:
            the step as it stands now.

        Raises:
            StepUnknown: there is no such step.
            NothingChanged: nothing of the kind was stated with it, or it was stated so.
            StatedByIntake: the platform took it when intake told something.
            ConditionUnmet: the step would not have been taken so.
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
        if taken.follows_intake:
            raise StatedByIntake(step_number="follows from what intake has on record; correct that")
        self._check_corrected(taken, after, correction, calendar)
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

    def _check_corrected(
        self,
        taken: Taken,
        after: Mapping[str, Any],
        correction: StepCorrection,
        calendar: WorkCalendar,
    ) -> None:
        given = {**taken.given, **after}
        asked = Taking(STEPS[taken.step], taken.by, taken.office, given, taken.at, calendar)
        conditions = {ASKED_AGAIN[name] for name in after if name in ASKED_AGAIN}
        for name in conditions.intersection(asked.step.conditions):
            self._check_condition(name, replace(asked, repeats=correction.repeats))

    def step_at(self, place: int) -> Step | None:
        """Return which step was taken at a place, from 1; None where there is none."""
        return STEPS[self.steps[place - 1].step] if place <= len(self.steps) else None

    # Records. Replayed for ever, so they decide nothing.

    @event(Facts.StepTaken)
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
        recorded_at: datetime | None = None,
    ) -> None:
        self.state = state
        self.closed_from = previous_state if state == "closed" else ""
        self.since = timestamp
        self.steps.append(Taken(step, by, given, timestamp, office=office, recorded_at=recorded_at))
        if given.get("carried_out"):
            self.reasons.discard("opinion_not_carried_out")
        if state == "closed":
            # Who works at it is looked at anew where it is opened again.
            self.replacement_due = []
        self.work.note(step, given)

    @event(Facts.SupervisionFound)
    def _record_reason(
        self, timestamp: datetime, trigger: str, policy: str, steps: list[int]
    ) -> None:
        self.reasons.add(trigger)

    @event(Facts.ReplacementDue)
    def _record_replacement(self, timestamp: datetime, office: str, parts: list[str]) -> None:
        self.replacement_due = parts

    @event(Facts.ReplacementSettled)
    def _record_settlement(self, timestamp: datetime, office: str) -> None:
        self.replacement_due = []

    @event(Facts.Reclassified)
    def _record_class(self, timestamp: datetime, petition_class: str, previous_class: str) -> None:
        self.petition_class = petition_class
        self.previous_class = previous_class

    @event(Facts.StepCorrected)
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

    @event(Facts.TermBegun)
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
        self.terms[term] = CourseTerm(running, due_of(due))

    @event(Facts.TermExtended)
    def _record_extension(
        self,
        timestamp: datetime,
        term: str,
        days: int,
        due: dict[str, Any],
    ) -> None:
        running = self.terms[term]
        running.term = replace(running.term, extension_days=days)
        running.due = due_of(due)

    @event(Facts.TermPaused)
    def _record_pause(self, timestamp: datetime, term: str, first_day: str) -> None:
        running = self.terms[term]
        pause = Pause(date.fromisoformat(first_day))
        running.term = replace(running.term, pauses=(*running.term.pauses, pause))
        running.late_days = running.late_on(pause.first)
        running.due = None

    @event(Facts.TermResumed)
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
        running.due, running.late_days = due_of(due), 0

    @event(Facts.TermRecounted)
    def _record_recount(
        self,
        timestamp: datetime,
        term: str,
        due: dict[str, Any],
        runs_from: str = "",
    ) -> None:
        running = self.terms[term]
        running.due = due_of(due)
        if runs_from:
            running.term = replace(running.term, runs_from=date.fromisoformat(runs_from))

    @event(Facts.Merged)
    def _record_merging(
        self, timestamp: datetime, into_number: str, ended_on: str, late_days: dict[str, int]
    ) -> None:
        self.ended_by_merging = list(late_days)
        self.replacement_due = []
        for code, late in late_days.items():
            self.terms[code].ended_on = date.fromisoformat(ended_on)
            self.terms[code].late_days = late

    @event(Facts.Split)
    def _record_split(self, timestamp: datetime, state: str, terms: list[str]) -> None:
        self.ended_by_merging = []
        for code in terms:
            running = self.terms[code]
            running.ended_on = None
            running.late_days = 0 if running.due else running.late_days

    @event(Facts.TermEnded)
    def _record_end(self, timestamp: datetime, term: str, ended_on: str, late_days: int) -> None:
        running = self.terms[term]
        running.ended_on = date.fromisoformat(ended_on)
        running.late_days = late_days
