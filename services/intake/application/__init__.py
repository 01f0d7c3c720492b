"""Use cases of intake: load, decide, save."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid5

from eventsourcing.persistence import IntegrityError, InterfaceError, OperationalError
from eventsourcing.utils import EnvType

from chassis.eventstore.application import (
    Answer,
    EventSourcedApplication,
    Provenance,
    ReadModel,
    TooBusy,
    Unit,
)
from chassis.eventstore.commands import Command
from chassis.eventstore.gathering import Gathering
from chassis.eventstore.instants import text_of
from chassis.eventstore.transaction import Questions, Writing
from chassis.jurisdiction import Actor, is_above, region_of
from services.intake.application.ports import (
    Comparing,
    Content,
    Corrected,
    Parties,
    Raised,
    Reader,
    Register,
    Vault,
)
from services.intake.application.registering import (
    PETITIONS,
    Outcome,
    Registration,
)
from services.intake.domain.numbering import verified
from services.intake.domain.petition import CLOCK_TOLERANCE, Correction, Petition, is_sealed
from services.intake.domain.refusals import (
    HeadcountTooSmall,
    InTheFuture,
    OfficeNotAllowed,
    PetitionUnknown,
    QueryCodeWrong,
    ReceivedTooEarly,
    RegionUnknown,
    Sealed,
)
from services.intake.domain.regions import is_region
from statute import parties as kept_out

MARKED_AT_ONCE: Final = 100
NOT_ITS_CODE: Final = "does not belong to this number"


class Intake(EventSourcedApplication):
    """Registered petitions and their content."""

    name = "intake"

    def __init__(  # noqa: PLR0913, PLR0917 - its ports
        self,
        env: EnvType,
        clock: Callable[[], datetime],
        read_models: Sequence[ReadModel],
        register: Register,
        vault: Vault,
        comparing: Comparing,
        course_begun: Callable[[Questions, str], bool],
    ) -> None:
        self._register = register
        self._vault = vault
        self._comparing = comparing
        self._course_begun = course_begun
        self._gathering: Gathering[tuple[Command, Raised], Answer] = Gathering(
            self._register_gathered
        )
        super().__init__(env, clock, read_models)

    def check(self, actor: Actor, raised: Raised) -> None:
        """Check what can be checked before anything is stored.

        Raises:
            OfficeNotAllowed, RegionUnknown, InTheFuture, HeadcountTooSmall, NumberMalformed.
        """
        if not is_region(region_of(raised.office)):
            raise RegionUnknown(office="begins with no region of GB/T 2260")
        if not actor.acts_for(raised.office):
            raise OfficeNotAllowed(office=raised.office)
        self._check_past(raised.occurred_at, raised.received_at)
        _check_heads(raised.headcount, raised.content)
        if raised.repeat_of is not None:
            verified(raised.repeat_of)

    def register_petition(self, command: Command, raised: Raised) -> Answer:
        """Put one petition on record, together with those that come at the same time.

        Raises:
            OriginalUnknown, RequestIdReused.
        """
        return self._gathering.run((command, raised))

    def _register_gathered(self, batch: Sequence[tuple[Command, Raised]]) -> list[Outcome]:
        """Register together; where that fails, each by itself, so that one spoils no other."""
        try:
            return self.register_petitions(batch)
        except (InterfaceError, OperationalError, TooBusy):
            raise
        except Exception:
            if len(batch) == 1:
                raise
        return [self._alone(command, raised) for command, raised in batch]

    def _alone(self, command: Command, raised: Raised) -> Any:
        try:
            return self.register_petitions([(command, raised)])[0]
        except Exception as error:  # noqa: BLE001 - raised to the one whose petition it is
            return error

    def register_petitions(self, batch: Sequence[tuple[Command, Raised]]) -> list[Outcome]:
        """Put petitions on record, in one append; each command has an outcome of its own.

        A command that was answered before is answered from the record and registers nothing.

        Returns:
            list of outcomes in the order of the batch: an answer, or the reason of its refusal.
        """
        registration = Registration(self._register, self._vault, self._comparing, batch)

        def decide(unit: Unit) -> Answer:
            now = self.clock()
            unit.preparing.append(lambda transaction: registration.prepare(unit, transaction, now))
            unit.writing.append(lambda transaction: registration.answer(unit, transaction))
            return {}

        self.run(batch[0][0].provenance, decide)
        return registration.result()

    def petition(self, reader: Reader, number: str) -> Answer:
        """Return what is on record of a petition, without its content.

        Raises:
            NumberMalformed, PetitionUnknown, OfficeNotAllowed, Sealed.
        """
        row = self.row_of(verified(number))
        check_no_party(reader.actor, row)
        if not reader.audits:
            check_sight(reader, row)
        return dict(row)

    def read_content(self, reader: Reader, number: str, version: int | None = None) -> Content:
        """Return the content of a petition; the reading goes on record first.

        Who is no staff, such as an agency, reads what he has put on record himself.

        Raises:
            OfficeNotAllowed, Sealed, ContentErased, VersionUnknown.
        """
        row, actor = self.row_of(number), reader.actor
        check_sight(reader, row)
        if not reader.is_staff and actor.subject != row["registered_by"]:
            raise OfficeNotAllowed(number="was put on record by somebody else")
        content = self._vault.open(
            self.log_of_events, row["petition_id"], version or row["content_version"]
        )
        now = self.clock()

        def decide(unit: Unit) -> Answer:
            petition = unit.find(Petition, UUID(row["petition_id"]))
            if petition is None:
                raise PetitionUnknown(number=number)
            petition.read_content(now)
            return {}

        # Each reading is a fact of its own; its correlation id tells it from the next.
        reading = f"{actor.subject}/{actor.correlation_id}/{text_of(now)}/{number}"
        cause = str(uuid5(PETITIONS, reading))
        self.run(Provenance(actor.subject, actor.correlation_id, cause), decide)
        return content

    def name_parties(self, command: Command, reader: Reader, number: str, named: Parties) -> Answer:
        """Keep parties out who became known after registration (回避).

        Raises:
            PetitionUnknown, OfficeNotAllowed, Sealed, ContentErased, VersionChanged.
            NothingChanged: they are parties already.
        """
        row = self.row_of(verified(number))
        check_sight(reader, row)
        marks = [kept_out.mark_of(number, code) for code in (*named.staff, *named.units)]

        def change(unit: Unit, petition: Petition) -> None:
            content = self._content_of(petition)
            revised = content.changed(_joined(content.text, named), {})
            commitment = self._keep_revised(unit, petition, revised)
            petition.name_parties(marks, commitment, named.reason, named.document, self.clock())

        return self._revise(command, row, change)

    def correct_petition(
        self, command: Command, reader: Reader, number: str, corrected: Corrected
    ) -> Answer:
        """Put right what was put on record of a petition; what it said stays on record.

        Raises:
            PetitionUnknown, OfficeNotAllowed, Sealed, ContentErased, VersionChanged.
            InTheFuture, HeadcountTooSmall, NothingChanged, SealedStays, CourseBegun.
        """
        row = self.row_of(verified(number))
        check_sight(reader, row)

        def change(unit: Unit, petition: Petition) -> None:
            content = self._content_of(petition)
            revised = content.changed(corrected.text, corrected.persons)
            differs = (revised.text, revised.persons) != (content.text, content.persons)
            commitment = self._keep_revised(unit, petition, revised) if differs else None
            begun = self._course_begun(self.log_of_events, row["matter_number"])
            correction = Correction(corrected.codes, commitment, corrected.reason, begun)
            before = dict(petition.codes)
            petition.correct(correction, self.clock())
            _check_heads(petition.codes["headcount"], revised)
            self._check_past(petition.raised_at, petition.received_at)
            unit.writing.append(
                lambda transaction: self._mark_anew(transaction, petition, before, content, revised)
            )

        return self._revise(command, row, change)

    def withdraw_petition(self, command: Command, number: str, code: str, ground: str) -> Answer:
        """Withdraw a petition, as its petitioner.

        Raises:
            QueryCodeWrong, AlreadyWithdrawn.
        """
        row = self._row_by_code(number, code)

        def change(_unit: Unit, petition: Petition) -> None:
            petition.withdraw(ground, self.clock())

        answer = self._revise(command, row, change)
        return {**answer, "withdrawn_at": self.row_of(number)["withdrawn_at"]}

    def _revise(
        self, command: Command, row: Mapping[str, Any], change: Callable[[Unit, Petition], None]
    ) -> Answer:
        stream = UUID(row["petition_id"])

        def decide(unit: Unit) -> Answer:
            petition = unit.find(Petition, stream)
            if petition is None:
                raise PetitionUnknown(number=row["number"])
            petition.check_version(command.expected_version)
            change(unit, petition)
            return {
                "number": petition.number,
                "version": petition.revision,
                "content_version": petition.content_version,
            }

        return self.run(command.provenance, decide, command.key, stream)

    def _content_of(self, petition: Petition) -> Content:
        opened = self._vault.open(
            self.log_of_events, petition.petition_id, petition.content_version
        )
        return opened.changed({}, {})

    def _keep_revised(self, unit: Unit, petition: Petition, content: Content) -> str:
        """Have the next version of a content stored with the facts; return the commitment to it."""
        salt, commitment = self._vault.committed(content)
        version = petition.content_version + 1
        unit.writing.append(
            lambda transaction: self._vault.keep_version(
                transaction, petition.petition_id, version, content, salt
            )
        )
        return commitment

    def _mark_anew(
        self,
        transaction: Writing,
        petition: Petition,
        before: Mapping[str, Any],
        was: Content,
        content: Content,
    ) -> None:
        """Let the petition be found as a matter by what it says now.

        A mark leads to the matter that the petition belongs to, also once it is linked. What is
        sealed has marks of its own, so that nothing open is taken for a repeat of it.
        """
        old = self._marks(was, before)
        new = self._marks(content, petition.codes)
        self._register.forget_marks(transaction, old - new, petition.petition_id)
        known = self._register.matters_marked(transaction, new)
        for mark in sorted(new - known.keys()):
            self._register.mark_matter(transaction, mark, petition.petition_id, petition.number)

    def _marks(self, content: Content, codes: Mapping[str, Any]) -> set[str]:
        sealed = is_sealed(codes["petition_class"])
        return set(self._vault.matter_marks(content, codes["category"], sealed=sealed))

    def mark_phones(self) -> int:
        """Let some who gave id number and phone before both were marked be found by either.

        Returns:
            how many people were looked at.
        """
        try:
            with self.log_of_events.writing() as transaction:
                return self._vault.mark_phones(transaction, MARKED_AT_ONCE)
        except IntegrityError:
            # Somebody's key was destroyed meanwhile: the next time he is not among them.
            return 0

    def status(self, asking: Actor, number: str, query_code: str) -> Answer:
        """Return where a petition stands, for the petitioner.

        Raises:
            QueryCodeWrong: also when there is no such number, so that numbers cannot be guessed,
                and for a party that is kept out.
        """
        row = self._row_by_code(number, query_code)
        try:
            check_no_party(asking, row)
        except PetitionUnknown as error:
            raise QueryCodeWrong(query_code=NOT_ITS_CODE) from error
        return dict(row)

    def _row_by_code(self, number: str, query_code: str) -> Mapping[str, Any]:
        if not self._vault.is_query_code(number, query_code):
            raise QueryCodeWrong(query_code=NOT_ITS_CODE)
        try:
            return self.row_of(number)
        except PetitionUnknown as error:
            raise QueryCodeWrong(query_code=NOT_ITS_CODE) from error

    def _check_past(self, occurred_at: datetime, received_at: datetime | None) -> None:
        stated = {"occurred_at": occurred_at, "received_at": received_at or occurred_at}
        for name, at in stated.items():
            if at > self.clock() + CLOCK_TOLERANCE:
                raise InTheFuture(**{name: "lies in the future"})
        if stated["received_at"] < occurred_at:
            raise ReceivedTooEarly(received_at="lies before it was raised")

    def stream_of(self, number: str) -> UUID:
        """Return the stream of a petition.

        Raises:
            PetitionUnknown: there is no such petition.
        """
        return UUID(self.row_of(number)["petition_id"])

    def row_of(self, number: str) -> Mapping[str, Any]:
        """Return the row of a petition.

        Raises:
            PetitionUnknown: there is no such petition.
        """
        row = self._register.find(self.log_of_events, number)
        if row is None:
            raise PetitionUnknown(number=number)
        return row


def _joined(text: Mapping[str, Any], named: Parties) -> dict[str, Any]:
    """Return whom the content names, those named now included."""
    staff, units = (text.get(name, ()) for name in ("accused_staff", "accused_units"))
    return {
        "accused_staff": list(dict.fromkeys((*staff, *named.staff))),
        "accused_units": list(dict.fromkeys((*units, *named.units))),
    }


def _check_heads(headcount: int, content: Content) -> None:
    speaking, signing = (
        len(content.persons.get(role, ())) for role in ("representative", "cosigner")
    )
    if headcount < speaking:
        raise HeadcountTooSmall(headcount=f"is less than the {speaking} representatives named")
    # A representative may be one of those who signed.
    if signing and headcount < 1 + signing:
        raise HeadcountTooSmall(headcount=f"is less than the {1 + signing} who signed")


def _parties(row: Mapping[str, Any]) -> kept_out.Parties:
    return kept_out.Parties.written(row["kept_out"])


def check_no_party(actor: Actor, row: Mapping[str, Any]) -> None:
    """Let no party learn of what is sealed, whatever else he may be to it.

    Raises:
        PetitionUnknown: as if there were none.
    """
    if row["sealed"] and _parties(row).include(actor.subject, actor.office):
        raise PetitionUnknown(number=row["number"])


def check_sight(reader: Reader, row: Mapping[str, Any]) -> None:
    """Let the region see it; what is sealed those who are named, and its office that it is there.

    Named are who put it on record, the head of its office and its owner (Arts 27 to 30). Where the
    office itself is a party, the heads above it stand in its head's place.
    """
    check_no_party(reader.actor, row)
    actor, office = reader.actor, row["office"]
    in_place = is_above(actor.office, office) and _parties(row).include(office)
    head = reader.is_head and (actor.office == office or in_place)
    named = head or actor.subject in {row["registered_by"], row["owner"]}
    if row["sealed"] and not named:
        refusal = Sealed if actor.office == office else PetitionUnknown
        raise refusal(number=row["number"])
    if not (actor.acts_for(office) or actor.subject == row["owner"]):
        raise OfficeNotAllowed(office=office)
