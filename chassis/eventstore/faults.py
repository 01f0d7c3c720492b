"""Faults of the database drivers, translated, and those of them that are worth another try.

The words are those of `eventsourcing.persistence`, with one of our own:

    PersistenceError
    └── DatabaseError
        └── OperationalError
            └── TransactionLost      gone through no fault of its own; running it again is right
"""

import time
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from eventsourcing.persistence import (
    DatabaseError,
    DataError,
    IntegrityError,
    InterfaceError,
    InternalError,
    NotSupportedError,
    OperationalError,
    PersistenceError,
    ProgrammingError,
)

T = TypeVar("T")

# Three seconds in all: PostgreSQL is back from an immediate stop by then, or an operator is needed.
PAUSES_S: Final = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)

_BY_NAME: Final[dict[str, type[PersistenceError]]] = {
    kind.__name__: kind
    for kind in (
        DatabaseError,
        DataError,
        IntegrityError,
        InterfaceError,
        InternalError,
        NotSupportedError,
        OperationalError,
        ProgrammingError,
    )
}


class TransactionLost(OperationalError):  # noqa: N818 - it says what is the case
    """The connection broke or the server gave the transaction up.

    When it is raised by COMMIT the outcome is unknown: the changes may be there.
    """


def in_library_terms(error: Exception) -> PersistenceError:
    """Return a driver's error as the library's; both drivers use the names of PEP 249."""
    for kind in type(error).__mro__:
        if kind.__name__ in _BY_NAME:
            return _BY_NAME[kind.__name__](*error.args)
    return PersistenceError(*error.args)


def tells_of_damage(error: Exception) -> bool:
    """Tell whether what a row holds cannot be read, however often one tries.

    SQLite's driver takes a text that is not UTF-8 for a fault in operation.
    """
    return isinstance(error, ValueError | LookupError) or str(error).startswith(_NO_UTF_8)


_NO_UTF_8: Final = "Could not decode to UTF-8"


def retried(action: Callable[[], T], pauses_s: Sequence[float] = PAUSES_S) -> T:
    """Run the action, and again after each pause for as long as its transaction gets lost.

    Raises:
        TransactionLost: the last run lost its transaction too.
    """
    for pause_s in pauses_s:
        try:
            return action()
        except TransactionLost:
            time.sleep(pause_s)
    return action()
