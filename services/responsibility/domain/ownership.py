"""One leader's duty for one matter, from first contact until closure.

Which reception was first is decided by the record: whoever's event becomes the next version of the
stream. Stated times are evidence and never decide.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid5

from eventsourcing.domain import Aggregate, CanMutateAggregate, event

from services.responsibility.domain.evidence import (
    Approval,
    Claim,
    ClosingStatement,
    DutyLine,
    Link,
    MatterCorrection,
    OwnershipRecord,
    Received,
    Reply,
)
from services.responsibility.domain.policy import NOT_ACCEPTED_AGAIN, SEALED
from services.responsibility.domain.refusals import (
    CaseClosed,
    CaseNotClosed,
    ClosingConditionsUnmet,
    DisputeOpen,
    DisputeRuled,
    DisputeUnknown,
    NotOwned,
    NotTheOwner,
    OwnClaim,
    PartyToTheMatter,
    SameOwner,
)
from statute.parties import Parties

OWNERSHIPS: Final = UUID("0d0f2a1c-52a3-5d4a-8a5f-3c1d4b9e7f21")


class Ownership(Aggregate):
    """The ownership of one matter (首问责任).

    The stream id is derived from the petition, so two leaders who receive the same petition at
    once both write the same version of one stream and the database keeps one of them. A repeat
    petition has no ownership of its own: it joins that of the original.
    """

    TOPIC = "ownership.v1"

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

    Created = Awaited

    class Taken(Event):
        TOPIC = "ownership.taken.v1"
        owner: str
        office: str
        ground: str
        reception_id: str | None
        roster_day: str | None
        roster_version: int | None

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

    class Split(Event):
        TOPIC = "ownership.split.v1"
        from_petition_id: str
        from_number: str
        numbers: list[str]
        office: str
        awaits: str
        owner: str | None
        state: str

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

    class WithdrawalReceived(Event):
        TOPIC = "withdrawal.received.v1"
        withdrawn_number: str
        ground: str

    class ReplyCorrected(Event):
        TOPIC = "reply.corrected.v1"
        document: str
        previous_document: str
        reason: str

    @staticmethod
    def create_id(petition_id: str) -> UUID:
        return uuid5(OWNERSHIPS, petition_id)

    @event(Awaited)
    def __init__(
        self,
        timestamp: datetime,
        petition_id: str,
        number: str,
        office: str,
        channel: str,
        petition_class: str,
        awaits: str,
    ) -> None:
        self.petition_id = petition_id
        self.number = number
        self.office = office
        self.channel = channel
        self.petition_class = petition_class
        self.awaits = awaits
        self.registered_at = timestamp
        self.owner: str | None = None
        self.closed_at: datetime | None = None
        self.record = OwnershipRecord()
        self.parties = Parties()

    def trigger_event(self, event_class: type[CanMutateAggregate[UUID]], **kwargs: Any) -> None:
        """Make a fact; every fact of a matter names it."""
        super().trigger_event(
            event_class, petition_id=self.petition_id, number=self.number, **kwargs
        )

    def take_by_roster(self, line: DutyLine, office: str, at: datetime) -> None:
        """Let the leader on duty own a petition that nobody received (rule 5).

        Nothing happens when somebody owns it already, or when he is a party to it.
        """
        if self.owner is not None or self.parties.include(line.leader, office):
            return
        self._record_taking(
            timestamp=at,
            owner=line.leader,
            office=office,
            ground="roster",
            reception_id=None,
            roster_day=line.day,
            roster_version=line.version,
        )

    def receive(self, received: Received) -> Claim | None:
        """Record a reception; the first on record makes the owner.

        Returns:
            None when the receiver owns the matter by this reception, else the claim that the
            reception is on record as.

        Raises:
            PartyToTheMatter: the leader or his office is.
        """
        self.check_no_party(leader=received.leader, office=received.office)
        standing = self._standing(received)
        self._record_reception(
            timestamp=received.received_at,
            received_number=received.received_number,
            reception_id=received.reception_id,
            leader=received.leader,
            office=received.office,
            standing=standing,
        )
        if standing == "first":
            self._take_by_reception(received)
            return None
        if standing == "disputed":
            self._open_dispute(received)
        return self.record.claims[-1]

    def _standing(self, received: Received) -> str:
        if self.owner is None:
            return "first"
        if received.leader == self.owner:
            return "owner"
        if self._contests_first_contact(received):
            return "disputed"
        return "rival"

    def _contests_first_contact(self, received: Received) -> bool:
        """Tell whether somebody else states a time before the first contact, and not again."""
        first = self.first_contact
        earlier = received.stated and received.received_at < first.since
        contested = any(
            claim.leader == received.leader and claim.dispute_id for claim in self.record.claims
        )
        another = received.leader != first.owner
        return earlier and another and not contested and self.closed_at is None

    def _take_by_reception(self, received: Received) -> None:
        self._record_taking(
            timestamp=received.received_at,
            owner=received.leader,
            office=received.office,
            ground="open_list" if self.awaits == "first_leader" else "reception",
            reception_id=received.reception_id,
            roster_day=None,
            roster_version=None,
        )

    def _open_dispute(self, received: Received) -> None:
        self._record_dispute(
            timestamp=received.received_at,
            dispute_id=f"D-{received.reception_id}",
            reception_id=received.reception_id,
            claimant=received.leader,
            claimant_office=received.office,
        )

    @property
    def first_contact(self) -> Link:
        """The link that began the ownership; it stays for ever (rule 3).

        Raises:
            NotOwned: there was no contact yet.
        """
        if not self.record.chain:
            raise NotOwned(number=self.number)
        return self.record.chain[0]

    @property
    def current_owner(self) -> str:
        """The one owner.

        Raises:
            NotOwned: nobody owns the matter yet.
        """
        if self.owner is None:
            raise NotOwned(number=self.number)
        return self.owner

    def rule(
        self, dispute_id: str, ruling: str, reason: str, by: str, document: str, at: datetime
    ) -> None:
        """Rule on a back-dated claim; upheld passes the ownership on by succession.

        Args:
            ruling: upheld or rejected.

        Raises:
            DisputeUnknown, DisputeRuled: there is none to rule on.
            OwnClaim: the ruler is the claimant or the owner.
            PartyToTheMatter: the claimant is, and cannot become the owner.
        """
        claim = self._dispute(dispute_id)
        if claim.ruling is not None:
            raise DisputeRuled(dispute_id=f"was ruled on: {claim.ruling}")
        if by in {claim.leader, self.owner}:
            raise OwnClaim(dispute_id="the claimant and the owner cannot rule on it")
        upheld = ruling == "upheld" and claim.leader != self.owner
        if upheld and self.parties.include(claim.leader, claim.office):
            raise PartyToTheMatter(dispute_id="the claimant is a party to the matter")
        self._record_ruling(
            timestamp=at,
            dispute_id=dispute_id,
            ruling=ruling,
            reason=reason,
            ruled_by=by,
            document=document,
        )
        if upheld:
            approval = Approval(by, "dispute_upheld", document)
            self._pass_on(self._record_succession, claim.leader, claim.office, approval, at)

    def _claim_of(self, reception_id: str) -> Claim:
        return next(c for c in self.record.claims if c.reception_id == reception_id)

    def _dispute(self, dispute_id: str) -> Claim:
        for claim in self.record.claims:
            if claim.dispute_id == dispute_id:
                return claim
        raise DisputeUnknown(dispute_id="there is no such dispute on this petition")

    def succeed(self, to: str, office: str, approval: Approval, at: datetime) -> None:
        """Pass the ownership on because the owner leaves the post or is on long leave.

        Raises:
            NotOwned, CaseClosed, SameOwner, OwnClaim.
        """
        self._check_passing_on(to, office, approval)
        self._pass_on(self._record_succession, to, office, approval, at)

    def recuse(self, to: str, office: str, approval: Approval, at: datetime) -> None:
        """Pass the ownership on because the owner has a direct interest.

        Raises:
            NotOwned, CaseClosed, SameOwner, OwnClaim.
        """
        self._check_passing_on(to, office, approval)
        self._pass_on(self._record_recusal, to, office, approval, at)

    def check_no_party(self, **named: str | Sequence[str]) -> None:
        """Let no party take part in the handling.

        Args:
            named: field to the staff number or office code in it, or to several.

        Raises:
            PartyToTheMatter: with the fields that name one.
        """
        parties = {
            name: "is a party to the matter; name another who is none"
            for name, who in named.items()
            if self.parties.include(*([who] if isinstance(who, str) else who))
        }
        if parties:
            raise PartyToTheMatter(**parties)

    @property
    def sealed(self) -> bool:
        """Whether nobody may learn of it but those who have to do with it."""
        return self.petition_class == SEALED

    def keep_out(self, marks: Iterable[str], at: datetime) -> None:
        """Keep parties out of the handling; nothing happens when they are so already."""
        joined = self.parties.joined_by(marks)
        if joined != self.parties:
            self._tell_parties(joined, at)
        self._look_for_recusal(at)

    def _tell_parties(self, parties: Parties, at: datetime) -> None:
        self._record_parties(
            timestamp=at,
            office=self.office,
            sealed=self.sealed,
            kept_out=sorted(parties.marks),
        )

    def _let_parties_go(self, numbers: Sequence[str], at: datetime) -> None:
        """Let those go whom only petitions name that leave."""
        leaving = self.parties.named_in(numbers)
        if leaving.marks:
            self._tell_parties(self.parties.without(leaving), at)

    def _look_for_recusal(self, at: datetime) -> None:
        """Put on record, once, that the owner of an open matter is a party to it.

        The ownership stays: only succession and recusal move it.
        """
        if self.owner is None or self.closed_at is not None:
            return
        told = self.record.recusal_due == self.owner
        if not told and self.parties.include(self.owner, self.record.chain[-1].office):
            self._record_recusal_due(timestamp=at, owner=self.owner, office=self.office)

    def correct(self, correction: MatterCorrection, at: datetime) -> None:
        """Follow a correction of one of its petitions.

        The first petition gives the matter its class and channel; any that is an accusation seals
        it, and what is sealed stays so. Nothing happens when the matter is so already.
        """
        seals = correction.petition_class == SEALED
        wanted = correction.petition_class if correction.original or seals else None
        petition_class = self.petition_class if self.sealed else wanted or self.petition_class
        channel = (correction.original and correction.channel) or self.channel
        if (petition_class, channel) == (self.petition_class, self.channel):
            return
        sealing = petition_class != self.petition_class and petition_class == SEALED
        self._record_correction(
            timestamp=at,
            petition_class=petition_class,
            previous_class=self.petition_class,
            channel=channel,
            previous_channel=self.channel,
        )
        if sealing and self.parties.marks:
            self._tell_parties(self.parties, at)

    def receive_withdrawal(self, withdrawn_number: str, ground: str, at: datetime) -> bool:
        """Put on record that a petition of the matter was withdrawn.

        Returns:
            whether none is left.
        """
        if withdrawn_number not in self.record.withdrawn:
            self._record_withdrawal(timestamp=at, withdrawn_number=withdrawn_number, ground=ground)
        return {self.number, *self.record.repeats} <= set(self.record.withdrawn)

    def correct_reply(self, document: str, reason: str, at: datetime) -> None:
        """Correct the reference of the reply on record."""
        if self.reply is not None and self.reply.document != document:
            self._record_reply_correction(
                timestamp=at,
                document=document,
                previous_document=self.reply.document,
                reason=reason,
            )

    def _check_passing_on(self, to: str, office: str, approval: Approval) -> None:
        owner = self._open_owner()
        if to == owner:
            raise SameOwner(to="owns the petition already", owner=owner)
        if approval.approver in {owner, to}:
            raise OwnClaim(to="neither the owner nor the successor approves the step")
        self.check_no_party(to=to, office=office)

    def _pass_on(
        self, record: Callable[..., None], to: str, office: str, approval: Approval, at: datetime
    ) -> None:
        record(
            timestamp=at,
            previous_owner=self.owner,
            owner=to,
            office=office,
            ground=approval.ground,
            approver=approval.approver,
            document=approval.document,
        )

    def _open_owner(self) -> str:
        owner = self.current_owner
        if self.closed_at is not None:
            raise CaseClosed(number=self.number, owner=owner)
        return owner

    def join_repeat(
        self,
        repeat_petition_id: str,
        repeat_number: str,
        office: str,
        at: datetime,
        *,
        ended: bool = False,
    ) -> None:
        """Take a repeat petition in; a closed matter is open again with the same owner (rule 4).

        Nothing happens when the repeat has joined before.

        Args:
            ended: the matter ended after re-review; the repeat is registered, nothing more.
        """
        if repeat_number in self.record.repeats:
            return
        self._record_repeat(
            timestamp=at,
            repeat_petition_id=repeat_petition_id,
            repeat_number=repeat_number,
            office=office,
            owner=self.owner,
        )
        self._open_for(repeat_number, at, ended=ended)

    def _open_for(self, repeat_number: str, at: datetime, *, ended: bool) -> None:
        """Open a closed matter for a repeat, unless the same facts are not accepted again."""
        if ended:
            self._record_not_accepting(
                timestamp=at,
                repeat_number=repeat_number,
                owner=self.current_owner,
                article=NOT_ACCEPTED_AGAIN,
            )
        elif self.closed_at is not None:
            self._reopen(at, "repeat", repeat_number=repeat_number)

    # Merging and splitting. What clerks decided on in intake happens here; nothing is refused.

    @property
    def numbers(self) -> list[str]:
        """All numbers that lead here, its own first."""
        return [self.number, *self.record.repeats]

    def take_in(self, later: "Ownership", at: datetime, *, ended: bool) -> None:
        """Take a later matter in, with all that repeats it (并案).

        The owner stays. Where there is none, the later one's owner owns both; where both have one,
        the later one's contact is kept as a claim.
        """
        contact = later.record.chain[-1] if later.record.chain else None
        rival = contact if self.owner is not None and later.owner != self.owner else None
        self._record_taking_in(
            timestamp=at,
            merged_petition_id=later.petition_id,
            merged_number=later.number,
            numbers=later.numbers,
            office=later.office,
            owner=self.owner,
            claimant=rival.owner if rival else None,
            claimant_office=rival.office if rival else None,
            claimed_at=rival.since if rival else None,
        )
        if self.owner is None and contact is not None:
            self._take_over(contact, "merged")
        self.keep_out(later.parties.marks, at)
        self._carry_on(later.open_disputes)
        self._open_for(later.number, at, ended=ended)

    def _carry_on(self, disputes: Sequence[Claim]) -> None:
        """Let what is contested be contested here, so that nobody closes over it."""
        known = {claim.dispute_id for claim in self.record.claims}
        for claim in disputes:
            if claim.leader == self.owner or claim.dispute_id in known:
                continue
            self._record_reception(
                timestamp=claim.received_at,
                received_number=self.number,
                reception_id=claim.reception_id,
                leader=claim.leader,
                office=claim.office,
                standing="disputed",
            )
            self._record_dispute(
                timestamp=claim.received_at,
                dispute_id=claim.dispute_id or "",
                reception_id=claim.reception_id,
                claimant=claim.leader,
                claimant_office=claim.office,
            )

    @property
    def open_disputes(self) -> list[Claim]:
        """Claims to first contact that wait for a ruling."""
        return [claim for claim in self.record.claims if claim.dispute_id and claim.ruling is None]

    def merge_into(self, into: "Ownership", at: datetime) -> None:
        """Be part of another matter from now on: its numbers lead there."""
        self._record_merging(
            timestamp=at,
            into_petition_id=into.petition_id,
            into_number=into.number,
            owner=self.owner,
        )

    def let_go(self, petition_id: str, numbers: Sequence[str], at: datetime) -> None:
        """Let a petition, and what repeats it, be part of this matter no longer.

        Nothing happens when none of them is.
        """
        leaving = [number for number in numbers if number in self.record.repeats]
        if leaving:
            self._record_leaving(
                timestamp=at,
                repeat_petition_id=petition_id,
                repeat_number=numbers[0],
                numbers=leaving,
                # Of a matter that is part of another, that one's owner is told.
                owner=self.owner if self.record.merged_into is None else None,
            )
            self._let_parties_go(numbers, at)

    def split_from(self, matter: "Ownership", along: Sequence[str], at: datetime) -> None:
        """Be a matter of its own again, as it was before (分案), never without an owner for it."""
        self._record_split(
            timestamp=at,
            from_petition_id=matter.petition_id,
            from_number=matter.number,
            numbers=[self.number, *along],
            office=self.office,
            awaits=self.awaits,
            owner=self.owner,
            state=self.state,
        )
        self.begin_with(matter)

    def begin_with(self, matter: "Ownership") -> None:
        """Begin with the owner of the matter that it was part of, unless it has one."""
        if self.owner is None and matter.record.chain:
            self._take_over(matter.record.chain[-1], "split")

    def _take_over(self, contact: Link, ground: str) -> None:
        """Begin with an owner since his contact; one after that contests nothing."""
        self._record_taking(
            timestamp=max(contact.since, self.registered_at),
            owner=contact.owner,
            office=contact.office,
            ground=ground,
            reception_id=None,
            roster_day=None,
            roster_version=None,
        )

    @property
    def state(self) -> str:
        """Awaited, owned or closed."""
        if self.owner is None:
            return "awaited"
        return "owned" if self.closed_at is None else "closed"

    def deliver_reply(self, reply: Reply) -> None:
        """Record that the written reply was delivered; a later one takes its place.

        Raises:
            NotOwned, CaseClosed.
        """
        self._open_owner()
        self._record_reply(
            timestamp=reply.delivered_at, document=reply.document, delivered_by=reply.delivered_by
        )

    @property
    def reply(self) -> Reply | None:
        """The reply delivered since the matter was last opened; None while there is none."""
        reply, opened_at = self.record.reply, self.record.reopened_at
        if reply is None or (opened_at is not None and reply.delivered_at < opened_at):
            return None
        return reply

    def _closing_not_before(self, document: str) -> dict[str, datetime]:
        reply = self.reply
        meant = reply is not None and reply.document == document
        instants = {
            "the matter was reopened": self.record.reopened_at,
            "the reply was delivered": reply.delivered_at if reply and meant else None,
        }
        return {words: instant for words, instant in instants.items() if instant is not None}

    def close(
        self,
        by: str,
        statement: ClosingStatement,
        at: datetime,
        by_course: ClosingStatement | None = None,
    ) -> None:
        """Record closure by the owner (rule 7).

        A reply on record need not be stated again.

        Args:
            by_course: what the closure rests on where the course of the matter led to it; its
                table then holds the conditions.

        Raises:
            NotOwned, CaseClosed, NotTheOwner: the step is not open to `by`.
            DisputeOpen: a claim to first contact waits for a ruling.
            ClosingConditionsUnmet: with what is missing, by field.

        Source: closing conditions, `policy.CLOSING_CONDITIONS`.
        """
        owner = self._open_owner()
        if by != owner:
            raise NotTheOwner(owner=owner)
        if self.open_disputes:
            raise DisputeOpen(number=self.number)
        statement = by_course or self._met(statement)
        self._record_closure(
            timestamp=at,
            owner=owner,
            outcome=statement.outcome,
            reply_document=statement.reply_document,
            follow_up_visit_at=statement.follow_up_visit_at,
            evaluation_asked_at=statement.evaluation_asked_at,
        )

    def _met(self, statement: ClosingStatement) -> ClosingStatement:
        if self.reply is not None and not statement.reply_document:
            statement = replace(statement, reply_document=self.reply.document)
        if unmet := statement.unmet(self._closing_not_before(statement.reply_document)):
            raise ClosingConditionsUnmet(**unmet)
        return statement

    def reopen(self, reason: str, document: str, at: datetime) -> None:
        """Open a closed matter again by order; its owner stays.

        Raises:
            CaseNotClosed: it is open.
        """
        if self.closed_at is None:
            raise CaseNotClosed(number=self.number)
        self._reopen(at, "order", reason=reason, document=document)

    def _reopen(
        self,
        at: datetime,
        ground: str,
        *,
        repeat_number: str | None = None,
        reason: str = "",
        document: str = "",
    ) -> None:
        self._record_reopening(
            timestamp=at,
            owner=self.current_owner,
            ground=ground,
            repeat_number=repeat_number,
            reason=reason,
            document=document,
        )
        self._look_for_recusal(at)

    # Records. Replayed for ever, so they decide nothing.

    @event(Taken)
    def _record_taking(
        self,
        timestamp: datetime,
        owner: str,
        office: str,
        ground: str,
        reception_id: str | None,
        roster_day: str | None,
        roster_version: int | None,
    ) -> None:
        self.owner = owner
        self.record.chain.append(Link(owner, office, timestamp, ground))
        self.record.evidence = {
            "ground": ground,
            "reception_id": reception_id,
            "roster_day": roster_day,
            "roster_version": roster_version,
        }

    @event(ReceptionRecorded)
    def _record_reception(
        self,
        timestamp: datetime,
        received_number: str,
        reception_id: str,
        leader: str,
        office: str,
        standing: str,
    ) -> None:
        if standing != "first":
            self.record.claims.append(Claim(reception_id, leader, office, timestamp, standing))

    @event(DisputeOpened)
    def _record_dispute(
        self,
        timestamp: datetime,
        dispute_id: str,
        reception_id: str,
        claimant: str,
        claimant_office: str,
    ) -> None:
        self._claim_of(reception_id).dispute_id = dispute_id

    @event(DisputeRuled)
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

    @event(Succeeded)
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
        self.owner = owner
        self.record.chain.append(Link(owner, office, timestamp, ground, approver, document))

    @event(Recused)
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
        self.owner = owner
        self.record.chain.append(Link(owner, office, timestamp, ground, approver, document))

    @event(PartiesKeptOut)
    def _record_parties(
        self,
        timestamp: datetime,
        office: str,
        sealed: bool,  # noqa: FBT001 - a field of the fact
        kept_out: list[str],
    ) -> None:
        self.parties = Parties(frozenset(kept_out))

    @event(RecusalDue)
    def _record_recusal_due(self, timestamp: datetime, owner: str, office: str) -> None:
        self.record.recusal_due = owner

    @event(MatterCorrected)
    def _record_correction(
        self,
        timestamp: datetime,
        petition_class: str,
        previous_class: str,
        channel: str,
        previous_channel: str,
    ) -> None:
        self.petition_class = petition_class
        self.channel = channel

    @event(WithdrawalReceived)
    def _record_withdrawal(self, timestamp: datetime, withdrawn_number: str, ground: str) -> None:
        self.record.withdrawn.append(withdrawn_number)

    @event(ReplyCorrected)
    def _record_reply_correction(
        self, timestamp: datetime, document: str, previous_document: str, reason: str
    ) -> None:
        if self.record.reply is not None:
            self.record.reply = replace(self.record.reply, document=document)

    @event(RepeatJoined)
    def _record_repeat(
        self,
        timestamp: datetime,
        repeat_petition_id: str,
        repeat_number: str,
        office: str,
        owner: str | None,
    ) -> None:
        self.record.repeats.append(repeat_number)

    @event(NotAcceptedAgain)
    def _record_not_accepting(
        self, timestamp: datetime, repeat_number: str, owner: str, article: str
    ) -> None:
        """The matter stays as it ended."""

    @event(MatterMerged)
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
    ) -> None:
        self.record.repeats += numbers
        if claimant is not None and claimant_office is not None and claimed_at is not None:
            claim_id = f"M-{merged_number}"
            claim = Claim(claim_id, claimant, claimant_office, claimed_at, "rival")
            self.record.claims.append(claim)

    @event(Merged)
    def _record_merging(
        self, timestamp: datetime, into_petition_id: str, into_number: str, owner: str | None
    ) -> None:
        self.record.merged_into = into_petition_id

    @event(RepeatLeft)
    def _record_leaving(
        self,
        timestamp: datetime,
        repeat_petition_id: str,
        repeat_number: str,
        numbers: list[str],
        owner: str | None,
    ) -> None:
        left = set(numbers)
        self.record.repeats = [each for each in self.record.repeats if each not in left]

    @event(Split)
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
    ) -> None:
        self.record.merged_into = None
        self.record.repeats = numbers[1:]

    @event(ReplyDelivered)
    def _record_reply(self, timestamp: datetime, document: str, delivered_by: str) -> None:
        self.record.reply = Reply(document, delivered_by, timestamp)

    @event(Closed)
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

    @event(Reopened)
    def _record_reopening(
        self,
        timestamp: datetime,
        owner: str,
        ground: str,
        repeat_number: str | None,
        reason: str,
        document: str,
    ) -> None:
        self.closed_at = None
        self.record.reopened_at = timestamp
        self.record.reopened_by = repeat_number
        self.record.reply = None
