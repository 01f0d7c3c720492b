"""Who replayed or exported a case: reading a history is a fact of its own."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

from eventsourcing.domain import Aggregate, CanMutateAggregate, event

# Clocks of offices differ a little; a time beyond this is a mistake.
CLOCK_TOLERANCE: Final = timedelta(minutes=5)
ACCESSES: Final = UUID("e6d9a6a8-6f0e-5c58-9f0b-1d3c2b4a5f66")


class CaseAccess(Aggregate):
    """The replays and exports of one case."""

    TOPIC = "case_access.v1"

    class Event(Aggregate.Event):
        petition_id: str
        number: str

    class Begun(Event, Aggregate.Created):
        TOPIC = "case_access.begun.v1"

    Created = Begun

    class Replayed(Event):
        TOPIC = "case.replayed.v1"
        as_of: datetime
        entries: int
        # Of which petitions facts were shown; the first replays are without.
        petition_ids: list[str]

    class Exported(Event):
        TOPIC = "case.exported.v1"
        size: int
        entries: int
        # As in a replay.
        petition_ids: list[str]

    @staticmethod
    def create_id(petition_id: str) -> UUID:
        return uuid5(ACCESSES, petition_id)

    @event(Begun)
    def __init__(self, petition_id: str, number: str) -> None:
        self.petition_id = petition_id
        self.number = number

    def trigger_event(self, event_class: type[CanMutateAggregate[UUID]], **kwargs: Any) -> None:
        """Make a fact; every fact names its petition."""
        super().trigger_event(
            event_class, petition_id=self.petition_id, number=self.number, **kwargs
        )

    def replay(self, as_of: datetime, shown: Sequence[str], at: datetime) -> None:
        """Put on record that the case was replayed; who did so is the actor of the event.

        Args:
            shown: of each fact that was shown, the petition whose it is.
        """
        self._record_replay(
            timestamp=at, as_of=as_of, entries=len(shown), petition_ids=sorted(set(shown))
        )

    @event(Replayed)
    def _record_replay(
        self, timestamp: datetime, as_of: datetime, entries: int, petition_ids: Sequence[str] = ()
    ) -> None:
        """A replay changes nothing of the case."""

    def export(self, size: int, shown: Sequence[str], at: datetime) -> None:
        """Put on record that the case was taken away with its proofs.

        Args:
            size: of the ledger whose checkpoint they lead to.
            shown: of each event that was taken away, the petition whose it is.
        """
        self._record_export(
            timestamp=at, size=size, entries=len(shown), petition_ids=sorted(set(shown))
        )

    @event(Exported)
    def _record_export(
        self, timestamp: datetime, size: int, entries: int, petition_ids: Sequence[str] = ()
    ) -> None:
        """An export changes nothing of the case."""
