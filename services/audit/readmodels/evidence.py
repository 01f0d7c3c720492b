"""Collects what is taken away of one case, all of it as of one moment."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from chassis.eventstore.transaction import Questions
from services.audit.domain.evidence import (
    Absence,
    CaseEvidence,
    ChainEnd,
    Growth,
    Heads,
    Proven,
    Sought,
)
from services.audit.domain.heads import (
    BUCKETS,
    LEDGER_ID,
    End,
    bucket_hash,
    bucket_of,
)
from services.audit.domain.leaves import petition_of
from services.audit.domain.merkle import consistency_proof, inclusion_proof, root_of
from services.audit.domain.refusals import (
    CheckpointUnknown,
    HistoryIncomplete,
    PetitionOnRecord,
)
from services.audit.readmodels.calendars import calendars_of
from services.audit.readmodels.ends import EndHashes, EndTables, State
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
        return signed >= size and state.size in {0, _stated(_last_stated(questions, signed)).size}

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
        before = self._before(questions, known_size, facts[0].position, newest)
        return CaseEvidence(
            number=number,
            facts=facts,
            petitions=[petition_of(fact.leaf.decode()) for fact in facts],
            growth=_growth(stored, newest, before),
            heads=self._heads(questions, stored, newest.size, _sought(petitions)),
            calendars=calendars_of(questions, (fact.event for fact in facts)),
        )

    def of_leaves(self, questions: Questions, positions: Sequence[int], size: int) -> list[Proven]:
        """Return leaves in the order asked for, with their paths in the tree of a size.

        A leaf is proved by itself: one whose event cannot be read is there without it.
        """
        stored = self._trees.hashes(questions, size)
        marks = ", ".join("?" * len(positions))
        rows = questions.query(f"{ROWS} WHERE l.position IN ({marks})", tuple(positions))
        found = {row[0]: _proven(stored, size, _readable(row)) for row in rows}
        return [found[position] for position in positions]

    def of_absence(self, questions: Questions, sought: Sought, known_size: int | None) -> Absence:
        """Return what shows that there is no such case, under the newest checkpoint.

        Raises:
            PetitionOnRecord: there is one.
            HistoryIncomplete: the ends of the chains are not stated yet, or are made again.
            CheckpointUnknown: there was no checkpoint of that size.
        """
        newest = self._trees.last_signed(questions)
        stored = self._trees.hashes(questions, newest.size)
        heads = self._heads(questions, stored, newest.size, [sought])
        if heads is None:
            raise HistoryIncomplete(**{sought.by: sought.what})
        if any(end.key == sought.key for end in heads.chains[0].ends):
            raise PetitionOnRecord(**{sought.by: sought.what})
        before = self._before(questions, known_size, newest.size, newest)
        size = self._ends.state(questions).size
        return Absence(sought, _growth(stored, newest, before), heads, size)

    def _before(
        self, questions: Questions, known_size: int | None, first: int, newest: SignedSize
    ) -> SignedSize:
        if known_size is None:
            # The latest key has signed the older one as well: a reader may have no other.
            first = max(first, self._trees.signs_since(questions))
            found = self._trees.signed_before(questions, first)
            if found.origin == newest.origin:
                return found
            # Of a ledger that this one goes on from, under another name; or there is none.
            return self._trees.first_signed(questions, newest.origin)
        found = self._trees.signed_before(questions, known_size)
        if found.size != known_size or not found.size:
            raise CheckpointUnknown(known_size=str(known_size))
        return found

    def _heads(
        self, questions: Questions, stored: StoredHashes, size: int, all_sought: Sequence[Sought]
    ) -> Heads | None:
        state = self._ends.state(questions)
        stated = _stated_at(questions, stored, size, state)
        if stated is None:
            return None
        buckets = sorted({bucket_of(sought.key) for sought in all_sought})
        ends, hashes = self._ends.ends_in(questions, buckets), self._ends.hashes(questions)
        if not _lead_to(hashes, ends, state.root):
            # Some are lost, which is mended with the next statement.
            return None
        chains = []
        for sought in all_sought:
            bucket = bucket_of(sought.key)
            path = inclusion_proof(hashes, bucket, BUCKETS)
            chains.append(ChainEnd(sought, ends[bucket], path))
        return Heads(stated, chains)


def _growth(stored: StoredHashes, newest: SignedSize, before: SignedSize) -> Growth:
    proof = consistency_proof(stored, before.size, newest.size)
    return Growth(newest.size, newest.note, before.note, proof)


def _sought(petitions: Sequence[str]) -> list[Sought]:
    return [Sought("petition", petition) for petition in petitions]


def _lead_to(hashes: EndHashes, ends: Mapping[int, Sequence[End]], root: bytes) -> bool:
    """Tell whether buckets and the tree over them are those that a root was stated over."""
    return root_of(hashes, BUCKETS) == root and all(
        bucket_hash(some) == hashes.hashes(0, bucket, bucket + 1)[0]
        for bucket, some in ends.items()
    )


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
        proven = _proven(stored, size, row)
        if not proven.event:
            raise HistoryIncomplete(position=str(proven.position))
        yield proven


def _last_stated(questions: Questions, size: int) -> Sequence[Any]:
    """Return the newest fact under a checkpoint that states a root over the ends, or nothing."""
    rows = questions.query(
        f"{ROWS} WHERE l.petition = ? AND l.position < ? ORDER BY l.petition_seq DESC LIMIT 1",
        (str(LEDGER_ID), size),
    )
    return rows[0] if rows and rows[0][2] is not None else ()


def _stated(row: Sequence[Any]) -> State:
    """Return size and root that a fact states; of size 0 where there is none."""
    if not row:
        return State(0, b"")
    data = msgspec.json.decode(row[-1])
    return State(data["size"], bytes.fromhex(data["root"]))


def _stated_at(
    questions: Questions, stored: StoredHashes, size: int, state: State
) -> Proven | None:
    """Return the fact that states the ends as they are, once it is under the checkpoint."""
    row = _last_stated(questions, size)
    return _proven(stored, size, row) if row and _stated(row) == state else None


def _readable(row: Sequence[Any]) -> Sequence[Any]:
    """Return a row as it is; without its event where that is damaged."""
    position, leaf, *event = row
    try:
        if event[0] is not None:
            canonical(event_of(*event))
    except (ValueError, LookupError, TypeError, OverflowError):
        return position, leaf, None
    return row


def _proven(stored: StoredHashes, size: int, row: Sequence[Any]) -> Proven:
    position, leaf, *event = row
    path = inclusion_proof(stored, position, size)
    encoded = b"" if event[0] is None else canonical(event_of(*event))
    return Proven(position, bytes(leaf), path, encoded)
