"""The open list of each office and the caseload of each leader, in the order of their waiting."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from chassis.eventstore.instants import text_of
from chassis.eventstore.log import RecordedEvent
from chassis.eventstore.losses import Made
from chassis.eventstore.paging import Key, key_of, page_of
from chassis.eventstore.transaction import Questions, Row, Writing
from services.responsibility.domain.ownership import Ownership
from services.responsibility.domain.policy import SEALED
from statute.parties import Parties

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


@dataclass(frozen=True, slots=True)
class Onlooker:
    """Who looks at a list: he is shown no accusation to which he or his office is a party."""

    subject: str
    office: str

    def is_shown(self, petition_class: str, kept_out: str) -> bool:
        """Tell whether he is shown a matter.

        Args:
            kept_out: marks of its parties, in writing.
        """
        parties = Parties.written(kept_out)
        return petition_class != SEALED or not parties.include(self.subject, self.office)


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
    def open_of(  # noqa: PLR0913, PLR0917 - whose list, for whom, which page
        transaction: Questions,
        onlooker: Onlooker,
        office: str,
        sealed_of: str | None,
        limit: int,
        cursor: str,
    ) -> tuple[list[dict[str, Any]], str]:
        """Return a page of the office's open list, oldest first, and the cursor of the next.

        Args:
            sealed_of: whose accusations are shown: of this office; None for all.
        """

        def rows_behind(behind: Key | None, count: int) -> list[Row]:
            return transaction.query(
                f"SELECT {', '.join((*OPEN_COLUMNS, 'kept_out'))} FROM caseload"  # noqa: S608 - our own columns
                " WHERE office = ? AND state = 'awaited' AND (registered_at, number) > (?, ?)"
                f" AND {UNSEALED} ORDER BY registered_at, number LIMIT ?",
                (office, *(behind or BEGINNING), *shown_to(sealed_of), count),
            )

        return _page(rows_behind, OPEN_COLUMNS, "registered_at", onlooker, limit, cursor)

    @staticmethod
    def owned_by(
        transaction: Questions, onlooker: Onlooker, owned: Owned, limit: int, cursor: str
    ) -> tuple[list[dict[str, Any]], str]:
        """Return a page of what a leader owns in a state, longest owned first."""

        def rows_behind(behind: Key | None, count: int) -> list[Row]:
            return transaction.query(
                f"SELECT {', '.join((*CASELOAD_COLUMNS, 'kept_out'))} FROM caseload"  # noqa: S608 - our own columns
                " WHERE owner = ? AND state = ? AND office LIKE ?"
                f" AND (owned_since, number) > (?, ?) AND {UNSEALED}"
                " ORDER BY owned_since, number LIMIT ?",
                (
                    owned.owner,
                    owned.state,
                    f"{owned.reach}%",
                    *(behind or BEGINNING),
                    *shown_to(owned.sealed_of),
                    count,
                ),
            )

        return _page(rows_behind, CASELOAD_COLUMNS, "owned_since", onlooker, limit, cursor)


def _page(  # noqa: PLR0913, PLR0917 - one list from another
    rows_behind: Callable[[Key | None, int], list[Row]],
    columns: Sequence[str],
    sorted_by: str,
    onlooker: Onlooker,
    limit: int,
    cursor: str,
) -> tuple[list[dict[str, Any]], str]:
    number, petition_class = columns.index("number"), columns.index("petition_class")
    place = columns.index(sorted_by)
    rows, next_cursor = page_of(
        rows_behind,
        lambda row: onlooker.is_shown(row[petition_class], row[-1]),
        lambda row: (row[place], row[number]),
        key_of(cursor, (str, str)),
        limit,
    )
    return [dict(zip(columns, row[:-1], strict=True)) for row in rows], next_cursor


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
            "kept_out": "",
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


def _keep_out(transaction: Writing, event: Ownership.PartiesKeptOut) -> None:
    changes = {"kept_out": " ".join(event.kept_out)}
    transaction.update("caseload", "number", event.number, changes)


def _correct(transaction: Writing, event: Ownership.MatterCorrected) -> None:
    changes = {"petition_class": event.petition_class, "channel": event.channel}
    transaction.update("caseload", "number", event.number, changes)


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
    Ownership.PartiesKeptOut: _keep_out,
    Ownership.MatterCorrected: _correct,
    Ownership.Closed: _close,
    Ownership.Reopened: _reopen,
}
