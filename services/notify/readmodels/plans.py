"""The plans of the terms that run, as they are listed: what comes next of which."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, ClassVar, Final

from chassis.eventstore.instants import text_of
from chassis.eventstore.log import RecordedEvent
from chassis.eventstore.losses import Made
from chassis.eventstore.transaction import Questions, Row, Writing
from services.notify.application.ports import Claimed
from services.notify.domain.reminders import PetitionReminders

NOTHING: Final = ""


def plan_id(petition_id: str, term: str) -> str:
    """Return the id of the row that stands for the plan of a term."""
    return f"{petition_id}/{term}"


class PlanTable:
    """The table `term_plan`: the latest plan of each term; `next_at` is empty when it has none."""

    tables: ClassVar = ("term_plan",)

    def apply(self, transaction: Writing, event: Any, recorded: RecordedEvent) -> None:
        del recorded
        if isinstance(event, PetitionReminders.PlanMade):
            _put(transaction, event)
        elif isinstance(event, PetitionReminders.FellDue | PetitionReminders.Snoozed):
            _change(transaction, event, next_at=_text(event.next_at))
        elif isinstance(event, PetitionReminders.PlanDropped):
            _change(transaction, event, next_at=NOTHING, runs=0)

    @staticmethod
    def by_others(questions: Questions, calendar: str, limit: int) -> Sequence[Claimed]:
        """Return plans with points ahead that were made by another calendar than this."""
        found: list[Row] = []
        # Either side of it by the index: what is planned by it already is not gone through.
        for side in "<>":
            found += questions.query(
                f"SELECT id, petition_id FROM term_plan WHERE next_at <> '' AND calendar {side} ?"  # noqa: S608 - one of two signs
                " ORDER BY calendar, id LIMIT ?",
                (calendar, limit - len(found)),
            )
        return [Claimed(id_, petition_id) for id_, petition_id in found]

    @staticmethod
    def note_calendar(transaction: Writing, ids: Sequence[str], calendar: str) -> None:
        """Say of plans with points ahead that they are by this calendar."""
        marks = ", ".join("?" for _ in ids)
        transaction.write(
            f"UPDATE term_plan SET calendar = ? WHERE next_at <> '' AND id IN ({marks})",  # noqa: S608 - placeholders
            (calendar, *ids),
        )

    @staticmethod
    def made_by(event: Any) -> Iterable[Made]:
        if isinstance(event, PetitionReminders.PlanMade):
            yield Made("term_plan", {"id": plan_id(event.petition_id, event.term)})


def _put(transaction: Writing, event: PetitionReminders.PlanMade) -> None:
    next_at = min(map(datetime.fromisoformat, event.points.values()), default=None)
    row = {
        "id": plan_id(event.petition_id, event.term),
        "petition_id": event.petition_id,
        "number": event.number,
        "term": event.term,
        "office": event.office,
        "policy": event.policy,
        "calendar": event.calendar,
        "provisional": int(event.provisional),
        "due_on": event.due_on,
        "next_at": _text(next_at),
        "runs": 1,
    }
    transaction.put("term_plan", row, key="id")


def _change(transaction: Writing, event: Any, **changes: Any) -> None:
    transaction.update("term_plan", "id", plan_id(event.petition_id, event.term), changes)


def _text(at: datetime | None) -> str:
    return NOTHING if at is None else text_of(at)
