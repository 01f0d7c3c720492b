"""What notify tells."""

from typing import ClassVar, Final, Literal

from contracts.envelope import Utc
from contracts.events.message import Message

ReminderReason = Literal[
    "ownership_taken",
    "untaken",
    "repeat_joined",
    "reopened",
    "reception_elsewhere",
    "repeat_not_accepted",
    "merged",
    "split",
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
            repeat of a matter that has ended), merged (the matter is part of another now) or
            split (a petition is a matter of its own again).
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
        reason: owner_found, owner_changed, case_closed or merged.
    """

    TYPE: ClassVar[str] = "reminder.cancelled.v1"

    number: str
    reminder_id: str
    reason: Literal["owner_found", "owner_changed", "case_closed", "merged"]


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
    ReminderGivenUpV1,
)
