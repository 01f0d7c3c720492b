"""Use cases of audit: follow all logs, replay a case, take its evidence away."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Final, Protocol
from uuid import uuid5

from eventsourcing.utils import EnvType

from chassis.eventstore.application import (
    Answer,
    EventSourcedApplication,
    Provenance,
    ReadModel,
    Unit,
)
from chassis.eventstore.instants import text_of
from chassis.eventstore.transaction import Questions
from chassis.jurisdiction import Actor, is_above
from services.audit.domain.access import ACCESSES, CLOCK_TOLERANCE, CaseAccess
from services.audit.domain.case_heads import CaseHeads
from services.audit.domain.evidence import CaseEvidence
from services.audit.domain.heads import LEDGER_ID
from services.audit.domain.refusals import (
    InTheFuture,
    OfficeNotAllowed,
    PetitionUnknown,
)
from services.audit.domain.timeline import Fact, in_order
from statute.parties import Parties

REGISTERED = "petition.registered.v1"
NAMED = "party.named.v1"
CORRECTED = "petition.corrected.v1"
SIGNED_WITHIN_S: Final = 3.0


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads a history; auditors read all."""

    actor: Actor
    auditing: bool


class Timelines(Protocol):
    """The facts of all logs."""

    def matter_of(self, transaction: Questions, number: str) -> tuple[str, str] | None:
        """Return petition_id and number of the matter that a number belongs to, or None."""

    def facts_of(
        self,
        transaction: Questions,
        petition_id: str,
        as_of: datetime | None,
        occurred_until: datetime | None,
    ) -> Sequence[Fact]:
        """Return the facts of a matter, up to both instants where they are given."""


class Evidence(Protocol):
    """The ledger and the timelines together."""

    def ready(self, questions: Questions, size: int) -> bool:
        """Tell whether all leaves up to a size are signed, and the newest ends of chains stated."""

    def size(self, questions: Questions) -> int:
        """Return the number of leaves."""

    def of_case(
        self, questions: Questions, number: str, matter_id: str, known_size: int | None
    ) -> CaseEvidence:
        """Return what is taken away of a case, under the newest checkpoint."""


