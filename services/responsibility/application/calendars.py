"""Use cases of the calendar of working days: import a newer one, count provisional terms again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Protocol

from chassis.eventstore.application import Answer, Provenance, Unit
from chassis.eventstore.transaction import Questions
from services.responsibility.application import Command, Responsibility
from services.responsibility.domain.course import Course
from services.responsibility.domain.workdays import (
    PUBLISHED_CALENDARS,
    PublishedCalendars,
    check_extends,
    told,
)
from statute.workdays import WorkCalendar

# The next working day after a last day lies nearer than that, however long the holidays.
LONGEST_HOLIDAYS: Final = timedelta(days=14)
RECOUNTED_AT_ONCE: Final = 100


class ProvisionalTerms(Protocol):
    """Finds terms that were counted by a calendar that ended before them."""

    def provisional(
        self, questions: Questions, until: date, limit: int
    ) -> Sequence[tuple[str, str]]:
        """Return number and petition_id of matters with such a term, with a last day by then."""


@dataclass(frozen=True)
class Calendars:
    """The calendars of working days that responsibility counts by."""

    responsibility: Responsibility
    terms: ProvisionalTerms

    def import_calendar(self, command: Command, calendar: WorkCalendar, document: str) -> Answer:
        """Count by a newer calendar from now on; terms that run are counted again after it.

        Raises:
            CalendarUnfit: it knows no more than the one in use.
        """
        in_use = self.responsibility.calendar()

        def decide(unit: Unit) -> Answer:
            published = unit.find(PublishedCalendars, PUBLISHED_CALENDARS)
            check_extends(calendar, published.calendar if published else in_use)
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
            return {"version": calendar.version, "last": calendar.last.isoformat()}

        answer = self.responsibility.run(command.provenance, decide, command.key)
        self.responsibility.look_for_calendar()
        return answer

    def recount(self) -> int:
        """Count some provisional terms again by the calendar in use; return how many changed."""
        calendar = self.responsibility.calendar()
        found = self.terms.provisional(
            self.responsibility.log_of_events, calendar.last - LONGEST_HOLIDAYS, RECOUNTED_AT_ONCE
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
