"""What notify tells."""

from typing import ClassVar, Final, Literal

from contracts.envelope import Utc
from contracts.events.message import Message
from contracts.fields import Mark

ReminderReason = Literal[
    "ownership_taken",
    "untaken",
    "repeat_joined",
    "reopened",
    "reception_elsewhere",
    "repeat_not_accepted",
    "merged",
    "split",
    "recusal_due",
    "replacement_due",
]


class RemindersBegunV1(Message, frozen=True):
    """Notify keeps reminders of a petition from here on."""

    TYPE: ClassVar[str] = "reminders.begun.v1"

    number: str
    office: str


class ReminderPlannedV1(Message, frozen=True):
    """Somebody is going to be told.

    Attributes:
        reason: ownership_taken (the recipient owns the petition), untaken (nobody does yet),
            repeat_joined (a repeat petition found its owner), reopened (by order),
            reception_elsewhere (somebody else received the petitioner), repeat_not_accepted (a
            repeat of a matter that has ended), merged (the matter is part of another now), split (a
            petition is a matter of its own again), recusal_due (the owner is a party: the head of
            the office names another) or replacement_due (somebody at work is a party, likewise).
    """

    TYPE: ClassVar[str] = "reminder.planned.v1"

    reminder_id: str
    number: str
    recipient: str
    reason: ReminderReason
    due_at: Utc


class ReminderAttemptedV1(Message, frozen=True):
    """One attempt to deliver over one channel.

    Attributes:
        attempt: the round, from 1; in each, every channel is tried that has not succeeded yet.
        channel: how it was sent.
        outcome: `ok` or a short word on the failure.
    """

    TYPE: ClassVar[str] = "reminder.attempted.v1"

    number: str
    reminder_id: str
    attempt: int
    channel: Literal["webhook", "file"]
    outcome: str


class ReminderDeliveredV1(Message, frozen=True):
    """The reminder was delivered over every channel."""

    TYPE: ClassVar[str] = "reminder.delivered.v1"

    number: str
    reminder_id: str
    attempts: int


class ReminderCancelledV1(Message, frozen=True):
    """The reminder is not needed any more.

    Attributes:
        reason: owner_found, owner_changed, case_closed, merged, kept_out (the recipient is a party
            to what is sealed) or replaced (no party is at work any more, or another one).
    """

    TYPE: ClassVar[str] = "reminder.cancelled.v1"

    number: str
    reminder_id: str
    reason: Literal["owner_found", "owner_changed", "case_closed", "merged", "kept_out", "replaced"]


class RemindersKeptOutV1(Message, frozen=True):
    """The parties to a sealed petition are told nothing of it from now on.

    Attributes:
        kept_out: marks of all of them, never the codes.
    """

    TYPE: ClassVar[str] = "reminders.kept_out.v1"

    number: str
    kept_out: list[Mark]


class ReminderWithheldV1(Message, frozen=True):
    """Somebody would have been told, and is a party to what is sealed: nobody was.

    Attributes:
        reason: what it would have been about.
    """

    TYPE: ClassVar[str] = "reminder.withheld.v1"

    number: str
    reminder_id: str
    reason: ReminderReason


class ReminderGivenUpV1(Message, frozen=True):
    """Delivery failed as often as is tried.

    Attributes:
        outcome: a short word on the last failure.
    """

    TYPE: ClassVar[str] = "reminder.given_up.v1"

    number: str
    reminder_id: str
    attempts: int
    outcome: str


MESSAGES: Final[tuple[type[Message], ...]] = (
    RemindersBegunV1,
    ReminderPlannedV1,
    ReminderAttemptedV1,
    ReminderDeliveredV1,
    ReminderCancelledV1,
    RemindersKeptOutV1,
    ReminderWithheldV1,
    ReminderGivenUpV1,
)
