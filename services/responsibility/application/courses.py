"""Use cases of the course: take a step, ask where a matter stands, ask for terms."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import takewhile
from typing import Any, Final

from chassis.eventstore.application import Answer, Unit
from chassis.eventstore.commands import Command
from chassis.eventstore.instants import text_of
from services.responsibility.application import Responsibility
from services.responsibility.application.callers import Viewer
from services.responsibility.application.seats import check_correction, check_step
from services.responsibility.application.sight import check_no_party, check_sight
from services.responsibility.application.steps import (
    course_begun,
    course_without_steps,
    follow_matter,
    found_course,
    now_for,
    taking_of,
)
from services.responsibility.domain.course import Course
from services.responsibility.domain.course_terms import CourseTerm
from services.responsibility.domain.offered import offered
from services.responsibility.domain.ownership import Ownership
from services.responsibility.domain.policy import SEALED
from services.responsibility.domain.refusals import (
    PetitionUnknown,
    StepUnknown,
    TermUnknown,
    VersionChanged,
)
from services.responsibility.domain.taken import Taken
from services.responsibility.domain.taking import StepCorrection
from statute.course import STEPS, Step
from statute.workdays import WorkCalendar

# What is stated with a step that makes somebody take part in the handling.
TAKING_PART: Final = ("unit", "handler", "team")
# The version of a course before its first step.
NOT_BEGUN: Final = 0


@dataclass(frozen=True, slots=True)
class StepAsked:
    """A step as it was asked for.

    Attributes:
        given: what is stated with it.
        happened_at: None when it is happening now.
    """

    number: str
    step: str
    given: dict[str, Any]
    happened_at: datetime | None


@dataclass(frozen=True)
class Courses:
    """The courses of the matters that responsibility knows."""

    responsibility: Responsibility

    def take_step(self, command: Command, asked: StepAsked) -> Answer:
        """Take a step of the course of a matter.

        Raises:
            PetitionUnknown, OfficeNotAllowed, InTheFuture, VersionChanged, CaseClosed.
            StepNotOpen, ClassNotFitting, StepOutOfOrder, ConditionUnmet: see `Course.take`.
        """
        self.responsibility.check_past(happened_at=asked.happened_at)
        matter = self.responsibility.matter(asked.number)
        calendar = self.responsibility.calendar()

        def decide(unit: Unit) -> Answer:
            unit.load([stream, Course.create_id(matter.petition_id)])
            ownership = self.responsibility.led_to(unit, asked.number)
            found = found_course(unit, ownership)
            check_sight(Viewer(command.actor), ownership, found, asked.number)
            check_no_party(command.actor, ownership, asked.number)
            course = course_begun(unit, ownership, calendar, STEPS[asked.step])
            check_step(STEPS[asked.step], command.actor, ownership, course)
            ownership.check_no_party(
                **{name: asked.given[name] for name in TAKING_PART if name in asked.given}
            )
            follow_matter(course, ownership, calendar)
            _check_version(command, course.version if found else NOT_BEGUN)
            now = now_for(course, self.responsibility.clock())
            at = asked.happened_at or now
            closed = course.state == "closed"
            taking = taking_of(
                asked.step, command.actor, asked.given, at, calendar, recorded_at=now
            )
            repeats, parties = ownership.record.repeats, ownership.parties
            course.take(replace(taking, repeats=repeats, parties=parties))
            course.look_for_replacement(parties, at)
            if closed and course.state != "closed":
                ownership.reopen(STEPS[asked.step].chinese, asked.given["document"], at)
            return self._answer(course, ownership, asked.number)

        stream = Ownership.create_id(matter.petition_id)
        return self.responsibility.decide_on(asked.number, matter, command, decide)

    def correct_step(self, command: Command, number: str, correction: StepCorrection) -> Answer:
        """Correct what was stated with a step of the course; what it said stays on record.

        Raises:
            PetitionUnknown, OfficeNotAllowed, PartyToTheMatter, VersionChanged.
            StepUnknown, NothingChanged, StatedByIntake, ConditionUnmet: see `Course.correct_step`.
        """
        matter = self.responsibility.matter(number)
        at = self.responsibility.clock()

        def decide(unit: Unit) -> Answer:
            unit.load([stream, Course.create_id(matter.petition_id)])
            ownership = self.responsibility.led_to(unit, number)
            course = found_course(unit, ownership)
            check_sight(Viewer(command.actor), ownership, course, number)
            check_no_party(command.actor, ownership, number)
            step = course.step_at(correction.step_number) if course is not None else None
            check_correction(step, command.actor, ownership, course)
            if course is None:
                raise StepUnknown(step_number="there are 0 steps on record")
            _check_version(command, course.version)
            actor, calendar = command.actor, self.responsibility.calendar()
            was = course.last("reply")
            corrected = replace(correction, repeats=ownership.record.repeats)
            taken = course.correct_step(corrected, actor.subject, actor.office, at, calendar)
            if taken.step == "reply" and was is not course.last("reply"):
                ownership.correct_reply(taken.given["document"], correction.reason, at)
            return self._answer(course, ownership, number)

        stream = Ownership.create_id(matter.petition_id)
        return self.responsibility.decide_on(number, matter, command, decide)

    def course_of(self, number: str, as_of: datetime | None, viewer: Viewer) -> Answer:
        """Return where a petition stands, or stood when the record had got to an instant.

        Raises:
            PetitionUnknown: there is no such petition, or was not yet.
            InTheFuture: nobody knows what the record will say.
        """
        self.responsibility.check_past(as_of=as_of)
        course, ownership = self._course(number, as_of, viewer)
        merged = self._merged_course(number, ownership, as_of)
        if course is not None:
            return self._answer(course, ownership, number, as_of) | merged
        return self._answer_without_course(ownership, number, as_of) | merged

    def explain(self, number: str, code: str, viewer: Viewer) -> Answer:
        """Return a term of a petition with each of its days.

        Raises:
            PetitionUnknown, TermUnknown.
        """
        found, ownership = self._course(number, None, viewer)
        course = found or course_without_steps(ownership, self.responsibility.calendar())
        running = course.terms.get(code)
        if running is None:
            raise TermUnknown(term=f"has not begun; there are {', '.join(course.terms)}")
        return {
            "number": number,
            "state": _term_answer(running),
            "article": running.term.rule.article,
            "mark": running.term.rule.mark,
            "days": _days(running, self._counted_by(running)),
            "paused": _paused(running),
        }

    def _counted_by(self, running: CourseTerm) -> WorkCalendar:
        """Return the calendar that a term names; while a hearing holds it up, the one in use."""
        *_, in_use = calendars = self.responsibility.calendars()
        version = running.due.calendar if running.due is not None else in_use.version
        return next((each for each in calendars if each.version == version), in_use)

    def _course(
        self, number: str, as_of: datetime | None, viewer: Viewer
    ) -> tuple[Course | None, Ownership]:
        """Return the course of a petition, None while no step was taken, and its ownership."""
        unit = self.responsibility.asking(viewer.actor)
        now = self.responsibility.led_to(unit, number)
        # Who is kept out today learns nothing of the days before.
        self._check_sight(unit, viewer, now, number)
        petition_id = self._led_to(number, as_of) or now.petition_id
        if petition_id != now.petition_id:
            then = self.responsibility.ownership(unit, petition_id)
            self._check_sight(unit, viewer, then, number)
        ownership, course = self._as_of(petition_id, as_of)
        if ownership is None or number not in ownership.numbers:
            raise PetitionUnknown(number=number)
        # What was sealed then is so for what is on record of then, and for whom it named.
        with self.responsibility.as_if_unknown(number):
            check_sight(viewer, ownership, course, number)
        if course is not None:
            follow_matter(course, ownership, self.responsibility.calendar())
        return course, ownership

    def _check_sight(self, unit: Unit, viewer: Viewer, matter: Ownership, number: str) -> None:
        with self.responsibility.as_if_unknown(number):
            check_sight(viewer, matter, found_course(unit, matter), number)

    def _led_to(self, number: str, as_of: datetime | None) -> str | None:
        return self.responsibility.led_to_as_of(number, as_of) if as_of is not None else None

    def _as_of(
        self, petition_id: str, as_of: datetime | None
    ) -> tuple[Ownership | None, Course | None]:
        ids = [Ownership.create_id(petition_id), Course.create_id(petition_id)]
        found = self.responsibility.load_as_of(ids, as_of)
        return found[ids[0]], found[ids[1]]

    def _merged_course(self, number: str, matter: Ownership, as_of: datetime | None) -> Answer:
        """Return how far a petition's own course had got when its matter was merged."""
        merged = matter.record.merged.get(number)
        if merged is None or not merged.course_state:
            return {}
        _, course = self._as_of(merged.petition_id, as_of)
        if course is None:
            return {}
        since = {"merged_into": matter.number, "merged_at": text_of(merged.since)}
        return {"merged_course": _past_course(course) | since}

    def _answer_without_course(
        self, ownership: Ownership, number: str, as_of: datetime | None
    ) -> Answer:
        """Return a course as it would go on; nothing of it is on record."""
        course = course_without_steps(ownership, self.responsibility.calendar())
        answer = self._answer(course, ownership, number, as_of)
        return answer | {"steps": [], "version": NOT_BEGUN}

    def _answer(
        self, course: Course, ownership: Ownership, number: str, as_of: datetime | None = None
    ) -> Answer:
        """Return a course with the steps that it offers, now or then."""
        at, calendar = as_of or self.responsibility.clock(), self.responsibility.calendar()
        return course_answer(course, number, offered(course, ownership, at, calendar))


