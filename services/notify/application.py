"""Use cases of notify: plan, cancel, deliver."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import uuid5

from eventsourcing.utils import EnvType

from chassis.eventstore.application import (
    Answer,
    EventSourcedApplication,
    Provenance,
    ReadModel,
    Unit,
)
from chassis.eventstore.transaction import Questions
from services.notify.domain.policy import SENTENCES
from services.notify.domain.reminders import OFFICE_HEAD, PetitionReminders, Reminder

DUE_PAGE = 50
DELIVERER = "service:notify"


@dataclass(frozen=True, slots=True)
class Told:
    """What a recipient is told. No personal data.

    Attributes:
        reminder_id: the same at every attempt, so that a receiver can tell repetitions.
    """

    reminder_id: str
    number: str
    recipient: str
    reason: str
    sentence: str
    due_at: datetime


class Channel(Protocol):
    """One way to tell somebody."""

    @property
    def name(self) -> str:
        """Name of the channel in the record."""

    def tell(self, told: Told) -> str:
        """Deliver, and return `ok` or a short word on the failure."""


class DueReminders(Protocol):
    """Finds what is due."""

    def due(self, transaction: Questions, now: datetime, limit: int) -> Sequence[tuple[str, str]]:
        """Return petition_id and reminder_id of what is due, the longest due first."""


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
        due: DueReminders,
        channels: Sequence[Channel],
        untaken_after: timedelta,
    ) -> None:
        self._due = due
        self._channels = channels
        self._untaken_after = untaken_after
        super().__init__(env, clock, read_models)

    def begin(self, unit: Unit, subject: Subject, at: datetime) -> PetitionReminders:
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
        )
        unit.add(reminders)
        return reminders

    def plan_for_untaken(self, unit: Unit, subject: Subject, at: datetime) -> None:
        """Remind the office's head of a petition that waits in the open list."""
        recipient = f"{OFFICE_HEAD}{subject.office}"
        due_at = at + self._untaken_after
        self.begin(unit, subject, at).plan(recipient, "untaken", due_at, at)

    def plan_for_owner(
        self, unit: Unit, subject: Subject, owner: str, at: datetime, reason: str
    ) -> None:
        """Tell the owner now; the office's head need not be told any more."""
        reminders = self.begin(unit, subject, at)
        reminders.cancel("owner_found", at, about="untaken")
        reminders.plan(owner, reason, at, at)

    def change_owner(
        self, unit: Unit, subject: Subject, previous: str, owner: str, at: datetime
    ) -> None:
        """Tell the new owner instead of the previous one."""
        reminders = self.begin(unit, subject, at)
        reminders.cancel("owner_changed", at, recipient=previous)
        reminders.plan(owner, "ownership_taken", at, at)

    def cancel_all(self, unit: Unit, subject: Subject, at: datetime) -> None:
        """Remind nobody of a closed petition."""
        self.begin(unit, subject, at).cancel("case_closed", at)

    def deliver_due(self) -> int:
        """Deliver what is due; return how many reminders were attempted."""
        due = self._due.due(self.log_of_events, self.clock(), DUE_PAGE)
        for petition_id, reminder_id in due:
            self._deliver(petition_id, reminder_id)
        return len(due)

    def _deliver(self, petition_id: str, reminder_id: str) -> None:
        reminders = self.find(PetitionReminders, PetitionReminders.create_id(petition_id))
        reminder = reminders and reminders.reminders.get(reminder_id)
        if not reminders or not reminder or reminder.state != "planned":
            return
        outcomes = self._attempt(reminders.number, reminder)
        attempt = reminder.attempts + 1
        cause = str(uuid5(reminders.id, f"{reminder_id}/{attempt}"))

        def decide(unit: Unit) -> Answer:
            found = unit.find(PetitionReminders, reminders.id)
            if found is not None:
                found.record_attempts(
                    reminder_id, attempt, outcomes, self._untaken_after, self.clock()
                )
            return {}

        self.run(Provenance(DELIVERER, cause, cause), decide)

    def _attempt(self, number: str, reminder: Reminder) -> dict[str, str]:
        told = Told(
            reminder_id=reminder.reminder_id,
            number=number,
            recipient=reminder.recipient,
            reason=reminder.reason,
            sentence=SENTENCES[reminder.reason].format(number=number),
            due_at=reminder.due_at,
        )
        left = [channel for channel in self._channels if channel.name not in reminder.done]
        return {channel.name: channel.tell(told) for channel in left}


def subject_of(data: Mapping[str, Any], office: str = "") -> Subject:
    """Return the petition that a message is about."""
    return Subject(data["petition_id"], data["number"], data.get("office", office))
