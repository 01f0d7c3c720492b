"""Registered petitions as they are found and listed; their content is not here."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar, Final

from chassis.eventstore.instants import text_of
from chassis.eventstore.log import RecordedEvent
from chassis.eventstore.paging import cursor_of, key_of
from chassis.eventstore.transaction import Transaction
from services.intake.domain.petition import Petition

COLUMNS: Final = (
    "petition_id",
    "number",
    "office",
    "region",
    "channel",
    "petition_class",
    "category",
    "headcount",
    "occurred_at",
    "registered_at",
    "registered_by",
    "sealed",
    "matter_id",
    "matter_number",
    "external_number",
    "position",
)
_SELECT: Final = (
    f"SELECT {', '.join('p.' + column for column in COLUMNS)},"  # noqa: S608 - our own columns
    " COALESCE(g.state, 'registered'), COALESCE(g.changed_at, p.registered_at)"
    " FROM petition p LEFT JOIN progress g ON g.number = p.matter_number"
)
_FILTERS: Final[Mapping[str, str]] = {
    "office": "p.office = ?",
    "region": "p.region = ?",
    "channel": "p.channel = ?",
    "petition_class": "p.petition_class = ?",
    "category": "p.category = ?",
    "state": "COALESCE(g.state, 'registered') = ?",
    "external_number": "p.external_number = ?",
    "registered_from": "p.registered_at >= ?",
    "registered_until": "p.registered_at < ?",
}


@dataclass(frozen=True, slots=True)
class Sight:
    """What a searcher may see.

    Attributes:
        regions: leading digits of the regions whose petitions are shown; empty for all.
        subject, head_of: sealed matters are shown to who registered them and to the office's head.
        auditing: sealed matters are listed too.
    """

    regions: str
    subject: str
    head_of: str
    auditing: bool


class RegisterTables:
    """The tables `petition` (from events), `matter_mark` and `number_serial`."""

    tables: ClassVar = ("petition",)

    def apply(self, transaction: Transaction, event: Any, recorded: RecordedEvent) -> None:
        if not isinstance(event, Petition.Registered):
            return
        transaction.execute(
            f"INSERT INTO petition ({', '.join(COLUMNS)})"  # noqa: S608 - our own columns
            f" VALUES ({', '.join('?' for _ in COLUMNS)})",
            (
                event.petition_id,
                event.number,
                event.office,
                event.region,
                event.channel,
                event.petition_class,
                event.category,
                event.headcount,
                text_of(event.timestamp),
                text_of(recorded.recorded_at),
                recorded.actor,
                int(event.sealed),
                event.repeats or event.petition_id,
                event.repeats_number or event.number,
                event.external_number,
                recorded.id,
            ),
        )

    def find(self, transaction: Transaction, number: str) -> Mapping[str, Any] | None:
        """Return the row of a petition, or None."""
        rows = transaction.query(f"{_SELECT} WHERE p.number = ?", (number,))
        return _row(rows[0]) if rows else None

    def search(
        self,
        transaction: Transaction,
        filters: Mapping[str, Any],
        sight: Sight,
        limit: int,
        cursor: str,
    ) -> tuple[list[Mapping[str, Any]], str]:
        """Return a page, newest first, and the cursor of the next.

        Args:
            filters: name of a filter to its value; None filters nothing.
        """
        wanted = {name: _plain(value) for name, value in filters.items() if value is not None}
        clauses = [_FILTERS[name] for name in wanted]
        params = list(wanted.values())
        if behind := key_of(cursor, (int,)):
            clauses.append("p.position < ?")
            params.extend(behind)
        seen, seen_params = _seen(sight)
        rows = transaction.query(
            f"{_SELECT} WHERE {' AND '.join([*clauses, *seen])} ORDER BY p.position DESC LIMIT ?",
            (*params, *seen_params, limit + 1),
        )
        items = [_row(row) for row in rows[:limit]]
        return items, cursor_of((items[-1]["position"],)) if len(rows) > limit else ""

    def matter_marked(self, transaction: Transaction, mark: str) -> tuple[str, str] | None:
        """Return petition_id and number of the original petition with a mark, or None."""
        rows = transaction.query(
            "SELECT petition_id, number FROM matter_mark WHERE mark = ?", (mark,)
        )
        return (rows[0][0], rows[0][1]) if rows else None

    def mark_matter(
        self, transaction: Transaction, mark: str, petition_id: str, number: str
    ) -> None:
        """Keep the mark of an original petition."""
        transaction.execute(
            "INSERT INTO matter_mark (mark, petition_id, number) VALUES (?, ?, ?)",
            (mark, petition_id, number),
        )

    def next_serials(self, transaction: Transaction, region: str, day: date, count: int) -> int:
        """Take serials of a region and day; return the first of them."""
        transaction.execute(
            "INSERT INTO number_serial (region, day, last) VALUES (?, ?, ?)"
            " ON CONFLICT (region, day) DO UPDATE SET last = number_serial.last + excluded.last",
            (region, day.isoformat(), count),
        )
        rows = transaction.query(
            "SELECT last FROM number_serial WHERE region = ? AND day = ?",
            (region, day.isoformat()),
        )
        return int(rows[0][0]) - count + 1


def _row(row: tuple[Any, ...]) -> Mapping[str, Any]:
    return dict(zip((*COLUMNS, "state", "changed_at"), row, strict=True))


def _plain(value: Any) -> Any:
    return text_of(value) if isinstance(value, datetime) else value


def _seen(sight: Sight) -> tuple[list[str], list[Any]]:
    clauses, params = ["p.region LIKE ?"], [f"{sight.regions}%"]
    if not sight.auditing:
        clauses.append("(p.sealed = 0 OR p.registered_by = ? OR p.office = ?)")
        params += [sight.subject, sight.head_of]
    return clauses, params
