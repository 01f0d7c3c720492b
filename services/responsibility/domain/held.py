"""What an ownership is made of, for the rules about each of its sides."""

from collections.abc import Callable
from datetime import datetime

from services.responsibility.domain.evidence import Claim, Link, OwnershipRecord, Reply
from services.responsibility.domain.facts import Ownership as Facts
from services.responsibility.domain.policy import SEALED
from services.responsibility.domain.refusals import CaseClosed, NotOwned
from statute.parties import Parties


class Held(Facts):
    """One matter and whoever holds it."""

    petition_id: str
    number: str
    office: str
    channel: str
    petition_class: str
    awaits: str
    registered_at: datetime
    received_at: datetime
    owner: str | None
    closed_at: datetime | None
    record: OwnershipRecord
    parties: Parties

    # Each records one fact; see `domain.ownership.Ownership`.
    _record_taking: Callable[..., None]
    _record_reception: Callable[..., None]
    _record_dispute: Callable[..., None]
    _record_ruling: Callable[..., None]
    _record_succession: Callable[..., None]
    _record_recusal: Callable[..., None]
    _record_parties: Callable[..., None]
    _record_recusal_due: Callable[..., None]
    _record_correction: Callable[..., None]
    _record_withdrawal: Callable[..., None]
    _record_receipt: Callable[..., None]
    _record_reply: Callable[..., None]
    _record_reply_correction: Callable[..., None]
    _record_repeat: Callable[..., None]
    _record_not_accepting: Callable[..., None]
    _record_taking_in: Callable[..., None]
    _record_merging: Callable[..., None]
    _record_leaving: Callable[..., None]
    _record_voiding: Callable[..., None]
    _record_split: Callable[..., None]
    _record_closure: Callable[..., None]
    _record_reopening: Callable[..., None]
    _record_void_reopening: Callable[..., None]

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

    @property
    def sealed(self) -> bool:
        """Whether nobody may learn of it but those who have to do with it."""
        return self.petition_class == SEALED

    @property
    def numbers(self) -> list[str]:
        """All numbers that lead here, its own first."""
        return [self.number, *self.record.repeats]

    @property
    def claims(self) -> list[Claim]:
        """Receptions of its petitions that did not make the owner, in the order of the record."""
        return [claim for claim in self.record.claims if not claim.gone]

    @property
    def open_disputes(self) -> list[Claim]:
        """Claims to first contact that wait for a ruling."""
        return [claim for claim in self.claims if claim.dispute_id and claim.ruling is None]

    @property
    def state(self) -> str:
        """Awaited, owned or closed."""
        if self.owner is None:
            return "awaited"
        return "owned" if self.closed_at is None else "closed"

    def _open_owner(self) -> str:
        owner = self.current_owner
        if self.closed_at is not None:
            raise CaseClosed(number=self.number, owner=owner)
        return owner

    @property
    def reply(self) -> Reply | None:
        """The reply delivered since the matter was last opened; None while there is none."""
        reply, opened_at = self.record.reply, self.record.reopened_at
        if reply is None or (opened_at is not None and reply.delivered_at < opened_at):
            return None
        return reply
