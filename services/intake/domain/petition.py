"""A petition on record. Its text and persons are in the vault; here are codes and a commitment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from eventsourcing.domain import Aggregate, event

from services.intake.domain.refusals import (
    AlreadyWithdrawn,
    CourseBegun,
    NothingChanged,
    SealedStays,
    VersionChanged,
)

SEALED_CLASS: Final = "accusation"
CLOCK_TOLERANCE: Final = timedelta(minutes=5)


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
        kept_out: Sequence[str] = ()

    Created = Registered

    class ContentRead(Event):
        TOPIC = "content.read.v1"
        petition_id: str
        number: str

    class PartyNamed(Event):
        TOPIC = "party.named.v1"
        petition_id: str
        number: str
        matter_id: str
        matter_number: str
        kept_out: list[str]
        content_version: int
        commitment: str
        reason: str
        document: str

    class Corrected(Event):
        TOPIC = "petition.corrected.v1"
        petition_id: str
        number: str
        matter_id: str
        matter_number: str
        before: dict[str, Any]
        after: dict[str, Any]
        sealed: bool
        content_version: int
        commitment: str | None
        reason: str

    class Withdrawn(Event):
        TOPIC = "petition.withdrawn.v1"
        petition_id: str
        number: str
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
    ) -> None:
        self.petition_id = petition_id
        self.number = number
        self.office = office
        self.sealed = sealed
        self.matter_id = repeats or petition_id
        self.matter_number = repeats_number or number
        self.codes: dict[str, Any] = {
            "channel": channel,
            "petition_class": petition_class,
            "category": category,
            "headcount": headcount,
            "occurred_at": timestamp.astimezone(UTC).isoformat(),
            "external_number": external_number,
        }
        self.kept_out = set(kept_out)
        self.content_version = 1
        self.revision = 1
        self.withdrawn_at: datetime | None = None

    def check_version(self, expected: int | None) -> None:
        """Let nobody decide on a state of the petition that is not that of the record any more.

        Raises:
            VersionChanged.
        """
        if expected not in {None, self.revision}:
            raise VersionChanged(expected_version=f"the petition is at version {self.revision} now")

    def read_content(self, at: datetime) -> None:
        """Put on record that the content was opened; who did so is the actor of the event."""
        self._record_reading(timestamp=at, petition_id=self.petition_id, number=self.number)

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
            petition_id=self.petition_id,
            number=self.number,
            matter_id=self.matter_id,
            matter_number=self.matter_number,
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
        self._record_correction(
            timestamp=at,
            petition_id=self.petition_id,
            number=self.number,
            matter_id=self.matter_id,
            matter_number=self.matter_number,
            before={name: self.codes[name] for name in after},
            after=after,
            sealed=self.sealed or is_sealed(after.get("petition_class", "")),
            content_version=self.content_version + revised,
            commitment=correction.commitment,
            reason=correction.reason,
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
            petition_id=self.petition_id,
            number=self.number,
            matter_id=self.matter_id,
            matter_number=self.matter_number,
            ground=ground,
        )

    # Records. Replayed for ever, so they decide nothing.

    @event(PartyNamed)
    def _record_parties(
        self,
        timestamp: datetime,
        petition_id: str,
        number: str,
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
        petition_id: str,
        number: str,
        matter_id: str,
        matter_number: str,
        before: dict[str, Any],
        after: dict[str, Any],
        sealed: bool,  # noqa: FBT001
        content_version: int,
        commitment: str | None,
        reason: str,
    ) -> None:
        self.codes |= after
        self.sealed = sealed
        self.content_version = content_version
        self.revision += 1

    @event(Withdrawn)
    def _record_withdrawal(
        self,
        timestamp: datetime,
        petition_id: str,
        number: str,
        matter_id: str,
        matter_number: str,
        ground: str,
    ) -> None:
        self.withdrawn_at = timestamp
        self.revision += 1

    @event(ContentRead)
    def _record_reading(self, timestamp: datetime, petition_id: str, number: str) -> None:
        """Reading changes nothing of the petition."""


def is_sealed(petition_class: str) -> bool:
    """Accusation material is sealed from registration on (Arts 27 to 30)."""
    return petition_class == SEALED_CLASS
