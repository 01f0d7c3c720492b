"""Use cases of the calendar of working days: import a newer one, count provisional terms again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Protocol

from chassis.eventstore.application import Answer, Provenance, Unit
from chassis.eventstore.commands import Command
from chassis.eventstore.transaction import Questions
from services.responsibility.application import Responsibility
from services.responsibility.domain.course import Course
from services.responsibility.domain.policy import day_of
from services.responsibility.domain.workdays import (
    PUBLISHED_CALENDARS,
    PublishedCalendars,
    check_extends,
    check_version,
    told,
)
from statute.workdays import WorkCalendar

# The next working day after a last day lies nearer than that, however long the holidays.
LONGEST_HOLIDAYS: Final = timedelta(days=14)
LONGEST_TERM_IN_WORKING_DAYS: Final = timedelta(days=31)
RECOUNTED_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True)
class NewerCalendar:
    """What the calendar in use knows that those before it did not.

    Attributes:
        knows_until: terms that end by then are provisional no more.
        changed_from, changed_until: terms that end there may be moved by a day that it changes;
            no term where it changes none.
    """

    version: str
    knows_until: date
    changed_from: date = date.max
    changed_until: date = date.min


class OutdatedTerms(Protocol):
    """Finds terms that run and were counted by a calendar that another has taken the place of."""

    def outdated(
        self, questions: Questions, newer: NewerCalendar, limit: int
    ) -> Sequence[tuple[str, str]]:
        """Return number and petition_id of matters with such a term."""


@dataclass(frozen=True)
class Calendars:
    """The calendars of working days that responsibility counts by."""

    responsibility: Responsibility
    terms: OutdatedTerms

    def import_calendar(self, command: Command, calendar: WorkCalendar, document: str) -> Answer:
        """Count by a newer calendar from now on; terms that run are counted again after it.

        Nothing happens when it is known already, in use or not.

        Returns:
            the calendar in use from now on.

        Raises:
            CalendarUnfit: it knows no more than the one in use, or another has its version.
        """
        heard_of = self.responsibility.calendars()

        def decide(unit: Unit) -> Answer:
            published = unit.find(PublishedCalendars, PUBLISHED_CALENDARS)
            known = [*heard_of, *(published.calendars if published else [])]
            in_use = max(reversed(known), key=_last)
            if calendar in known:
                return _in_use(in_use)
            check_version(calendar, known)
            check_extends(calendar, in_use, day_of(self.responsibility.clock()))
            if published is not None:
                published.replace(calendar, document, self.responsibility.clock())
            else:
                unit.add(
                    PublishedCalendars._create(  # noqa: SLF001 - the library's way to pass the time in
                        PublishedCalendars.Imported,
                        id=PUBLISHED_CALENDARS,
                        timestamp=self.responsibility.clock(),
                        **told(calendar),
                        document=document,
                    )
                )
            return _in_use(calendar)

        answer = self.responsibility.run(command.provenance, decide, command.key)
        self.responsibility.look_for_calendar()
        return answer

    def recount(self) -> int:
        """Count some outdated terms again by the calendar in use; return how many there were."""
        self.responsibility.look_for_calendar()
        *older, calendar = self.responsibility.calendars()
        found = self.terms.outdated(
            self.responsibility.log_of_events, _news(calendar, older), RECOUNTED_AT_ONCE
        )
        return sum(self._recount(number, petition_id, calendar) for number, petition_id in found)

    def _recount(self, number: str, petition_id: str, calendar: WorkCalendar) -> int:
        id_ = Course.create_id(petition_id)
        seen = self.responsibility.find(Course, id_)
        if seen is None:
            return 0

        def decide(unit: Unit) -> Answer:
            course = unit.find(Course, id_)
            terms = course.recount(calendar, self.responsibility.clock()) if course else 0
            return {"terms": terms}

        # Another process may begin a provisional term by the older calendar after one count: what
        # is counted again then is another fact.
        cause = f"{calendar.version}/{number}/{seen.version}"
        provenance = Provenance("service:responsibility", cause, cause)
        return int(self.responsibility.run(provenance, decide)["terms"])


def _last(calendar: WorkCalendar) -> date:
    return calendar.last


def _in_use(calendar: WorkCalendar) -> Answer:
    return {"version": calendar.version, "last": calendar.last.isoformat()}


def _news(calendar: WorkCalendar, older: Sequence[WorkCalendar]) -> NewerCalendar:
    knows_until = calendar.last
    changed = sorted(day for each in older for day in calendar.contradictions(each))
    if not changed:
        return NewerCalendar(calendar.version, knows_until)
    # A term in working days is moved by a day that it spans, and so is the working day after one.
    return NewerCalendar(
        calendar.version,
        knows_until,
        changed[0] - LONGEST_HOLIDAYS,
        changed[-1] + LONGEST_TERM_IN_WORKING_DAYS,
    )
