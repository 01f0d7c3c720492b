"""Where a matter stands, as responsibility tells it. Not from intake's own events."""

from collections.abc import Iterable
from typing import Final

from chassis.eventstore.instants import text_of
from chassis.eventstore.losses import Made
from chassis.eventstore.transaction import Questions, Writing
from contracts.envelope import CloudEvent
from contracts.events.responsibility import CourseBegunV1

TABLES: Final = ("progress", "course_begun")


def advance(transaction: Writing, event: CloudEvent, state: str) -> None:
    """Put the state of a matter."""
    row = {
        "number": event.data["number"],
        "state": state,
        "owner": event.data["owner"],
        "changed_at": text_of(event.recordedtime),
    }
    transaction.put("progress", row, key="number")


def begin_course(transaction: Writing, event: CloudEvent) -> None:
    """Put down that the course of a matter has begun."""
    row = {"number": event.data["number"], "begun_at": text_of(event.recordedtime)}
    transaction.put("course_begun", row, key="number")


def has_begun(questions: Questions, number: str) -> bool:
    """Tell whether the course of a matter is known to have begun."""
    return bool(questions.query("SELECT 1 FROM course_begun WHERE number = ?", (number,)))


def made_by(event: CloudEvent) -> Iterable[Made]:
    """Return the row that stands here ever since an event that advanced a matter."""
    table = "course_begun" if event.type == CourseBegunV1.TYPE else "progress"
    yield Made(table, {"number": event.data["number"]})
