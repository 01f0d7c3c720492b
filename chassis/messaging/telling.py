"""A recorded fact as a CloudEvent: field by field into the message that the contract names."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from eventsourcing.utils import resolve_topic

from chassis.eventstore.facts import state_of
from chassis.eventstore.log import RecordedEvent
from contracts.envelope import CloudEvent, sequence_of, source_of


@dataclass(frozen=True, slots=True)
class Telling:
    """How one kind of fact is told.

    Attributes:
        message: a msgspec struct with `TYPE` and `petition_id`; its fields are filled from the
            fact's fields of the same names.
        occurred: name of the field, if any, that takes the time at which the fact happened.
    """

    message: Any
    occurred: str = ""

    def data(self, state: Mapping[str, Any]) -> dict[str, Any]:
        """Return the message's data for a fact, from its fields as they are stored.

        Raises:
            msgspec.ValidationError: the fact does not fill the message.
        """
        values = {"petition_id": "", **state}
        if self.occurred:
            values[self.occurred] = state["timestamp"]
        told = msgspec.convert(values, self.message)
        data: dict[str, Any] = msgspec.to_builtins(told)
        return data


def teller(service: str, tellings: Mapping[type, Telling]) -> Callable[[RecordedEvent], CloudEvent]:
    """Return what turns the recorded events of a service into CloudEvents."""
    source = source_of(service)

    def tell(recorded: RecordedEvent) -> CloudEvent:
        state = state_of(recorded)
        telling = tellings[resolve_topic(recorded.topic)]
        data = telling.data(state)
        return CloudEvent(
            id=str(recorded.event_id),
            source=source,
            type=telling.message.TYPE,
            subject=data["petition_id"] or str(recorded.originator_id),
            time=datetime.fromisoformat(state["timestamp"]),
            recordedtime=recorded.recorded_at,
            sequence=sequence_of(recorded.id),
            stream=str(recorded.originator_id),
            streamversion=recorded.originator_version,
            actor=recorded.actor,
            correlationid=recorded.correlation_id,
            causationid=recorded.causation_id,
            data=data,
        )

    return tell
