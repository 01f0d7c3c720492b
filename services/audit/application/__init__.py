"""Use cases of audit: follow all logs, replay a case, take its evidence away."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
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
from chassis.jurisdiction import Actor
from services.audit.application.opening import Matter, Opening, Timelines
from services.audit.application.sight import Reader
from services.audit.domain.access import ACCESSES, CLOCK_TOLERANCE, CaseAccess
from services.audit.domain.case_heads import CaseHeads
from services.audit.domain.evidence import Absence, CaseEvidence, Sought
from services.audit.domain.heads import LEDGER_ID
from services.audit.domain.refusals import (
    InTheFuture,
    PetitionOnRecord,
)
from services.audit.domain.timeline import Period, beyond

SIGNED_WITHIN_S: Final = 3.0


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

    def of_absence(self, questions: Questions, sought: Sought, known_size: int | None) -> Absence:
        """Return what shows that there is no such case.

        Raises:
            PetitionOnRecord, HistoryIncomplete, CheckpointUnknown.
        """


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
        period: Period,
        occurred_until: datetime | None,
        complete_up_to: Mapping[str, int],
    ) -> Answer:
        """Return the history of a case; that it was asked for goes on record.

        Args:
            period: as of its end, and where it has a beginning, what has come and gone since that:
                a repeat comes and goes with all it has.
            occurred_until: also leave out what is stated to have happened later.

        Raises:
            PetitionUnknown: no log has a petition with this number.
            OfficeNotAllowed, Sealed: the matter is not the reader's to see.
            InTheFuture: nobody knows yet what will be on record at the end of the period.
        """
        now = self.clock()
        as_of = period.until
        if as_of is not None and as_of > now + CLOCK_TOLERANCE:
            raise InTheFuture(as_of="lies in the future")
        with self.log_of_events.reading() as transaction:
            opening = Opening(transaction, self._timelines, reader)
            matter = opening.matter_of(number)
            after = opening.facts_of(number, as_of, occurred_until)
            before = period.since and opening.facts_of(number, period.since, occurred_until)
            entries, left = beyond(after, before or []), beyond(before or [], after)
            shown = opening.shown(matter, [*entries, *left])
        # The clock of another service may be ahead of ours.
        instant = as_of or max([now, *(entry.recorded_at for entry in entries)])
        replayed = [
            (each, partial(CaseAccess.replay, as_of=instant, shown=petitions, at=now))
            for each, petitions in shown.items()
        ]
        self._record_accesses(reader.actor, replayed, now)
        return {
            "number": number,
            "as_of": text_of(instant),
            "entries": entries,
            "left": left,
            "complete_up_to": dict(complete_up_to),
        }

    def export(self, reader: Reader, number: str, known_size: int | None) -> CaseEvidence:
        """Return the evidence of a case; that it was taken away goes on record.

        Waits for a moment until what is on record now is signed.

        Args:
            known_size: of an older checkpoint that the reader has kept.

        Raises:
            PetitionUnknown, OfficeNotAllowed: as for a replay; and where a replay would leave out
                facts, as a bundle cannot.
            HistoryIncomplete: an event of the case waits for an operator, or nothing is signed yet.
            CheckpointUnknown: there was no checkpoint of that size.
        """
        with self.log_of_events.reading() as transaction:
            Opening(transaction, self._timelines, reader).whole_of(number)
            size = self._evidence.size(transaction)
        self.awaited(
            lambda: self._evidence.ready(self.log_of_events, size) or None, SIGNED_WITHIN_S
        )
        with self.log_of_events.reading() as transaction:
            # Of what it is part of by now.
            matter = Opening(transaction, self._timelines, reader).whole_of(number)
            evidence = self._evidence.of_case(transaction, matter[1], matter[0], known_size)
        now = self.clock()
        exported = partial(
            CaseAccess.export, size=evidence.growth.size, shown=evidence.petitions, at=now
        )
        self._record_accesses(reader.actor, [(matter, exported)], now)
        return evidence

    def absence(self, reader: Reader, sought: Sought, known_size: int | None) -> Absence:
        """Return what shows that there is no such case, up to the newest statement of all ends.

        Args:
            known_size: of an older checkpoint that the reader has kept.

        Raises:
            PetitionOnRecord: there is one.
            PetitionUnknown: there is one, and the reader is not to know of it.
            HistoryIncomplete: not all ends are stated yet.
            CheckpointUnknown: there was no checkpoint of that size.
        """
        with self.log_of_events.reading() as transaction:
            if number := self._timelines.number_of(transaction, sought):
                Opening(transaction, self._timelines, reader).matter_of(number)
                raise PetitionOnRecord(**{sought.by: sought.what})
            size = self._evidence.size(transaction)
        self.awaited(
            lambda: self._evidence.ready(self.log_of_events, size) or None, SIGNED_WITHIN_S
        )
        with self.log_of_events.reading() as transaction:
            return self._evidence.of_absence(transaction, sought, known_size)

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

    def _record_accesses(
        self,
        actor: Actor,
        accesses: Sequence[tuple[Matter, Callable[[CaseAccess], None]]],
        at: datetime,
    ) -> None:
        """Put on record who opened which matters, in one answer."""

        def decide(unit: Unit) -> Answer:
            for matter, record in accesses:
                record(_access(unit, matter, at))
            return {}

        cause = str(uuid5(ACCESSES, f"{actor.subject}/{actor.correlation_id}/{text_of(at)}"))
        self.run(Provenance(actor.subject, actor.correlation_id, cause), decide)


def _access(unit: Unit, matter: Matter, at: datetime) -> CaseAccess:
    petition_id, number = matter
    id_ = CaseAccess.create_id(petition_id)
    access = unit.find(CaseAccess, id_)
    if access is None:
        access = CaseAccess._create(  # noqa: SLF001 - the library's way to pass the time in
            CaseAccess.Begun, id=id_, timestamp=at, petition_id=petition_id, number=number
        )
        unit.add(access)
    return access
