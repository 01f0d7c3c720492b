"""The calendar of working days that reminders are planned by, as responsibility tells of it."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from eventsourcing.domain import Aggregate, event

from statute.workdays import WorkCalendar

# There is one stream of them.
CALENDARS: Final = UUID("0f6b8a52-7c1d-5a1e-9d0b-3b2e6a4f8c71")


class Calendars(Aggregate):
    """The calendars that were heard of, one after the other."""

    TOPIC = "reminder_calendars.v1"

    class Event(Aggregate.Event):
        pass

    class Heard(Event, Aggregate.Created):
        TOPIC = "reminder_calendar.heard.v1"
        version: str
        first: str
        last: str
        holidays: list[str]
        make_up_days: list[str]

    Created = Heard

    class Replaced(Event):
        TOPIC = "reminder_calendar.replaced.v1"
        version: str
        first: str
        last: str
        holidays: list[str]
        make_up_days: list[str]

    @event(Heard)
    def __init__(
        self,
        timestamp: datetime,
        version: str,
        first: str,
        last: str,
        holidays: list[str],
        make_up_days: list[str],
    ) -> None:
        self.newest = WorkCalendar.from_texts(version, first, last, holidays, make_up_days)

    def replace(self, told: dict[str, Any], at: datetime) -> None:
        """Plan by a newer calendar from now on."""
        self._record_replacement(timestamp=at, **told)

    @event(Replaced)
    def _record_replacement(
        self,
        timestamp: datetime,
        version: str,
        first: str,
        last: str,
        holidays: list[str],
        make_up_days: list[str],
    ) -> None:
        self.newest = WorkCalendar.from_texts(version, first, last, holidays, make_up_days)
