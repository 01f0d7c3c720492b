"""What audit does about events: every one of them goes on its timeline."""

from collections.abc import Callable, Iterable, Mapping

from chassis.eventstore.application import Unit
from chassis.eventstore.transaction import Writing
from chassis.messaging.inbox import Reaction
from contracts.envelope import CloudEvent


def reactions(
    types: Iterable[str], take_in: Callable[[Writing, CloudEvent], None]
) -> Mapping[str, Reaction]:
    """Return type of event to what is done about it."""

    def on_event(unit: Unit, event: CloudEvent) -> None:
        unit.writing.append(lambda transaction: take_in(transaction, event))

    return dict.fromkeys(types, on_event)
