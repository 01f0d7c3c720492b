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
from contracts.events.intake import PetitionRegisteredV1, RepeatLinkedV1, RepeatUnlinkedV1
from services.audit.domain.timeline import Fact

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


class TimelineTables:
    """The tables `timeline` and `matter`."""

    tables: ClassVar = ("timeline", "matter")

    def take_in(self, transaction: Writing, event: CloudEvent) -> None:
        """Put one event on the timeline, under the petition that it names."""
        change = _MATTERS.get(event.type)
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

    def matter_of(self, transaction: Questions, number: str) -> tuple[str, str] | None:
        """Return petition_id and number of the matter that a number belongs to, or None."""
        rows = transaction.query(
            "SELECT matter_id, matter_number FROM matter WHERE number = ?", (number,)
        )
        return (rows[0][0], rows[0][1]) if rows else None

    def facts_of(
        self,
        transaction: Questions,
        petition_id: str,
        as_of: datetime | None,
        occurred_until: datetime | None,
    ) -> Sequence[Fact]:
        """Return the facts of a matter that were recorded, and had happened, by then.

        They are those of the petitions that belong to it now, each with what was on record before
        it did.
        """
        clauses, params = [_OF_THE_MATTER], [petition_id, petition_id]
        for column, until in (("recorded_at", as_of), ("occurred_at", occurred_until)):
            if until is not None:
                clauses.append(f"{column} <= ?")
                params.append(text_of(until))
        rows = transaction.query(
            f"SELECT {', '.join(COLUMNS)} FROM timeline"  # noqa: S608 - our own columns
            f" WHERE {' AND '.join(clauses)} ORDER BY recorded_at, source, position",
            params,
        )
        return [_fact(*row) for row in rows]


def _add_matter(transaction: Writing, event: CloudEvent) -> None:
    data = event.data
    transaction.insert(
        "matter",
        {
            "number": data["number"],
            "petition_id": data["petition_id"],
            "matter_id": data["repeats"] or data["petition_id"],
            "matter_number": data["repeats_number"] or data["number"],
        },
    )


def _link(transaction: Writing, event: CloudEvent) -> None:
    _move(transaction, event, event.data["repeats"], event.data["repeats_number"])


def _unlink(transaction: Writing, event: CloudEvent) -> None:
    _move(transaction, event, event.data["petition_id"], event.data["number"])


def _move(transaction: Writing, event: CloudEvent, matter_id: str, matter_number: str) -> None:
    for number in (event.data["number"], *event.data["along"]):
        changes = {"matter_id": matter_id, "matter_number": matter_number}
        transaction.update("matter", "number", number, changes)


_MATTERS: Final[Mapping[str, Callable[[Writing, CloudEvent], None]]] = {
    PetitionRegisteredV1.TYPE: _add_matter,
    RepeatLinkedV1.TYPE: _link,
    RepeatUnlinkedV1.TYPE: _unlink,
}


def _fact(  # noqa: PLR0913, PLR0917 - the columns of one row
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
