"""What responsibility tells. `petition_id` and `number` are the original's, for a repeat."""

from datetime import date
from typing import Any, ClassVar, Final, Literal

import msgspec
from msgspec import UNSET, UnsetType

from contracts.envelope import Utc
from contracts.events.message import Message
from contracts.fields import Channel, Mark, PetitionClass, Standing, Withdrawal


class OwnershipAwaitedV1(Message, frozen=True):
    """A petition is known here and waits for its first contact.

    Attributes:
        roster_passed_over: the leader on duty is a party to the matter, so it waits in the open
            list.
        received_at: when the office received it, as stated: from then on its first step is due.
            From the registration where it is not told.
    """

    TYPE: ClassVar[str] = "ownership.awaited.v1"

    number: str
    office: str
    channel: Channel
    petition_class: PetitionClass
    awaits: Literal["reception", "first_leader", "duty_leader"]
    registered_at: Utc
    roster_passed_over: bool | UnsetType = UNSET
    received_at: Utc | UnsetType | None = UNSET


class OwnershipTakenV1(Message, frozen=True):
    """A leader owns the petition from now until closure (首问负责).

    Attributes:
        ground: what made him the first: a reception, the roster, or taking it from the open list;
            or merged: he owned the matter that was merged into this one; or split: he owned the
            matter that this one was part of, and did something in it meanwhile (in older facts:
            whether or not he did).
        taken_at: when the first contact happened, as stated.
        reception_id: UUID of the reception, where one decided.
        roster_day: day of the roster line, where one decided.
        roster_version: version of that line, from 1.
        by_number: of the petition by which he came to it, where that is a repeat and no reception
            says so; else empty. Should that one leave, so does what rests on it.
    """

    TYPE: ClassVar[str] = "ownership.taken.v1"

    number: str
    owner: str
    office: str
    ground: Literal["reception", "open_list", "roster", "merged", "split"]
    taken_at: Utc
    reception_id: str | None = None
    roster_day: date | None = None
    roster_version: int | None = None
    by_number: str | UnsetType = UNSET


class ReceptionRecordedV1(Message, frozen=True):
    """A leader received the petitioner; `standing` says what that meant.

    Attributes:
        received_number: the petition that was received: the original or a repeat of it.
    """

    TYPE: ClassVar[str] = "reception.recorded.v1"

    number: str
    received_number: str
    reception_id: str
    leader: str
    office: str
    received_at: Utc
    standing: Standing


class DisputeOpenedV1(Message, frozen=True):
    """A reception dated before the owner's first contact was recorded later.

    Attributes:
        dispute_id: the dispute, for the ruling.
        claimant: staff number of the leader who received.
        claimant_office: where that was.
        claimed_at: when that was, as stated.
    """

    TYPE: ClassVar[str] = "dispute.opened.v1"

    number: str
    dispute_id: str
    reception_id: str
    claimant: str
    claimant_office: str
    claimed_at: Utc


class DisputeRuledV1(Message, frozen=True):
    """The head of the office ruled on a dispute; if it is upheld, a succession follows.

    Attributes:
        dispute_id: the dispute.
        ruled_by: staff number of the person who ruled.
    """

    TYPE: ClassVar[str] = "dispute.ruled.v1"

    number: str
    dispute_id: str
    ruling: Literal["upheld", "rejected"]
    reason: str
    ruled_by: str
    document: str


class OwnershipSucceededV1(Message, frozen=True):
    """The ownership passed on (继任); the first contact stays on record."""

    TYPE: ClassVar[str] = "ownership.succeeded.v1"

    number: str
    previous_owner: str
    owner: str
    office: str
    ground: Literal["left_post", "long_leave", "dispute_upheld"]
    approver: str
    document: str


class OwnershipRecusedV1(Message, frozen=True):
    """The owner has a direct interest, the ownership passed on (回避)."""

    TYPE: ClassVar[str] = "ownership.recused.v1"

    number: str
    previous_owner: str
    owner: str
    office: str
    ground: Literal["direct_interest"]
    approver: str
    document: str


