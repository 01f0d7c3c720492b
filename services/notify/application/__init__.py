"""Use cases of notify: plan, cancel, deliver."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

from eventsourcing.utils import EnvType

from chassis.eventstore.application import (
    Answer,
    EventSourcedApplication,
    Provenance,
    ReadModel,
    Unit,
)
from chassis.eventstore.transaction import Writing
from services.notify.application.ports import Channel, Claimed, Due, Lane, Told
from services.notify.application.wording import sentence_of
from services.notify.domain.offices import head_of
from services.notify.domain.reminders import OWNS, Occasion, PetitionReminders, Reminder

DUE_PAGE: Final = 500
ROUND_MAX: Final = timedelta(seconds=2)
# Longer than a round and the longest delivery that may end it.
LEASE: Final = timedelta(seconds=20)
DELIVERER: Final = "service:notify"


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
        due: Due,
        channels: Sequence[Channel],
        untaken_after: timedelta,
    ) -> None:
        self.due = due
        self._channels = channels
        self._untaken_after = untaken_after
        super().__init__(env, clock, read_models)

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

    def plan_for_untaken(self, unit: Unit, subject: Subject, occasion: Occasion) -> None:
        """Remind the office's head of a petition that waits in the open list."""
        due_at = occasion.at + self._untaken_after
        reminders = self.begin(unit, subject, occasion.at)
        reminders.plan(head_of(subject.office), "untaken", due_at, occasion)

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
        reminders.plan(owner, OWNS, occasion.at, occasion)

    def plan_for_reception(self, unit: Unit, subject: Subject, occasion: Occasion) -> None:
        """Tell the owner that somebody else received the petitioner, after closure too (rule 4)."""
        reminders = self.begin(unit, subject, occasion.at)
        if reminders.owner is not None:
            reminders.plan(reminders.owner, "reception_elsewhere", occasion.at, occasion)

    def cancel_all(self, unit: Unit, subject: Subject, at: datetime) -> None:
        """Remind nobody of a closed petition."""
        self.begin(unit, subject, at).cancel("case_closed", at)

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
        now = self.clock()
        claimed = self.due.claim(self.log_of_events, Lane.REMINDERS, now, now + LEASE, DUE_PAGE)
        if not claimed:
            return 0
        attempts: list[Attempt] = []
        left = list(self._attempt_all(claimed, attempts))

        def put_back(transaction: Writing) -> None:
            self.due.give_back(transaction, [each.id for each in left], now)

        def decide(unit: Unit) -> Answer:
            unit.load(attempt.stream for attempt in attempts)
            for attempt in attempts:
                self._keep(unit, attempt)
            unit.writing.append(put_back)
            return {}

        self.run(Provenance(DELIVERER, "", ""), decide)
        return len(attempts)

    def _attempt_all(
        self, claimed: Sequence[Claimed], attempts: list[Attempt]
    ) -> Iterator[Claimed]:
        """Attempt one after the other, for as long as a round may take, and yield what is left."""
        streams = [PetitionReminders.create_id(each.petition_id) for each in claimed]
        loaded, ends = self.load(list(dict.fromkeys(streams))), self.clock() + ROUND_MAX
        for stream, each in zip(streams, claimed, strict=True):
            if self.clock() > ends:
                yield each
                continue
            reminders = loaded[stream]
            reminder = _planned(reminders, each.id)
            if reminder is not None and isinstance(reminders, PetitionReminders):
                outcomes = self._attempt(reminders.number, reminder)
                attempts.append(Attempt(stream, each.id, reminder.attempts + 1, outcomes))

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
            sentence=sentence_of(number, reminder),
            due_at=reminder.due_at,
        )
        left = [channel for channel in self._channels if channel.name not in reminder.done]
        return {channel.name: channel.tell(told) for channel in left}


def _planned(reminders: object, reminder_id: str) -> Reminder | None:
    """Return a reminder that is still to be delivered."""
    if not isinstance(reminders, PetitionReminders):
        return None
    reminder = reminders.reminders.get(reminder_id)
    return reminder if reminder is not None and reminder.state == "planned" else None


def subject_of(data: Mapping[str, Any], office: str = "") -> Subject:
    """Return the petition that a message is about."""
    return Subject(data["petition_id"], data["number"], data.get("office", office))
