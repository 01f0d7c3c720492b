"""Reminders as they fall due and as they are listed."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, ClassVar, Final

from chassis.eventstore.instants import text_of
from chassis.eventstore.log import RecordedEvent
from chassis.eventstore.losses import Made
from chassis.eventstore.paging import cursor_of, key_of
from chassis.eventstore.transaction import Questions, Writing
from services.notify.domain.policy import retry_after
from services.notify.domain.reminders import PetitionReminders

COLUMNS: Final = (
    "reminder_id",
    "number",
    "recipient",
    "reason",
    "state",
    "due_at",
    "attempts",
    "last_outcome",
    "position",
)


class ReminderTable:
    """The table `reminder`: one row each."""

    tables: ClassVar = ("reminder",)

    def apply(self, transaction: Writing, event: Any, recorded: RecordedEvent) -> None:
        if isinstance(event, PetitionReminders.Planned):
            _add(transaction, event, recorded)
        elif isinstance(event, PetitionReminders.Attempted):
            _count_attempt(transaction, event)
        elif type(event) in _ENDS:
            changes = {"state": _ENDS[type(event)]}
            transaction.update("reminder", "reminder_id", event.reminder_id, changes)

    @staticmethod
    def made_by(event: Any) -> Iterable[Made]:
        if isinstance(event, PetitionReminders.Planned):
            yield Made("reminder", {"reminder_id": event.reminder_id})

    def due(self, transaction: Questions, now: datetime, limit: int) -> Sequence[tuple[str, str]]:
        """Return petition_id and reminder_id of what is due, the longest due first."""
        rows = transaction.query(
            "SELECT petition_id, reminder_id FROM reminder"
            " WHERE state = 'planned' AND next_attempt_at <= ?"
            " ORDER BY next_attempt_at, reminder_id LIMIT ?",
            (text_of(now), limit),
        )
        return [(row[0], row[1]) for row in rows]

    def listed(
        self,
        transaction: Questions,
        number: str | None,
        recipient: str | None,
        limit: int,
        cursor: str,
    ) -> tuple[list[dict[str, Any]], str]:
        """Return a page, newest first, and the cursor of the next."""
        clauses = ["position > 0"]
        params: list[Any] = []
        for column, value in (("number", number), ("recipient", recipient)):
            if value is not None:
                clauses.append(f"{column} = ?")
                params.append(value)
        if behind := key_of(cursor, (int,)):
            clauses.append("position < ?")
            params.extend(behind)
        rows = transaction.query(
            f"SELECT {', '.join(COLUMNS)} FROM reminder"  # noqa: S608 - our own columns
            f" WHERE {' AND '.join(clauses)} ORDER BY position DESC LIMIT ?",
            (*params, limit + 1),
        )
        items = [dict(zip(COLUMNS, row, strict=True)) for row in rows[:limit]]
        return items, cursor_of((items[-1]["position"],)) if len(rows) > limit else ""


def _add(transaction: Writing, event: PetitionReminders.Planned, recorded: RecordedEvent) -> None:
    # The time is that of the service that told it, whose clock may run ahead of ours: what was due
    # when it was planned must not wait for that.
    at_once = event.due_at <= event.timestamp
    first_attempt = min(event.due_at, recorded.recorded_at) if at_once else event.due_at
    transaction.insert(
        "reminder",
        {
            "reminder_id": event.reminder_id,
            "petition_id": event.petition_id,
            "number": event.number,
            "recipient": event.recipient,
            "reason": event.reason,
            "state": "planned",
            "due_at": text_of(event.due_at),
            "next_attempt_at": text_of(first_attempt),
            "attempts": 0,
            "last_outcome": "",
            "position": recorded.id,
        },
        key="reminder_id",
    )


def _count_attempt(transaction: Writing, event: PetitionReminders.Attempted) -> None:
    again_at = event.timestamp + retry_after(event.attempt)
    changes = {
        "attempts": event.attempt,
        "last_outcome": event.outcome,
        "next_attempt_at": text_of(again_at),
    }
    transaction.update("reminder", "reminder_id", event.reminder_id, changes)


_ENDS: Final[dict[type, str]] = {
    PetitionReminders.Delivered: "delivered",
    PetitionReminders.Cancelled: "cancelled",
    PetitionReminders.GivenUp: "given_up",
}
