"""Collects what is taken away of one case, all of it as of one moment."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from chassis.eventstore.transaction import Questions
from services.audit.domain.evidence import CaseEvidence, ChainEnd, Heads, Proven
from services.audit.domain.heads import BUCKETS, LEDGER_ID, bucket_of, key_of
from services.audit.domain.merkle import consistency_proof, inclusion_proof
from services.audit.domain.refusals import CheckpointUnknown, HistoryIncomplete
from services.audit.readmodels.ends import EndTables
from services.audit.readmodels.entering import canonical
from services.audit.readmodels.entries import ROWS, event_of
from services.audit.readmodels.trees import SignedSize, StoredHashes, TreeTables


class EvidenceTables:
    """Reads the ledger, the ends and the timeline together."""

    def __init__(self) -> None:
        self._trees = TreeTables()
        self._ends = EndTables()

    def size(self, questions: Questions) -> int:
        """Return the number of leaves."""
        return self._trees.size(questions)

    def ready(self, questions: Questions, size: int) -> bool:
        """Tell whether all leaves up to a size are signed, and the newest ends of chains stated."""
        signed = self._trees.last_signed(questions).size
        state = self._ends.state(questions)
        return signed >= size and state.size in {0, _stated_size(questions, signed)}

    def of_case(
        self, questions: Questions, number: str, matter_id: str, known_size: int | None
    ) -> CaseEvidence:
        """Return the evidence of a case under the newest checkpoint.

        Args:
            known_size: of the older checkpoint; the one before the case began unless given.

        Raises:
            HistoryIncomplete: an event of the case is parked, or nothing is signed yet.
            CheckpointUnknown: there was no checkpoint of that size.
        """
        newest = self._trees.last_signed(questions)
        stored = self._trees.hashes(questions, newest.size)
        petitions = _petitions_of(questions, matter_id)
        facts = list(_facts(questions, stored, newest.size, petitions))
        if not facts:
            raise HistoryIncomplete(number=number)
        before = self._before(questions, known_size, facts[0].position)
        return CaseEvidence(
            number=number,
            size=newest.size,
            facts=facts,
            note=newest.note,
            note_before=before.note,
            growth=consistency_proof(stored, before.size, newest.size),
            heads=self._heads(questions, stored, newest.size, petitions),
        )

    def _before(self, questions: Questions, known_size: int | None, first: int) -> SignedSize:
        if known_size is None:
            found = self._trees.signed_before(questions, first)
            return found if found.size else self._trees.first_signed(questions)
        found = self._trees.signed_before(questions, known_size)
        if found.size != known_size or not found.size:
            raise CheckpointUnknown(known_size=str(known_size))
        return found

    def _heads(
        self, questions: Questions, stored: StoredHashes, size: int, petitions: Sequence[str]
    ) -> Heads | None:
        state = self._ends.state(questions)
        stated = _stated_at(questions, stored, size, state.size)
        if stated is None:
            return None
        buckets = sorted({bucket_of(key_of(petition)) for petition in petitions})
        ends, hashes = self._ends.ends_in(questions, buckets), self._ends.hashes(questions)
        chains = []
        for petition in petitions:
            bucket = bucket_of(key_of(petition))
            path = inclusion_proof(hashes, bucket, BUCKETS)
            chains.append(ChainEnd(petition, ends[bucket], path))
        return Heads(stated, chains)


def _petitions_of(questions: Questions, matter_id: str) -> list[str]:
    """Return the petitions that belong to a matter now: the original, and its repeats."""
    rows = questions.query(
        "SELECT petition_id FROM matter WHERE matter_id = ? UNION SELECT ? ORDER BY 1",
        (matter_id, matter_id),
    )
    return [row[0] for row in rows]


def _facts(
    questions: Questions, stored: StoredHashes, size: int, petitions: Sequence[str]
) -> Iterator[Proven]:
    marks = ", ".join("?" * len(petitions))
    rows = questions.query(
        f"{ROWS} WHERE l.petition IN ({marks}) AND l.position < ? ORDER BY l.position",
        (*petitions, size),
    )
    for row in rows:
        yield _proven(stored, size, row)


def _last_stated(questions: Questions, size: int) -> Sequence[Any]:
    """Return the newest fact under a checkpoint that states a root over the ends, or nothing."""
    rows = questions.query(
        f"{ROWS} WHERE l.petition = ? AND l.position < ? ORDER BY l.petition_seq DESC LIMIT 1",
        (str(LEDGER_ID), size),
    )
    return rows[0] if rows and rows[0][2] is not None else ()


def _stated_size(questions: Questions, size: int) -> int:
    row = _last_stated(questions, size)
    return int(msgspec.json.decode(row[-1])["size"]) if row else 0


def _stated_at(
    questions: Questions, stored: StoredHashes, size: int, state_size: int
) -> Proven | None:
    """Return the fact that states the root at a size, once it is under the checkpoint."""
    row = _last_stated(questions, size)
    if not row or _stated_size(questions, size) != state_size:
        return None
    return _proven(stored, size, row)


def _proven(stored: StoredHashes, size: int, row: Sequence[Any]) -> Proven:
    position, leaf, *event = row
    if event[0] is None:
        raise HistoryIncomplete(position=str(position))
    path = inclusion_proof(stored, position, size)
    return Proven(position, bytes(leaf), path, canonical(event_of(*event)))
