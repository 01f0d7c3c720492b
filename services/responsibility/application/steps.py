"""Steps of the course beside the ownership, in one unit of work; neither changes the other's."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from chassis.eventstore.application import Unit
from chassis.jurisdiction import Actor, stands_for
from services.responsibility.domain.course import Course
from services.responsibility.domain.course_terms import told_of
from services.responsibility.domain.evidence import ClosingStatement, Reply, Withdrawal
from services.responsibility.domain.ownership import Ownership
from services.responsibility.domain.policy import (
    A_REPEAT_JOINED,
    FIRST_STEP,
    OUTCOMES_WITHOUT_CONDITIONS,
    PETITIONER,
)
from services.responsibility.domain.refusals import CaseClosed, ConditionUnmet
from services.responsibility.domain.taking import Taking
from statute.course import STEPS, Step
from statute.workdays import WorkCalendar

# State of a course from which it is closed, to the outcomes that it can have.
OUTCOMES: Final[Mapping[str, tuple[str, ...]]] = {
    "cleared": ("settled", "explained"),
    "ended": ("settled", "explained"),
    "refused": ("explained",),
    "not_accepted_again": ("explained",),
    "routed": ("routed_elsewhere",),
    "withdrawn": ("withdrawn",),
}


def found_course(unit: Unit, ownership: Ownership) -> Course | None:
    """Return the course of a matter, None while no step of it was taken."""
    return unit.find(Course, Course.create_id(ownership.petition_id))


def has_ended(unit: Unit, ownership: Ownership) -> bool:
    """Tell whether a matter ended after re-review: the same facts are not accepted again."""
    course = found_course(unit, ownership)
    return course is not None and course.has_ended


def course_begun(
    unit: Unit, ownership: Ownership, calendar: WorkCalendar, step: Step | None = None
) -> Course:
    """Return the course of a matter, begun with its registration where it was not yet.

    Args:
        step: that is about to be taken; one that leads on from the closure does so too where the
            matter was closed without a course.

    Raises:
        CaseClosed: the matter was closed without a course, or in another process while its first
            step was taken here: it goes on where it stands when the matter is opened again.
    """
    found = found_course(unit, ownership)
    if found is None and ownership.closed_at is not None and step and "closed" in step.sources:
        found = course_without_steps(ownership, calendar)
        unit.add(found)
    if ownership.closed_at is not None and (found is None or found.state != "closed"):
        raise CaseClosed(number=ownership.number, owner=ownership.owner)
    if found is not None:
        return found
    course = new_course(ownership, calendar)
    unit.add(course)
    return course


def new_course(ownership: Ownership, calendar: WorkCalendar) -> Course:
    """Return a course as it begins, with the registration of its matter."""
    course: Course = Course._create(  # noqa: SLF001 - the library's way to pass the time in
        Course.Begun,
        id=Course.create_id(ownership.petition_id),
        timestamp=ownership.registered_at,
        petition_id=ownership.petition_id,
        number=ownership.number,
        office=ownership.office,
        petition_class=ownership.petition_class,
        received_at=ownership.received_at,
    )
    # A matter that was opened again without a course is received anew.
    received_at = ownership.record.reopened_at or ownership.received_at
    course.begin_first_term(received_at, calendar)
    return course


def course_without_steps(ownership: Ownership, calendar: WorkCalendar) -> Course:
    """Return the course of a matter of which no step was taken, as it stands.

    What was done without a course, to the closure, is part of it.
    """
    course = new_course(ownership, calendar)
    if ownership.closed_at is not None:
        course.follow(_done_without_course(ownership, ownership.closed_at, calendar))
    return course


def _done_without_course(
    ownership: Ownership, closed_at: datetime, calendar: WorkCalendar
) -> Iterator[Taking]:
    """Yield the reply, from which the term for asking for a review runs, and the closure."""
    office, owner = ownership.office, ownership.current_owner
    reply = _reply_at_closure(ownership, closed_at)
    if reply is not None and ownership.record.closed_as not in OUTCOMES_WITHOUT_CONDITIONS:
        given = {"document": reply.document}
        at = max(reply.delivered_at, ownership.received_at)
        yield Taking(STEPS["reply"], reply.delivered_by, office, given, at, calendar)
    yield Taking(STEPS["close"], owner, office, {}, closed_at, calendar)


def _reply_at_closure(ownership: Ownership, closed_at: datetime) -> Reply | None:
    """Return the reply that a closure rests on.

    Of one that was only stated with it nobody knows when it was delivered: by then at the latest.
    """
    stated = ownership.record.closed_on
    if ownership.reply is None and stated:
        return Reply(stated, ownership.current_owner, closed_at)
    return ownership.reply


def taking_of(  # noqa: PLR0913 - when it happened and when it is said are two
    step: str,
    actor: Actor,
    given: dict[str, Any],
    at: datetime,
    calendar: WorkCalendar,
    *,
    recorded_at: datetime,
) -> Taking:
    """Return a step that an actor wants to take."""
    asked = Taking(STEPS[step], actor.subject, actor.office, given, at, calendar)
    return replace(asked, stands_for=stands_for, recorded_at=recorded_at)


def now_for(course: Course | None, now: datetime) -> datetime:
    """Return when a step happens that happens now: after the last one, whosever clock was ahead."""
    return now if course is None else max(now, course.since)


def withdraw_course(
    unit: Unit,
    ownership: Ownership,
    withdrawal: Withdrawal,
    at: datetime,
    calendar: WorkCalendar,
) -> None:
    """Let the course end as withdrawn by the petitioner, where it can from where it is."""
    course = course_begun(unit, ownership, calendar)
    follow_matter(course, ownership, calendar)
    if course.state in STEPS["withdraw"].sources:
        given = {"reason": withdrawal.ground, "document": withdrawal.number}
        at = max(at, course.since)
        course.take(Taking(STEPS["withdraw"], PETITIONER, ownership.office, given, at, calendar))
        course.look_for_replacement(ownership.parties, at)


def follow_matter(course: Course, ownership: Ownership, calendar: WorkCalendar) -> None:
    """Let the course follow its matter, when it is next looked at.

    Class and receipt may have been corrected in another process while the course began in this
    one. A repeat that was registered before the closure and joined after it opens the matter at
    once.
    """
    corrected_at = max(ownership.modified_on, course.since)
    course.reclassify(ownership.petition_class, corrected_at, calendar)
    follow_receipt(ownership, course, corrected_at, calendar)
    reopened_at = ownership.record.reopened_at
    if course.state == "closed" and ownership.closed_at is None and reopened_at is not None:
        owner = ownership.current_owner
        given = {"reason": A_REPEAT_JOINED, "document": ownership.record.reopened_by}
        at = max(reopened_at, course.since)
        course.take(Taking(STEPS["reopen"], owner, ownership.office, given, at, calendar))
        course.look_for_replacement(ownership.parties, at)


def follow_class(unit: Unit, ownership: Ownership, at: datetime, calendar: WorkCalendar) -> None:
    """Let the course of a matter be that of the class which the matter has by now."""
    course = found_course(unit, ownership)
    if course is not None:
        course.reclassify(ownership.petition_class, max(at, course.since), calendar)


def correct_receipt(
    unit: Unit, ownership: Ownership, received_at: datetime, at: datetime, calendar: WorkCalendar
) -> None:
    """Let the first step of a matter be due by its corrected receipt.

    What has ended stays as it ended; what was opened again runs from there. Of a matter that is
    part of another the receipt is on record, until it is parted from that.
    """
    if received_at == ownership.received_at:
        return
    course = found_course(unit, ownership)
    if ownership.record.merged_into is not None:
        ownership.correct_receipt(received_at, at, None)
        return
    counted = course or new_course(ownership, calendar)
    if not _runs_from_receipt(ownership, counted, received_at, at):
        return
    counted.run_from_receipt(received_at, at, calendar)
    # Without a course nothing else says when it is due.
    due = told_of(counted.terms[FIRST_STEP].due) if course is None else None
    ownership.correct_receipt(received_at, at, due)


def follow_receipt(
    ownership: Ownership, course: Course, at: datetime, calendar: WorkCalendar
) -> None:
    """Let a course that goes on again follow what was corrected while it was part of another."""
    received_at = ownership.received_at
    if _runs_from_receipt(ownership, course, received_at, at):
        course.run_from_receipt(received_at, at, calendar)


def _runs_from_receipt(
    ownership: Ownership, course: Course, received_at: datetime, at: datetime
) -> bool:
    opened = ownership.closed_at is None and ownership.record.reopened_at is None
    return opened and course.follows_receipt(received_at, at)


def look_for_replacement(unit: Unit, ownership: Ownership, at: datetime) -> None:
    """Put on record whether somebody who is a party to a matter is at work at it."""
    course = found_course(unit, ownership)
    if course is not None:
        course.look_for_replacement(ownership.parties, max(at, course.since))


def followed_course(unit: Unit, ownership: Ownership, calendar: WorkCalendar) -> Course | None:
    """Return the course of a matter where it stands by now, None while no step was taken."""
    course = found_course(unit, ownership)
    if course is not None:
        follow_matter(course, ownership, calendar)
    return course


def statement_by(course: Course, given: ClosingStatement) -> ClosingStatement:
    """Return what a closure rests on where the course has it on record.

    Raises:
        ConditionUnmet: a matter in this state does not end so.
    """
    allowed = OUTCOMES.get(course.state, ())
    if allowed and given.outcome not in allowed:
        raise ConditionUnmet(
            outcome=f"a matter that is {course.state} ends as {', '.join(allowed)}"
        )
    reply, visit = map(course.last, ("reply", "visit"))
    asked = course.last("ask_evaluation") or course.last("evaluate")
    return ClosingStatement(
        outcome=given.outcome,
        reply_document=str(reply.given["document"]) if reply else given.reply_document,
        follow_up_visit_at=visit.at if visit else given.follow_up_visit_at,
        evaluation_asked_at=asked.at if asked else given.evaluation_asked_at,
    )