def _check_version(command: Command, version: int) -> None:
    if command.expected_version not in {None, version}:
        raise VersionChanged(expected_version=f"the course is at version {version} now")


def course_answer(course: Course, number: str, open_steps: Sequence[Step]) -> Answer:
    """Return a course as it is shown, with the steps that it offers."""
    work = course.work
    return {
        "number": number,
        "matter": course.number,
        "petition_class": course.petition_class,
        "state": course.state,
        "since": text_of(course.since),
        "unit": work.unit,
        "handler": work.handler,
        "assisting": list(work.assisting),
        "team": list(work.team),
        "plan": work.plan,
        "terms": [_term_answer(each) for each in course.all_terms],
        "open_steps": [
            {
                "step": step.code,
                "article": step.article,
                "roles": list(step.by),
                "takes": list(step.takes),
                "may_take": list(step.may_take),
            }
            for step in open_steps
        ],
        "steps": [_taken(place, taken) for place, taken in enumerate(course.steps, start=1)],
        "version": course.version,
        **_previous_class(course),
    }


def _previous_class(course: Course) -> dict[str, str]:
    """Return the class before, where there was another.

    That something sealed was part of a matter which is open to others is told to nobody.
    """
    before = course.previous_class
    return {"previous_class": before} if before and before != SEALED else {}


