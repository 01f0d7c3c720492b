"""A recorded fact as a CloudEvent: field by field into the message that the contract names."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from eventsourcing.persistence import Mapper

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

    def data(self, fact: Any) -> dict[str, Any]:
        """Return the message's data for a fact.

        Raises:
            msgspec.ValidationError: the fact does not fill the message.
        """
        values = {"petition_id": "", **vars(fact)}
        if self.occurred:
            values[self.occurred] = fact.timestamp
        names = self.message.__struct_fields__
        chosen = {name: values[name] for name in names if name in values}
        told = msgspec.convert(msgspec.to_builtins(chosen), self.message)
        data: dict[str, Any] = msgspec.to_builtins(told)
        return data


def teller(
    service: str, mapper: Mapper[Any], tellings: Mapping[type, Telling]
) -> Callable[[RecordedEvent], CloudEvent]:
    """Return what turns the recorded events of a service into CloudEvents."""

    def tell(recorded: RecordedEvent) -> CloudEvent:
        fact: Any = mapper.to_domain_event(recorded)
        telling = tellings[type(fact)]
        data = telling.data(fact)
        return CloudEvent(
            id=str(recorded.event_id),
            source=source_of(service),
            type=telling.message.TYPE,
            subject=data["petition_id"] or str(recorded.originator_id),
            time=fact.timestamp,
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
