"""The facts of all logs, found by matter. Filled from other services' logs, never by hand."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import ClassVar, Final

import msgspec

from chassis.eventstore.instants import instant_of, text_of
from chassis.eventstore.losses import Made
from chassis.eventstore.transaction import Questions, Writing
from contracts.envelope import CloudEvent
from contracts.events.audit import CaseExportedV1, CaseReplayedV1, SealedCasesShownV1
from contracts.events.intake import PetitionRegisteredV1, RepeatLinkedV1, RepeatUnlinkedV1
from services.audit.domain.evidence import Sought
from services.audit.domain.timeline import Fact, Part, happened_by

COLUMNS: Final = (
    "event_id",
    "source",
    "position",
    "type",
    "occurred_at",
    "recorded_at",
    "actor",
    "cause",
    "correlation_id",
    "data",
)


_OF_THE_MATTER: Final = (
    "petition_id IN (SELECT petition_id FROM matter WHERE matter_id = ? UNION ALL SELECT ?)"
)
# Those that have not been moved since, and those of which the first move since was out of it.
_OF_THE_MATTER_THEN: Final = (
    "petition_id IN (SELECT m.petition_id FROM matter m WHERE m.matter_id = ? AND NOT EXISTS"
    " (SELECT 1 FROM matter_moved v WHERE v.number = m.number AND v.moved_at > ?)"
    " UNION ALL SELECT m.petition_id FROM matter_moved v JOIN matter m ON m.number = v.number"
    " WHERE v.matter_id = ? AND v.moved_at > ? AND NOT EXISTS (SELECT 1 FROM matter_moved e"
    " WHERE e.number = v.number AND e.moved_at > ? AND e.position < v.position)"
    " UNION ALL SELECT ?)"
)
_MOVED_SINCE: Final = (
    "SELECT matter_id, matter_number FROM matter_moved WHERE number = ? AND moved_at > ?"
    " ORDER BY position LIMIT 1"
)
_REGISTERED_BY: Final = (
    "SELECT 1 FROM matter m JOIN timeline t ON t.petition_id = m.petition_id"  # noqa: S608 - our own type
    f" WHERE m.number = ? AND t.type = '{PetitionRegisteredV1.TYPE}' AND t.recorded_at <= ?"
)
_MOVED: Final = ("number", "position", "moved_at", "matter_id", "matter_number")
# Where a petition belongs now, beside each move of it after a position; of none, one row.
_SINCE: Final = (
    "SELECT m.matter_id, m.matter_number, v.position, v.moved_at, v.matter_id, v.matter_number"
    " FROM matter m LEFT JOIN matter_moved v ON v.number = m.number AND v.position > ?"
    " WHERE m.petition_id = ?"
)
# The index holds repeats only, so each question has to say that it wants no others.
_MOVING: Final = (
    "WITH RECURSIVE moving(petition_id, number, matter_id, matter_number) AS ("
    "SELECT petition_id, number, matter_id, matter_number FROM matter WHERE petition_id = ?"
    " UNION SELECT m.petition_id, m.number, m.matter_id, m.matter_number FROM matter m"
    " JOIN moving b ON m.repeats_id = b.petition_id WHERE m.repeats_id <> ''"
    ") SELECT number, matter_id, matter_number FROM moving ORDER BY number"
)


# So many names in one question, or it has more parameters than a database takes.
_AT_ONCE: Final = 500
_COLUMNS_OF: Final[Mapping[str, str]] = {"number": "number", "petition": "petition_id"}


class TimelineTables:
    """The tables of the facts, of matters, and of what each was part of.

    `matter_moved` has where petitions belonged before, `case_shown` which facts say that somebody
    was shown them.
    """

    tables: ClassVar = ("timeline", "matter", "matter_moved", "case_shown")

    def take_in(self, transaction: Writing, event: CloudEvent) -> None:
        """Put one event on the timeline, under the petition that it names."""
        change = _CHANGES.get(event.type)
        if change is not None:
            change(transaction, event)
        transaction.insert(
            "timeline",
            {
                "petition_id": event.subject,
                "event_id": event.id,
                "source": event.service,
                "position": event.position,
                "type": event.type,
                "occurred_at": text_of(event.time),
                "recorded_at": text_of(event.recordedtime),
                "actor": event.actor,
                "cause": event.causationid,
                "correlation_id": event.correlationid,
                "data": msgspec.json.encode(event.data).decode(),
                "stream": event.stream,
                "stream_version": event.streamversion,
            },
        )

    @staticmethod
    def made_by(event: CloudEvent) -> Iterable[Made]:
        """Return the rows that stand here ever since an event was taken in."""
        yield Made("timeline", {"source": event.service, "position": event.position})
        if event.type == PetitionRegisteredV1.TYPE:
            yield Made("matter", {"number": event.data["number"]})
        elif event.type in _SHOWING:
            yield from (Made("case_shown", row) for row in _shown(event))
        elif event.type in _MATTERS:
            row = {"number": event.data["number"], "position": event.position}
            yield Made("matter_moved", row)

    def matter_of(
        self, transaction: Questions, number: str, as_of: datetime | None = None
    ) -> tuple[str, str] | None:
        """Return petition_id and number of the matter that a number belongs to, or None.

        Args:
            as_of: the one that it belonged to then; None as well when it was not on record.
        """
        if as_of is not None:
            until = text_of(as_of)
            if not transaction.query(_REGISTERED_BY, (number, until)):
                return None
            if moved := transaction.query(_MOVED_SINCE, (number, until)):
                return (moved[0][0], moved[0][1])
        rows = transaction.query(
            "SELECT matter_id, matter_number FROM matter WHERE number = ?", (number,)
        )
        return (rows[0][0], rows[0][1]) if rows else None

    def number_of(self, transaction: Questions, sought: Sought) -> str:
        """Return the number of a petition; empty where it is not on record."""
        rows = transaction.query(
            f"SELECT number FROM matter WHERE {_COLUMNS_OF[sought.by]} = ?",  # noqa: S608 - our own
            (sought.what,),
        )
        return str(rows[0][0]) if rows else ""

    def parts(self, transaction: Questions, names: Iterable[str]) -> Sequence[Part]:
        """Return the petitions with these ids or numbers, each with the matter it is in now."""
        wanted = sorted(names)
        parts = []
        for first in range(0, len(wanted), _AT_ONCE):
            some = wanted[first : first + _AT_ONCE]
            marks = ", ".join("?" * len(some))
            rows = transaction.query(
                "SELECT petition_id, number, matter_id, matter_number FROM matter"  # noqa: S608 - marks
                f" WHERE petition_id IN ({marks}) OR number IN ({marks})",
                (*some, *some),
            )
            parts += [Part(row[0], row[1], (row[2], row[3])) for row in rows]
        return parts

    def facts_of(
        self,
        transaction: Questions,
        petition_id: str,
        as_of: datetime | None,
        occurred_until: datetime | None,
    ) -> Sequence[Fact]:
        """Return the facts of a matter that were recorded, and had happened, by then.

        They are those of the petitions that belong to it, or did by then, each with what was on
        record before it did.
        """
        clauses, params = [_OF_THE_MATTER], [petition_id, petition_id]
        if as_of is not None:
            then = text_of(as_of)
            clauses = [_OF_THE_MATTER_THEN]
            params = [petition_id, then, petition_id, then, then, petition_id]
        if as_of is not None:
            clauses.append("recorded_at <= ?")
            params.append(text_of(as_of))
        rows = transaction.query(
            f"SELECT {', '.join(COLUMNS)} FROM timeline"  # noqa: S608 - our own columns
            f" WHERE {' AND '.join(clauses)} ORDER BY recorded_at, source, position",
            params,
        )
        facts = [fact_of(*row) for row in rows]
        return facts if occurred_until is None else happened_by(facts, occurred_until)


def _add_matter(transaction: Writing, event: CloudEvent) -> None:
    data = event.data
    named = data.get("named") or data["repeats"]
    matter_id, matter_number = data["repeats"], data["repeats_number"]
    # The one that it repeats may have moved meanwhile, where this event had to wait.
    since = transaction.query(_SINCE, (event.position, named)) if named else []
    if since:
        matter_id, matter_number = since[0][:2]
    for _, _, *move in since:
        if move[0] is not None:
            values = (data["number"], *move)
            transaction.insert("matter_moved", dict(zip(_MOVED, values, strict=True)))
    transaction.insert(
        "matter",
        {
            "number": data["number"],
            "petition_id": data["petition_id"],
            "matter_id": matter_id or data["petition_id"],
            "matter_number": matter_number or data["number"],
            "repeats_id": named or "",
        },
    )


def _link(transaction: Writing, event: CloudEvent) -> None:
    data = event.data
    _move(transaction, event, data["repeats"], data["repeats_number"])
    repeats = {"repeats_id": data.get("named") or data["repeats"]}
    transaction.update("matter", "number", data["number"], repeats)


def _unlink(transaction: Writing, event: CloudEvent) -> None:
    _move(transaction, event, event.data["petition_id"], event.data["number"])
    transaction.update("matter", "number", event.data["number"], {"repeats_id": ""})


def _move(transaction: Writing, event: CloudEvent, matter_id: str, matter_number: str) -> None:
    """Let a petition belong to another matter, with what repeats it, and keep where it did."""
    for number, *before in transaction.query(_MOVING, (event.data["petition_id"],)):
        row = {
            "number": number,
            "position": event.position,
            "moved_at": text_of(event.recordedtime),
            "matter_id": before[0],
            "matter_number": before[1],
        }
        transaction.insert("matter_moved", row)
        changes = {"matter_id": matter_id, "matter_number": matter_number}
        transaction.update("matter", "number", number, changes)


_MATTERS: Final[Mapping[str, Callable[[Writing, CloudEvent], None]]] = {
    PetitionRegisteredV1.TYPE: _add_matter,
    RepeatLinkedV1.TYPE: _link,
    RepeatUnlinkedV1.TYPE: _unlink,
}


def _show(transaction: Writing, event: CloudEvent) -> None:
    for row in _shown(event):
        transaction.insert("case_shown", row)


def _shown(event: CloudEvent) -> Iterable[Mapping[str, str | int]]:
    for petition_id in event.data.get("petition_ids", ()):
        yield {
            "petition_id": petition_id,
            "source": event.service,
            "position": event.position,
        }


_SHOWING: Final = (CaseReplayedV1.TYPE, CaseExportedV1.TYPE, SealedCasesShownV1.TYPE)
_CHANGES: Final = {**_MATTERS, **dict.fromkeys(_SHOWING, _show)}


def fact_of(  # noqa: PLR0913, PLR0917 - the columns of one row
    event_id: str,
    source: str,
    position: int,
    type_: str,
    occurred_at: str,
    recorded_at: str,
    actor: str,
    cause: str,
    correlation_id: str,
    data: str,
) -> Fact:
    return Fact(
        event_id=event_id,
        source=source,
        position=position,
        type=type_,
        occurred_at=instant_of(occurred_at),
        recorded_at=instant_of(recorded_at),
        actor=actor,
        cause=cause,
        correlation_id=correlation_id,
        data=json.loads(data),
    )
