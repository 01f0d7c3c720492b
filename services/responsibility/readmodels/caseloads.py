"""The open list of each office and the caseload of each leader, in the order of their waiting."""

from collections.abc import Sequence
from typing import Any, ClassVar

from chassis.eventstore.instants import text_of
from chassis.eventstore.log import RecordedEvent
from chassis.eventstore.paging import Key, cursor_of, key_of
from chassis.eventstore.transaction import Row, Transaction
from services.responsibility.domain.ownership import Ownership

OPEN_COLUMNS = ("number", "office", "channel", "petition_class", "awaits", "registered_at")
CASELOAD_COLUMNS = (
    "number",
    "office",
    "channel",
    "petition_class",
    "state",
    "owned_since",
    "repeats",
)
BEGINNING: Key = ("", "")


class Caseloads:
    """The table `caseload`: one row a matter; without an owner it is in the open list."""

    tables: ClassVar = ("caseload",)

    def apply(self, transaction: Transaction, event: Any, recorded: RecordedEvent) -> None:
        del recorded
        change = _CHANGES.get(type(event))
        if change is not None:
            change(transaction, event)

    @staticmethod
    def open_of(
        transaction: Transaction, office: str, limit: int, cursor: str
    ) -> tuple[list[dict[str, Any]], str]:
        """Return a page of the office's open list, oldest first, and the cursor of the next."""
        after = key_of(cursor, (str, str)) or BEGINNING
        rows = transaction.query(
            f"SELECT {', '.join(OPEN_COLUMNS)} FROM caseload"  # noqa: S608 - our own columns
            " WHERE office = ? AND state = 'awaited' AND (registered_at, number) > (?, ?)"
            " ORDER BY registered_at, number LIMIT ?",
            (office, *after, limit + 1),
        )
        return _page(rows, OPEN_COLUMNS, limit, "registered_at")

    @staticmethod
    def owned_by(
        transaction: Transaction, owner: str, state: str, limit: int, cursor: str
    ) -> tuple[list[dict[str, Any]], str]:
        """Return a page of what a leader owns in a state, longest owned first."""
        after = key_of(cursor, (str, str)) or BEGINNING
        rows = transaction.query(
            f"SELECT {', '.join(CASELOAD_COLUMNS)} FROM caseload"  # noqa: S608 - our own columns
            " WHERE owner = ? AND state = ? AND (owned_since, number) > (?, ?)"
            " ORDER BY owned_since, number LIMIT ?",
            (owner, state, *after, limit + 1),
        )
        return _page(rows, CASELOAD_COLUMNS, limit, "owned_since")


def _page(
    rows: Sequence[Row], columns: Sequence[str], limit: int, sorted_by: str
) -> tuple[list[dict[str, Any]], str]:
    items = [dict(zip(columns, row, strict=True)) for row in rows[:limit]]
    more = len(rows) > limit
    return items, cursor_of((items[-1][sorted_by], items[-1]["number"])) if more else ""


def _await(transaction: Transaction, event: Ownership.Awaited) -> None:
    transaction.execute(
        "INSERT INTO caseload (number, office, channel, petition_class, awaits, registered_at,"
        " owner, owned_since, state, repeats) VALUES (?, ?, ?, ?, ?, ?, '', '', 'awaited', 0)",
        (
            event.number,
            event.office,
            event.channel,
            event.petition_class,
            event.awaits,
            text_of(event.timestamp),
        ),
    )


def _own(
    transaction: Transaction, event: Ownership.Taken | Ownership.Succeeded | Ownership.Recused
) -> None:
    transaction.execute(
        "UPDATE caseload SET owner = ?, owned_since = ?, state = 'owned' WHERE number = ?",
        (event.owner, text_of(event.timestamp), event.number),
    )


def _count_repeat(transaction: Transaction, event: Ownership.RepeatJoined) -> None:
    transaction.execute(
        "UPDATE caseload SET repeats = repeats + 1 WHERE number = ?", (event.number,)
    )


def _close(transaction: Transaction, event: Ownership.Closed) -> None:
    transaction.execute("UPDATE caseload SET state = 'closed' WHERE number = ?", (event.number,))


def _reopen(transaction: Transaction, event: Ownership.Reopened) -> None:
    transaction.execute("UPDATE caseload SET state = 'owned' WHERE number = ?", (event.number,))


_CHANGES: dict[type, Any] = {
    Ownership.Awaited: _await,
    Ownership.Taken: _own,
    Ownership.Succeeded: _own,
    Ownership.Recused: _own,
    Ownership.RepeatJoined: _count_repeat,
    Ownership.Closed: _close,
    Ownership.Reopened: _reopen,
}
