"""The facts of all logs, found by matter. Filled from other services' logs, never by hand."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar, Final

from chassis.eventstore.instants import instant_of, text_of
from chassis.eventstore.transaction import Transaction
from contracts.envelope import CloudEvent
from contracts.events.intake import PetitionRegisteredV1
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


class TimelineTables:
    """The tables `timeline` and `matter`."""

    tables: ClassVar = ("timeline", "matter")

    def take_in(self, transaction: Transaction, events: Sequence[CloudEvent]) -> None:
        """Put events on the timelines of their matters."""
        registered = [event for event in events if event.type == PetitionRegisteredV1.TYPE]
        transaction.execute_many(
            "INSERT INTO matter (number, petition_id, matter_id, matter_number)"
            " VALUES (?, ?, ?, ?)",
            [_matter(event) for event in registered],
        )
        transaction.execute_many(
            f"INSERT INTO timeline (matter_id, {', '.join(COLUMNS)})"  # noqa: S608 - our own columns
            " VALUES (COALESCE((SELECT matter_id FROM matter WHERE petition_id = ?), ?),"
            f" {', '.join('?' for _ in COLUMNS)})",
            [_entry(event) for event in events],
        )

    def matter_of(self, transaction: Transaction, number: str) -> tuple[str, str] | None:
        """Return petition_id and number of the matter that a number belongs to, or None."""
        rows = transaction.query(
            "SELECT matter_id, matter_number FROM matter WHERE number = ?", (number,)
        )
        return (rows[0][0], rows[0][1]) if rows else None

    def facts_of(
        self,
        transaction: Transaction,
        petition_id: str,
        as_of: datetime | None,
        occurred_until: datetime | None,
    ) -> Sequence[Fact]:
        """Return the facts of a matter that were recorded, and had happened, by then."""
        clauses, params = ["matter_id = ?"], [petition_id]
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


def _matter(event: CloudEvent) -> tuple[Any, ...]:
    data = event.data
    return (
        data["number"],
        data["petition_id"],
        data["repeats"] or data["petition_id"],
        data["repeats_number"] or data["number"],
    )


def _entry(event: CloudEvent) -> tuple[Any, ...]:
    return (
        event.subject,
        event.subject,
        event.id,
        event.service,
        event.position,
        event.type,
        text_of(event.time),
        text_of(event.recordedtime),
        event.actor,
        event.causationid,
        event.correlationid,
        json.dumps(event.data, ensure_ascii=False),
    )


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
