"""Reminders as they fall due and as they are listed."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, ClassVar, Final

from chassis.eventstore.instants import text_of
from chassis.eventstore.log import RecordedEvent
from chassis.eventstore.losses import Made
from chassis.eventstore.paging import POSITION_BITS, Key, key_of, page_of
from chassis.eventstore.transaction import Questions, Row, Writing
from services.notify.application.ports import Place
from services.notify.domain.policy import reason_at, retry_after
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
_POSITION: Final = COLUMNS.index("position")
# Behind every position of a log: a list begins with the newest.
BEFORE_ALL: Final = 2**POSITION_BITS - 1


class ReminderTable:
    """The tables `reminder`, one row each, and `kept_out`, the parties to sealed petitions."""

    tables: ClassVar = ("reminder", "kept_out")

    def apply(self, transaction: Writing, event: Any, recorded: RecordedEvent) -> None:
        if isinstance(event, PetitionReminders.Planned):
            _add(transaction, event, recorded)
        elif isinstance(event, PetitionReminders.FellDue):
            _add_told(transaction, event, recorded)
        elif isinstance(event, PetitionReminders.Attempted):
            _count_attempt(transaction, event)
        elif isinstance(event, PetitionReminders.KeptOut):
            row = {"number": event.number, "marks": " ".join(event.kept_out)}
            transaction.put("kept_out", row, key="number")
        elif type(event) in _STATES:
            changes = {"state": _STATES[type(event)], **_anew(event, recorded)}
            transaction.update("reminder", "reminder_id", event.reminder_id, changes)

    @staticmethod
    def made_by(event: Any) -> Iterable[Made]:
        if isinstance(event, PetitionReminders.Planned):
            yield Made("reminder", {"reminder_id": event.reminder_id})
        elif isinstance(event, PetitionReminders.FellDue):
            yield from (Made("reminder", {"reminder_id": id_}) for id_ in event.told.values())
        elif isinstance(event, PetitionReminders.KeptOut):
            yield Made("kept_out", {"number": event.number})

    @staticmethod
    def place_of(questions: Questions, reminder_id: str) -> Place | None:
        """Return where a reminder is on record; None when there is none."""
        rows = questions.query(
            "SELECT r.petition_id, r.recipient, COALESCE(k.marks, '')"
            " FROM reminder r LEFT JOIN kept_out k ON k.number = r.number WHERE r.reminder_id = ?",
            (reminder_id,),
        )
        if not rows:
            return None
        petition_id, recipient, marks = rows[0]
        return Place(petition_id, recipient, Parties.written(marks))

    @staticmethod
    def kept_from(
        questions: Questions, onlooker: Sequence[str], numbers: Iterable[str]
    ) -> frozenset[str]:
        """Return the numbers of sealed petitions among these to which an onlooker is a party."""
        found = _kept_out(questions, numbers)
        return frozenset(number for number, each in found.items() if each.include(*onlooker))

    @staticmethod
    def with_parties(questions: Questions, numbers: Iterable[str]) -> frozenset[str]:
        """Return the numbers of sealed petitions among these to which anybody is a party."""
        found = _kept_out(questions, numbers)
        return frozenset(number for number, each in found.items() if each.marks)

    def view_of(self, questions: Questions, reminder_id: str) -> dict[str, Any]:
        """Return a reminder that is on record as it is shown."""
        rows = questions.query(
            f"SELECT {', '.join(COLUMNS)} FROM reminder WHERE reminder_id = ?",  # noqa: S608 - our own columns
            (reminder_id,),
        )
        return dict(zip(COLUMNS, rows[0], strict=True))

    @staticmethod
    def given_up(questions: Questions, most: int) -> dict[str, Any]:
        """Return how many were given up, as far as a number, and since when."""
        ((count, since),) = questions.query(
            "SELECT count(*), min(given_up_at) FROM (SELECT given_up_at FROM reminder"
            " WHERE state = 'given_up' ORDER BY given_up_at LIMIT ?) AS first",
            (most,),
        )
        return {"count": int(count), "since": since}

    def listed(  # noqa: PLR0913, PLR0917 - what is asked, for whom, which page
        self,
        transaction: Questions,
        onlooker: Sequence[str],
        number: str | None,
        recipient: str | None,
        limit: int,
        cursor: str,
        state: str | None = None,
    ) -> tuple[list[dict[str, Any]], str]:
        """Return a page, newest first, and the cursor of the next.

        Args:
            onlooker: his staff number and office; he is shown nothing of what is sealed and to
                which one of them is a party.
        """
        clauses = ["position < ?"]
        params: list[Any] = []
        asked = {"number": number, "recipient": recipient}
        for column, value in asked.items():
            if value is not None:
                clauses.append(f"r.{column} = ?")
                params.append(value)
        if state is not None:
            clauses.append(_IN_STATE[state])

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


def _kept_out(questions: Questions, numbers: Iterable[str]) -> dict[str, Parties]:
    """Return number to parties, of the sealed petitions among these."""
    asked = sorted(numbers)
    if not asked:
        return {}
    rows = questions.query(
        "SELECT number, marks FROM kept_out"  # noqa: S608 - placeholders
        f" WHERE number IN ({', '.join('?' for _ in asked)})",
        asked,
    )
    return {number: Parties.written(marks) for number, marks in rows}


def first_attempt_at(event: PetitionReminders.Planned, recorded: RecordedEvent) -> datetime:
    """Return when a reminder is attempted first.

    The time is that of the service that told it, whose clock may run ahead of ours: what was due
    when it was planned must not wait for that.
    """
    at_once = event.due_at <= event.timestamp
    return min(event.due_at, recorded.recorded_at) if at_once else event.due_at


def told_from(event: PetitionReminders.FellDue) -> datetime:
    """Return when a reminder of a term may be told: what is late and may be, in its place."""
    return event.due_at if event.not_before <= event.timestamp else event.not_before


def again_at(event: PetitionReminders.Attempted) -> datetime:
    """Return when a reminder is tried again; the oldest facts do not say."""
    return event.again_at or event.timestamp + retry_after(event.attempt)


def _anew(event: Any, recorded: RecordedEvent) -> dict[str, str]:
    """Return when it was given up; when what was given up is tried anew: at once."""
    if isinstance(event, PetitionReminders.GivenUp):
        return {"given_up_at": text_of(recorded.recorded_at)}
    again = isinstance(event, PetitionReminders.Redriven)
    return {"next_attempt_at": text_of(event.timestamp)} if again else {}


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
            "reason": reason_at(event.kind),
            "due_at": text_of(event.due_at),
            "next_attempt_at": text_of(told_from(event)),
        }
        transaction.insert("reminder", {**_begun(event, recorded), **row}, key="reminder_id")


def _begun(event: Any, recorded: RecordedEvent) -> dict[str, Any]:
    return {
        "petition_id": event.petition_id,
        "number": event.number,
        "state": "planned",
        "attempts": 0,
        "last_outcome": "",
        "given_up_at": "",
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
# Written out: with a placeholder there the index of what was given up would not be found.
_IN_STATE: Final = {state: f"r.state = '{state}'" for state in {"planned", *_STATES.values()}}