def _past_course(course: Course) -> dict[str, Any]:
    work = course.work
    return {
        "state": course.state,
        "unit": work.unit,
        "handler": work.handler,
        "assisting": list(work.assisting),
        "terms": [_term_answer(each) for each in course.all_terms],
        "steps": [_taken(place, taken) for place, taken in enumerate(course.steps, start=1)],
    }


def _taken(place: int, taken: Taken) -> dict[str, Any]:
    return {
        "step": taken.step,
        "by": taken.by,
        "happened_at": text_of(taken.at),
        "number": place,
        "given": dict(taken.given),
        "corrected": taken.corrected,
    }


def _term_answer(running: CourseTerm) -> dict[str, Any]:
    due = running.due
    return {
        "term": running.term.rule.code,
        "runs_from": running.term.runs_from.isoformat(),
        "due_on": due and due.on.isoformat(),
        "workday": due and due.workday.isoformat(),
        "provisional": bool(due and due.provisional),
        "calendar": due.calendar if due else "",
        "ended_on": running.ended_on and running.ended_on.isoformat(),
        "late_days": running.late_days,
        "extension_days": running.term.extension_days,
    }


def _days(running: CourseTerm, calendar: WorkCalendar) -> list[dict[str, Any]]:
    """Return the days of a term; of one that a hearing holds up, those until that began.

    One that ended during a hearing has its days until it ended; those of the hearing do not count.
    """
    held_up = running.term.held_up
    last = (running.ended_on or held_up.first) if held_up else date.max
    return [
        {
            "day": each.day.isoformat(),
            "number": each.number,
            "why": each.why,
            "kind": each.kind,
            "known": each.known,
        }
        for each in takewhile(lambda each: each.day <= last, running.term.days(calendar))
    ]


def _paused(running: CourseTerm) -> dict[str, Any] | None:
    held_up = running.term.held_up
    if held_up is None or running.ended_on is not None:
        return None
    article = STEPS["begin_hearing"].article
    return {"since": held_up.first.isoformat(), "why": "hearing", "article": article}
