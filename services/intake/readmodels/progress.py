"""Where a matter stands, as responsibility tells it. Not from intake's own events."""

from typing import Final

from chassis.eventstore.instants import text_of
from chassis.eventstore.transaction import Transaction
from contracts.envelope import CloudEvent

TABLES: Final = ("progress",)


def advance(transaction: Transaction, event: CloudEvent, state: str) -> None:
    """Put the state of a matter."""
    transaction.execute(
        "INSERT INTO progress (number, state, changed_at) VALUES (?, ?, ?)"
        " ON CONFLICT (number) DO UPDATE SET state = excluded.state,"
        " changed_at = excluded.changed_at",
        (event.data["number"], state, text_of(event.recordedtime)),
    )
