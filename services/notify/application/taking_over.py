"""Use case of an upgrade: plan the terms that began before there were plans, once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Protocol
from uuid import uuid5

from chassis.eventstore.application import Answer, Provenance, Unit
from services.notify.application import DELIVERER, Notify, Subject
from services.notify.application.planning import FOUND_RUNNING, Plans, TermTold
from services.notify.application.ports import CasesAway
from services.notify.domain.calendars import CALENDARS
from services.notify.domain.reminders import PetitionReminders

NOTHING: Final = 0


@dataclass(frozen=True, slots=True)
class RunningTerm:
    """A term that runs; `due_on` is None while a hearing goes on."""

    number: str
    office: str
    term: str
    due_on: date | None


class RunningTerms(Protocol):
    """The terms that run, as responsibility has them."""

    def page(self, cursor: str) -> tuple[Sequence[RunningTerm], str]:
        """Return a page of them, and the cursor of the next; empty for none."""

    def runs(self, number: str, term: str) -> bool:
        """Tell whether a term of a matter runs."""


class Progress(Protocol):
    """How far one has got."""

    def page(self) -> str | None:
        """Return the cursor of the page that comes next; None when there is none left."""

    def turn(self, cursor: str) -> None:
        """Go on to a page; an empty cursor is the end."""

    def petitions_of(self, numbers: Iterable[str]) -> Mapping[str, str]:
        """Return number to petition, of those that anybody was ever to be reminded of."""


@dataclass(frozen=True)
class TakingOver:
    """Plans what ran before; whatever was planned or dropped since stays as it is."""

    notify: Notify
    running: RunningTerms
    progress: Progress

    def go_on(self) -> int:
        """Take over a page; return how many terms were looked at.

        What responsibility answers is older than what is written here. Where a term has ended
        in between, nobody may tell us any more: so it is looked at once more afterwards.
        """
        cursor = self.progress.page()
        if cursor is None:
            return NOTHING
        try:
            found, then = self.running.page(cursor)
            self._plan([each for each in found if each.due_on is not None])
            again = set(self.running.page(cursor)[0])
            for each in found:
                if each not in again and not self.running.runs(each.number, each.term):
                    self._drop(each)
        except CasesAway:
            return NOTHING
        self.progress.turn(then)
        return len(found)

    def _plan(self, found: Sequence[RunningTerm]) -> None:
        petitions = self.progress.petitions_of(each.number for each in found)
        known = [each for each in found if each.number in petitions]

        def decide(unit: Unit) -> Answer:
            ids = {each: PetitionReminders.create_id(petitions[each.number]) for each in known}
            unit.load([CALENDARS, *ids.values()])
            for each, id_ in ids.items():
                reminders = unit.find(PetitionReminders, id_)
                if reminders is not None and each.term not in reminders.latest:
                    cause = str(uuid5(id_, f"{FOUND_RUNNING}/{each.term}"))
                    unit.attribute(Provenance(DELIVERER, cause, cause))
                    subject = Subject(petitions[each.number], each.number, each.office)
                    told = TermTold(each.term, FOUND_RUNNING, each.due_on or date.max)
                    Plans(self.notify).plan(unit, subject, told, self.notify.clock())
            return {}

        self.notify.run(Provenance(DELIVERER, "", ""), decide)

    def _drop(self, ended: RunningTerm) -> None:
        petitions = self.progress.petitions_of([ended.number])
        if ended.number not in petitions:
            return
        subject = Subject(petitions[ended.number], ended.number, ended.office)
        cause = str(uuid5(PetitionReminders.create_id(subject.petition_id), f"gone/{ended.term}"))

        def decide(unit: Unit) -> Answer:
            Plans(self.notify).drop(unit, subject, ended.term, "term_ended", self.notify.clock())
            return {}

        self.notify.run(Provenance(DELIVERER, cause, cause), decide)
