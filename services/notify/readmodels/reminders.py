"""Reminders as they fall due and as they are listed."""

from collections.abc import Iterable
from typing import Any, ClassVar, Final

from chassis.eventstore.instants import text_of
from chassis.eventstore.log import RecordedEvent
from chassis.eventstore.losses import Made
from chassis.eventstore.paging import cursor_of, key_of
from chassis.eventstore.transaction import Questions, Writing
from services.notify.application.ports import Place
from services.notify.domain.policy import REASONS
from services.notify.domain.reminders import PetitionReminders
from services.notify.readmodels.queue import again_at, first_attempt_at

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
        elif isinstance(event, PetitionReminders.FellDue):
            _add_told(transaction, event, recorded)
        elif isinstance(event, PetitionReminders.Attempted):
            _count_attempt(transaction, event)
        elif type(event) in _STATES:
            changes = {"state": _STATES[type(event)]}
            transaction.update("reminder", "reminder_id", event.reminder_id, changes)

    @staticmethod
    def made_by(event: Any) -> Iterable[Made]:
        if isinstance(event, PetitionReminders.Planned):
            yield Made("reminder", {"reminder_id": event.reminder_id})
        elif isinstance(event, PetitionReminders.FellDue):
            yield from (Made("reminder", {"reminder_id": id_}) for id_ in event.told.values())

    @staticmethod
    def place_of(questions: Questions, reminder_id: str) -> Place | None:
        """Return where a reminder is on record; None when there is none."""
        rows = questions.query(
            "SELECT petition_id, recipient FROM reminder WHERE reminder_id = ?", (reminder_id,)
        )
        return Place(*rows[0]) if rows else None

    def view_of(self, questions: Questions, reminder_id: str) -> dict[str, Any]:
        """Return a reminder that is on record as it is shown."""
        rows = questions.query(
            f"SELECT {', '.join(COLUMNS)} FROM reminder WHERE reminder_id = ?",  # noqa: S608 - our own columns
            (reminder_id,),
        )
        return dict(zip(COLUMNS, rows[0], strict=True))

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
    row = {
        "reminder_id": event.reminder_id,
        "recipient": event.recipient,
        "reason": event.reason,
        "due_at": text_of(event.due_at),
        "next_attempt_at": text_of(first_attempt_at(event, recorded)),
    }
    transaction.insert("reminder", {**_begun(event, recorded), **row}, key="reminder_id")


def _add_told(
    transaction: Writing, event: PetitionReminders.FellDue, recorded: RecordedEvent
) -> None:
    for recipient, reminder_id in event.told.items():
        row = {
            "reminder_id": reminder_id,
            "recipient": recipient,
            "reason": REASONS[event.kind.partition("_")[0]],
            "due_at": text_of(event.due_at),
            "next_attempt_at": text_of(event.not_before),
        }
        transaction.insert("reminder", {**_begun(event, recorded), **row}, key="reminder_id")


def _begun(event: Any, recorded: RecordedEvent) -> dict[str, Any]:
    return {
        "petition_id": event.petition_id,
        "number": event.number,
        "state": "planned",
        "attempts": 0,
        "last_outcome": "",
        "position": recorded.id,
    }


def _count_attempt(transaction: Writing, event: PetitionReminders.Attempted) -> None:
    changes = {
        "attempts": event.attempt,
        "last_outcome": event.outcome,
        "next_attempt_at": text_of(again_at(event)),
    }
    transaction.update("reminder", "reminder_id", event.reminder_id, changes)


_STATES: Final[dict[type, str]] = {
    PetitionReminders.Acknowledged: "acknowledged",
    PetitionReminders.Snoozed: "acknowledged",
    PetitionReminders.Redriven: "planned",
    PetitionReminders.Delivered: "delivered",
    PetitionReminders.Cancelled: "cancelled",
    PetitionReminders.GivenUp: "given_up",
}
