"""What the ledger records about itself: the root over the ends of all chains."""

from datetime import datetime
from uuid import UUID, uuid5

from eventsourcing.domain import Aggregate, event

from services.audit.domain.heads import LEDGER_ID


class CaseHeads(Aggregate):
    """The root at one size of the ledger; a stream of one fact, so that it is recorded once."""

    TOPIC = "case_heads.v1"

    class Event(Aggregate.Event):
        petition_id: str

    class Recorded(Event, Aggregate.Created):
        TOPIC = "case_heads.recorded.v1"
        size: int
        root: str

    Created = Recorded

    @staticmethod
    def create_id(size: int) -> UUID:
        return uuid5(LEDGER_ID, str(size))

    @event(Recorded)
    def __init__(self, petition_id: str, size: int, root: str) -> None:
        self.petition_id = petition_id
        self.size = size
        self.root = root

    @classmethod
    def record(cls, size: int, root: bytes, at: datetime) -> "CaseHeads":
        """Record the root at a size."""
        return cls._create(
            cls.Recorded,
            id=cls.create_id(size),
            timestamp=at,
            petition_id=str(LEDGER_ID),
            size=size,
            root=root.hex(),
        )
