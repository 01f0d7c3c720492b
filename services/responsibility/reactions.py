"""What responsibility does about events of others."""

from collections.abc import Callable, Mapping

from chassis.eventstore.application import Unit
from chassis.messaging.inbox import Reaction
from contracts.envelope import CloudEvent
from contracts.events.intake import PetitionRegisteredV1
from services.responsibility.application import Responsibility
from services.responsibility.domain.evidence import Registration


def reactions(
    application: Responsibility, registration_of: Callable[[CloudEvent], Registration]
) -> Mapping[str, Reaction]:
    """Return type of event to what is done about it."""

    def on_registered(unit: Unit, event: CloudEvent) -> None:
        application.open_matter(unit, registration_of(event))

    return {PetitionRegisteredV1.TYPE: on_registered}
