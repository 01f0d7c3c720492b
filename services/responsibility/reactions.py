"""What responsibility does about events of others."""

from collections.abc import Callable, Iterable, Mapping
from uuid import UUID

from chassis.eventstore.application import Unit
from chassis.messaging.inbox import Reaction
from contracts.envelope import CloudEvent
from contracts.events.intake import PetitionRegisteredV1
from services.responsibility.application import Responsibility
from services.responsibility.domain.evidence import Registration


def needs(
    application: Responsibility, registration_of: Callable[[CloudEvent], Registration]
) -> Mapping[str, Callable[[CloudEvent], Iterable[UUID]]]:
    """Return type of event to the ids of what its reaction asks for."""
    return {PetitionRegisteredV1.TYPE: lambda event: application.needed_for(registration_of(event))}


def reactions(
    application: Responsibility, registration_of: Callable[[CloudEvent], Registration]
) -> Mapping[str, Reaction]:
    """Return type of event to what is done about it."""

    def on_registered(unit: Unit, event: CloudEvent) -> None:
        application.open_matter(unit, registration_of(event))

    return {PetitionRegisteredV1.TYPE: on_registered}
