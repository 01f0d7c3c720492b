"""The reminders of one petition: what was planned, attempted, delivered, cancelled."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

from eventsourcing.domain import Aggregate, CanMutateAggregate, event

from services.notify.domain.policy import ATTEMPTS_MAX, TOLD_AGAIN
from statute.parties import Parties

REMINDERS: Final = UUID("5b0d6f0e-4d0c-5d0e-8a8c-0d7f5a3e9b42")
OFFICE_HEAD: Final = "office_head:"
OWNS: Final = "ownership_taken"
RECUSAL_DUE: Final = "recusal_due"
REPLACEMENT_DUE: Final = "replacement_due"
SPLIT: Final = "split"


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a reminder is about: its id tells one from another, not its time.

    After a clock was set back many facts in a row are recorded at one instant.

    Attributes:
        id: of the event that tells of it.
        at: when that was recorded.
    """

    id: str
    at: datetime


@dataclass
class Reminder:
    """One thing that one person is told.

    Attributes:
        recipient: staff number, or `office_head:<office>`.
        state: planned, delivered, cancelled or given_up.
        done: channels over which it has been delivered.
    """

    reminder_id: str
    recipient: str
    reason: str
    due_at: datetime
    state: str = "planned"
    attempts: int = 0
    done: set[str] = field(default_factory=set)


