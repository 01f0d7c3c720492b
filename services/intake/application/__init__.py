"""Use cases of intake: load, decide, save."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from eventsourcing.persistence import InterfaceError, OperationalError
from eventsourcing.utils import EnvType

from chassis.eventstore.application import (
    Answer,
    EventSourcedApplication,
    Provenance,
    ReadModel,
    TooBusy,
    Unit,
)
from chassis.eventstore.gathering import Gathering
from chassis.eventstore.instants import text_of
from chassis.jurisdiction import Actor, region_of
from services.intake.application.ports import (
    Command,
    Comparing,
    Content,
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
from services.intake.domain.petition import CLOCK_TOLERANCE, Petition
from services.intake.domain.refusals import (
    HeadcountTooSmall,
    InTheFuture,
    OfficeNotAllowed,
    PetitionUnknown,
    QueryCodeWrong,
    RegionUnknown,
    Sealed,
)
from services.intake.domain.regions import is_region


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
    ) -> None:
        self._register = register
        self._vault = vault
        self._comparing = comparing
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
        if raised.occurred_at > self.clock() + CLOCK_TOLERANCE:
            raise InTheFuture(occurred_at="lies in the future")
        named = len(raised.content.persons.get("representative", ()))
        if raised.headcount < named:
            raise HeadcountTooSmall(headcount=f"is less than the {named} representatives named")
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
        if not reader.audits:
            check_sight(reader, row)
        return dict(row)

    def read_content(self, reader: Reader, number: str) -> Content:
        """Return the content of a petition; the reading goes on record first.

        Who is no staff, such as an agency, reads what he has put on record himself.

        Raises:
            OfficeNotAllowed, Sealed, ContentErased.
        """
        row, actor = self.row_of(number), reader.actor
        check_sight(reader, row)
        if not reader.is_staff and actor.subject != row["registered_by"]:
            raise OfficeNotAllowed(number="was put on record by somebody else")
        content = self._vault.open(self.log_of_events, row["petition_id"])
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

    def status(self, number: str, query_code: str) -> Answer:
        """Return where a petition stands, for the petitioner.

        Raises:
            QueryCodeWrong: also when there is no such number, so that numbers cannot be guessed.
        """
        if not self._vault.is_query_code(number, query_code):
            raise QueryCodeWrong(query_code="does not belong to this number")
        try:
            return dict(self.row_of(number))
        except PetitionUnknown as error:
            raise QueryCodeWrong(query_code="does not belong to this number") from error

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


def check_sight(reader: Reader, row: Mapping[str, Any]) -> None:
    """Let the region see it; what is sealed those who are named, and its office that it is there.

    Named are who put it on record, the head of its office and its owner (Arts 27 to 30).
    """
    actor, office = reader.actor, row["office"]
    head = reader.is_head and actor.office == office
    named = head or actor.subject in {row["registered_by"], row["owner"]}
    if row["sealed"] and not named:
        refusal = Sealed if actor.office == office else PetitionUnknown
        raise refusal(number=row["number"])
    if not (actor.acts_for(office) or actor.subject == row["owner"]):
        raise OfficeNotAllowed(office=office)
