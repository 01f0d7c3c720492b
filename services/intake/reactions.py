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


def reactions(
    advance: Callable[[Writing, CloudEvent, str], None],
) -> Mapping[str, Reaction]:
    """Return type of event to what is done about it.

    Args:
        advance: puts the state of a matter.
    """

    def on_progress(unit: Unit, event: CloudEvent) -> None:
        state = STATES[event.type]
        unit.writing.append(lambda transaction: advance(transaction, event, state))

    return dict.fromkeys(STATES, on_progress)
