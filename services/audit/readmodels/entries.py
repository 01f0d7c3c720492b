"""Leaves beside the events that they bind, as the services told them."""

from typing import Final

import msgspec

from chassis.eventstore.instants import instant_of
from contracts.envelope import CloudEvent, sequence_of, source_of

# Without an event where that is parked.
ROWS: Final = (
    "SELECT l.position, l.leaf, t.event_id, t.source, t.position, t.type, t.petition_id,"
    " t.occurred_at, t.recorded_at, t.stream, t.stream_version, t.actor, t.correlation_id,"
    " t.cause, t.data"
    " FROM ledger_leaf l LEFT JOIN timeline t ON t.source = l.source AND t.position = l.seq"
)


def event_of(  # noqa: PLR0913, PLR0917 - the columns of one row
    event_id: str,
    source: str,
    position: int,
    type_: str,
    subject: str,
    occurred_at: str,
    recorded_at: str,
    stream: str,
    stream_version: int,
    actor: str,
    correlation_id: str,
    cause: str,
    data: str,
) -> CloudEvent:
    """Return the event of a row, behind position and leaf."""
    return CloudEvent(
        id=event_id,
        source=source_of(source),
        type=type_,
        subject=subject,
        time=instant_of(occurred_at),
        recordedtime=instant_of(recorded_at),
        sequence=sequence_of(position),
        stream=stream,
        streamversion=stream_version,
        actor=actor,
        correlationid=correlation_id,
        causationid=cause,
        data=msgspec.json.decode(data),
    )
