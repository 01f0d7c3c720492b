"""One leader's duty for one matter, from first contact until closure: what its facts add up to.

Which reception was first is decided by the record: whoever's event becomes the next version of the
stream. Stated times are evidence and never decide. The rules are beside this, a file a side:
`contact`, `succession`, `kept_out`, `closing`, `joining`, `leaving`, `parting`.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid5

from eventsourcing.domain import Aggregate, CanMutateAggregate, event

from services.responsibility.domain.evidence import (
    Claim,
    Coming,
    Link,
    MergedMatter,
    OwnershipRecord,
    Registration,
    Reopening,
    Reply,
    Withdrawal,
)
from services.responsibility.domain.facts import Ownership as Facts
from services.responsibility.domain.parting import Parting
from statute.parties import Parties

OWNERSHIPS: Final = UUID("0d0f2a1c-52a3-5d4a-8a5f-3c1d4b9e7f21")


class Ownership(Parting, Aggregate):
    """The ownership of one matter (首问责任).

    The stream id is derived from the petition, so two leaders who receive the same petition at
    once both write the same version of one stream and the database keeps one of them. A repeat
    petition has no ownership of its own: it joins that of the original.
    """

    TOPIC = "ownership.v1"

    Event = Facts.Event
    Created = Facts.Awaited

    @staticmethod
    def create_id(petition_id: str) -> UUID:
        return uuid5(OWNERSHIPS, petition_id)

    @event(Facts.Awaited)
    def __init__(
        self,
        timestamp: datetime,
        petition_id: str,
        number: str,
        office: str,
        channel: str,
        petition_class: str,
        awaits: str,
        received_at: datetime | None = None,
    ) -> None:
        self.petition_id = petition_id
        self.number = number
        self.office = office
        self.channel = channel
        self.petition_class = petition_class
        self.awaits = awaits
        self.registered_at = timestamp
        # Facts of before do not say it: what ran from the registration does so still.
        self.received_at = received_at or timestamp
        self.owner: str | None = None
        self.closed_at: datetime | None = None
        self.record = OwnershipRecord(classes={number: petition_class})
        self.parties = Parties()

    def trigger_event(self, event_class: type[CanMutateAggregate[UUID]], **kwargs: Any) -> None:
        """Make a fact; every fact of a matter names it."""
        super().trigger_event(
            event_class, petition_id=self.petition_id, number=self.number, **kwargs
        )

    @event(Facts.Taken)
    def _record_taking(
        self,
        timestamp: datetime,
        owner: str,
        office: str,
        ground: str,
        reception_id: str | None,
        roster_day: str | None,
        roster_version: int | None,
        by_number: str = "",
    ) -> None:
        number = by_number or self._came_by(ground, owner, reception_id)
        self.owner = owner
        link = Link(owner, office, timestamp, ground, number=number, place=self.version)
        self.record.chain.append(link)
        self.record.evidence = {
            "ground": ground,
            "reception_id": reception_id,
            "roster_day": roster_day,
            "roster_version": roster_version,
        }

    def _came_by(self, ground: str, owner: str, reception_id: str | None) -> str:
        """Return by which petition somebody came to own it; a claim that he made is one no more."""
        for claim in self.claims:
            merged = ground == "merged" and claim.by_merging and claim.leader == owner
            if merged or (reception_id is not None and claim.reception_id == reception_id):
                self.record.claims.remove(claim)
                return claim.number
        if ground == "merged" and self.record.merged:
            return list(self.record.merged)[-1]
        return self.record.received_number if reception_id is not None else self.number

    @event(Facts.ReceptionRecorded)
    def _record_reception(
        self,
        timestamp: datetime,
        received_number: str,
        reception_id: str,
        leader: str,
        office: str,
        standing: str,
    ) -> None:
        if standing == "first":
            self.record.received_number = received_number
            return
        given = (reception_id, leader, office, timestamp, standing)
        claim = Claim(*given, number=received_number, place=self.version)
        self.record.claims.append(claim)

    @event(Facts.DisputeOpened)
    def _record_dispute(
        self,
        timestamp: datetime,
        dispute_id: str,
        reception_id: str,
        claimant: str,
        claimant_office: str,
    ) -> None:
        self._claim_of(reception_id).dispute_id = dispute_id
        self._act()

    @event(Facts.DisputeRuled)
    def _record_ruling(
        self,
        timestamp: datetime,
        dispute_id: str,
        ruling: str,
        reason: str,
        ruled_by: str,
        document: str,
    ) -> None:
        self._dispute(dispute_id).ruling = ruling
        self._act()

    @event(Facts.Succeeded)
    def _record_succession(
        self,
        timestamp: datetime,
        previous_owner: str,
        owner: str,
        office: str,
        ground: str,
        approver: str,
        document: str,
    ) -> None:
        link = Link(owner, office, timestamp, ground, approver, document, self.number)
        self._hand_over(link)

    @event(Facts.Recused)
    def _record_recusal(
        self,
        timestamp: datetime,
        previous_owner: str,
        owner: str,
        office: str,
        ground: str,
        approver: str,
        document: str,
    ) -> None:
        number = self.number
        link = Link(owner, office, timestamp, ground, approver, document, number, recused=True)
        self._hand_over(link)

    def _hand_over(self, link: Link) -> None:
        self.owner = link.owner
        self.record.chain.append(replace(link, place=self.version))
        self.record.acted = self.version
        self.record.kept = [each for each in self.record.kept if each != "owner"]
        self._act()

    def _act(self) -> None:
        """Something is done that an undone link does not undo."""
        if self.record.reopening is not None:
            self.record.reopening.acted = True

    @event(Facts.PartiesKeptOut)
    def _record_parties(
        self,
        timestamp: datetime,
        office: str,
        sealed: bool,  # noqa: FBT001 - a field of the fact
        kept_out: list[str],
    ) -> None:
        self.parties = Parties(frozenset(kept_out))

    @event(Facts.RecusalDue)
    def _record_recusal_due(self, timestamp: datetime, owner: str, office: str) -> None:
        self.record.recusal_due = owner

    @event(Facts.MatterCorrected)
    def _record_correction(
        self,
        timestamp: datetime,
        petition_class: str,
        previous_class: str,
        channel: str,
        previous_channel: str,
        corrected_number: str = "",
        corrected_class: str = "",
    ) -> None:
        # Facts of before do not say which petition was corrected: the first is taken for it.
        corrected = corrected_number or self.number
        self.record.classes[corrected] = corrected_class or petition_class
        self.petition_class = petition_class
        self.channel = channel

    @event(Facts.WithdrawalReceived)
    def _record_withdrawal(self, timestamp: datetime, withdrawn_number: str, ground: str) -> None:
        self.record.withdrawn.append(withdrawn_number)
        withdrawal = Withdrawal(withdrawn_number, ground, timestamp)
        self.record.withdrawals[withdrawn_number] = withdrawal

    @event(Facts.ReceiptCorrected)
    def _record_receipt(
        self,
        timestamp: datetime,
        office: str,
        received_at: datetime,
        previous_received_at: datetime,
        term: str,
        runs_from: str,
        due: dict[str, Any] | None,
    ) -> None:
        self.received_at = received_at

    @event(Facts.ReplyCorrected)
    def _record_reply_correction(
        self, timestamp: datetime, document: str, previous_document: str, reason: str
    ) -> None:
        if self.record.reply is not None:
            self.record.reply = replace(self.record.reply, document=document)

    @event(Facts.RepeatJoined)
    def _record_repeat(
        self,
        timestamp: datetime,
        repeat_petition_id: str,
        repeat_number: str,
        office: str,
        owner: str | None,
        named_number: str = "",
        petition_class: str = "",
        channel: str = "",
    ) -> None:
        named = [named_number or self.number]
        self._count_in([repeat_number], named, [petition_class], timestamp)
        if channel:
            given = (repeat_petition_id, repeat_number, office, channel, petition_class, timestamp)
            self.record.joined[repeat_number] = Registration(*given, repeats=None)

    def _count_in(
        self, numbers: Sequence[str], named: Sequence[str], classes: Sequence[str], at: datetime
    ) -> None:
        """Let numbers lead here, each behind the one that it repeats, and of its class."""
        record = self.record
        record.came |= dict.fromkeys(numbers, Coming(self.version, at))
        record.classes |= {each: its for each, its in zip(numbers, classes, strict=False) if its}
        record.repeats += numbers
        record.behind |= dict(zip(numbers, named, strict=True))
        for number in numbers:
            record.left.pop(number, None)
        if record.reopening is not None:
            record.reopening.joined += numbers

    @event(Facts.NotAcceptedAgain)
    def _record_not_accepting(
        self, timestamp: datetime, repeat_number: str, owner: str, article: str
    ) -> None:
        """The matter stays as it ended."""

    @event(Facts.MatterMerged)
    def _record_taking_in(
        self,
        timestamp: datetime,
        merged_petition_id: str,
        merged_number: str,
        numbers: list[str],
        office: str,
        owner: str | None,
        claimant: str | None,
        claimant_office: str | None,
        claimed_at: datetime | None,
        named_numbers: Sequence[str] = (),
        withdrawn: Sequence[str] = (),
        unit: str = "",
        course_state: str = "",
        classes: Sequence[str] = (),
    ) -> None:
        record, came = self.record, len(self.record.chain)
        # Facts of before say no more than that all the others repeat the later one's first.
        behind_the_first = [self.number, *[merged_number] * (len(numbers) - 1)]
        self._count_in(numbers, named_numbers or behind_the_first, classes, timestamp)
        record.stays |= dict.fromkeys(numbers, (came, None))
        record.withdrawn += [each for each in withdrawn if each not in record.withdrawn]
        given = (merged_number, merged_petition_id, timestamp, unit, course_state)
        record.merged[merged_number] = MergedMatter(*given, place=self.version)
        times = record.times_merged[merged_number] = record.times_merged.get(merged_number, 0) + 1
        if claimant is not None and claimant_office is not None and claimed_at is not None:
            claim_id = f"M-{merged_number}" if times == 1 else f"M-{merged_number}-{times}"
            number = merged_number
            claim = Claim(claim_id, claimant, claimant_office, claimed_at, "rival", number=number)
            claim.by_merging = True
            record.claims.append(claim)

    @event(Facts.Merged)
    def _record_merging(
        self, timestamp: datetime, into_petition_id: str, into_number: str, owner: str | None
    ) -> None:
        self.record.merged_into = into_petition_id
        self.record.merged_at = timestamp

    @event(Facts.RepeatLeft)
    def _record_leaving(
        self,
        timestamp: datetime,
        repeat_petition_id: str,
        repeat_number: str,
        numbers: list[str],
        owner: str | None,
        kept: Sequence[str] = (),
    ) -> None:
        left, record = set(numbers), self.record
        record.repeats = [each for each in record.repeats if each not in left]
        for claim in record.claims:
            claim.gone = claim.gone or claim.number in left
        record.withdrawn = [each for each in record.withdrawn if each not in left]
        record.kept = sorted({*record.kept, *kept})
        for number in numbers:
            record.behind.pop(number, None)
            record.classes.pop(number, None)
            record.merged.pop(number, None)
            record.came.pop(number, None)
            record.joined.pop(number, None)
            record.left[number] = repeat_petition_id
            if number in record.stays:
                record.stays[number] = (record.stays[number][0], len(record.chain))

    @event(Facts.Voided)
    def _record_voiding(
        self, timestamp: datetime, previous_owner: str, office: str, awaits: str
    ) -> None:
        self.owner = None
        self.record.chain.clear()
        self.record.evidence = {}

    @event(Facts.Split)
    def _record_split(
        self,
        timestamp: datetime,
        from_petition_id: str,
        from_number: str,
        numbers: list[str],
        office: str,
        awaits: str,
        owner: str | None,
        state: str,
        named_numbers: Sequence[str] = (),
        withdrawn: Sequence[str] = (),
        classes: Sequence[str] = (),
    ) -> None:
        record, along = self.record, numbers[1:]
        record.merged_into = None
        record.split_at, record.split_from = timestamp, from_petition_id
        record.repeats, record.behind = [], {}
        record.joined = {each: its for each, its in record.joined.items() if each in numbers}
        record.classes = {each: its for each, its in record.classes.items() if each in numbers}
        named = named_numbers[1:] or [self.number] * len(along)
        self._count_in(along, named, classes[1:], timestamp)
        record.stays |= {
            each: (len(record.chain), None) for each in along if each not in record.stays
        }
        record.withdrawn += [each for each in withdrawn if each not in record.withdrawn]

    @event(Facts.ReplyDelivered)
    def _record_reply(self, timestamp: datetime, document: str, delivered_by: str) -> None:
        self.record.reply = Reply(document, delivered_by, timestamp)
        self.record.acted = self.version
        self._act()

    @event(Facts.Closed)
    def _record_closure(
        self,
        timestamp: datetime,
        owner: str,
        outcome: str,
        reply_document: str,
        follow_up_visit_at: datetime | None,
        evaluation_asked_at: datetime | None,
    ) -> None:
        self.closed_at = timestamp
        self.record.acted = self.version
        self.record.closed_as = outcome
        self.record.closed_on = reply_document
        self.record.reopening = None
        self.record.kept = []

    @event(Facts.Reopened)
    def _record_reopening(
        self,
        timestamp: datetime,
        owner: str,
        ground: str,
        repeat_number: str | None,
        reason: str,
        document: str,
    ) -> None:
        record = self.record
        record.reopening = None
        if ground == "repeat" and self.closed_at is not None and repeat_number is not None:
            before = (self.closed_at, record.reply, record.reopened_at, record.reopened_by)
            record.reopening = Reopening(*before, joined=[repeat_number])
        self.closed_at = None
        record.reopened_at = timestamp
        record.reopened_by = repeat_number
        record.reply = None

    @event(Facts.ReopeningVoided)
    def _record_void_reopening(
        self,
        timestamp: datetime,
        owner: str,
        repeat_number: str,
        closed_at: datetime,
        received_at: datetime,
    ) -> None:
        record, before = self.record, self.record.reopening
        self.closed_at, record.reopening = closed_at, None
        if before is not None:
            record.reply, record.reopened_at = before.reply, before.reopened_at
            record.reopened_by = before.reopened_by
