"""Which leader is on duty at an office on a day (值守, 接访日)."""

from datetime import date, datetime
from functools import lru_cache
from uuid import UUID, uuid5

from eventsourcing.domain import Aggregate, event

from services.responsibility.domain.evidence import DutyLine

ROSTER_LINES = UUID("2b4a1a7e-1f0e-5a07-93b6-5d9d3f5a0c11")


class RosterLine(Aggregate):
    """The duty of one office on one day. A later setting replaces the leader, history stays."""

    TOPIC = "roster.line.v1"

    class Event(Aggregate.Event):
        pass

    class LineSet(Event, Aggregate.Created):
        TOPIC = "roster.line_set.v1"
        office: str
        day: str
        leader: str
        document: str

    Created = LineSet

    class LineReplaced(Event):
        TOPIC = "roster.line_replaced.v1"
        office: str
        day: str
        leader: str
        previous_leader: str
        document: str

    @staticmethod
    def create_id(office: str, day: str) -> UUID:
        return uuid5(ROSTER_LINES, f"{office}/{day}")

    @event(LineSet)
    def __init__(
        self, timestamp: datetime, office: str, day: str, leader: str, document: str
    ) -> None:
        self.office = office
        self.day = day
        self.leader = leader
        self.document = document
        self.set_at = [(timestamp, leader)]

    def on_duty(self, as_of: datetime | None = None) -> DutyLine | None:
        """Return the line as it stands, or stood at an instant; None where there was none yet."""
        known = [leader for at, leader in self.set_at if as_of is None or at <= as_of]
        return DutyLine(known[-1], self.day, len(known)) if known else None

    def replace(self, leader: str, document: str, at: datetime) -> None:
        """Put another leader on duty; nothing happens when it is the same one."""
        if leader != self.leader:
            self._record_replacement(
                timestamp=at,
                office=self.office,
                day=self.day,
                leader=leader,
                previous_leader=self.leader,
                document=document,
            )

    @event(LineReplaced)
    def _record_replacement(
        self,
        timestamp: datetime,
        office: str,
        day: str,
        leader: str,
        previous_leader: str,
        document: str,
    ) -> None:
        self.leader = leader
        self.document = document
        self.set_at.append((timestamp, leader))


@lru_cache(maxsize=4096)
def roster_line_id(office: str, day: date) -> UUID:
    """Return the id of the line for an office and a day."""
    return RosterLine.create_id(office, day.isoformat())
