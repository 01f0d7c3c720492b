"""Number to matter: a first-time petition is its own, a repeat belongs to the original's.

Where that changed by a merging or a splitting, it is kept what it was before.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from chassis.eventstore.instants import text_of
from chassis.eventstore.log import RecordedEvent
from chassis.eventstore.losses import Made
from chassis.eventstore.transaction import Questions, Writing
from services.responsibility.domain.evidence import Matter
from services.responsibility.domain.ownership import Ownership


class Matters:
    """The table `matter`, from numbers to ownerships, and `matter_moved`, where they led before."""

    tables: ClassVar = ("matter", "matter_moved")

    def apply(self, transaction: Writing, event: Any, recorded: RecordedEvent) -> None:
        if isinstance(event, Ownership.Awaited):
            self._add(transaction, event.number, event.petition_id, event.office)
        elif isinstance(event, Ownership.RepeatJoined):
            self._add(transaction, event.repeat_number, event.petition_id, event.office)
        elif isinstance(event, Ownership.MatterMerged):
            self._move(transaction, event, event.merged_petition_id, recorded)
        elif isinstance(event, Ownership.Split):
            self._move(transaction, event, event.from_petition_id, recorded)

    @staticmethod
    def _move(transaction: Writing, event: Any, before: str, recorded: RecordedEvent) -> None:
        for number in event.numbers:
            changes = {"petition_id": event.petition_id}
            transaction.update("matter", "number", number, changes)
            row = {
                "number": number,
                "position": recorded.id,
                "moved_at": text_of(recorded.recorded_at),
                "petition_id": before,
            }
            transaction.insert("matter_moved", row)

    @staticmethod
    def made_by(event: Any) -> Iterable[Made]:
        if isinstance(event, Ownership.Awaited):
            yield Made("matter", {"number": event.number})
        elif isinstance(event, Ownership.RepeatJoined):
            yield Made("matter", {"number": event.repeat_number})
        elif isinstance(event, Ownership.MatterMerged):
            yield _moved(event.merged_number, event.merged_petition_id)
        elif isinstance(event, Ownership.Split):
            yield _moved(event.number, event.from_petition_id)

    @staticmethod
    def _add(transaction: Writing, number: str, petition_id: str, office: str) -> None:
        row = {"number": number, "petition_id": petition_id, "office": office}
        # A repeat that became a matter of its own has a row.
        transaction.put("matter", row, key="number")

    @staticmethod
    def moved_since(transaction: Questions, number: str, as_of: datetime) -> str | None:
        """Return the petition_id that a number led to at an instant; None if it does so still."""
        rows = transaction.query(
            "SELECT petition_id FROM matter_moved WHERE number = ? AND moved_at > ?"
            " ORDER BY position LIMIT 1",
            (number, text_of(as_of)),
        )
        return str(rows[0][0]) if rows else None

    @staticmethod
    def find(transaction: Questions, numbers: Sequence[str]) -> Mapping[str, Matter]:
        """Return where numbers lead, of those that are known here."""
        marks = ", ".join("?" for _ in numbers)
        rows = transaction.query(
            f"SELECT number, petition_id, office FROM matter WHERE number IN ({marks})",  # noqa: S608 - placeholders
            numbers,
        )
        return {number: Matter(number, *rest) for number, *rest in rows}


def _moved(number: str, before: str) -> Made:
    return Made("matter_moved", {"number": number, "petition_id": before})
