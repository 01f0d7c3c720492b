"""Reminders."""

from datetime import date
from typing import Annotated, Any, Final, Literal

from msgspec import Meta, field

from contracts.envelope import Utc
from contracts.fields import (
    END,
    Cursor,
    Limit,
    Line,
    Number,
    Office,
    OptionalLine,
    Reason,
    RequestId,
    Staff,
)
from contracts.rpc.method import FOLLOWERS, OPERATORS, READERS, STAFF, Answer, Method, Request

ReminderState = Literal["planned", "delivered", "acknowledged", "cancelled", "given_up"]
ReminderId = Annotated[
    str,
    Meta(
        pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}" + END,
        description="UUID of the reminder.",
    ),
]


Recipient = Annotated[
    str,
    Meta(
        pattern=r"^(office_head:)?[A-Za-z0-9][A-Za-z0-9._:-]{0,63}" + END,
        description="Staff number, or `office_head:<office>`.",
    ),
]
# Who can be asked for: what looks like the head of an office, and names none, is nobody.
KnownRecipient = Annotated[
    str,
    Meta(
        pattern=r"^(office_head:[0-9]{6}-[0-9]{2}|(?!office_head:)[A-Za-z0-9][A-Za-z0-9._:-]{0,63})"
        + END,
        description="Staff number, or `office_head:<office>`.",
        examples=["L330424001", "office_head:330424-01"],
    ),
]


class ListReminders(Request, frozen=True):
    """Newest first, of one petition, one recipient, or all.

    Attributes:
        number: of the one petition; all petitions unless given.
        recipient: the one recipient: a staff number, or `office_head:<office>`; all unless given.
        state: only those that are so by now, such as given_up; all unless given.
    """

    number: Number | None = None
    recipient: KnownRecipient | None = None
    state: ReminderState | None = None
    limit: Limit = 50
    cursor: Cursor = ""


class ReminderView(Answer, frozen=True):
    """One reminder.

    Attributes:
        reason: ownership_taken, untaken, repeat_joined, reopened, reception_elsewhere,
            repeat_not_accepted, merged, split, recusal_due or replacement_due; of a term:
            term_begun, term_half, term_near, term_due or term_late.
        state: planned, delivered, acknowledged (its recipient took note), cancelled (not needed any
            more) or given_up (delivery failed as often as is tried).
        last_outcome: of the last attempt: `ok` or a short word on the failure; empty before it.
    """

    reminder_id: str
    number: Number
    recipient: str
    reason: str
    state: ReminderState
    due_at: Utc
    attempts: int
    last_outcome: str


class ReminderPage(Answer, frozen=True):
    """Reminders, newest first."""

    items: list[ReminderView]
    next_cursor: str


REMINDERS: Final = Method(
    "notify",
    "reminders",
    ListReminders,
    ReminderPage,
    READERS,
    "Reminders planned and delivered.",
)


class AskReminder(Request, frozen=True):
    """Which reminder."""

    reminder_id: ReminderId


class ReminderEntry(Answer, frozen=True):
    """One thing that happened to a reminder.

    Attributes:
        at: when it was recorded.
        type: written name of the fact.
        by: staff number, or the service.
        attempt: round of attempts, from 1; 0 where it is none.
        channel: how it was sent; empty where it was not.
        outcome: of an attempt `ok` or a short word on the failure; else the reason, if any.
    """

    at: Utc
    type: str
    by: str
    attempt: int
    channel: str
    outcome: str


class ReminderHistory(Answer, frozen=True):
    """One reminder from its plan to its end.

    Attributes:
        reminder: as it is now.
        entries: oldest first.
    """

    reminder: ReminderView
    entries: list[ReminderEntry]


HISTORY: Final = Method(
    "notify",
    "history",
    AskReminder,
    ReminderHistory,
    STAFF | FOLLOWERS,
    "What happened to one reminder: planned, attempted, delivered, acknowledged.",
)


class AcknowledgeReminder(Request, frozen=True):
    """Take note of a reminder of one's own."""

    request_id: RequestId
    reminder_id: ReminderId


class SnoozeReminder(Request, frozen=True):
    """Be told of a term again later, within the term.

    Attributes:
        until: when; before the end of the last day. At night, or on a day that is not worked, the
            next time at which people are told, which lies within the term as well.
    """

    request_id: RequestId
    reminder_id: ReminderId
    until: Utc
    reason: Reason


class RedriveReminder(Request, frozen=True):
    """Deliver a reminder again that was given up."""

    request_id: RequestId
    reminder_id: ReminderId


class ReminderChanged(Answer, frozen=True):
    """What became of the reminder.

    Attributes:
        state: planned, delivered, acknowledged, cancelled or given_up.
    """

    reminder_id: str
    number: Number
    state: ReminderState


ACKNOWLEDGE: Final = Method(
    "notify",
    "acknowledge",
    AcknowledgeReminder,
    ReminderChanged,
    STAFF,
    "Take note of a reminder of one's own.",
)
SNOOZE: Final = Method(
    "notify",
    "snooze",
    SnoozeReminder,
    ReminderChanged,
    STAFF,
    "Put a reminder of one's own off, within its term, with a reason.",
)
DELIVER_AGAIN: Final = Method(
    "notify",
    "deliver_again",
    RedriveReminder,
    ReminderChanged,
    STAFF | OPERATORS,
    "Deliver a reminder again that was given up.",
)


class PlanTerm(Request, frozen=True):
    """A term as it might run: when would whom be told of it? Nobody is.

    Attributes:
        term: its code, one whose last day follows from the Regulation.
        runs_from: the day in Shanghai that it is counted from.
        as_of: what lies before it is left out; the morning of `runs_from` unless given.
    """

    term: Line
    runs_from: date
    office: Office
    as_of: Utc | None = None


