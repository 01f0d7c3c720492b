"""What notify tells."""

from datetime import date
from typing import ClassVar, Final, Literal

import msgspec
from msgspec import UNSET, UnsetType

from contracts.envelope import Utc
from contracts.events.message import Message
from contracts.fields import Mark, PetitionClass

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
TermReason = Literal["term_begun", "term_half", "term_near", "term_due", "term_late"]


class RemindersBegunV1(Message, frozen=True):
    """Notify keeps reminders of a petition from here on.

    Attributes:
        petition_class: suggestion, accusation or appeal; empty where it was not known.
    """

    TYPE: ClassVar[str] = "reminders.begun.v1"

    number: str
    office: str
    petition_class: PetitionClass | Literal[""] | UnsetType = UNSET


class RemindersPlanMadeV1(Message, frozen=True):
    """When people are told of one term from now on; an earlier plan of the term is no longer.

    Attributes:
        why: what led to it: the petition was registered, its term began, was extended, resumed or
            counted again, lateness goes on, another calendar came out, the matter is one of its own
            again, or the reply was delivered that a follow-up visit is due after; or it ran before
            there were plans.
        term: code of the term, or follow_up_visit.
        policy: version of the policy that made the plan.
        calendar: version of the calendar of working days that it was made by.
        provisional: one of the points lies in a year whose notice is not out.
        runs_from: the day in Shanghai that the term is counted from.
        due_on: its last day.
        points: kind (start, half, workdays_5, day_1, due, late_1 and the like) to the instant.
        rises: recipient to how many working days late he is told from on, beside the owner.
    """

    TYPE: ClassVar[str] = "reminders.plan_made.v1"

    number: str
    office: str
    why: Literal[
        "registered",
        "term_begun",
        "term_extended",
        "term_resumed",
        "term_recounted",
        "goes_on",
        "calendar_changed",
        "split",
        "replied",
        "found_running",
    ]
    term: str
    policy: str
    calendar: str
    provisional: bool
    runs_from: date
    due_on: date
    points: dict[str, Utc]
    rises: dict[str, int]


class RemindersPlanDroppedV1(Message, frozen=True):
    """Nobody is told of a term any more.

    Attributes:
        term: code of the term.
        why: the step was taken that it was for, a hearing goes on, the matter was closed or became
            part of another, or the reply that a visit was due after is overtaken: the handling is
            examined again, or reviewed, or the matter was withdrawn.
    """

    TYPE: ClassVar[str] = "reminders.plan_dropped.v1"

    number: str
    term: str
    why: Literal["term_ended", "term_paused", "case_closed", "merged", "reply_overtaken"]


class RemindersFellDueV1(Message, frozen=True):
    """A point of the plan of a term has come.

    Attributes:
        term: code of the term.
        kind: of the point: start, half, workdays_5, day_1, due, late_1 and the like; again/ and a
            recipient where he had put it off until then.
        due_at: when it fell due.
        due_on: last day of the term.
        passed_over: kinds of points that had come as well and are not told any more.
        told: recipient to the id of the reminder that he is told under.
        not_before: from when on they may be told.
        next_at: when the next point falls due; null when there is none.
        beside: who is told as a deputy, to whose; the oldest facts do not say.
    """

    TYPE: ClassVar[str] = "reminders.fell_due.v1"

    number: str
    term: str
    kind: str
    due_at: Utc
    due_on: date
    passed_over: list[str]
    told: dict[str, str]
    not_before: Utc
    next_at: Utc | None
    beside: dict[str, str] | UnsetType = UNSET


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
        channel: how it was sent: webhook and file are the installation's, all others his own.
        outcome: `ok` or a short word on the failure.
        again_at: when it is tried again, unless it was delivered; the oldest facts do not say.
    """

    TYPE: ClassVar[str] = "reminder.attempted.v1"

    number: str
    reminder_id: str
    attempt: int
    channel: Literal["webhook", "file", "own_webhook", "dingtalk", "wecom", "feishu", "mail", "sms"]
    outcome: str
    again_at: Utc | UnsetType | None = UNSET


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
            to what is sealed) or replaced (no party is at work any more, or another one); sealed
            (it became an accusation, and the recipient is outside its office); or of the term that
            it is about: it ended, was paused, or ends on another day now, or its next point has
            come (superseded); reply_overtaken of a follow-up visit.
    """

    TYPE: ClassVar[str] = "reminder.cancelled.v1"

    number: str
    reminder_id: str
    reason: Literal[
        "owner_found",
        "owner_changed",
        "case_closed",
        "merged",
        "kept_out",
        "replaced",
        "sealed",
        "term_ended",
        "term_paused",
        "term_changed",
        "superseded",
        "reply_overtaken",
    ]


class RemindersKeptOutV1(Message, frozen=True):
    """The parties to a sealed petition are told nothing of it from now on.

    Attributes:
        kept_out: marks of all of them, never the codes.
    """

    TYPE: ClassVar[str] = "reminders.kept_out.v1"

    number: str
    kept_out: list[Mark]


