"""Keyset paging: a page goes on behind the last row of the one before, whatever was added since."""

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Any, Final

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
