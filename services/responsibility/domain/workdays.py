"""The calendars of working days that were imported, as facts: a term names the one it rests on."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from eventsourcing.domain import Aggregate, event

from services.responsibility.domain.refusals import CalendarUnfit
from statute.workdays import WorkCalendar

# There is one stream of them.
PUBLISHED_CALENDARS: Final = UUID("5d1d6c3a-0f5e-5b1b-9a44-6a1f8b7c2e90")


class PublishedCalendars(Aggregate):
    """Calendars as the State Council's notices (放假调休通知) made them, one after the other."""

    TOPIC = "published_calendars.v1"

    class Event(Aggregate.Event):
        pass

    class Imported(Event, Aggregate.Created):
        TOPIC = "calendar.imported.v1"
        version: str
        first: str
        last: str
        holidays: list[str]
        make_up_days: list[str]
        document: str

    Created = Imported

    class Replaced(Event):
        TOPIC = "calendar.replaced.v1"
        version: str
        first: str
        last: str
        holidays: list[str]
        make_up_days: list[str]
        document: str

    @event(Imported)
    def __init__(
        self,
        timestamp: datetime,
        version: str,
        first: str,
        last: str,
        holidays: list[str],
        make_up_days: list[str],
        document: str,
    ) -> None:
        self.calendars = [WorkCalendar.from_texts(version, first, last, holidays, make_up_days)]

    @property
    def calendar(self) -> WorkCalendar:
        """The one that was imported last."""
        return self.calendars[-1]

    def replace(self, calendar: WorkCalendar, document: str, at: datetime) -> None:
        """Put a newer calendar in the place of this one."""
        self._record_replacement(timestamp=at, **told(calendar), document=document)

    @event(Replaced)
    def _record_replacement(
        self,
        timestamp: datetime,
        version: str,
        first: str,
        last: str,
        holidays: list[str],
        make_up_days: list[str],
        document: str,
    ) -> None:
        self.calendars.append(WorkCalendar.from_texts(version, first, last, holidays, make_up_days))


def check_version(calendar: WorkCalendar, known: Iterable[WorkCalendar]) -> None:
    """Let no other calendar have the version of one that terms may have been counted by.

    Raises:
        CalendarUnfit.
    """
    if calendar.version in {each.version for each in known}:
        raise CalendarUnfit(version="is that of another calendar, which is known already")


def check_extends(calendar: WorkCalendar, known: WorkCalendar, today: date) -> None:
    """Let a calendar take the place of another that says less, or that a notice has changed.

    Raises:
        CalendarUnfit: it knows fewer days, says the same, or changes what was said of a day that
            is over.
    """
    contradictions = calendar.contradictions(known)
    if calendar.first > known.first:
        raise CalendarUnfit(first=f"lies after {known.first}: terms are counted from there")
    if calendar.last < known.last or (calendar.last == known.last and not contradictions):
        raise CalendarUnfit(last=f"does not lie after {known.last}, the last day that is known")
    if contradictions and contradictions[0] < today:
        raise CalendarUnfit(
            holidays=f"{contradictions[0]} is over, as a {known.kind_of(contradictions[0])}:"
            " only today and days to come can be changed"
        )


def told(calendar: WorkCalendar) -> dict[str, Any]:
    """Return a calendar as its facts have it."""
    return {
        "version": calendar.version,
        "first": calendar.first.isoformat(),
        "last": calendar.last.isoformat(),
        "holidays": [day.isoformat() for day in sorted(calendar.holidays)],
        "make_up_days": [day.isoformat() for day in sorted(calendar.make_up_days)],
    }