class RepeatJoinedV1(Message, frozen=True):
    """A repeat petition joined the matter that it repeats and found its owner.

    Attributes:
        repeat_petition_id: UUID of the repeat petition.
        office: office that registered the repeat petition.
        owner: staff number of the owner; null while nobody owns the matter.
        named_number: of the petition of the matter that it repeats; should that one leave, it
            leaves with it.
        petition_class: of the repeat; the matter's is that of all of its petitions.
        channel: by which it came; empty or absent where that was not kept yet.
    """

    TYPE: ClassVar[str] = "repeat.joined.v1"

    number: str
    repeat_petition_id: str
    repeat_number: str
    office: str
    owner: str | None
    named_number: str | UnsetType = UNSET
    petition_class: PetitionClass | Literal[""] | UnsetType = UNSET
    channel: Channel | Literal[""] | UnsetType = UNSET


class RepeatNotAcceptedAgainV1(Message, frozen=True):
    """A repeat of a matter that ended after re-review is registered only (不再受理).

    Attributes:
        article: that this rests on.
    """

    TYPE: ClassVar[str] = "repeat.not_accepted_again.v1"

    number: str
    repeat_number: str
    owner: str
    article: str


class MatterMergedV1(Message, frozen=True):
    """A later matter was merged into this one (并案); the owner stays.

    Attributes:
        merged_petition_id: UUID of the first petition of the later matter.
        merged_number: its number.
        numbers: that number and those of what repeats it; all lead here from now on.
        office: of the later matter.
        owner: staff number of the owner; null while nobody owned this one.
        claimant: who owned the later matter, where somebody else owned this one; his contact is
            kept as a claim.
        claimant_office: for which he did.
        claimed_at: since when he did.
        named_numbers: for each of the numbers that of the petition which it repeats; should that
            one leave, it leaves with it.
        withdrawn: those of the numbers that their petitioners have withdrawn.
        unit: who handled the later matter; empty where nobody did. Its work is not taken over: the
            course of this matter goes on.
        course_state: how far its course had got; empty where no step was taken.
        classes: for each of the numbers the class of that petition; empty where it is not known.
    """

    TYPE: ClassVar[str] = "matter.merged.v1"

    number: str
    merged_petition_id: str
    merged_number: str
    numbers: list[str]
    office: str
    owner: str | None
    claimant: str | None
    claimant_office: str | None
    claimed_at: Utc | None
    named_numbers: list[str] | UnsetType = UNSET
    withdrawn: list[str] | UnsetType = UNSET
    unit: str | UnsetType = UNSET
    course_state: str | UnsetType = UNSET
    classes: list[PetitionClass | Literal[""]] | UnsetType = UNSET


class OwnershipMergedV1(Message, frozen=True):
    """A matter is part of an earlier one from now on; its numbers lead there.

    Attributes:
        into_petition_id: UUID of the first petition of the earlier matter.
        into_number: its number.
        owner: staff number of who owned it until now; null if nobody did.
    """

    TYPE: ClassVar[str] = "ownership.merged.v1"

    number: str
    into_petition_id: str
    into_number: str
    owner: str | None


class RepeatLeftV1(Message, frozen=True):
    """A petition, and what repeats it, is part of the matter no longer (分案).

    Attributes:
        repeat_petition_id: UUID of the petition.
        numbers: all numbers that left.
        owner: staff number of the owner of the matter; null if nobody is to be told.
        kept: what of the link stays, since something was done on it: its owner, that it is open.
    """

    TYPE: ClassVar[str] = "repeat.left.v1"

    number: str
    repeat_petition_id: str
    repeat_number: str
    numbers: list[str]
    owner: str | None
    kept: list[Literal["owner", "open"]] | UnsetType = UNSET


