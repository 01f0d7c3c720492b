"""Everything that has happened, in the order of the ledger, from any place on."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from chassis.eventstore.transaction import Questions
from contracts.envelope import CloudEvent
from services.audit.readmodels.entries import ROWS, event_of
from services.audit.readmodels.trees import TreeTables

# Leaves looked at for one page, however few of them are of the types asked for.
STRETCH: Final = 5_000


class Page(NamedTuple):
    """Some events, and where to go on; `held` where an event that is parked comes next."""

    events: list[CloudEvent]
    next: int
    size: int
    held: bool


class FeedTables:
    """Reads the leaves with the timeline."""

    def page(self, questions: Questions, after: int, types: Sequence[str], limit: int) -> Page:
        """Return the events from a place on, in the order in which they were entered."""
        size = TreeTables().size(questions)
        stop = min(after + STRETCH, size)
        # An event that is parked has no type yet that could be compared.
        wanted = f" AND (t.type IS NULL OR t.type IN ({', '.join('?' * len(types))}))"
        rows = questions.query(
            f"{ROWS} WHERE l.position >= ? AND l.position < ?{wanted if types else ''}"
            " ORDER BY l.position LIMIT ?",
            (after, stop, *types, limit),
        )
        events: list[CloudEvent] = []
        for position, _leaf, *event in rows:
            if event[0] is None:
                return Page(events, position, size, held=True)
            events.append(event_of(*event))
        return Page(
            events, rows[-1][0] + 1 if len(rows) == limit else max(after, stop), size, held=False
        )
