"""What an upgrade leaves to be gone through: terms that ran before it, owners voided before it."""

from collections.abc import Iterable, Mapping, Sequence

from chassis.eventstore.log import EventLog
from chassis.eventstore.transaction import Writing


class EarlierTerms:
    """The table `earlier_terms`: one row with the page that comes next, none when all is done."""

    def __init__(self, log: EventLog) -> None:
        self._log = log

    def page(self) -> str | None:
        """Return the cursor of the page that comes next; None when there is none left."""
        rows = self._log.query("SELECT page FROM earlier_terms")
        return rows[0][0] if rows else None

    def turn(self, cursor: str) -> None:
        """Go on to a page; an empty cursor is the end."""
        with self._log.writing() as transaction:
            if cursor:
                transaction.update("earlier_terms", "id", 1, {"page": cursor})
            else:
                transaction.execute("DELETE FROM earlier_terms")

    def petitions_of(self, numbers: Iterable[str]) -> Mapping[str, str]:
        """Return number to petition, of those that anybody was ever to be reminded of."""
        asked = sorted(set(numbers))
        if not asked:
            return {}
        marks = ", ".join("?" for _ in asked)
        rows = self._log.query(
            f"SELECT DISTINCT number, petition_id FROM reminder WHERE number IN ({marks})",  # noqa: S608 - placeholders
            asked,
        )
        return dict(rows)


class EarlierVoided:
    """The table `earlier_voided`: matters whose owner may have been voided before the upgrade."""

    def __init__(self, log: EventLog) -> None:
        self._log = log

    def page(self, limit: int) -> Sequence[str]:
        """Return some of them, by their petition; none when all is done."""
        sql = "SELECT petition_id FROM earlier_voided ORDER BY petition_id LIMIT ?"
        return [petition_id for (petition_id,) in self._log.query(sql, (limit,))]

    @staticmethod
    def strike(transaction: Writing, petitions: Sequence[str]) -> None:
        """Take them off: they have been gone through."""
        marks = ", ".join("?" for _ in petitions)
        transaction.write(f"DELETE FROM earlier_voided WHERE petition_id IN ({marks})", petitions)  # noqa: S608 - placeholders
