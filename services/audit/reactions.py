"""What audit does about events: every one of them goes on its timeline."""

from collections.abc import Iterable, Mapping

from chassis.eventstore.application import Unit
from chassis.messaging.inbox import Reaction
from contracts.envelope import CloudEvent
from services.audit.readmodels.timelines import TimelineTables


def reactions(types: Iterable[str], timelines: TimelineTables) -> Mapping[str, Reaction]:
    """Return type of event to what is done about it."""

    def on_event(unit: Unit, event: CloudEvent) -> None:
        unit.writing.append(lambda transaction: timelines.take_in(transaction, event))

    return dict.fromkeys(types, on_event)
