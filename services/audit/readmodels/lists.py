"""The facts of all logs as lists: of a person, of a case, of a region."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from chassis.eventstore.instants import text_of
from chassis.eventstore.paging import Key
from chassis.eventstore.transaction import Questions
from chassis.jurisdiction import REGION_DIGITS
from contracts.events.audit import CaseExportedV1, CaseReplayedV1
from contracts.events.intake import (
    PartyNamedV1,
    PetitionCorrectedV1,
    PetitionRegisteredV1,
)
from contracts.events.responsibility import MatterCorrectedV1, PartiesKeptOutV1
from services.audit.application.looking import Asked, Case, Found, Place
from services.audit.domain.standing import TYPES
from services.audit.domain.timeline import NUMBER_BEGINS, Fact, Instants, happened_by
from services.audit.readmodels.timelines import COLUMNS, TimelineTables, fact_of

_SIGHT: Final = (
    PetitionRegisteredV1.TYPE,
    PartyNamedV1.TYPE,
    PetitionCorrectedV1.TYPE,
    MatterCorrectedV1.TYPE,
    PartiesKeptOutV1.TYPE,
)
# How a petition stands, and when it was raised.
_STANDING: Final = tuple(dict.fromkeys((*TYPES, PetitionCorrectedV1.TYPE)))
_OPENED: Final = (CaseReplayedV1.TYPE, CaseExportedV1.TYPE)
_SAYING_WHAT: Final = '%"petition_ids":%'
# Facts of a matter; those by which its petitions were shown, in another matter too; and of the
# replays and exports of old, which do not say what they showed, those of what one was part of then.
_ABOUT: Final = (
    "(t.source, t.position) IN ("
    "SELECT o.source, o.position FROM timeline o JOIN matter m ON m.petition_id = o.petition_id"
    " WHERE m.matter_id = ?"
    " UNION ALL SELECT s.source, s.position FROM case_shown s"
    " JOIN matter m ON m.petition_id = s.petition_id WHERE m.matter_id = ?"
    " UNION ALL SELECT o.source, o.position FROM matter m JOIN matter_moved v"
    " ON v.number = m.number JOIN timeline o ON o.petition_id = v.matter_id"
    " AND o.recorded_at <= v.moved_at WHERE m.matter_id = ?"
    " AND o.type IN (?, ?) AND o.data NOT LIKE ?"
    " AND EXISTS (SELECT 1 FROM timeline r WHERE r.petition_id = m.petition_id"
    " AND r.recorded_at <= o.recorded_at)"
    " AND NOT EXISTS (SELECT 1 FROM matter_moved e WHERE e.number = v.number"
    " AND e.position < v.position AND e.moved_at >= o.recorded_at))"
)


def _columns(table: str) -> str:
    return ", ".join(f"{table}.{column}" for column in COLUMNS)


class FactLists(TimelineTables):
    """Reads the tables `timeline` and `matter` across cases."""

    def found(
        self, questions: Questions, asked: Asked, behind: Key | None, limit: int
    ) -> list[Found]:
        """Return so many facts as they were recorded, behind a key."""
        clauses, params = _asked(asked)
        if behind is not None:
            clauses.append("(t.recorded_at, t.source, t.position) > (?, ?, ?)")
            params += behind
        rows = questions.query(
            f"SELECT t.petition_id, {_columns('t')} FROM timeline t"  # noqa: S608 - our own
            f" WHERE {' AND '.join(clauses)}"
            " ORDER BY t.recorded_at, t.source, t.position LIMIT ?",
            (*params, limit),
        )
        return [Found(row[0], fact_of(*row[1:])) for row in rows]

    def cases(
        self, questions: Questions, place: Place, behind: Key | None, limit: int
    ) -> list[Case]:
        """Return so many petitions of a place by number."""
        region = place.region or place.office[:REGION_DIGITS]
        first, beyond = f"{NUMBER_BEGINS}{region}", f"{NUMBER_BEGINS}{_beyond(region)}"
        office = (
            " AND EXISTS (SELECT 1 FROM timeline t WHERE t.petition_id = m.petition_id"
            " AND t.type = ? AND t.data LIKE ?)"
        )
        of_office = (PetitionRegisteredV1.TYPE, f'%"office":"{place.office}"%')
        rows = questions.query(
            "SELECT m.number, m.petition_id FROM matter m"  # noqa: S608 - our own
            " WHERE m.number > ? AND m.number >= ? AND m.number < ?"
            f"{office if place.office else ''} ORDER BY m.number LIMIT ?",
            (
                behind[0] if behind else "",
                first,
                beyond,
                *(of_office if place.office else ()),
                limit,
            ),
        )
        return [Case(*row) for row in rows]

    def numbered(self, questions: Questions, numbers: Sequence[str]) -> list[Case]:
        """Return the petitions with these numbers."""
        if not numbers:
            return []
        rows = questions.query(
            f"SELECT number, petition_id FROM matter WHERE number IN ({_marks(numbers)})",  # noqa: S608 - our own
            numbers,
        )
        return [Case(*row) for row in rows]

    def standing_facts(
        self, questions: Questions, petition_ids: Sequence[str], until: Instants
    ) -> Mapping[str, Sequence[Fact]]:
        """Return by petition what says how it stood at an instant on each clock."""
        if not petition_ids:
            return {}
        rows = questions.query(
            f"SELECT t.petition_id, {_columns('t')} FROM timeline t"  # noqa: S608 - our own
            f" WHERE t.petition_id IN ({_marks(petition_ids)}) AND t.type IN ({_marks(_STANDING)})"
            " AND t.recorded_at <= ? ORDER BY t.recorded_at, t.source, t.position",
            (*petition_ids, *_STANDING, text_of(until.as_of)),
        )
        told, happened = _by_petition(rows), until.occurred_until
        if happened is None:
            return told
        return {petition: happened_by(facts, happened) for petition, facts in told.items()}

    def sight_facts(
        self, questions: Questions, petition_ids: Sequence[str]
    ) -> Mapping[str, Sequence[Fact]]:
        """Return by petition what says who may see its matter."""
        if not petition_ids:
            return {}
        rows = questions.query(
            f"SELECT m.petition_id, {_columns('t')} FROM matter m"  # noqa: S608 - our own
            " JOIN matter n ON n.matter_id = m.matter_id"
            " JOIN timeline t ON t.petition_id = n.petition_id"
            f" WHERE m.petition_id IN ({_marks(petition_ids)}) AND t.type IN ({_marks(_SIGHT)})",
            (*petition_ids, *_SIGHT),
        )
        return _by_petition(rows)


def _asked(asked: Asked) -> tuple[list[str], list[Any]]:
    clauses, params = ["1 = 1"], []
    for clause, value in (
        ("t.actor = ?", asked.actor),
        ("t.recorded_at > ?", asked.period.since),
        ("t.recorded_at <= ?", asked.period.until),
        ("t.occurred_at > ?", asked.occurred.since),
        ("t.occurred_at <= ?", asked.occurred.until),
    ):
        if value:
            clauses.append(clause)
            params.append(text_of(value) if isinstance(value, datetime) else value)
    if asked.petition_id:
        clauses.append(_ABOUT)
        params += [*[asked.petition_id] * 3, *_OPENED, _SAYING_WHAT]
    if asked.types:
        clauses.append(f"t.type IN ({_marks(asked.types)})")
        params += asked.types
    return clauses, params


def _by_petition(rows: Sequence[tuple[Any, ...]]) -> Mapping[str, Sequence[Fact]]:
    facts = defaultdict(list)
    for petition_id, *row in rows:
        facts[petition_id].append(fact_of(*row))
    return facts


def _beyond(digits: str) -> str:
    """Return the digits that follow those of a region; behind all where there are none."""
    return f"{int(digits) + 1:0{len(digits)}d}" if digits.strip("9") else "A"


def _marks(values: Sequence[str]) -> str:
    return ", ".join("?" * len(values))
