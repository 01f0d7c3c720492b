"""Fetches registrations from intake when its events have not brought them yet."""

from collections.abc import Sequence

import msgspec

from chassis.eventstore.application import Provenance
from chassis.messaging.calling import RpcCaller
from chassis.messaging.inbox import provenance_of
from contracts.envelope import CloudEvent
from contracts.events.intake import PetitionRegisteredV1, RepeatLinkedV1, RepeatUnlinkedV1
from contracts.failures import Failure
from contracts.rpc.intake import REGISTRATION
from services.responsibility.domain.evidence import Joining, Leaving, Registration
from services.responsibility.settings import NAME


class IntakeRegistrations:
    """Registrations by RPC, with the same provenance as the events would have given them."""

    def __init__(self, caller: RpcCaller) -> None:
        self._caller = caller

    def fetch(self, number: str) -> Sequence[tuple[Registration, Provenance]]:
        """Return the registration of a petition behind that of its original; empty if none.

        Raises:
            Failure: unavailable, when intake does not answer.
        """
        try:
            answer = self._caller.call(REGISTRATION.service, REGISTRATION.name, number=number)
        except Failure as failure:
            if failure.code in {"petition_unknown", "bad_value"}:
                return []
            raise
        events = msgspec.convert(answer["events"], list[CloudEvent])
        return [(registration_of(event), provenance_of(event, NAME)) for event in events]


def registration_of(event: CloudEvent) -> Registration:
    """Read a registration from its event."""
    message = msgspec.convert(event.data, PetitionRegisteredV1)
    return Registration(
        petition_id=message.petition_id,
        number=message.number,
        office=message.office,
        channel=message.channel,
        petition_class=message.petition_class,
        registered_at=event.recordedtime,
        repeats=message.repeats,
        kept_out=message.kept_out or (),
        named=message.named or "",
        named_number=message.named_number or "",
        raised_at=message.occurred_at,
        came_at=message.received_at or None,
    )


def joining_of(event: CloudEvent) -> Joining:
    """Read the link of two matters from its event."""
    message = msgspec.convert(event.data, RepeatLinkedV1)
    return Joining(
        petition_id=message.petition_id,
        number=message.number,
        into=message.repeats,
        at=event.recordedtime,
        named=message.named or "",
        named_number=message.named_number or "",
    )


def leaving_of(event: CloudEvent) -> Leaving:
    """Read from its event that a link was undone."""
    message = msgspec.convert(event.data, RepeatUnlinkedV1)
    registration = Registration(
        petition_id=message.petition_id,
        number=message.number,
        office=message.office,
        channel=message.channel,
        petition_class=message.petition_class,
        registered_at=message.registered_at,
        repeats=None,
        raised_at=message.occurred_at or None,
        came_at=message.received_at or None,
    )
    return Leaving(registration, message.repeats, event.recordedtime)