class PlannedPoint(Answer, frozen=True):
    """A point of a plan.

    Attributes:
        kind: start, half, workdays_5, day_1, due, late_1 and the like.
        at: when people are told.
        recipients: who is told; `owner` stands for whoever owns the matter.
    """

    kind: str
    at: Utc
    recipients: list[str]


class PlannedTerm(Answer, frozen=True):
    """What the policy of the office makes of a term.

    Attributes:
        term: its code.
        due_on: its last day.
        policy: version of the policy.
        calendar: version of the calendar of working days.
        points: in order; of lateness the first ones.
    """

    term: str
    due_on: date
    policy: str
    calendar: str
    points: list[PlannedPoint]


PLAN: Final = Method(
    "notify",
    "plan",
    PlanTerm,
    PlannedTerm,
    STAFF | FOLLOWERS,
    "When whom the policy of an office would remind of a term; reminds nobody.",
)

TimeOfDay = Annotated[
    str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]" + END, examples=["08:30"])
]


class OwnChannel(Request, frozen=True):
    """One way to reach somebody.

    Attributes:
        kind: of the channel.
        address: URL of a webhook or robot, address of mail, number of a telephone. Encrypted.
        secret: with which messages are signed; empty for none. Encrypted.
    """

    kind: Literal["webhook", "dingtalk", "wecom", "feishu", "mail", "sms"]
    address: Line
    secret: OptionalLine = ""


class OwnHours(Request, frozen=True):
    """When somebody wants to be told, in Shanghai.

    Attributes:
        begins: time of day.
        ends: time of day after it.
        workdays_only: whether days that are not worked are quiet as a whole.
    """

    begins: TimeOfDay
    ends: TimeOfDay
    workdays_only: bool = True


class Deputy(Request, frozen=True):
    """Somebody who is told too; the owner stays owner.

    Attributes:
        first_day: of those on which he is told.
        last_day: of them.
    """

    recipient: Recipient
    first_day: date
    last_day: date


class SetPreferences(Request, frozen=True):
    """How one wants to be told; takes the place of what one stated before.

    Attributes:
        recipient: oneself unless given.
        channels: the best first; one that delivers is enough. One of each kind.
        hours: null for at any time.
        deputies: who is told too, and when.
        digest: a leader's of each working day, or of each week that of the office whose head one
            is (`recipient` being `office_head:<office>`).
    """

    request_id: RequestId
    recipient: Recipient | None = None
    channels: Annotated[list[OwnChannel], Meta(max_length=6)] = field(default_factory=list)
    hours: OwnHours | None = None
    deputies: Annotated[list[Deputy], Meta(max_length=10)] = field(default_factory=list)
    digest: Literal["none", "morning", "weekly"] = "none"


class AskPreferences(Request, frozen=True):
    """Whose preferences.

    Attributes:
        recipient: oneself unless given.
    """

    recipient: KnownRecipient | None = None


class PreferencesView(Answer, frozen=True):
    """How somebody wants to be told; where he is reached is never shown.

    Attributes:
        channels: kinds, the best first.
        hours: begins, ends, workdays_only; null for at any time.
        deputies: recipient, first_day, last_day of each.
        digest: which one he gets.
    """

    recipient: str
    channels: list[str]
    hours: OwnHours | None
    deputies: list[Deputy]
    digest: Literal["none", "morning", "weekly"]


class TryChannels(Request, frozen=True):
    """Whose channels are tried with a test message.

    Attributes:
        recipient: oneself unless given.
    """

    recipient: KnownRecipient | None = None


class ChannelTried(Answer, frozen=True):
    """What came of a test message.

    Attributes:
        channel: its kind.
        outcome: `ok`, `held` where it takes no more just now, or a short word on the failure.
    """

    channel: str
    outcome: str


class ChannelsTried(Answer, frozen=True):
    """What came of the test messages.

    Attributes:
        tried: each channel.
    """

    tried: list[ChannelTried]


SET_PREFERENCES: Final = Method(
    "notify",
    "set_preferences",
    SetPreferences,
    PreferencesView,
    STAFF | OPERATORS,
    "State how one wants to be told: channels, hours, deputies.",
)
PREFERENCES: Final = Method(
    "notify",
    "preferences",
    AskPreferences,
    PreferencesView,
    STAFF | FOLLOWERS,
    "How somebody wants to be told.",
)
TRY_CHANNELS: Final = Method(
    "notify",
    "try_channels",
    TryChannels,
    ChannelsTried,
    STAFF | OPERATORS,
    "Send a test message over one's own channels.",
)


class AskDigest(Request, frozen=True):
    """Which digest, as of now.

    Attributes:
        kind: a leader's of the day, or an office's of the week.
        recipient: whose morning digest; one's own unless given.
        office: whose weekly digest; one's own unless given.
    """

    kind: Literal["morning", "weekly"] = "morning"
    recipient: Staff | None = None
    office: Office | None = None


class DigestView(Answer, frozen=True):
    """One page, in Chinese.

    Attributes:
        title: its heading.
        text: as plain text.
        markdown: as Markdown.
    """

    day: date
    title: str
    text: str
    markdown: str


DIGEST: Final = Method(
    "notify",
    "digest",
    AskDigest,
    DigestView,
    frozenset({"leader", "office_head"}) | FOLLOWERS,
    "What waits for a leader today, or for an office this week, on one page.",
)

METHODS: Final[tuple[Method[Any, Any], ...]] = (
    REMINDERS,
    HISTORY,
    ACKNOWLEDGE,
    SNOOZE,
    DELIVER_AGAIN,
    PLAN,
    SET_PREFERENCES,
    PREFERENCES,
    TRY_CHANNELS,
    DIGEST,
)
