"""What audit answers from beside the facts themselves, row by row: to be compared with them."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, NamedTuple

from chassis.eventstore.faults import tells_of_damage
from chassis.eventstore.paging import POSITION_BITS, CursorInvalid
from chassis.eventstore.transaction import Questions
from services.audit.readmodels.trees import TreeTables

# Rows of the timeline looked at for one page.
STRETCH: Final = 1_000
# What a cursor begins with behind the last petition; no number does.
FACTS: Final = "facts "
_FACTS_BEHIND: Final = re.compile(rf"{FACTS}(-?\d{{1,19}}) (.*)", re.ASCII)
_SOURCE_MAX: Final = 100
_PLACES: Final = 2**POSITION_BITS
# Each fact that was taken in has its leaf, entered in the same transaction. Of those with one
# nothing more is read: it may be damaged, and is compared elsewhere.
_FOUND: Final = (
    "SELECT t.source, t.position, l.position,"
    " CASE WHEN l.position IS NULL THEN t.type END,"
    " CASE WHEN l.position IS NULL THEN t.petition_id END"
    " FROM (SELECT source, position, type, petition_id FROM timeline"
    " WHERE (source, position) > (?, ?) ORDER BY source, position LIMIT ?) t"
    " LEFT JOIN ledger_leaf l ON l.source = t.source AND l.seq = t.position"
    " ORDER BY t.source, t.position"
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
    """Some petitions by number; behind the last of them, what strays in a stretch of facts.

    Attributes:
        strays: name and petition of facts that have no leaf.
        size: of the ledger at the same moment.
    """

    items: list[dict[str, Any]]
    strays: list[tuple[str, str]]
    size: int
    next_cursor: str


class Damaged(ValueError):  # noqa: N818 - it says what is the case
    """A row cannot be read, however often one tries."""


@dataclass(frozen=True)
class MatterTables:
    """Reads `matter`, `matter_moved` and `case_shown`, and `timeline` beside the leaves.

    Attributes:
        stretch: rows of the timeline looked at for one page.
    """

    stretch: int = STRETCH

    def page(self, questions: Questions, cursor: str, limit: int) -> MatterPage:
        """Return what lies behind a number, or behind a fact.

        Raises:
            CursorInvalid.
            Damaged: which is no reason to ask again.
        """
        page = self._of_facts if cursor.startswith(FACTS) else _of_petitions
        try:
            return page(questions, cursor, limit)
        except Exception as error:
            if tells_of_damage(error):
                raise Damaged from error
            raise

    def _of_facts(self, questions: Questions, cursor: str, _limit: int) -> MatterPage:
        source, position = _behind(cursor)
        rows = questions.query(_FOUND, (source, position, self.stretch))
        strays = [
            (f"{source} {at} ({type_})", about)
            for source, at, leaf, type_, about in rows
            if leaf is None
        ]
        more = len(rows) == self.stretch
        following = _cursor_behind(rows[-1], source, position) if more else ""
        return MatterPage([], strays, TreeTables().size(questions), following)


def _of_petitions(questions: Questions, behind: str, limit: int) -> MatterPage:
    rows = questions.query(_MATTERS, (behind, limit))
    moves = _by_first(questions, _MOVES, [row[0] for row in rows])
    shown = _by_first(questions, _SHOWN, [row[1] for row in rows])
    items = [_item(row, moves[row[0]], shown[row[1]]) for row in rows]
    following = items[-1]["number"] if len(items) == limit else FACTS
    return MatterPage(items, [], TreeTables().size(questions), following)


def _behind(cursor: str) -> tuple[str, int]:
    if cursor == FACTS:
        return "", 1 - _PLACES
    behind = _FACTS_BEHIND.fullmatch(cursor)
    if not behind or abs(int(behind[1])) >= _PLACES:
        raise CursorInvalid
    return behind[2], int(behind[1])


def _cursor_behind(row: Sequence[Any], source: str, position: int) -> str:
    """Return where the next stretch begins: further on each time, whatever lies there.

    SQLite lets others put what is no number and no name there. That is a stray, and named;
    behind it nothing is looked for.
    """
    last, at = row[:2]
    named = isinstance(last, str) and last.isprintable() and len(last) <= _SOURCE_MAX
    if not named or not isinstance(at, int | float) or abs(at) >= _PLACES - 1:
        return ""
    reached = max(int(at), position + 1) if last == source else int(at)
    return f"{FACTS}{reached} {last}"


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