class OwnershipVoidedV1(Message, frozen=True):
    """The owner of a matter had come to it by a petition that was never of it, and did nothing.

    It is awaited as it was before, unless an `ownership.taken.v1` follows.

    Attributes:
        previous_owner: staff number.
        office: that waits for an owner.
        awaits: who is to be the first contact.
    """

    TYPE: ClassVar[str] = "ownership.voided.v1"

    number: str
    previous_owner: str
    office: str
    awaits: Literal["reception", "first_leader", "duty_leader"]


class OwnershipSplitV1(Message, frozen=True):
    """A matter that was part of another is one of its own again; its ownership goes on.

    Attributes:
        from_petition_id: UUID of the first petition of the matter that it was part of.
        from_number: its number.
        numbers: its own number and those of what repeats it; all lead here again.
        owner: staff number of its owner; null if it had none, then one follows or it is awaited.
        state: as it stood when it was merged.
        named_numbers: for each of the numbers that of the petition which it repeats, of the first
            its own.
        withdrawn: those of the numbers that were withdrawn while it was part of the other.
        classes: for each of the numbers the class of that petition; empty where it is not known.
    """

    TYPE: ClassVar[str] = "ownership.split.v1"

    number: str
    from_petition_id: str
    from_number: str
    numbers: list[str]
    office: str
    awaits: Literal["reception", "first_leader", "duty_leader"]
    owner: str | None
    state: Literal["awaited", "owned", "closed"]
    named_numbers: list[str] | UnsetType = UNSET
    withdrawn: list[str] | UnsetType = UNSET
    classes: list[PetitionClass | Literal[""]] | UnsetType = UNSET


class ReplyDeliveredV1(Message, frozen=True):
    """The written reply (答复) was delivered to the petitioner; a later one takes its place.

    Attributes:
        document: reference of the reply.
    """

    TYPE: ClassVar[str] = "reply.delivered.v1"

    number: str
    document: str
    delivered_by: str
    delivered_at: Utc


class CaseClosedV1(Message, frozen=True):
    """The owner closed the matter (办结)."""

    TYPE: ClassVar[str] = "case.closed.v1"

    number: str
    owner: str
    outcome: Literal["settled", "explained", "routed_elsewhere", "withdrawn"]
    reply_document: str
    follow_up_visit_at: Utc | None
    evaluation_asked_at: Utc | None


class CaseReopenedV1(Message, frozen=True):
    """The matter is open again and its owner is the same as before.

    Attributes:
        ground: a repeat petition, or an order with its reason and document.
        repeat_number: number of that repeat petition; null for an order.
        reason: the reason of the order; empty for a repeat.
    """

    TYPE: ClassVar[str] = "case.reopened.v1"

    number: str
    owner: str
    ground: Literal["repeat", "order"]
    repeat_number: str | None
    reason: str
    document: str


class CaseReopeningVoidedV1(Message, frozen=True):
    """What had opened the matter was never of it, and nothing was done since: it is closed again.

    Attributes:
        owner: staff number.
        repeat_number: by which it was opened.
        closed_at: when it was closed; that stands.
        received_at: since when its first step was due then.
    """

    TYPE: ClassVar[str] = "case.reopening_voided.v1"

    number: str
    owner: str
    repeat_number: str
    closed_at: Utc
    received_at: Utc


class PartiesKeptOutV1(Message, frozen=True):
    """Parties are kept out of the handling of a matter from now on (回避).

    Attributes:
        sealed: they may not even learn of it; of a matter that is open they know.
        kept_out: marks of all of them, never the codes.
    """

    TYPE: ClassVar[str] = "parties.kept_out.v1"

    number: str
    office: str
    sealed: bool
    kept_out: list[Mark]


class RecusalDueV1(Message, frozen=True):
    """The owner turns out to be a party: he takes no step any more until another owns the matter.

    He stays the owner until succession or recusal, as nothing else moves an ownership.

    Attributes:
        office: of the matter, whose head has to name another owner.
    """

    TYPE: ClassVar[str] = "recusal.due.v1"

    number: str
    owner: str
    office: str