class Audit(EventSourcedApplication):
    """Histories of cases."""

    name = "audit"

    def __init__(
        self,
        env: EnvType,
        clock: Callable[[], datetime],
        read_models: Sequence[ReadModel],
        timelines: Timelines,
        evidence: Evidence,
    ) -> None:
        self._timelines = timelines
        self._evidence = evidence
        super().__init__(env, clock, read_models)

    def replay(
        self,
        reader: Reader,
        number: str,
        as_of: datetime | None,
        occurred_until: datetime | None,
        complete_up_to: Mapping[str, int],
    ) -> Answer:
        """Return the history of a case; that it was asked for goes on record.

        Args:
            as_of: leave out what was recorded later; unless given, all that is on record.
            occurred_until: also leave out what is stated to have happened later.

        Raises:
            PetitionUnknown: no log has a petition with this number.
            OfficeNotAllowed, Sealed: the matter is not the reader's to see.
            InTheFuture: nobody knows yet what will be on record at `as_of`.
        """
        now = self.clock()
        if as_of is not None and as_of > now + CLOCK_TOLERANCE:
            raise InTheFuture(as_of="lies in the future")
        with self.log_of_events.reading() as transaction:
            matter = self._opened(transaction, reader, number)
            facts = self._timelines.facts_of(transaction, matter[0], as_of, occurred_until)
        entries = in_order(facts)
        # The clock of another service may be ahead of ours.
        instant = as_of or max([now, *(fact.recorded_at for fact in facts)])
        self._record_access(
            reader.actor, matter, lambda access: access.replay(instant, len(entries), now), now
        )
        return {
            "number": number,
            "as_of": text_of(instant),
            "entries": entries,
            "complete_up_to": dict(complete_up_to),
        }

    def export(self, reader: Reader, number: str, known_size: int | None) -> CaseEvidence:
        """Return the evidence of a case; that it was taken away goes on record.

        Waits for a moment until what is on record now is signed.

        Args:
            known_size: of an older checkpoint that the reader has kept.

        Raises:
            PetitionUnknown, OfficeNotAllowed: as for a replay.
            HistoryIncomplete: an event of the case waits for an operator, or nothing is signed yet.
            CheckpointUnknown: there was no checkpoint of that size.
        """
        with self.log_of_events.reading() as transaction:
            matter_id, matter_number = self._opened(transaction, reader, number)
            size = self._evidence.size(transaction)
        self.awaited(
            lambda: self._evidence.ready(self.log_of_events, size) or None, SIGNED_WITHIN_S
        )
        with self.log_of_events.reading() as transaction:
            evidence = self._evidence.of_case(transaction, matter_number, matter_id, known_size)
        now = self.clock()
        self._record_access(
            reader.actor,
            (matter_id, matter_number),
            lambda access: access.export(evidence.size, len(evidence.facts), now),
            now,
        )
        return evidence

    def _opened(self, transaction: Questions, reader: Reader, number: str) -> tuple[str, str]:
        """Return petition_id and number of a matter that the reader may see.

        Raises:
            PetitionUnknown, OfficeNotAllowed: it is not his to see.
        """
        matter = self._timelines.matter_of(transaction, number)
        if matter is None:
            raise PetitionUnknown(number=number)
        petition_id, matter_number = matter
        facts = self._timelines.facts_of(transaction, petition_id, None, None)
        _check_reader(reader, facts, matter_number, number)
        return matter

    def record_heads(self, size: int, root: bytes) -> None:
        """Record the root over the ends of all chains at a size of the ledger, once."""
        if self.find(CaseHeads, CaseHeads.create_id(size)) is not None:
            return
        now = self.clock()

        def decide(unit: Unit) -> Answer:
            unit.add(CaseHeads.record(size, root, now))
            return {}

        cause = str(uuid5(LEDGER_ID, f"heads/{size}"))
        self.run(Provenance(f"service:{self.name}", cause, cause), decide)

    def _record_access(
        self,
        actor: Actor,
        matter: tuple[str, str],
        record: Callable[[CaseAccess], None],
        at: datetime,
    ) -> None:
        petition_id, number = matter
        id_ = CaseAccess.create_id(petition_id)

        def decide(unit: Unit) -> Answer:
            access = unit.find(CaseAccess, id_)
            if access is None:
                access = CaseAccess._create(  # noqa: SLF001 - the library's way to pass the time in
                    CaseAccess.Begun,
                    id=id_,
                    timestamp=at,
                    petition_id=petition_id,
                    number=number,
                )
                unit.add(access)
            record(access)
            return {}

        cause = str(uuid5(ACCESSES, f"{actor.subject}/{actor.correlation_id}/{text_of(at)}"))
        self.run(Provenance(actor.subject, actor.correlation_id, cause), decide)


def _check_reader(reader: Reader, facts: Sequence[Fact], matter: str, number: str) -> None:
    """Let only auditors, and the heads of a matter's offices, read its history.

    Of a sealed matter (Arts 27 to 30) the head of its own office reads, not of one that registered
    a repeat, and nobody else is told that there is one; no party is, whoever he may be.
    """
    offices = {
        str(fact.data["number"]): str(fact.data["office"]) for fact in _of(facts, REGISTERED)
    }
    actor = reader.actor
    if any(fact.data.get("sealed") for fact in _of(facts, REGISTERED, CORRECTED)):
        marks = chain.from_iterable(
            fact.data.get("kept_out", ()) for fact in _of(facts, REGISTERED, NAMED)
        )
        parties = Parties(frozenset(marks))
        _check_sealed(reader, offices.get(matter, ""), parties, number)
    elif not reader.auditing and not any(map(actor.acts_for, offices.values())):
        raise OfficeNotAllowed(office=", ".join(sorted(set(offices.values()))))


def _check_sealed(reader: Reader, office: str, parties: Parties, number: str) -> None:
    actor = reader.actor
    party = parties.include(actor.subject, actor.office)
    in_place = is_above(actor.office, office) and parties.include(office)
    if party or not (reader.auditing or actor.office == office or in_place):
        raise PetitionUnknown(number=number)


def _of(facts: Sequence[Fact], *types: str) -> list[Fact]:
    return [fact for fact in facts if fact.type in types]
