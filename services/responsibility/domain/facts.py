"""What can happen to an ownership, as it is written down."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from eventsourcing.domain import Aggregate


class Ownership:
    """The facts of an ownership, by the names that they have had since they were first stored.

    `domain.ownership.Ownership` is what they add up to.
    """

    class Event(Aggregate.Event):
        petition_id: str
        number: str

    class Awaited(Event, Aggregate.Created):
        TOPIC = "ownership.awaited.v1"
        office: str
        channel: str
        petition_class: str
        awaits: str
        roster_passed_over: bool = False
        received_at: datetime | None = None

    class Taken(Event):
        TOPIC = "ownership.taken.v1"
        owner: str
        office: str
        ground: str
        reception_id: str | None
        roster_day: str | None
        roster_version: int | None
        by_number: str = ""

    class ReceptionRecorded(Event):
        TOPIC = "reception.recorded.v1"
        received_number: str
        reception_id: str
        leader: str
        office: str
        standing: str

    class DisputeOpened(Event):
        TOPIC = "dispute.opened.v1"
        dispute_id: str
        reception_id: str
        claimant: str
        claimant_office: str

    class DisputeRuled(Event):
        TOPIC = "dispute.ruled.v1"
        dispute_id: str
        ruling: str
        reason: str
        ruled_by: str
        document: str

    class Succeeded(Event):
        TOPIC = "ownership.succeeded.v1"
        previous_owner: str
        owner: str
        office: str
        ground: str
        approver: str
        document: str

    class Recused(Event):
        TOPIC = "ownership.recused.v1"
        previous_owner: str
        owner: str
        office: str
        ground: str
        approver: str
        document: str

    class RepeatJoined(Event):
        TOPIC = "repeat.joined.v1"
        repeat_petition_id: str
        repeat_number: str
        office: str
        owner: str | None
        named_number: str = ""
        petition_class: str = ""
        channel: str = ""

    class NotAcceptedAgain(Event):
        TOPIC = "repeat.not_accepted_again.v1"
        repeat_number: str
        owner: str
        article: str

    class MatterMerged(Event):
        TOPIC = "matter.merged.v1"
        merged_petition_id: str
        merged_number: str
        numbers: list[str]
        office: str
        owner: str | None
        claimant: str | None
        claimant_office: str | None
        claimed_at: datetime | None
        named_numbers: Sequence[str] = ()
        withdrawn: Sequence[str] = ()
        unit: str = ""
        course_state: str = ""
        classes: Sequence[str] = ()

    class Merged(Event):
        TOPIC = "ownership.merged.v1"
        into_petition_id: str
        into_number: str
        owner: str | None

    class RepeatLeft(Event):
        TOPIC = "repeat.left.v1"
        repeat_petition_id: str
        repeat_number: str
        numbers: list[str]
        owner: str | None
        kept: Sequence[str] = ()

    class Voided(Event):
        TOPIC = "ownership.voided.v1"
        previous_owner: str
        office: str
        awaits: str

    class Split(Event):
        TOPIC = "ownership.split.v1"
        from_petition_id: str
        from_number: str
        numbers: list[str]
        office: str
        awaits: str
        owner: str | None
        state: str
        named_numbers: Sequence[str] = ()
        withdrawn: Sequence[str] = ()
        classes: Sequence[str] = ()

    class ReplyDelivered(Event):
        TOPIC = "reply.delivered.v1"
        document: str
        delivered_by: str

    class Closed(Event):
        TOPIC = "case.closed.v1"
        owner: str
        outcome: str
        reply_document: str
        follow_up_visit_at: datetime | None
        evaluation_asked_at: datetime | None

    class Reopened(Event):
        TOPIC = "case.reopened.v1"
        owner: str
        ground: str
        repeat_number: str | None
        reason: str
        document: str

    class ReopeningVoided(Event):
        TOPIC = "case.reopening_voided.v1"
        owner: str
        repeat_number: str
        closed_at: datetime
        received_at: datetime

    class PartiesKeptOut(Event):
        TOPIC = "parties.kept_out.v1"
        office: str
        sealed: bool
        kept_out: list[str]

    class RecusalDue(Event):
        TOPIC = "recusal.due.v1"
        owner: str
        office: str

    class MatterCorrected(Event):
        TOPIC = "matter.corrected.v1"
        petition_class: str
        previous_class: str
        channel: str
        previous_channel: str
        corrected_number: str = ""
        corrected_class: str = ""

    class WithdrawalReceived(Event):
        TOPIC = "withdrawal.received.v1"
        withdrawn_number: str
        ground: str

    class ReceiptCorrected(Event):
        TOPIC = "receipt.corrected.v1"
        office: str
        received_at: datetime
        previous_received_at: datetime
        term: str
        runs_from: str
        due: dict[str, Any] | None

    class ReplyCorrected(Event):
        TOPIC = "reply.corrected.v1"
        document: str
        previous_document: str
        reason: str