class MatterCorrectedV1(Message, frozen=True):
    """Class or channel of a matter are other than they were (更正).

    A petition of it was corrected, has come or has left: its class is that of all of its petitions.

    Attributes:
        previous_class: its class until now.
        previous_channel: its channel until now.
        corrected_number: of the petition that this is about; where one came or left, of the first.
        corrected_class: the class of that petition.
    """

    TYPE: ClassVar[str] = "matter.corrected.v1"

    number: str
    petition_class: PetitionClass
    previous_class: PetitionClass
    channel: Channel
    previous_channel: Channel
    corrected_number: str | UnsetType = UNSET
    corrected_class: PetitionClass | Literal[""] | UnsetType = UNSET


class WithdrawalReceivedV1(Message, frozen=True):
    """The petitioner withdrew a petition of the matter (撤回).

    Attributes:
        withdrawn_number: the petition: the original or a repeat of it.
        ground: as he stated it.
    """

    TYPE: ClassVar[str] = "withdrawal.received.v1"

    number: str
    withdrawn_number: str
    ground: Withdrawal


class TermDue(msgspec.Struct, frozen=True, kw_only=True):
    """When a term ends.

    Attributes:
        on: its last day in Shanghai.
        until: the instant at which that day is over.
        workday: the last day, or the next that is worked.
        provisional: a year is not published yet; it will be counted again.
        calendar: version of the calendar of working days.
    """

    on: date
    until: Utc
    workday: date
    provisional: bool
    calendar: str


class ReceiptCorrectedV1(Message, frozen=True):
    """When the petition was received (收到) was stated wrongly: its first step is due by that.

    Attributes:
        received_at: as it is stated now.
        previous_received_at: as it was stated before.
        term: that runs from the receipt.
        runs_from: the day in Shanghai that it is counted from.
        due: when it ends now; null where the course says that, or will when the matter is parted
            from the one that it is part of.
    """

    TYPE: ClassVar[str] = "receipt.corrected.v1"

    number: str
    office: str
    received_at: Utc
    previous_received_at: Utc
    term: str
    runs_from: date
    due: TermDue | None


class ReplyCorrectedV1(Message, frozen=True):
    """The reference of the reply on record was wrong.

    Attributes:
        document: reference of the reply.
        previous_document: what it was said to be.
    """

    TYPE: ClassVar[str] = "reply.corrected.v1"

    number: str
    document: str
    previous_document: str
    reason: str


class CourseBegunV1(Message, frozen=True):
    """The course of a matter began: a first step was put on record after its registration.

    Attributes:
        received_at: when the office received it, as stated; no step was taken before. At the
            registration where it is not told.
    """

    TYPE: ClassVar[str] = "course.begun.v1"

    number: str
    office: str
    petition_class: PetitionClass
    registered_at: Utc
    received_at: Utc | UnsetType | None = UNSET


class CourseStepTakenV1(Message, frozen=True):
    """A step of the course was taken; none of them touches the owner.

    Attributes:
        step: the step, a code of the table.
        previous_state: of the course before the step.
        state: of the course after it.
        article: that the step rests on.
        by: staff number of who took it.
        office: of who took it.
        given: what was stated with it, by name. Published: no personal data.
        happened_at: when, as stated.
    """

    TYPE: ClassVar[str] = "course.step_taken.v1"

    number: str
    step: str
    previous_state: str
    state: str
    article: str
    by: str
    office: str
    given: dict[str, Any]
    happened_at: Utc


class SupervisionReasonFoundV1(Message, frozen=True):
    """The record shows a reason for supervision (督办情形): steps of the course contradict.

    Attributes:
        trigger: false_report (弄虚作假) or opinion_not_carried_out (拒不执行处理意见).
        policy: version of the policy that this was found by.
        steps: places, from 1, of the steps that show it, the finding last.
    """

    TYPE: ClassVar[str] = "supervision.reason_found.v1"

    number: str
    trigger: Literal["false_report", "opinion_not_carried_out"]
    policy: str
    steps: list[int]


