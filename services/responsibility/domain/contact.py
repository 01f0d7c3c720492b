"""Who received the petitioner first (首接), and what is claimed against that."""

from datetime import datetime

from services.responsibility.domain.evidence import Approval, Claim, DutyLine, Received
from services.responsibility.domain.policy import DISPUTE_UPHELD
from services.responsibility.domain.refusals import (
    DisputeRuled,
    DisputeUnknown,
    OwnClaim,
    PartyToTheMatter,
)
from services.responsibility.domain.succession import Succession


class Contact(Succession):
    """First contact, rival claims, disputes."""

    def take_by_roster(
        self, line: DutyLine, office: str, at: datetime, registered_number: str
    ) -> None:
        """Let the leader on duty own a petition that nobody received (rule 5).

        Nothing happens when somebody owns it already, or when he is a party to it.

        Args:
            registered_number: the petition that was registered: the original or a repeat of it.
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
            by_number=self._unless_first(registered_number),
        )

    def _unless_first(self, number: str) -> str:
        """Return a number where it is not that of the first petition, by which one comes to all."""
        return "" if number == self.number else number

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
        self._put_reception(received, standing)
        return self.record.claims[-1] if standing != "first" else None

    def _put_reception(self, received: Received, standing: str) -> None:
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
        if standing == "disputed":
            self._open_dispute(received)

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
            claim.leader == received.leader and claim.dispute_id for claim in self.claims
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
            approval = Approval(by, DISPUTE_UPHELD, document)
            self._pass_on(self._record_succession, claim.leader, claim.office, approval, at)

    def _claim_of(self, reception_id: str) -> Claim:
        return next(c for c in self.claims if c.reception_id == reception_id)

    def _dispute(self, dispute_id: str) -> Claim:
        for claim in self.claims:
            if claim.dispute_id == dispute_id:
                return claim
        raise DisputeUnknown(dispute_id="there is no such dispute on this petition")
