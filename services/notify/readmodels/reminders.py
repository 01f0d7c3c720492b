"""Reminders as they fall due and as they are listed."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, ClassVar, Final

from chassis.eventstore.instants import text_of
from chassis.eventstore.log import RecordedEvent
from chassis.eventstore.losses import Made
from chassis.eventstore.paging import POSITION_BITS, Key, key_of, page_of
from chassis.eventstore.transaction import Questions, Row, Writing
from services.notify.domain.policy import retry_after
from services.notify.domain.reminders import PetitionReminders
from statute.parties import Parties

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
_NUMBER: Final = COLUMNS.index("number")
_POSITION: Final = COLUMNS.index("position")
# Behind every position of a log: a list begins with the newest.
BEFORE_ALL: Final = 2**POSITION_BITS - 1


class ReminderTable:
    """The tables `reminder`, one row each, and `kept_out`, the parties to sealed petitions."""

    tables: ClassVar = ("reminder", "kept_out")

    def apply(self, transaction: Writing, event: Any, recorded: RecordedEvent) -> None:
        if isinstance(event, PetitionReminders.Planned):
            _add(transaction, event, recorded)
        elif isinstance(event, PetitionReminders.Attempted):
            _count_attempt(transaction, event)
        elif isinstance(event, PetitionReminders.KeptOut):
            row = {"number": event.number, "marks": " ".join(event.kept_out)}
            transaction.put("kept_out", row, key="number")
        elif type(event) in _ENDS:
            changes = {"state": _ENDS[type(event)]}
            transaction.update("reminder", "reminder_id", event.reminder_id, changes)

    @staticmethod
    def made_by(event: Any) -> Iterable[Made]:
        if isinstance(event, PetitionReminders.Planned):
            yield Made("reminder", {"reminder_id": event.reminder_id})
        elif isinstance(event, PetitionReminders.KeptOut):
            yield Made("kept_out", {"number": event.number})

    def due(self, transaction: Questions, now: datetime, limit: int) -> Sequence[tuple[str, str]]:
        """Return petition_id and reminder_id of what is due, the longest due first."""
        rows = transaction.query(
            "SELECT petition_id, reminder_id FROM reminder"
            " WHERE state = 'planned' AND next_attempt_at <= ?"
            " ORDER BY next_attempt_at, reminder_id LIMIT ?",
            (text_of(now), limit),
        )
        return [(row[0], row[1]) for row in rows]

    def listed(  # noqa: PLR0913, PLR0917 - what is asked, for whom, which page
        self,
        transaction: Questions,
        onlooker: Sequence[str],
        number: str | None,
        recipient: str | None,
        limit: int,
        cursor: str,
    ) -> tuple[list[dict[str, Any]], str]:
        """Return a page, newest first, and the cursor of the next.

        Args:
            onlooker: his staff number and office; he is shown nothing of what is sealed and to
                which one of them is a party.
        """
        clauses = ["position < ?"]
        params: list[Any] = []
        for column, value in (("number", number), ("recipient", recipient)):
            if value is not None:
                clauses.append(f"r.{column} = ?")
                params.append(value)

        def rows_behind(behind: Key | None, count: int) -> list[Row]:
            (before,) = behind or (BEFORE_ALL,)
            return transaction.query(
                f"SELECT {', '.join(f'r.{column}' for column in COLUMNS)}, COALESCE(k.marks, '')"  # noqa: S608 - our own columns
                " FROM reminder r LEFT JOIN kept_out k ON k.number = r.number"
                f" WHERE {' AND '.join(clauses)} ORDER BY position DESC LIMIT ?",
                (before, *params, count),
            )

        rows, next_cursor = page_of(
            rows_behind,
            lambda row: not Parties.written(row[-1]).include(*onlooker),
            lambda row: (row[_POSITION],),
            key_of(cursor, (int,)),
            limit,
        )
        return [dict(zip(COLUMNS, row[:-1], strict=True)) for row in rows], next_cursor


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