class ReplacementDueV1(Message, frozen=True):
    """Somebody at work at the matter turns out to be a party: he sees nothing, takes no step.

    Attributes:
        office: of the matter, which has to name another in his place.
        parts: which parts of the work parties have.
    """

    TYPE: ClassVar[str] = "replacement.due.v1"

    number: str
    office: str
    parts: list[Literal["unit", "handler", "assisting", "team"]]


class ReplacementSettledV1(Message, frozen=True):
    """No party is at work at the matter any more, or it is at its end."""

    TYPE: ClassVar[str] = "replacement.settled.v1"

    number: str
    office: str


class CourseReclassifiedV1(Message, frozen=True):
    """The course goes on as that of another class; what was done and what runs stays.

    Attributes:
        previous_class: its class until now.
    """

    TYPE: ClassVar[str] = "course.reclassified.v1"

    number: str
    petition_class: PetitionClass
    previous_class: PetitionClass


class CourseStepCorrectedV1(Message, frozen=True):
    """What was stated with a step was wrong; what it said stays on record.

    Attributes:
        step_number: its place among the steps of the course, from 1.
        step: the step, a code of the table.
        before: what was stated, by name.
        after: what should have been stated, by the same names. Published: no personal data.
        by: staff number of who corrected it.
        office: of who corrected it.
    """

    TYPE: ClassVar[str] = "course.step_corrected.v1"

    number: str
    step_number: int
    step: str
    before: dict[str, Any]
    after: dict[str, Any]
    reason: str
    by: str
    office: str


class DaysCounted(msgspec.Struct, frozen=True, kw_only=True):
    """How the days of a term are counted.

    Attributes:
        first_day: what is its day 1.
        unit: whether calendar or working days count.
        roll_to_workday: whether a last day that is not worked gives way to the next that is.
    """

    first_day: Literal["same_day", "day_after"]
    unit: Literal["calendar", "working"]
    roll_to_workday: bool


class TermBegunV1(Message, frozen=True):
    """A statutory term runs.

    Attributes:
        term: its code.
        runs_from: the day in Shanghai that it is counted from.
        length_days: how many days it has.
        counting: how its days are counted.
        due: when it ends.
    """

    TYPE: ClassVar[str] = "term.begun.v1"

    number: str
    term: str
    office: str
    runs_from: date
    length_days: int
    counting: DaysCounted
    due: TermDue


class TermExtendedV1(Message, frozen=True):
    """A term was extended before it ended, by the head of the organ (Art 34).

    Attributes:
        term: its code.
        days: by which it was extended.
        due: when it ends now.
    """

    TYPE: ClassVar[str] = "term.extended.v1"

    number: str
    term: str
    days: int
    due: TermDue


class TermPausedV1(Message, frozen=True):
    """A hearing began, whose days do not count (Art 36).

    Attributes:
        term: its code.
        first_day: of the hearing, in Shanghai.
    """

    TYPE: ClassVar[str] = "term.paused.v1"

    number: str
    term: str
    first_day: date


class TermResumedV1(Message, frozen=True):
    """The hearing is over, the term runs on.

    Attributes:
        term: its code.
        last_day: of the hearing, in Shanghai.
        due: when it ends now.
    """

    TYPE: ClassVar[str] = "term.resumed.v1"

    number: str
    term: str
    last_day: date
    due: TermDue


class TermRecountedV1(Message, frozen=True):
    """A term was counted again: by a calendar that knows more, or from a corrected receipt.

    Attributes:
        term: its code.
        due: when it ends now.
        runs_from: the day in Shanghai that it is counted from now; empty or absent where that is
            the one that it was.
    """

    TYPE: ClassVar[str] = "term.recounted.v1"

    number: str
    term: str
    due: TermDue
    runs_from: str | UnsetType = UNSET