class PetitionReminders(Aggregate):
    """All reminders about one petition.

    Attributes:
        owner: who was last told that he owns it; None while nobody was.
    """

    TOPIC = "reminders.v1"

    class Event(Aggregate.Event):
        petition_id: str
        number: str

    class Begun(Event, Aggregate.Created):
        TOPIC = "reminders.begun.v1"
        office: str

    Created = Begun

    class Planned(Event):
        TOPIC = "reminder.planned.v1"
        reminder_id: str
        recipient: str
        reason: str
        due_at: datetime

    class Attempted(Event):
        TOPIC = "reminder.attempted.v1"
        reminder_id: str
        attempt: int
        channel: str
        outcome: str

    class Delivered(Event):
        TOPIC = "reminder.delivered.v1"
        reminder_id: str
        attempts: int

    class Cancelled(Event):
        TOPIC = "reminder.cancelled.v1"
        reminder_id: str
        reason: str

    class GivenUp(Event):
        TOPIC = "reminder.given_up.v1"
        reminder_id: str
        attempts: int
        outcome: str

    class KeptOut(Event):
        TOPIC = "reminders.kept_out.v1"
        kept_out: list[str]

    class Withheld(Event):
        TOPIC = "reminder.withheld.v1"
        reminder_id: str
        reason: str

    @staticmethod
    def create_id(petition_id: str) -> UUID:
        return uuid5(REMINDERS, petition_id)

    @event(Begun)
    def __init__(self, petition_id: str, number: str, office: str) -> None:
        self.petition_id = petition_id
        self.number = number
        self.office = office
        self.owner: str | None = None
        self.reminders: dict[str, Reminder] = {}
        self.parties = Parties()
        self.withheld: set[str] = set()

    def trigger_event(self, event_class: type[CanMutateAggregate[UUID]], **kwargs: Any) -> None:
        """Make a fact; every fact names its petition."""
        super().trigger_event(
            event_class, petition_id=self.petition_id, number=self.number, **kwargs
        )

    def plan(self, recipient: str, reason: str, due_at: datetime, occasion: Occasion) -> None:
        """Plan a reminder; the same one is planned once, and a party is told nothing."""
        reminder_id = str(uuid5(self.id, f"{recipient}/{reason}/{occasion.id}"))
        if reminder_id in self.reminders or reminder_id in self.withheld:
            return
        if self.keeps_out(recipient):
            self._record_withholding(timestamp=occasion.at, reminder_id=reminder_id, reason=reason)
        else:
            self._record_plan(
                timestamp=occasion.at,
                reminder_id=reminder_id,
                recipient=recipient,
                reason=reason,
                due_at=due_at,
            )

    def plans(self, recipient: str, reason: str) -> bool:
        """Tell whether somebody is going to be told for a reason already."""
        return any(
            each.state == "planned" and (each.recipient, each.reason) == (recipient, reason)
            for each in self.reminders.values()
        )

    def keeps_out(self, recipient: str) -> bool:
        """Tell whether a recipient is a party to what is sealed, or head of an office that is."""
        return self.parties.include(recipient.removeprefix(OFFICE_HEAD))

    def keep_out(self, marks: Iterable[str], at: datetime) -> None:
        """Tell the parties to what is sealed nothing any more; `marks` are those of all of them."""
        parties = Parties(frozenset(marks))
        if parties == self.parties:
            return
        self._record_parties(timestamp=at, kept_out=sorted(parties.marks))
        for recipient in sorted({each.recipient for each in self.reminders.values()}):
            if self.keeps_out(recipient):
                self.cancel("kept_out", at, recipient=recipient)

    def cancel(
        self, why: str, at: datetime, *, about: str = "", recipient: str = "", sparing: str = ""
    ) -> None:
        """Cancel what is planned, all of it or that of one reason or recipient; spare a reason."""
        for reminder in list(self.reminders.values()):
            meant = about in {"", reminder.reason} and recipient in {"", reminder.recipient}
            if reminder.state == "planned" and meant and reminder.reason != sparing:
                self._record_cancellation(
                    timestamp=at, reminder_id=reminder.reminder_id, reason=why
                )

    def record_attempts(
        self,
        reminder_id: str,
        attempt: int,
        outcomes: Mapping[str, str],
        again_after: timedelta,
        at: datetime,
    ) -> None:
        """Record one round of attempts.

        Nothing happens when the reminder was cancelled meanwhile, or when another process made
        the same attempt.

        Args:
            attempt: number of the round, from 1.
            outcomes: channel to `ok` or a short word on the failure.
            again_after: when a reminder about an untaken petition is due again.
        """
        reminder = self.reminders[reminder_id]
        if reminder.state != "planned" or attempt <= reminder.attempts:
            return
        for channel, outcome in outcomes.items():
            self._record_attempt(
                timestamp=at,
                reminder_id=reminder_id,
                attempt=attempt,
                channel=channel,
                outcome=outcome,
            )
        failed = [outcome for outcome in outcomes.values() if outcome != "ok"]
        if not failed:
            self._record_delivery(timestamp=at, reminder_id=reminder_id, attempts=attempt)
            self._plan_again(reminder, again_after, at)
        elif attempt >= ATTEMPTS_MAX:
            self._record_giving_up(
                timestamp=at, reminder_id=reminder_id, attempts=attempt, outcome=failed[-1]
            )
            self._plan_again(reminder, again_after, at)

    def _plan_again(self, reminder: Reminder, again_after: timedelta, at: datetime) -> None:
        """Go on reminding until somebody takes the petition (rule 5), or the recusal is made.

        Times that have passed meanwhile are left out: nobody is told five times at once.
        """
        if reminder.reason in TOLD_AGAIN:
            passed = max((at - reminder.due_at) // again_after, 0)
            due_at = reminder.due_at + (passed + 1) * again_after
            again = Occasion(f"{reminder.reminder_id}/{due_at.isoformat()}", at)
            self.plan(reminder.recipient, reminder.reason, due_at, again)

    # Records. Replayed for ever, so they decide nothing.

    @event(Planned)
    def _record_plan(
        self,
        timestamp: datetime,
        reminder_id: str,
        recipient: str,
        reason: str,
        due_at: datetime,
    ) -> None:
        self.reminders[reminder_id] = Reminder(reminder_id, recipient, reason, due_at)
        if reason == OWNS:
            self.owner = recipient

    @event(Attempted)
    def _record_attempt(
        self, timestamp: datetime, reminder_id: str, attempt: int, channel: str, outcome: str
    ) -> None:
        reminder = self.reminders[reminder_id]
        reminder.attempts = attempt
        if outcome == "ok":
            reminder.done.add(channel)

    @event(Delivered)
    def _record_delivery(self, timestamp: datetime, reminder_id: str, attempts: int) -> None:
        self.reminders[reminder_id].state = "delivered"

    @event(Cancelled)
    def _record_cancellation(self, timestamp: datetime, reminder_id: str, reason: str) -> None:
        self.reminders[reminder_id].state = "cancelled"

    @event(KeptOut)
    def _record_parties(self, timestamp: datetime, kept_out: list[str]) -> None:
        self.parties = Parties(frozenset(kept_out))

    @event(Withheld)
    def _record_withholding(self, timestamp: datetime, reminder_id: str, reason: str) -> None:
        self.withheld.add(reminder_id)

    @event(GivenUp)
    def _record_giving_up(
        self, timestamp: datetime, reminder_id: str, attempts: int, outcome: str
    ) -> None:
        self.reminders[reminder_id].state = "given_up"
