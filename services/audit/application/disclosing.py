"""Puts on record who was shown sealed cases (Arts 27 to 30) in answers over many cases.

One fact an answer, before it is given. Who opens a case by itself, to replay or export it, is on
record with that case.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import uuid5

from eventsourcing.persistence import PersistenceError

from chassis.eventstore.application import Answer, Provenance, Unit
from chassis.eventstore.faults import tells_of_damage
from chassis.eventstore.instants import text_of
from services.audit.application import Audit
from services.audit.application.looking import Facts
from services.audit.application.sight import Reader, is_sealed
from services.audit.domain.access import ACCESSES
from services.audit.domain.disclosure import SealedCases
from services.audit.domain.evidence import Absence, Sought
from services.audit.domain.refusals import PetitionOnRecord


@dataclass(frozen=True)
class Disclosing:
    """Knows what is sealed, and records who was shown it."""

    audit: Audit
    facts: Facts

    def shown(
        self, reader: Reader, method: str, petition_ids: Iterable[str], number: str = ""
    ) -> None:
        """Put on record which sealed petitions, of those in an answer, the reader is shown.

        Args:
            petition_ids: what the answer is about; ids of no petition are passed over.
            number: of a petition that the answer tells to be on record, where it does.
        """
        if reader.is_program:
            return
        named = self.facts.numbered(self.audit.log_of_events, [number] if number else [])
        sealed = self._sealed(sorted({*petition_ids, *(case.petition_id for case in named)}))
        if sealed:
            self._record(reader, method, sealed)

    def absence(self, reader: Reader, sought: Sought, known_size: int | None) -> Absence:
        """Return what shows that there is no such case; see `Audit.absence`.

        Who is refused it because there is one has learnt that there is one.
        """
        try:
            return self.audit.absence(reader, sought, known_size)
        except PetitionOnRecord:
            named = {sought.by: sought.what}
            ids = [named["petition"]] if "petition" in named else []
            self.shown(reader, "audit.absence", ids, named.get("number", ""))
            raise

    def _sealed(self, petition_ids: Sequence[str]) -> list[str]:
        """Return those that are sealed, and those of which a damaged fact leaves it open.

        Who compares all logs is not to be stopped by one of them.
        """
        try:
            with self.audit.log_of_events.reading() as questions:
                facts = self.facts.sight_facts(questions, petition_ids)
            return [each for each in sorted(facts) if is_sealed(facts[each])]
        except (PersistenceError, ValueError, LookupError) as error:
            if not tells_of_damage(error):
                raise
            if len(petition_ids) <= 1:
                return [*petition_ids]
        half = len(petition_ids) // 2
        return [*self._sealed(petition_ids[:half]), *self._sealed(petition_ids[half:])]

    def _record(self, reader: Reader, method: str, sealed: list[str]) -> None:
        actor, now = reader.actor, self.audit.clock()
        asked = (actor.subject, actor.correlation_id, text_of(now), method, *sealed)
        id_ = uuid5(ACCESSES, "/".join(asked))

        def decide(unit: Unit) -> Answer:
            if unit.find(SealedCases, id_) is None:
                unit.add(SealedCases.show(id_, actor.subject, method, sealed, now))
            return {}

        self.audit.run(Provenance(actor.subject, actor.correlation_id, str(id_)), decide)
