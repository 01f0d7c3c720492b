"""A petition on record. Its text and persons are in the vault; here are codes and a commitment."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from eventsourcing.domain import Aggregate, event

SEALED_CLASS: Final = "accusation"
CLOCK_TOLERANCE: Final = timedelta(minutes=5)


class Petition(Aggregate):
    """One matter raised by one or more petitioners (信访事项)."""

    TOPIC = "petition.v1"

    class Event(Aggregate.Event):
        pass

    class Registered(Event, Aggregate.Created):
        TOPIC = "petition.registered.v1"
        petition_id: str
        number: str
        office: str
        region: str
        channel: str
        petition_class: str
        category: str
        headcount: int
        sealed: bool
        commitment: str
        repeats: str | None
        repeats_number: str | None
        repeat_ground: str | None
        external_number: str

    Created = Registered

    class ContentRead(Event):
        TOPIC = "content.read.v1"
        petition_id: str
        number: str

    @staticmethod
    def create_id(petition_id: str) -> UUID:
        return UUID(petition_id)

    @event(Registered)
    def __init__(
        self,
        petition_id: str,
        number: str,
        office: str,
        sealed: bool,  # noqa: FBT001 - a field of the fact
    ) -> None:
        self.petition_id = petition_id
        self.number = number
        self.office = office
        self.sealed = sealed

    def read_content(self, at: datetime) -> None:
        """Put on record that the content was opened; who did so is the actor of the event."""
        self._record_reading(timestamp=at, petition_id=self.petition_id, number=self.number)

    @event(ContentRead)
    def _record_reading(self, timestamp: datetime, petition_id: str, number: str) -> None:
        """Reading changes nothing of the petition."""


def is_sealed(petition_class: str) -> bool:
    """Accusation material is sealed from registration on (Arts 27 to 30)."""
    return petition_class == SEALED_CLASS
