"""What audit does about events: every one of them goes on its timeline."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from chassis.eventstore.application import Unit
from chassis.eventstore.transaction import Transaction
from chassis.messaging.inbox import Reaction
from contracts.envelope import CloudEvent

TakeIn = Callable[[Transaction, Sequence[CloudEvent]], None]


@dataclass
class Gathering:
    """The events of one unit of work, taken in together: a log may have to be read again whole."""

    take_in: TakeIn
    events: list[CloudEvent] = field(default_factory=list)

    def __call__(self, transaction: Transaction) -> None:
        self.take_in(transaction, self.events)


def reactions(types: Iterable[str], take_in: TakeIn) -> Mapping[str, Reaction]:
    """Return type of event to what is done about it."""

    def on_event(unit: Unit, event: CloudEvent) -> None:
        gathering = unit.writing[-1] if unit.writing else None
        if not isinstance(gathering, Gathering):
            gathering = Gathering(take_in)
            unit.writing.append(gathering)
        gathering.events.append(event)

    return dict.fromkeys(types, on_event)
