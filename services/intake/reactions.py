"""What intake does about events of others: it follows where its matters stand, and whose."""

from collections.abc import Callable, Mapping
from typing import Final

from chassis.eventstore.application import Unit
from chassis.eventstore.transaction import Writing
from chassis.messaging.inbox import Reaction
from contracts.envelope import CloudEvent
from contracts.events.responsibility import (
    CaseClosedV1,
    CaseReopenedV1,
    CourseBegunV1,
    OwnershipRecusedV1,
    OwnershipSucceededV1,
    OwnershipTakenV1,
)

STATES: Final[Mapping[str, str]] = {
    OwnershipTakenV1.TYPE: "owned",
    CaseClosedV1.TYPE: "closed",
    CaseReopenedV1.TYPE: "owned",
    OwnershipSucceededV1.TYPE: "owned",
    OwnershipRecusedV1.TYPE: "owned",
}


FOLLOWED: Final = frozenset({*STATES, CourseBegunV1.TYPE})


def reactions(
    advance: Callable[[Writing, CloudEvent, str], None],
    begin_course: Callable[[Writing, CloudEvent], None],
) -> Mapping[str, Reaction]:
    """Return type of event to what is done about it.

    Args:
        advance: puts the state of a matter.
        begin_course: puts down that the course of a matter has begun.
    """

    def on_progress(unit: Unit, event: CloudEvent) -> None:
        state = STATES[event.type]
        unit.writing.append(lambda transaction: advance(transaction, event, state))

    def on_course_begun(unit: Unit, event: CloudEvent) -> None:
        unit.writing.append(lambda transaction: begin_course(transaction, event))

    return {**dict.fromkeys(STATES, on_progress), CourseBegunV1.TYPE: on_course_begun}
