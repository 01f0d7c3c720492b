"""Keyset paging: a page goes on behind the last row of the one before, whatever was added since."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import Any, Final

from chassis.eventstore.transaction import Row

Key = tuple[str | int, ...]
POSITION_BITS: Final = 63


class CursorInvalid(Exception):  # noqa: N818 - it says what is the case
    """A cursor that none of our pages gave."""

    code = "bad_value"

    def __init__(self) -> None:
        super().__init__("cursor")
        self.fields = {"cursor": "is not one that a page gave; leave it out to begin anew"}


def cursor_of(key: Key) -> str:
    """Return the sort key of the last row of a page as text."""
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode()


def key_of(cursor: str, kinds: Sequence[type]) -> Key | None:
    """Return the sort key behind which the page begins; None at the beginning.

    Raises:
        CursorInvalid: the cursor is not one of ours.
    """
    if not cursor:
        return None
    try:
        key: Any = json.loads(base64.urlsafe_b64decode(cursor.encode()))
    except (binascii.Error, ValueError) as error:
        raise CursorInvalid from error
    fits = isinstance(key, list) and [type(value) for value in key] == list(kinds)
    if not fits or any(isinstance(part, int) and part.bit_length() > POSITION_BITS for part in key):
        raise CursorInvalid
    return tuple(key)


def page_of(
    rows_behind: Callable[[Key | None, int], Sequence[Row]],
    shown: Callable[[Row], bool],
    sorted_by: Callable[[Row], Key],
    behind: Key | None,
    limit: int,
) -> tuple[list[Row], str]:
    """Return a page of the rows that are shown, and the cursor of the next.

    What is hidden tells nothing of itself: it leaves no gap, and no cursor names it.

    Args:
        rows_behind: so many rows behind a key.
        sorted_by: the key of a row.
    """
    found: list[Row] = []
    while len(found) <= limit:
        rows = rows_behind(behind, limit + 1)
        found += filter(shown, rows)
        if len(rows) <= limit:
            break
        behind = sorted_by(rows[-1])
    more = len(found) > limit
    return found[:limit], cursor_of(sorted_by(found[limit - 1])) if more else ""
