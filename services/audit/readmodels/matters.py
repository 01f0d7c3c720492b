"""What audit answers from beside the facts themselves, row by row: to be compared with them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, Final, NamedTuple

from chassis.eventstore.transaction import Questions
from services.audit.readmodels.trees import TreeTables

STRAYS_MAX: Final = 100
# Each fact that was taken in has its leaf, entered in the same transaction.
_STRAYS: Final = (
    "SELECT t.source, t.position, t.type, t.petition_id FROM timeline t LEFT JOIN ledger_leaf l"
    " ON l.source = t.source AND l.seq = t.position WHERE l.position IS NULL"
    " ORDER BY t.source, t.position LIMIT ?"
)
_MATTERS: Final = (
    "SELECT number, petition_id, matter_id, matter_number, repeats_id FROM matter"
    " WHERE number > ? ORDER BY number LIMIT ?"
)
_MOVES: Final = (
    "SELECT number, position, moved_at, matter_id, matter_number FROM matter_moved"
    " WHERE number IN ({}) ORDER BY number, position"
)
_SHOWN: Final = (
    "SELECT petition_id, source, position FROM case_shown WHERE petition_id IN ({})"
    " ORDER BY petition_id, source, position"
)


class MatterPage(NamedTuple):
    """Some petitions by number.

    Attributes:
        strays: name and petition of facts that have no leaf; looked for with the first page only.
        size: of the ledger at the same moment.
    """

    items: list[dict[str, Any]]
    strays: list[tuple[str, str]]
    size: int


class MatterTables:
    """Reads `matter`, `matter_moved` and `case_shown`, and `timeline` beside the leaves."""

    def page(self, questions: Questions, behind: str, limit: int) -> MatterPage:
        """Return so many petitions behind a number."""
        rows = questions.query(_MATTERS, (behind, limit))
        moves = _by_first(questions, _MOVES, [row[0] for row in rows])
        shown = _by_first(questions, _SHOWN, [row[1] for row in rows])
        items = [_item(row, moves[row[0]], shown[row[1]]) for row in rows]
        strays = [] if behind else questions.query(_STRAYS, (STRAYS_MAX,))
        named = [(f"{source} {at} ({type_})", about) for source, at, type_, about in strays]
        return MatterPage(items, named, TreeTables().size(questions))


def _item(row: Sequence[Any], moves: list[Any], shown: list[Any]) -> dict[str, Any]:
    names = ("number", "petition_id", "matter_id", "matter_number", "repeats_id")
    moved = ("position", "moved_at", "matter_id", "matter_number")
    return {
        **dict(zip(names, row, strict=True)),
        "moves": [dict(zip(moved, move, strict=True)) for move in moves],
        "shown": len(shown),
        "shown_hash": digest_of(shown),
    }


def digest_of(shown: Sequence[tuple[str, int]]) -> str:
    """Return the hash over service and position of facts, a line each."""
    return sha256("".join(f"{source} {at}\n" for source, at in shown).encode()).hexdigest()


def _by_first(questions: Questions, sql: str, keys: Sequence[str]) -> Mapping[str, list[Any]]:
    found = defaultdict(list)
    if keys:
        for key, *row in questions.query(sql.format(", ".join("?" * len(keys))), keys):
            found[key].append(tuple(row))
    return found
