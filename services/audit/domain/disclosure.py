"""That somebody was shown sealed cases among others: in lists, in the feed, as leaves."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid5

from eventsourcing.domain import Aggregate, event

from services.audit.domain.access import ACCESSES


class SealedCases(Aggregate):
    """One answer that showed some; a stream of one fact, so that nobody waits for another.

    In the ledger the answers to one reader are one chain.
    """

    TOPIC = "sealed_cases.v1"

    class Event(Aggregate.Event):
        petition_id: str

    class Shown(Event, Aggregate.Created):
        TOPIC = "sealed_cases.shown.v1"
        method: str
        petition_ids: list[str]

    Created = Shown

    @event(Shown)
    def __init__(self, petition_id: str, method: str, petition_ids: list[str]) -> None:
        self.petition_id = petition_id
        self.method = method
        self.petition_ids = petition_ids

    @classmethod
    def show(
        cls, id_: UUID, reader: str, method: str, petition_ids: Sequence[str], at: datetime
    ) -> "SealedCases":
        """Put on record which sealed petitions an answer showed.

        Args:
            id_: of the answer.
            method: that was asked, `service.method`.
        """
        return cls._create(
            cls.Shown,
            id=id_,
            timestamp=at,
            petition_id=str(uuid5(ACCESSES, reader)),
            method=method,
            petition_ids=list(petition_ids),
        )
