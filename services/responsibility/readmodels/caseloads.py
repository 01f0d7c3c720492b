"""The open list of each office and the caseload of each leader, in the order of their waiting."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from chassis.eventstore.instants import text_of
from chassis.eventstore.log import RecordedEvent
from chassis.eventstore.losses import Made
from chassis.eventstore.paging import Key, cursor_of, key_of
from chassis.eventstore.transaction import Questions, Row, Writing
from services.responsibility.domain.ownership import Ownership
from services.responsibility.domain.policy import SEALED

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
# Holds with the values of `shown_to`: other classes, all where all are shown, or one office's.
UNSEALED = f"(petition_class <> '{SEALED}' OR 1 = ? OR office = ?)"


def shown_to(sealed_of: str | None) -> tuple[int, str]:
    """Return the values for the places in `UNSEALED`."""
    return (1, "") if sealed_of is None else (0, sealed_of)


@dataclass(frozen=True, slots=True)
class Owned:
    """Whose caseload is asked for.

    Attributes:
        state: owned or closed.
        reach: leading digits of the regions that are shown; empty for all.
        sealed_of: whose accusations are shown: of this office; None for all.
    """

    owner: str
    state: str
    reach: str
    sealed_of: str | None


class Caseloads:
    """The table `caseload`: one row a matter; without an owner it is in the open list."""

    tables: ClassVar = ("caseload",)

    def apply(self, transaction: Writing, event: Any, recorded: RecordedEvent) -> None:
        del recorded
        change = _CHANGES.get(type(event))
        if change is not None:
            change(transaction, event)

    @staticmethod
    def made_by(event: Any) -> Iterable[Made]:
        if isinstance(event, Ownership.Awaited):
            yield Made("caseload", {"number": event.number})

    @staticmethod
    def open_of(
        transaction: Questions, office: str, sealed_of: str | None, limit: int, cursor: str
    ) -> tuple[list[dict[str, Any]], str]:
        """Return a page of the office's open list, oldest first, and the cursor of the next.

        Args:
            sealed_of: whose accusations are shown: of this office; None for all.
        """
        after = key_of(cursor, (str, str)) or BEGINNING
        rows = transaction.query(
            f"SELECT {', '.join(OPEN_COLUMNS)} FROM caseload"  # noqa: S608 - our own columns
            " WHERE office = ? AND state = 'awaited' AND (registered_at, number) > (?, ?)"
            f" AND {UNSEALED} ORDER BY registered_at, number LIMIT ?",
            (office, *after, *shown_to(sealed_of), limit + 1),
        )
        return _page(rows, OPEN_COLUMNS, limit, "registered_at")

    @staticmethod
    def owned_by(
        transaction: Questions, owned: Owned, limit: int, cursor: str
    ) -> tuple[list[dict[str, Any]], str]:
        """Return a page of what a leader owns in a state, longest owned first."""
        after = key_of(cursor, (str, str)) or BEGINNING
        rows = transaction.query(
            f"SELECT {', '.join(CASELOAD_COLUMNS)} FROM caseload"  # noqa: S608 - our own columns
            " WHERE owner = ? AND state = ? AND office LIKE ? AND (owned_since, number) > (?, ?)"
            f" AND {UNSEALED} ORDER BY owned_since, number LIMIT ?",
            (
                owned.owner,
                owned.state,
                f"{owned.reach}%",
                *after,
                *shown_to(owned.sealed_of),
                limit + 1,
            ),
        )
        return _page(rows, CASELOAD_COLUMNS, limit, "owned_since")


def _page(
    rows: Sequence[Row], columns: Sequence[str], limit: int, sorted_by: str
) -> tuple[list[dict[str, Any]], str]:
    items = [dict(zip(columns, row, strict=True)) for row in rows[:limit]]
    more = len(rows) > limit
    return items, cursor_of((items[-1][sorted_by], items[-1]["number"])) if more else ""


def _await(transaction: Writing, event: Ownership.Awaited) -> None:
    transaction.insert(
        "caseload",
        {
            "number": event.number,
            "office": event.office,
            "channel": event.channel,
            "petition_class": event.petition_class,
            "awaits": event.awaits,
            "registered_at": text_of(event.timestamp),
            "owner": "",
            "owned_since": "",
            "state": "awaited",
            "repeats": 0,
        },
        key="number",
    )


def _own(
    transaction: Writing, event: Ownership.Taken | Ownership.Succeeded | Ownership.Recused
) -> None:
    changes = {"owner": event.owner, "owned_since": text_of(event.timestamp), "state": "owned"}
    transaction.update("caseload", "number", event.number, changes)


def _count_repeat(transaction: Writing, event: Ownership.RepeatJoined) -> None:
    _count(transaction, event.number, 1)


def _close(transaction: Writing, event: Ownership.Closed) -> None:
    transaction.update("caseload", "number", event.number, {"state": "closed"})


def _reopen(transaction: Writing, event: Ownership.Reopened) -> None:
    transaction.update("caseload", "number", event.number, {"state": "owned"})


def _take_in(transaction: Writing, event: Ownership.MatterMerged) -> None:
    _count(transaction, event.number, len(event.numbers))


def _let_go(transaction: Writing, event: Ownership.RepeatLeft) -> None:
    _count(transaction, event.number, -len(event.numbers))


def _count(transaction: Writing, number: str, repeats: int) -> None:
    transaction.write(
        "UPDATE caseload SET repeats = repeats + ? WHERE number = ?", (repeats, number)
    )


def _merge(transaction: Writing, event: Ownership.Merged) -> None:
    """What is part of another matter stands in no list."""
    transaction.update("caseload", "number", event.number, {"state": "merged"})


def _split(transaction: Writing, event: Ownership.Split) -> None:
    changes = {"state": event.state, "repeats": len(event.numbers) - 1}
    transaction.update("caseload", "number", event.number, changes)


_CHANGES: dict[type, Any] = {
    Ownership.Awaited: _await,
    Ownership.Taken: _own,
    Ownership.Succeeded: _own,
    Ownership.Recused: _own,
    Ownership.RepeatJoined: _count_repeat,
    Ownership.MatterMerged: _take_in,
    Ownership.RepeatLeft: _let_go,
    Ownership.Merged: _merge,
    Ownership.Split: _split,
    Ownership.Closed: _close,
    Ownership.Reopened: _reopen,
}
