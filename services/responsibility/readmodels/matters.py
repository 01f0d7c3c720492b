"""Number to matter: a first-time petition is its own, a repeat belongs to the original's."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from chassis.eventstore.log import RecordedEvent
from chassis.eventstore.losses import Made
from chassis.eventstore.transaction import Questions, Writing
from services.responsibility.domain.evidence import Matter
from services.responsibility.domain.ownership import Ownership


class Matters:
    """The table `matter`, from numbers to ownerships."""

    tables: ClassVar = ("matter",)

    def apply(self, transaction: Writing, event: Any, recorded: RecordedEvent) -> None:
        del recorded
        if isinstance(event, Ownership.Awaited):
            self._add(transaction, event.number, event.petition_id, event.office)
        elif isinstance(event, Ownership.RepeatJoined):
            self._add(transaction, event.repeat_number, event.petition_id, event.office)
        elif isinstance(event, Ownership.MatterMerged | Ownership.Split):
            for number in event.numbers:
                changes = {"petition_id": event.petition_id}
                transaction.update("matter", "number", number, changes)

    @staticmethod
    def made_by(event: Any) -> Iterable[Made]:
        if isinstance(event, Ownership.Awaited):
            yield Made("matter", {"number": event.number})
        elif isinstance(event, Ownership.RepeatJoined):
            yield Made("matter", {"number": event.repeat_number})

    @staticmethod
    def _add(transaction: Writing, number: str, petition_id: str, office: str) -> None:
        row = {"number": number, "petition_id": petition_id, "office": office}
        # A repeat that became a matter of its own has a row.
        transaction.put("matter", row, key="number")

    @staticmethod
    def find(transaction: Questions, numbers: Sequence[str]) -> Mapping[str, Matter]:
        """Return where numbers lead, of those that are known here."""
        marks = ", ".join("?" for _ in numbers)
        rows = transaction.query(
            f"SELECT number, petition_id, office FROM matter WHERE number IN ({marks})",  # noqa: S608 - placeholders
            numbers,
        )
        return {number: Matter(number, *rest) for number, *rest in rows}
