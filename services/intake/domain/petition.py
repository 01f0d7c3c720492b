"""A petition on record. Its text and persons are in the vault; here are codes and a commitment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from eventsourcing.domain import Aggregate, CanMutateAggregate, event

from services.intake.domain.refusals import (
    AlreadyLinked,
    AlreadyWithdrawn,
    CourseBegun,
    NothingChanged,
    NotLinked,
    ProposalUnknown,
    SealedStays,
    VersionChanged,
)
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
    """A matter that a petition may repeat, and what that rests on.

    Attributes:
        of: the first petition of that matter, when it was proposed.
        named: the petition of it that it is like.
    """

    of: Original
    likeness: dict[str, Any]
    named: Original


@dataclass(frozen=True, slots=True)
class Correction:
    """What is to be put right.

    Attributes:
        codes: name to what it should have been; times in ISO 8601.
        commitment: to the corrected content; None where that was right.
        course_begun: whether the course of the matter has begun.
    """

    codes: Mapping[str, Any]
    commitment: str | None
    reason: str
    course_begun: bool


class Petition(Aggregate):
    """One matter raised by one or more petitioners (信访事项)."""

    TOPIC = "petition.v1"

    class Event(Aggregate.Event):
        petition_id: str
        number: str

    class Registered(Event, Aggregate.Created):
        TOPIC = "petition.registered.v1"
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
        kept_out: Sequence[str] = ()
        named: str | None = None
        named_number: str | None = None
        received_at: datetime | None = None

    Created = Registered

    class ContentRead(Event):
        TOPIC = "content.read.v1"

    class RepeatMatched(Event):
        TOPIC = "repeat.matched.v1"
        repeats: str
        repeats_number: str
        likeness: dict[str, Any]

    class RepeatProposed(Event):
        TOPIC = "repeat.proposed.v1"
        repeats: str
        repeats_number: str
        likeness: dict[str, Any]
        named: str | None = None
        named_number: str | None = None

    class RepeatDeclined(Event):
        TOPIC = "repeat.declined.v1"
        repeats: str
        repeats_number: str
        reason: str

    class RepeatLinked(Event):
        TOPIC = "repeat.linked.v1"
        repeats: str
        repeats_number: str
        along: list[str]
        ground: str
        likeness: dict[str, Any] | None
        reason: str
        document: str
        named: str | None = None
        named_number: str | None = None

    class RepeatUnlinked(Event):
        TOPIC = "repeat.unlinked.v1"
        repeats: str
        repeats_number: str
        along: list[str]
        office: str
        channel: str
        petition_class: str
        registered_at: datetime
        reason: str
        document: str
        occurred_at: datetime | None = None
        received_at: datetime | None = None

    class PartyNamed(Event):
        TOPIC = "party.named.v1"
        matter_id: str
        matter_number: str
        kept_out: list[str]
        content_version: int
        commitment: str
        reason: str
        document: str

    class Corrected(Event):
        TOPIC = "petition.corrected.v1"
        matter_id: str
        matter_number: str
        before: dict[str, Any]
        after: dict[str, Any]
        sealed: bool
        content_version: int
        commitment: str | None
        reason: str
        received_at: datetime | None = None

    class Withdrawn(Event):
        TOPIC = "petition.withdrawn.v1"
        matter_id: str
        matter_number: str
        ground: str

    @staticmethod
    def create_id(petition_id: str) -> UUID:
        return UUID(petition_id)

    @event(Registered)
    def __init__(
        self,
        timestamp: datetime,
        petition_id: str,
        number: str,
        office: str,
        channel: str,
        petition_class: str,
        category: str,
        headcount: int,
        sealed: bool,  # noqa: FBT001
        repeats: str | None,
        repeats_number: str | None,
        external_number: str,
        kept_out: Sequence[str] = (),
        received_at: datetime | None = None,
    ) -> None:
        self.petition_id = petition_id
        self.number = number
        self.office = office
        self.sealed = sealed
        self.original = Original(repeats, repeats_number) if repeats and repeats_number else None
        self.proposal: Proposal | None = None
        self.codes: dict[str, Any] = {
            "channel": channel,
            "petition_class": petition_class,
            "category": category,
            "headcount": headcount,
            "occurred_at": timestamp.astimezone(UTC).isoformat(),
            "external_number": external_number,
            "received_at": received_at and received_at.astimezone(UTC).isoformat(),
        }
        self.kept_out = set(kept_out)
        self.content_version = 1
        self.revision = 1
        self.withdrawn_at: datetime | None = None

    def trigger_event(self, event_class: type[CanMutateAggregate[UUID]], **kwargs: Any) -> None:
        """Make a fact; every fact of a petition names it."""
        super().trigger_event(
            event_class, petition_id=self.petition_id, number=self.number, **kwargs
        )

    @property
    def raised_at(self) -> datetime:
        """When it was raised, as it is stated now."""
        return datetime.fromisoformat(self.codes["occurred_at"])

    @property
    def received_at(self) -> datetime | None:
        """When the office received it, where that is stated apart."""
        stated = self.codes["received_at"]
        return datetime.fromisoformat(stated) if stated else None

    @property
    def repeats_number(self) -> str | None:
        """The number of the petition that it was linked to, None while it is a matter's first."""
        return self.original.number if self.original else None

    @property
    def matter(self) -> Original:
        """The first petition of the matter that it belongs to."""
        return self.original or Original(self.petition_id, self.number)

    def check_version(self, expected: int | None) -> None:
        """Let nobody decide on a state of the petition that is not that of the record any more.

        Raises:
            VersionChanged.
        """
        if expected not in {None, self.revision}:
            raise VersionChanged(expected_version=f"the petition is at version {self.revision} now")

    def read_content(self, at: datetime) -> None:
        """Put on record that the content was opened; who did so is the actor of the event."""
        self._record_reading(timestamp=at)

    def keep_evidence(self, likeness: Likeness, at: datetime) -> None:
        """Put on record what the platform found the original by.

        Raises:
            NotLinked: it repeats nothing.
        """
        original = self._linked_to()
        self._record_match(
            timestamp=at,
            repeats=original.petition_id,
            repeats_number=original.number,
            likeness=likeness.stated(),
        )

    def propose(self, of: Original, likeness: Likeness, named: Original) -> None:
        """Ask a clerk whether the petition repeats another; likeness alone is not enough.

        Args:
            named: the petition of that matter that it is like.
        """
        self._record_proposal(
            timestamp=self.created_on,
            repeats=of.petition_id,
            repeats_number=of.number,
            likeness=likeness.stated(),
            named=named.petition_id,
            named_number=named.number,
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
            repeats=self.proposal.of.petition_id,
            repeats_number=self.proposal.of.number,
            reason=reason,
        )

    def link(
        self,
        to: Original,
        along: Sequence[str],
        *,
        named: Original,
        proposal: Proposal | None,
        reason: str,
        document: str,
        at: datetime,
    ) -> None:
        """Link it to the first petition of an earlier matter.

        Args:
            along: numbers of what repeats this one; they go with it.
            named: the petition of that matter that it repeats; with that one it leaves.
            proposal: the one that is confirmed by it; None for the clerk's own finding.

        Raises:
            AlreadyLinked: it repeats another, which may be undone first.
        """
        if self.original is not None:
            raise AlreadyLinked(number="repeats a petition already", matter=self.original.number)
        self._record_link(
            timestamp=at,
            repeats=to.petition_id,
            repeats_number=to.number,
            along=list(along),
            ground="proposal" if proposal else "clerk",
            likeness=proposal.likeness if proposal else None,
            reason=reason,
            document=document,
            named=named.petition_id,
            named_number=named.number,
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
            repeats=original.petition_id,
            repeats_number=original.number,
            along=list(along),
            office=self.office,
            channel=self.codes["channel"],
            petition_class=self.codes["petition_class"],
            registered_at=registered_at,
            reason=reason,
            document=document,
            occurred_at=self.raised_at,
            received_at=self.received_at,
        )

    def _linked_to(self) -> Original:
        if self.original is None:
            raise NotLinked(number=self.number)
        return self.original

    def name_parties(
        self, marks: Sequence[str], commitment: str, reason: str, document: str, at: datetime
    ) -> None:
        """Keep parties out who became known after registration.

        Args:
            commitment: to the content that names them.

        Raises:
            NothingChanged: all of them are parties already.
        """
        new = sorted(set(marks) - self.kept_out)
        if not new:
            raise NothingChanged(accused_staff="nobody is named who is not a party already")
        self._record_parties(
            timestamp=at,
            matter_id=self.matter.petition_id,
            matter_number=self.matter.number,
            kept_out=new,
            content_version=self.content_version + 1,
            commitment=commitment,
            reason=reason,
            document=document,
        )

    def correct(self, correction: Correction, at: datetime) -> None:
        """Put right what was put on record wrongly.

        Raises:
            NothingChanged: it says so already.
            SealedStays: an accusation is to become something else.
            CourseBegun: the class is to change among the open ones after the course began.
        """
        after = {
            name: value for name, value in correction.codes.items() if value != self.codes[name]
        }
        if not after and correction.commitment is None:
            raise NothingChanged(reason="the record says so already")
        self._check_class(after.get("petition_class"), course_begun=correction.course_begun)
        revised = correction.commitment is not None
        received_at = after.get("received_at", self.codes["received_at"])
        self._record_correction(
            timestamp=at,
            matter_id=self.matter.petition_id,
            matter_number=self.matter.number,
            before={name: self.codes[name] for name in after},
            after=after,
            sealed=self.sealed or is_sealed(after.get("petition_class", "")),
            content_version=self.content_version + revised,
            commitment=correction.commitment,
            reason=correction.reason,
            received_at=datetime.fromisoformat(received_at) if received_at else None,
        )

    def _check_class(self, wanted: str | None, *, course_begun: bool) -> None:
        if wanted is None:
            return
        if self.sealed:
            raise SealedStays(petition_class="an accusation stays one")
        if course_begun and not is_sealed(wanted):
            raise CourseBegun(petition_class="the course has begun as that of another class")

    def withdraw(self, ground: str, at: datetime) -> None:
        """Withdraw the petition, as its petitioner.

        Raises:
            AlreadyWithdrawn.
        """
        if self.withdrawn_at is not None:
            raise AlreadyWithdrawn(number=self.number)
        self._record_withdrawal(
            timestamp=at,
            matter_id=self.matter.petition_id,
            matter_number=self.matter.number,
            ground=ground,
        )

    # Records. Replayed for ever, so they decide nothing.

    @event(RepeatMatched)
    def _record_match(
        self,
        timestamp: datetime,
        repeats: str,
        repeats_number: str,
        likeness: dict[str, Any],
    ) -> None:
        """What a link rests on changes nothing of it."""

    @event(RepeatProposed)
    def _record_proposal(
        self,
        timestamp: datetime,
        repeats: str,
        repeats_number: str,
        likeness: dict[str, Any],
        named: str | None = None,
        named_number: str | None = None,
    ) -> None:
        of = Original(repeats, repeats_number)
        like = Original(named, named_number) if named and named_number else of
        self.proposal = Proposal(of, likeness, like)

    @event(RepeatDeclined)
    def _record_decline(
        self,
        timestamp: datetime,
        repeats: str,
        repeats_number: str,
        reason: str,
    ) -> None:
        self.revision += 1
        self.proposal = None

    @event(RepeatLinked)
    def _record_link(
        self,
        timestamp: datetime,
        repeats: str,
        repeats_number: str,
        along: list[str],
        ground: str,
        likeness: dict[str, Any] | None,
        reason: str,
        document: str,
        named: str | None = None,
        named_number: str | None = None,
    ) -> None:
        self.revision += 1
        self.original = Original(repeats, repeats_number)
        self.proposal = None

    @event(RepeatUnlinked)
    def _record_unlinking(
        self,
        timestamp: datetime,
        repeats: str,
        repeats_number: str,
        along: list[str],
        office: str,
        channel: str,
        petition_class: str,
        registered_at: datetime,
        reason: str,
        document: str,
        occurred_at: datetime | None = None,
        received_at: datetime | None = None,
    ) -> None:
        self.revision += 1
        self.original = None

    @event(PartyNamed)
    def _record_parties(
        self,
        timestamp: datetime,
        matter_id: str,
        matter_number: str,
        kept_out: list[str],
        content_version: int,
        commitment: str,
        reason: str,
        document: str,
    ) -> None:
        self.kept_out |= set(kept_out)
        self.content_version = content_version
        self.revision += 1

    @event(Corrected)
    def _record_correction(
        self,
        timestamp: datetime,
        matter_id: str,
        matter_number: str,
        before: dict[str, Any],
        after: dict[str, Any],
        sealed: bool,  # noqa: FBT001
        content_version: int,
        commitment: str | None,
        reason: str,
        received_at: datetime | None = None,
    ) -> None:
        self.codes |= after
        self.sealed = sealed
        self.content_version = content_version
        self.revision += 1

    @event(Withdrawn)
    def _record_withdrawal(
        self,
        timestamp: datetime,
        matter_id: str,
        matter_number: str,
        ground: str,
    ) -> None:
        self.withdrawn_at = timestamp
        self.revision += 1

    @event(ContentRead)
    def _record_reading(self, timestamp: datetime) -> None:
        """Reading changes nothing of the petition."""


def is_sealed(petition_class: str) -> bool:
    """Accusation material is sealed from registration on (Arts 27 to 30)."""
    return petition_class == SEALED_CLASS
