"""Use case of an upgrade: forget owners that were voided before there was a fact for it, once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol
from uuid import uuid5

from chassis.eventstore.application import Answer, Provenance, Unit
from chassis.eventstore.transaction import Writing
from services.notify.application import DELIVERER, Notify, newest
from services.notify.domain.calendars import CALENDARS, Calendars
from services.notify.domain.planning import OFFICE_HOURS
from services.notify.domain.reminders import PetitionReminders

VOIDED_PAGE: Final = 100


class Voided(Protocol):
    """Matters whose owner may have been voided before the upgrade."""

    def page(self, limit: int) -> Sequence[str]:
        """Return some of them, by their petition; none when all is done."""

    def strike(self, transaction: Writing, petitions: Sequence[str]) -> None:
        """Take them off: they have been gone through."""


@dataclass(frozen=True)
class Forgetting:
    """Reminds voided owners no more; who owns a matter by the record by then is left alone."""

    notify: Notify
    voided: Voided

    def go_on(self) -> int:
        """Go through a page of them; return how many."""
        petitions = self.voided.page(VOIDED_PAGE)
        if petitions:
            self.notify.run(
                Provenance(DELIVERER, "", ""), lambda unit: self._forget(unit, petitions)
            )
        return len(petitions)

    def _forget(self, unit: Unit, petitions: Sequence[str]) -> Answer:
        unit.writing.append(lambda transaction: self.voided.strike(transaction, petitions))
        streams = [PetitionReminders.create_id(each) for each in petitions]
        unit.load([CALENDARS, *streams])
        now = self.notify.clock()
        tells = OFFICE_HOURS.first_from(now, newest(unit.find(Calendars, CALENDARS)))
        for stream in streams:
            cause = str(uuid5(stream, "voided"))
            unit.attribute(Provenance(DELIVERER, cause, cause))
            if (reminders := unit.find(PetitionReminders, stream)) is not None:
                reminders.forget_voided(tells, now)
        return {}
