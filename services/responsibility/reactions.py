"""What responsibility does about events of others."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from chassis.eventstore.application import Unit
from chassis.messaging.inbox import Reaction
from contracts.envelope import CloudEvent
from contracts.events.intake import PetitionRegisteredV1, RepeatLinkedV1, RepeatUnlinkedV1
from services.responsibility.application import Responsibility
from services.responsibility.application.merging import Merging
from services.responsibility.domain.evidence import Joining, Leaving, Registration


@dataclass(frozen=True, slots=True)
class Reading:
    """How events of intake are read."""

    registration_of: Callable[[CloudEvent], Registration]
    joining_of: Callable[[CloudEvent], Joining]
    leaving_of: Callable[[CloudEvent], Leaving]


def needs(
    application: Responsibility, reading: Reading
) -> Mapping[str, Callable[[CloudEvent], Iterable[UUID]]]:
    """Return type of event to the ids of what its reaction asks for."""
    return {
        PetitionRegisteredV1.TYPE: lambda event: application.needed_for(
            reading.registration_of(event)
        ),
        RepeatLinkedV1.TYPE: lambda event: Merging.needed_to_join(reading.joining_of(event)),
        RepeatUnlinkedV1.TYPE: lambda event: Merging.needed_to_leave(reading.leaving_of(event)),
    }


def reactions(application: Responsibility, reading: Reading) -> Mapping[str, Reaction]:
    """Return type of event to what is done about it."""
    merging = Merging(application)

    def on_registered(unit: Unit, event: CloudEvent) -> None:
        application.open_matter(unit, reading.registration_of(event))

    def on_linked(unit: Unit, event: CloudEvent) -> None:
        merging.join(unit, reading.joining_of(event))

    def on_unlinked(unit: Unit, event: CloudEvent) -> None:
        merging.leave(unit, reading.leaving_of(event))

    return {
        PetitionRegisteredV1.TYPE: on_registered,
        RepeatLinkedV1.TYPE: on_linked,
        RepeatUnlinkedV1.TYPE: on_unlinked,
    }
