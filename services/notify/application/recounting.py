"""Use case of a calendar that comes out: move the points of all terms that are planned."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final
from uuid import UUID, uuid5

from chassis.eventstore.application import Answer, Provenance, Unit
from services.notify.application import DELIVERER, Notify
from services.notify.application.planning import Plans, term_of
from services.notify.application.ports import Claimed, Planned
from services.notify.domain.calendars import CALENDARS
from services.notify.domain.reminders import PetitionReminders

CALENDAR_PAGE: Final = 100


@dataclass(frozen=True)
class Recounting:
    """Plans anew what was planned by another calendar than the one that is known by now.

    What is left to do stands in the plans themselves: whoever ends in between goes on with it.
    """

    notify: Notify
    planned: Planned

    def go_on(self) -> int:
        """Plan a page of terms anew; return how many."""
        calendar = self.notify.calendar().version
        found = self.planned.by_others(self.notify.log_of_events, calendar, CALENDAR_PAGE)
        if found:
            self.notify.run(Provenance(DELIVERER, "", ""), lambda unit: self._plan(unit, found))
        return len(found)

    def _plan(self, unit: Unit, found: Sequence[Claimed]) -> Answer:
        streams = [PetitionReminders.create_id(each.petition_id) for each in found]
        unit.load([CALENDARS, *streams])
        pairs = zip(streams, found, strict=True)
        left = [each.id for stream, each in pairs if not self._follow(unit, stream, each)]
        if left:
            # Only the row says otherwise, or nothing bears it out: found again, it would be so for
            # ever, and hold up the others.
            known = Plans.calendar(unit).version
            unit.writing.append(partial(self.planned.note_calendar, ids=left, calendar=known))
        return {}

    def _follow(self, unit: Unit, stream: UUID, each: Claimed) -> bool:
        """Plan one term anew; return whether there was anything to record."""
        reminders = unit.find(PetitionReminders, stream)
        if reminders is None:
            return False
        term, before = term_of(each), reminders.version
        by = Plans(self.notify).by(unit, reminders.office, term, self.notify.clock())
        cause = str(uuid5(stream, f"{term}/{by.calendar.version}/{before}"))
        unit.attribute(Provenance(DELIVERER, cause, cause))
        changed = unit.find(PetitionReminders, stream)
        if changed is None:
            return False
        changed.follow_calendar(term, by)
        return changed.version > before
