"""A petition on record. Its text and persons are in the vault; here are codes and a commitment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from eventsourcing.domain import Aggregate, event

from services.intake.domain.refusals import AlreadyLinked, NotLinked, ProposalUnknown
from services.intake.domain.repeats import Likeness

SEALED_CLASS: Final = "accusation"
CLOCK_TOLERANCE: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Original:
    """The first petition of the matter that one repeats."""

    petition_id: str
    number: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """A matter that a petition may repeat, and what that rests on."""

    of: Original
    likeness: dict[str, Any]


class Petition(Aggregate):
    """One matter raised by one or more petitioners (信访事项)."""

    TOPIC = "petition.v1"

    class Event(Aggregate.Event):
        pass

    class Registered(Event, Aggregate.Created):
        TOPIC = "petition.registered.v1"
        petition_id: str
        number: str
        office: str
        region: str
        channel: str
        petition_class: str
        category: str
        headcount: int
        sealed: bool
        commitment: str
        repeats: str | None
        repeats_number: str | None
        repeat_ground: str | None
        external_number: str

    Created = Registered

    class ContentRead(Event):
        TOPIC = "content.read.v1"
        petition_id: str
        number: str

    class RepeatMatched(Event):
        TOPIC = "repeat.matched.v1"
        petition_id: str
        number: str
        repeats: str
        repeats_number: str
        likeness: dict[str, Any]

    class RepeatProposed(Event):
        TOPIC = "repeat.proposed.v1"
        petition_id: str
        number: str
        repeats: str
        repeats_number: str
        likeness: dict[str, Any]

    class RepeatDeclined(Event):
        TOPIC = "repeat.declined.v1"
        petition_id: str
        number: str
        repeats: str
        repeats_number: str
        reason: str

    class RepeatLinked(Event):
        TOPIC = "repeat.linked.v1"
        petition_id: str
        number: str
        repeats: str
        repeats_number: str
        along: list[str]
        ground: str
        likeness: dict[str, Any] | None
        reason: str
        document: str

    class RepeatUnlinked(Event):
        TOPIC = "repeat.unlinked.v1"
        petition_id: str
        number: str
        repeats: str
        repeats_number: str
        along: list[str]
        office: str
        channel: str
        petition_class: str
        registered_at: datetime
        reason: str
        document: str

    @staticmethod
    def create_id(petition_id: str) -> UUID:
        return UUID(petition_id)

    @event(Registered)
    def __init__(
        self,
        petition_id: str,
        number: str,
        office: str,
        channel: str,
        petition_class: str,
        sealed: bool,  # noqa: FBT001 - a field of the fact
        repeats: str | None,
        repeats_number: str | None,
    ) -> None:
        self.petition_id = petition_id
        self.number = number
        self.office = office
        self.channel = channel
        self.petition_class = petition_class
        self.sealed = sealed
        self.original = Original(repeats, repeats_number) if repeats and repeats_number else None
        self.proposal: Proposal | None = None

    @property
    def repeats_number(self) -> str | None:
        """The number of the petition that it was linked to, None while it is a matter's first."""
        return self.original.number if self.original else None

    def read_content(self, at: datetime) -> None:
        """Put on record that the content was opened; who did so is the actor of the event."""
        self._record_reading(timestamp=at, petition_id=self.petition_id, number=self.number)

    def keep_evidence(self, likeness: Likeness, at: datetime) -> None:
        """Put on record what the platform found the original by.

        Raises:
            NotLinked: it repeats nothing.
        """
        original = self._linked_to()
        self._record_match(
            timestamp=at,
            petition_id=self.petition_id,
            number=self.number,
            repeats=original.petition_id,
            repeats_number=original.number,
            likeness=likeness.stated(),
        )

    def propose(self, petition_id: str, number: str, likeness: Likeness) -> None:
        """Ask a clerk whether the petition repeats another; likeness alone is not enough."""
        self._record_proposal(
            timestamp=self.created_on,
            petition_id=self.petition_id,
            number=self.number,
            repeats=petition_id,
            repeats_number=number,
            likeness=likeness.stated(),
        )

    def decline(self, reason: str, at: datetime) -> None:
        """Put on record that it does not repeat the one that it was proposed to.

        Raises:
            ProposalUnknown: none is open.
        """
        if self.proposal is None:
            raise ProposalUnknown(number=self.number)
        self._record_decline(
            timestamp=at,
            petition_id=self.petition_id,
            number=self.number,
            repeats=self.proposal.of.petition_id,
            repeats_number=self.proposal.of.number,
            reason=reason,
        )

    def link(
        self, to: Original, along: Sequence[str], *, reason: str, document: str, at: datetime
    ) -> None:
        """Link it to the first petition of an earlier matter.

        Args:
            along: numbers of what repeats this one; they go with it.

        Raises:
            AlreadyLinked: it repeats another, which may be undone first.
        """
        if self.original is not None:
            raise AlreadyLinked(number="repeats a petition already", matter=self.original.number)
        proposed = self.proposal is not None and self.proposal.of == to
        self._record_link(
            timestamp=at,
            petition_id=self.petition_id,
            number=self.number,
            repeats=to.petition_id,
            repeats_number=to.number,
            along=list(along),
            ground="proposal" if proposed else "clerk",
            likeness=self.proposal.likeness if self.proposal and proposed else None,
            reason=reason,
            document=document,
        )

    def unlink(
        self,
        along: Sequence[str],
        *,
        registered_at: datetime,
        reason: str,
        document: str,
        at: datetime,
    ) -> None:
        """Make it the first petition of a matter again.

        Raises:
            NotLinked: it is.
        """
        original = self._linked_to()
        self._record_unlinking(
            timestamp=at,
            petition_id=self.petition_id,
            number=self.number,
            repeats=original.petition_id,
            repeats_number=original.number,
            along=list(along),
            office=self.office,
            channel=self.channel,
            petition_class=self.petition_class,
            registered_at=registered_at,
            reason=reason,
            document=document,
        )

    def _linked_to(self) -> Original:
        if self.original is None:
            raise NotLinked(number=self.number)
        return self.original

    # Records. Replayed for ever, so they decide nothing.

    @event(RepeatMatched)
    def _record_match(
        self,
        timestamp: datetime,
        petition_id: str,
        number: str,
        repeats: str,
        repeats_number: str,
        likeness: dict[str, Any],
    ) -> None:
        """What a link rests on changes nothing of it."""

    @event(RepeatProposed)
    def _record_proposal(
        self,
        timestamp: datetime,
        petition_id: str,
        number: str,
        repeats: str,
        repeats_number: str,
        likeness: dict[str, Any],
    ) -> None:
        self.proposal = Proposal(Original(repeats, repeats_number), likeness)

    @event(RepeatDeclined)
    def _record_decline(
        self,
        timestamp: datetime,
        petition_id: str,
        number: str,
        repeats: str,
        repeats_number: str,
        reason: str,
    ) -> None:
        self.proposal = None

    @event(RepeatLinked)
    def _record_link(
        self,
        timestamp: datetime,
        petition_id: str,
        number: str,
        repeats: str,
        repeats_number: str,
        along: list[str],
        ground: str,
        likeness: dict[str, Any] | None,
        reason: str,
        document: str,
    ) -> None:
        self.original = Original(repeats, repeats_number)
        self.proposal = None

    @event(RepeatUnlinked)
    def _record_unlinking(
        self,
        timestamp: datetime,
        petition_id: str,
        number: str,
        repeats: str,
        repeats_number: str,
        along: list[str],
        office: str,
        channel: str,
        petition_class: str,
        registered_at: datetime,
        reason: str,
        document: str,
    ) -> None:
        self.original = None

    @event(ContentRead)
    def _record_reading(self, timestamp: datetime, petition_id: str, number: str) -> None:
        """Reading changes nothing of the petition."""


def is_sealed(petition_class: str) -> bool:
    """Accusation material is sealed from registration on (Arts 27 to 30)."""
    return petition_class == SEALED_CLASS