class RemindersReclassifiedV1(Message, frozen=True):
    """The petition is told of as one of another class: of an accusation, in its office only."""

    TYPE: ClassVar[str] = "reminders.reclassified.v1"

    number: str
    petition_class: PetitionClass


class RemindersOwnerForgottenV1(Message, frozen=True):
    """Whoever was told that he owns it turned out never to: the office's head is told instead."""

    TYPE: ClassVar[str] = "reminders.owner_forgotten.v1"

    number: str
    owner: str


class ReminderWithheldV1(Message, frozen=True):
    """Somebody would have been told, and is a party to what is sealed: nobody was.

    Attributes:
        reason: what it would have been about.
    """

    TYPE: ClassVar[str] = "reminder.withheld.v1"

    number: str
    reminder_id: str
    reason: ReminderReason | TermReason


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


class ReminderAcknowledgedV1(Message, frozen=True):
    """The recipient has taken note; the actor says who that was."""

    TYPE: ClassVar[str] = "reminder.acknowledged.v1"

    number: str
    reminder_id: str


class ReminderSnoozedV1(Message, frozen=True):
    """The recipient has taken note and wants to be told of the term again later, within it.

    Attributes:
        term: code of the term.
        until: when he is told again, and not before.
        next_at: when the next point of the plan falls due.
    """

    TYPE: ClassVar[str] = "reminder.snoozed.v1"

    number: str
    reminder_id: str
    term: str
    recipient: str
    until: Utc
    reason: str
    next_at: Utc


class ReminderRedrivenV1(Message, frozen=True):
    """A reminder that was given up is delivered again."""

    TYPE: ClassVar[str] = "reminder.redriven.v1"

    number: str
    reminder_id: str


class HoursKept(msgspec.Struct, frozen=True, kw_only=True):
    """When somebody wants to be told, in Shanghai.

    Attributes:
        begins: time of day, such as 08:30.
        ends: time of day after it.
        workdays_only: whether days that are not worked are quiet as a whole.
    """

    begins: str
    ends: str
    workdays_only: bool


class DeputyNamed(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who is told too while another is away; the owner stays owner.

    Attributes:
        first_day: of those on which he is told.
        last_day: of them.
    """

    recipient: str
    first_day: date
    last_day: date


class PreferencesStatedV1(Message, frozen=True):
    """Somebody has stated how he wants to be told. Where he is reached stands in no fact.

    Attributes:
        channels: kinds of his channels, the best first.
        hours: when he wants to be told; null for at any time.
        deputies: who is told too, and when.
        digest: which one he gets.
        digest_at: when the next one is due; null for none.
        office: whose he is, where he has stated them himself; else empty.
    """

    TYPE: ClassVar[str] = "preferences.stated.v1"

    recipient: str
    channels: list[str]
    hours: HoursKept | None
    deputies: list[DeputyNamed]
    digest: Literal["none", "morning", "weekly"]
    digest_at: Utc | None
    office: str | UnsetType = UNSET


class PreferencesChangedV1(PreferencesStatedV1, frozen=True):
    """Somebody has stated anew how he wants to be told."""

    TYPE: ClassVar[str] = "preferences.changed.v1"


class DigestSentV1(Message, frozen=True):
    """A digest was sent, or left out because that did not succeed in the morning.

    Attributes:
        digest: which one.
        outcomes: channel to `ok` or a short word on the failure; empty where none was tried.
        digest_at: when the next one is due, null for none; on the day itself where this one has not
            arrived over each way that it has to go.
    """

    TYPE: ClassVar[str] = "digest.sent.v1"

    recipient: str
    digest: Literal["morning", "weekly"]
    day: date
    outcomes: dict[str, str]
    digest_at: Utc | None


class ReminderCalendarHeardV1(Message, frozen=True):
    """Reminders are planned by a calendar of working days from now on.

    Attributes:
        version: its name, as responsibility has it.
        first: first day that it knows.
        last: last day that it knows.
        holidays: weekdays that are not worked.
        make_up_days: days of a weekend that are worked (调休).
    """

    TYPE: ClassVar[str] = "reminder_calendar.heard.v1"

    version: str
    first: date
    last: date
    holidays: list[date]
    make_up_days: list[date]


class ReminderCalendarReplacedV1(ReminderCalendarHeardV1, frozen=True):
    """A newer calendar took the place of the one heard of before."""

    TYPE: ClassVar[str] = "reminder_calendar.replaced.v1"


MESSAGES: Final[tuple[type[Message], ...]] = (
    RemindersBegunV1,
    RemindersPlanMadeV1,
    RemindersPlanDroppedV1,
    RemindersFellDueV1,
    ReminderPlannedV1,
    ReminderAttemptedV1,
    ReminderDeliveredV1,
    ReminderCancelledV1,
    RemindersKeptOutV1,
    RemindersReclassifiedV1,
    RemindersOwnerForgottenV1,
    ReminderWithheldV1,
    ReminderGivenUpV1,
    ReminderAcknowledgedV1,
    ReminderSnoozedV1,
    ReminderRedrivenV1,
    ReminderCalendarHeardV1,
    ReminderCalendarReplacedV1,
    PreferencesStatedV1,
    PreferencesChangedV1,
    DigestSentV1,
)
