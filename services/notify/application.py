"""Use cases of notify: plan, cancel, deliver."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID, uuid5

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
from services.notify.domain.reminders import (
    OFFICE_HEAD,
    OWNS,
    RECUSAL_DUE,
    REPLACEMENT_DUE,
    SPLIT,
    Occasion,
    PetitionReminders,
    Reminder,
)

DUE_PAGE = 500
ROUND_MAX = timedelta(seconds=2)
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


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to tell somebody: its number, from 1, and channel to outcome."""

    stream: UUID
    reminder_id: str
    number: int
    outcomes: Mapping[str, str]


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

    def plan_for_untaken(self, unit: Unit, subject: Subject, occasion: Occasion) -> None:
        """Remind the office's head of a petition that waits in the open list."""
        recipient = f"{OFFICE_HEAD}{subject.office}"
        due_at = occasion.at + self._untaken_after
        reminders = self.begin(unit, subject, occasion.at)
        if not reminders.plans(recipient, "untaken"):
            reminders.plan(recipient, "untaken", due_at, occasion)

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
        reminders.cancel("owner_changed", occasion.at, recipient=previous)
        reminders.cancel("owner_changed", occasion.at, about=RECUSAL_DUE)
        reminders.plan(owner, OWNS, occasion.at, occasion)

    def forget_owner(self, unit: Unit, subject: Subject, owner: str, at: datetime) -> None:
        """Remind somebody no more of what he turned out never to own; nobody owns it now."""
        reminders = self.begin(unit, subject, at)
        reminders.cancel("owner_changed", at, recipient=owner, sparing=SPLIT)
        reminders.cancel("owner_changed", at, about=RECUSAL_DUE)

    def plan_for_recusal(self, unit: Unit, subject: Subject, occasion: Occasion) -> None:
        """Remind the office's head that the owner is a party and another has to be named."""
        recipient = f"{OFFICE_HEAD}{subject.office}"
        self.begin(unit, subject, occasion.at).plan(recipient, RECUSAL_DUE, occasion.at, occasion)

    def plan_for_replacement(self, unit: Unit, subject: Subject, occasion: Occasion) -> None:
        """Remind the office's head, once, that somebody at work is a party."""
        recipient = f"{OFFICE_HEAD}{subject.office}"
        reminders = self.begin(unit, subject, occasion.at)
        reminders.cancel("replaced", occasion.at, about=REPLACEMENT_DUE)
        reminders.plan(recipient, REPLACEMENT_DUE, occasion.at, occasion)

    def settle_replacement(self, unit: Unit, subject: Subject, occasion: Occasion) -> None:
        """Remind nobody any more that somebody at work is a party."""
        reminders = self.begin(unit, subject, occasion.at)
        reminders.cancel("replaced", occasion.at, about=REPLACEMENT_DUE)

    def keep_out(self, unit: Unit, subject: Subject, marks: Sequence[str], at: datetime) -> None:
        """Tell the parties to a sealed petition nothing any more."""
        self.begin(unit, subject, at).keep_out(marks, at)

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

    def deliver_due(self) -> int:
        """Deliver what is due; return how many reminders were attempted.

        What was told in one round is recorded in one append. Whatever was told and not recorded,
        because the process ended in between, is told again under the same id.
        """
        due = self._due.due(self.log_of_events, self.clock(), DUE_PAGE)
        if not due:
            return 0
        attempts = list(self._attempts(due))

        def decide(unit: Unit) -> Answer:
            unit.load(attempt.stream for attempt in attempts)
            for attempt in attempts:
                self._keep(unit, attempt)
            return {}

        self.run(Provenance(DELIVERER, "", ""), decide)
        return len(due)

    def _attempts(self, due: Sequence[tuple[str, str]]) -> Iterator[Attempt]:
        """Attempt one after the other, for as long as a round may take."""
        streams = [PetitionReminders.create_id(petition_id) for petition_id, _ in due]
        loaded, ends = self.load(list(dict.fromkeys(streams))), self.clock() + ROUND_MAX
        for stream, (_, reminder_id) in zip(streams, due, strict=True):
            reminders = loaded[stream]
            if not isinstance(reminders, PetitionReminders) or self.clock() > ends:
                continue
            reminder = reminders.reminders.get(reminder_id)
            if reminder is not None and reminder.state == "planned":
                outcomes = self._attempt(reminders.number, reminder)
                yield Attempt(stream, reminder_id, reminder.attempts + 1, outcomes)

    def _keep(self, unit: Unit, attempt: Attempt) -> None:
        found = unit.find(PetitionReminders, attempt.stream)
        if found is None:
            return
        cause = str(uuid5(attempt.stream, f"{attempt.reminder_id}/{attempt.number}"))
        unit.attribute(Provenance(DELIVERER, cause, cause))
        found.record_attempts(
            attempt.reminder_id,
            attempt.number,
            attempt.outcomes,
            self._untaken_after,
            self.clock(),
        )

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
