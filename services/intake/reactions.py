"""What intake does about events of others: it follows where its matters stand."""

from collections.abc import Mapping
from functools import partial
from typing import Final

from chassis.eventstore.application import Unit
from chassis.messaging.inbox import Reaction
from contracts.envelope import CloudEvent
from contracts.events.responsibility import CaseClosedV1, CaseReopenedV1, OwnershipTakenV1
from services.intake.readmodels.progress import advance

STATES: Final[Mapping[str, str]] = {
    OwnershipTakenV1.TYPE: "owned",
    CaseClosedV1.TYPE: "closed",
    CaseReopenedV1.TYPE: "owned",
}


def on_progress(unit: Unit, event: CloudEvent, state: str) -> None:
    """Keep the state that the event leads to."""
    unit.writing.append(lambda transaction: advance(transaction, event, state))


REACTIONS: Final[Mapping[str, Reaction]] = {
    type_: partial(on_progress, state=state) for type_, state in STATES.items()
}
