"""Use cases of notify: whom to tell of what happens to a petition."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from eventsourcing.utils import EnvType

from chassis.eventstore.application import (
    EventSourcedApplication,
    ReadModel,
    Unit,
)
from services.notify.application.ports import Due
from services.notify.domain.calendars import CALENDARS, Calendars
from services.notify.domain.offices import head_of
from services.notify.domain.planning import OFFICE_HOURS
from services.notify.domain.policy import Policies
from services.notify.domain.reminder import RECUSAL_DUE, REPLACEMENT_DUE, Occasion
from services.notify.domain.reminders import PetitionReminders
from statute.workdays import WorkCalendar, newest_calendar

# What takes longer renews it before a call once half of it is over: no call takes more than half.
LEASE: Final = timedelta(seconds=20)
DELIVERER: Final = "service:notify"
NO_OWN: Final = Policies()


@dataclass(frozen=True, slots=True)
class Subject:
    """The petition that an event is about."""

    petition_id: str
    number: str
    office: str


class Notify(EventSourcedApplication):
    """Reminders, from plan to outcome."""

    name = "notify"

    def __init__(  # noqa: PLR0913, PLR0917 - its ports
        self,
        env: EnvType,
        clock: Callable[[], datetime],
        read_models: Sequence[ReadModel],
        due: Due,
        untaken_after: timedelta,
        policies: Policies = NO_OWN,
    ) -> None:
        self.due = due
        self.policies = policies
        self.untaken_after = untaken_after
        super().__init__(env, clock, read_models)

    def calendar(self) -> WorkCalendar:
        """Return the calendar of working days that is known to say most."""
        return newest(self.find(Calendars, CALENDARS))

    def begin(
        self, unit: Unit, subject: Subject, at: datetime, petition_class: str = ""
    ) -> PetitionReminders:
        """Return the reminders of a petition, begun now if there are none."""
        known = unit.find(PetitionReminders, PetitionReminders.create_id(subject.petition_id))
        if known is not None:
            return known
        reminders = PetitionReminders._create(  # noqa: SLF001 - the library's way to pass the time in
            PetitionReminders.Begun,
            id=PetitionReminders.create_id(subject.petition_id),
            timestamp=at,
            petition_id=subject.petition_id,
            number=subject.number,
            office=subject.office,
            petition_class=petition_class,
        )
        unit.add(reminders)
        return reminders

    @staticmethod
    def _in_office_hours(unit: Unit, at: datetime) -> datetime:
        """Return the first instant from another on at which people are told of what can wait."""
        return OFFICE_HOURS.first_from(at, newest(unit.find(Calendars, CALENDARS)))

    def plan_for_untaken(self, unit: Unit, subject: Subject, occasion: Occasion) -> None:
        """Remind the office's head of a petition that waits in the open list."""
        due_at = self._in_office_hours(unit, occasion.at + self.untaken_after)
        reminders, head = self.begin(unit, subject, occasion.at), head_of(subject.office)
        if not reminders.is_planned(head, "untaken"):
            reminders.plan(head, "untaken", due_at, occasion)

    def plan_for_owner(
        self, unit: Unit, subject: Subject, owner: str, occasion: Occasion, reason: str
    ) -> None:
        """Tell the owner now; the office's head need not be told any more."""
        reminders = self.begin(unit, subject, occasion.at)
        reminders.cancel("owner_found", occasion.at, about="untaken")
        reminders.plan(owner, reason, occasion.at, occasion)

    def change_owner(
        self, unit: Unit, subject: Subject, previous: str, owner: str, occasion: Occasion
    ) -> None:
        """Tell the new owner instead of the previous one."""
        reminders = self.begin(unit, subject, occasion.at)
        not_before = self._in_office_hours(unit, max(occasion.at, self.clock()))
        reminders.change_owner(previous, owner, occasion, not_before)

    def forget_owner(self, unit: Unit, subject: Subject, owner: str, at: datetime) -> None:
        """Remind somebody no more of what he turned out never to own; nobody owns it now."""
        not_before = self._in_office_hours(unit, max(at, self.clock()))
        self.begin(unit, subject, at).forget_owner(owner, not_before, at)

    def plan_for_recusal(self, unit: Unit, subject: Subject, occasion: Occasion) -> None:
        """Remind the office's head that the owner is a party and another has to be named."""
        reminders = self.begin(unit, subject, occasion.at)
        reminders.plan(head_of(subject.office), RECUSAL_DUE, occasion.at, occasion)

    def plan_for_replacement(self, unit: Unit, subject: Subject, occasion: Occasion) -> None:
        """Remind the office's head, once, that somebody at work is a party."""
        reminders = self.begin(unit, subject, occasion.at)
        reminders.cancel("replaced", occasion.at, about=REPLACEMENT_DUE)
        reminders.plan(head_of(subject.office), REPLACEMENT_DUE, occasion.at, occasion)

    def settle_replacement(self, unit: Unit, subject: Subject, occasion: Occasion) -> None:
        """Remind nobody any more that somebody at work is a party."""
        reminders = self.begin(unit, subject, occasion.at)
        reminders.cancel("replaced", occasion.at, about=REPLACEMENT_DUE)

    def keep_out(self, unit: Unit, subject: Subject, marks: Sequence[str], at: datetime) -> None:
        """Tell the parties to a sealed petition nothing any more."""
        self.begin(unit, subject, at).keep_out(marks, at)

    def reclassify(self, unit: Unit, subject: Subject, petition_class: str, at: datetime) -> None:
        """Tell of a petition as of one of another class; what is sealed stays in its office."""
        self.begin(unit, subject, at).reclassify(petition_class, at)

    def plan_for_reception(self, unit: Unit, subject: Subject, occasion: Occasion) -> None:
        """Tell the owner that somebody else received the petitioner, after closure too (rule 4)."""
        reminders = self.begin(unit, subject, occasion.at)
        if reminders.owner is not None:
            reminders.plan(reminders.owner, "reception_elsewhere", occasion.at, occasion)

    def cancel_all(self, unit: Unit, subject: Subject, at: datetime, *, sparing: str = "") -> None:
        """Remind nobody of a closed petition.

        Args:
            sparing: a reason for which somebody is told all the same.
        """
        self.begin(unit, subject, at).cancel("case_closed", at, sparing=sparing)

    def follow_merging(
        self, unit: Unit, subject: Subject, owner: str | None, occasion: Occasion
    ) -> None:
        """Remind nobody of a matter that is part of another; who owned it is told so."""
        reminders = self.begin(unit, subject, occasion.at)
        reminders.cancel("merged", occasion.at)
        if owner is not None:
            reminders.plan(owner, "merged", occasion.at, occasion)


def newest(heard: Calendars | None) -> WorkCalendar:
    """Return the calendar that was heard of, or the one that is shipped where that knows more.

    One that was heard of may correct the one that is shipped.
    """
    shipped = newest_calendar()
    return heard.newest if heard and heard.newest.last >= shipped.last else shipped


def subject_of(data: Mapping[str, Any], office: str = "") -> Subject:
    """Return the petition that a message is about."""
    return Subject(data["petition_id"], data["number"], data.get("office", office))