class TermEndedV1(Message, frozen=True):
    """The step was taken that a term was for.

    Attributes:
        term: its code.
        ended_on: the day of the step, in Shanghai.
        late_days: days after the last day of the term; 0 in time.
    """

    TYPE: ClassVar[str] = "term.ended.v1"

    number: str
    term: str
    ended_on: date
    late_days: int


class CourseMergedV1(Message, frozen=True):
    """A course ended with its terms: its matter is part of another, whose course goes on.

    Attributes:
        into_number: number of that matter.
        ended_on: the day of that, in Shanghai.
        late_days: each term that ran, and by how many days it was late.
    """

    TYPE: ClassVar[str] = "course.merged.v1"

    number: str
    into_number: str
    ended_on: date
    late_days: dict[str, int]


class CourseSplitV1(Message, frozen=True):
    """A course goes on where it stood when its matter became part of another.

    Attributes:
        state: of the course.
        terms: that run again, to the days that they ran to.
    """

    TYPE: ClassVar[str] = "course.split.v1"

    number: str
    state: str
    terms: list[str]


class CalendarImportedV1(Message, frozen=True):
    """A calendar of working days was imported; terms are counted by it from now on.

    Attributes:
        version: name under which terms say by what they were counted.
        first: first day that it knows.
        last: last day that it knows; later ones are taken as plain weeks.
        holidays: weekdays that are not worked.
        make_up_days: days of a weekend that are worked (调休).
        document: reference of the notice.
    """

    TYPE: ClassVar[str] = "calendar.imported.v1"

    version: str
    first: date
    last: date
    holidays: list[date]
    make_up_days: list[date]
    document: str


class CalendarReplacedV1(CalendarImportedV1, frozen=True):
    """A newer calendar of working days took the place of the one imported before."""

    TYPE: ClassVar[str] = "calendar.replaced.v1"


class RosterLineSetV1(Message, frozen=True):
    """A leader is on duty at an office on one day."""

    TYPE: ClassVar[str] = "roster.line_set.v1"

    office: str
    day: date
    leader: str
    document: str


class RosterLineReplacedV1(Message, frozen=True):
    """Another leader is on duty at an office on one day.

    Attributes:
        previous_leader: staff number of the leader who was to be on duty.
    """

    TYPE: ClassVar[str] = "roster.line_replaced.v1"

    office: str
    day: date
    leader: str
    previous_leader: str
    document: str


MESSAGES: Final[tuple[type[Message], ...]] = (
    OwnershipAwaitedV1,
    OwnershipTakenV1,
    ReceptionRecordedV1,
    DisputeOpenedV1,
    DisputeRuledV1,
    OwnershipSucceededV1,
    OwnershipRecusedV1,
    RepeatJoinedV1,
    RepeatNotAcceptedAgainV1,
    MatterMergedV1,
    OwnershipMergedV1,
    RepeatLeftV1,
    OwnershipVoidedV1,
    OwnershipSplitV1,
    ReplyDeliveredV1,
    CaseClosedV1,
    CaseReopenedV1,
    CaseReopeningVoidedV1,
    PartiesKeptOutV1,
    RecusalDueV1,
    MatterCorrectedV1,
    WithdrawalReceivedV1,
    ReceiptCorrectedV1,
    ReplyCorrectedV1,
    CourseBegunV1,
    CourseStepTakenV1,
    SupervisionReasonFoundV1,
    ReplacementDueV1,
    ReplacementSettledV1,
    CourseReclassifiedV1,
    CourseStepCorrectedV1,
    TermBegunV1,
    TermExtendedV1,
    TermPausedV1,
    TermResumedV1,
    TermRecountedV1,
    TermEndedV1,
    CourseMergedV1,
    CourseSplitV1,
    CalendarImportedV1,
    CalendarReplacedV1,
    RosterLineSetV1,
    RosterLineReplacedV1,
)
