"""What can happen to the reminders of a petition, as it is written down."""

from datetime import datetime

from eventsourcing.domain import Aggregate


class PetitionReminders:
    """The facts of reminders, by the names that they have had since they were first stored.

    `domain.reminders.PetitionReminders` is what they add up to.
    """

    class Event(Aggregate.Event):
        petition_id: str
        number: str

    class Begun(Event, Aggregate.Created):
        TOPIC = "reminders.begun.v1"
        office: str
        petition_class: str

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
        again_at: datetime | None = None

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

    class PlanMade(Event):
        TOPIC = "reminders.plan_made.v1"
        why: str
        term: str
        office: str
        policy: str
        calendar: str
        provisional: bool
        runs_from: str
        due_on: str
        points: dict[str, str]
        rises: dict[str, int]

    class PlanDropped(Event):
        TOPIC = "reminders.plan_dropped.v1"
        term: str
        why: str

    class FellDue(Event):
        TOPIC = "reminders.fell_due.v1"
        term: str
        kind: str
        due_at: datetime
        due_on: str
        passed_over: list[str]
        told: dict[str, str]
        not_before: datetime
        next_at: datetime | None
        beside: dict[str, str] | None = None

    class Acknowledged(Event):
        TOPIC = "reminder.acknowledged.v1"
        reminder_id: str

    class Snoozed(Event):
        TOPIC = "reminder.snoozed.v1"
        reminder_id: str
        term: str
        recipient: str
        until: datetime
        reason: str
        next_at: datetime

    class Redriven(Event):
        TOPIC = "reminder.redriven.v1"
        reminder_id: str

    class KeptOut(Event):
        TOPIC = "reminders.kept_out.v1"
        kept_out: list[str]

    class Reclassified(Event):
        TOPIC = "reminders.reclassified.v1"
        petition_class: str

    class OwnerForgotten(Event):
        TOPIC = "reminders.owner_forgotten.v1"
        owner: str

    class Withheld(Event):
        TOPIC = "reminder.withheld.v1"
        reminder_id: str
        reason: str
