"""Everything that has happened, in the order of the ledger, from any place on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from chassis.eventstore.transaction import Questions
from contracts.envelope import CloudEvent
from contracts.events.intake import PetitionRegisteredV1
from services.audit.domain.leaves import leaf_of
from services.audit.domain.refusals import BeyondTheLedger
from services.audit.readmodels.entries import ROWS, event_of
from services.audit.readmodels.trees import TreeTables

# Leaves looked at for one page, however few of them are of the types asked for.
STRETCH: Final = 5_000


class Page(NamedTuple):
    """Some events, and where to go on.

    Attributes:
        held: an event comes next that is not there to be shown.
        lost: nor is it parked, or yet to be taken in: its row is gone.
    """

    events: list[CloudEvent]
    next: int
    size: int
    held: bool
    lost: bool = False


# What becomes of a petition, for whom put it on record elsewhere. Facts about who looks at it, and
# such as name another petition, are not among them.
TO_AGENCIES: Final = (
    "petition.registered.v1",
    "ownership.awaited.v1",
    "ownership.taken.v1",
    "ownership.succeeded.v1",
    "ownership.recused.v1",
    "course.begun.v1",
    "course.step_taken.v1",
    "term.begun.v1",
    "term.extended.v1",
    "term.ended.v1",
    "reply.delivered.v1",
    "case.closed.v1",
    "case.reopened.v1",
)
_ITS_OWN: Final = (
    " AND (t.type IS NULL OR (EXISTS (SELECT 1 FROM timeline r WHERE r.petition_id = t.petition_id"
    " AND r.type = ? AND r.actor = ?)"
    " AND NOT EXISTS (SELECT 1 FROM timeline s WHERE s.petition_id = t.petition_id"
    " AND s.data LIKE ?)))"
)
_SEALED: Final = '%"sealed":true%'


@dataclass(frozen=True)
class FeedTables:
    """Reads the leaves with the timeline.

    Attributes:
        stretch: leaves looked at for one page.
    """

    stretch: int = STRETCH

    def page(self, questions: Questions, after: int, types: Sequence[str], limit: int) -> Page:
        """Return the events from a place on, in the order in which they were entered.

        Raises:
            BeyondTheLedger: the place lies behind the last leaf.
        """
        return self._page(questions, after, types, limit)

    def page_of_agency(
        self, questions: Questions, after: int, types: Sequence[str], limit: int, agency: str
    ) -> Page:
        """Return the events from a place on that an agency may see.

        They are of the petitions that it put on record itself, none of a sealed one.

        Raises:
            BeyondTheLedger: the place lies behind the last leaf.
        """
        wanted = [each for each in TO_AGENCIES if not types or each in types]
        # Where none of the types is for it, the stretch is passed over all the same.
        own = (PetitionRegisteredV1.TYPE, agency, _SEALED)
        page = self._page(questions, after, wanted or ["none"], limit, own)
        hidden = _sealed_among(questions, _named_in(page.events))
        return page._replace(events=[each for each in page.events if _named(each) not in hidden])

    def _page(
        self,
        questions: Questions,
        after: int,
        types: Sequence[str],
        limit: int,
        own: Sequence[str] = (),
    ) -> Page:
        size = TreeTables().size(questions)
        if after > size:
            raise BeyondTheLedger(size)
        stop = min(after + self.stretch, size)
        # An event that is parked has no type yet that could be compared.
        wanted = f" AND (t.type IS NULL OR t.type IN ({', '.join('?' * len(types))}))"
        rows = questions.query(
            f"{ROWS} WHERE l.position >= ? AND l.position < ?{wanted if types else ''}"
            f"{_ITS_OWN if own else ''} ORDER BY l.position LIMIT ?",
            (after, stop, *types, *own, limit),
        )
        events: list[CloudEvent] = []
        for position, leaf, *event in rows:
            if event[0] is None:
                return Page(events, position, size, held=True, lost=_lost(questions, bytes(leaf)))
            events.append(event_of(*event))
        return Page(events, rows[-1][0] + 1 if len(rows) == limit else stop, size, held=False)


def _lost(questions: Questions, leaf: bytes) -> bool:
    """Tell whether an event was taken in and is not parked, so that its row ought to be there."""
    entered = leaf_of(leaf)
    rows = questions.query(
        "SELECT 1 FROM applied_position a WHERE a.source = ? AND a.position >= ? AND NOT EXISTS"
        " (SELECT 1 FROM parked_event p WHERE p.source = ? AND p.position = ?)",
        (entered.source, entered.seq) * 2,
    )
    return bool(rows)


def _named(event: CloudEvent) -> str:
    """Return the number of the repeat that an event names, where it does."""
    return event.data.get("repeat_number") or event.data.get("repeats_number") or ""


def _named_in(events: Sequence[CloudEvent]) -> list[str]:
    return sorted({_named(event) for event in events} - {""})


def _sealed_among(questions: Questions, numbers: Sequence[str]) -> frozenset[str]:
    """Return those of some numbers whose petitions are sealed: not even they are named."""
    if not numbers:
        return frozenset()
    rows = questions.query(
        "SELECT m.number FROM matter m JOIN timeline t ON t.petition_id = m.petition_id"  # noqa: S608 - marks
        f" WHERE m.number IN ({', '.join('?' * len(numbers))}) AND t.data LIKE ?",
        (*numbers, _SEALED),
    )
    return frozenset(row[0] for row in rows)
