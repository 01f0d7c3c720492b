"""Where a matter stands, as responsibility tells it. Not from intake's own events."""

from collections.abc import Iterable
from typing import Final

from chassis.eventstore.instants import text_of
from chassis.eventstore.losses import Made
from chassis.eventstore.transaction import Writing
from contracts.envelope import CloudEvent

TABLES: Final = ("progress",)


def advance(transaction: Writing, event: CloudEvent, state: str) -> None:
    """Put the state of a matter."""
    row = {
        "number": event.data["number"],
        "state": state,
        "owner": event.data["owner"],
        "changed_at": text_of(event.recordedtime),
    }
    transaction.put("progress", row, key="number")


def made_by(event: CloudEvent) -> Iterable[Made]:
    """Return the row that stands here ever since an event that advanced a matter."""
    yield Made("progress", {"number": event.data["number"]})
