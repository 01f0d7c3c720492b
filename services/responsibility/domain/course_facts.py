"""What can happen to a course, as it is written down."""

from datetime import datetime
from typing import Any

from eventsourcing.domain import Aggregate


class Course:
    """The facts of a course, by the names that they have had since they were first stored.

    `domain.course.Course` is what they add up to.
    """

    class Event(Aggregate.Event):
        petition_id: str
        number: str

    class Begun(Event, Aggregate.Created):
        TOPIC = "course.begun.v1"
        office: str
        petition_class: str
        received_at: datetime | None = None

    class StepTaken(Event):
        TOPIC = "course.step_taken.v1"
        step: str
        previous_state: str
        state: str
        article: str
        by: str
        office: str
        given: dict[str, Any]
        recorded_at: datetime | None = None

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
        runs_from: str = ""

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
