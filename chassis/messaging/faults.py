"""Faults as they may be logged: where, never with what values.

The text of an exception may quote a row or an argument, hence personal data; only its type and
the places in the code are kept.
"""

import traceback
from pathlib import PurePath

from eventsourcing.persistence import InterfaceError, OperationalError

from contracts.failures import CODES, Failure


def broken_at(error: BaseException) -> list[str]:
    """Return the types of an exception and of its causes, with the places they passed through."""
    lines: list[str] = []
    link: BaseException | None = error
    while link is not None and len(lines) < _LINES_MAX:
        lines.append(f"{type(link).__module__}.{type(link).__qualname__}")
        lines.extend(_places(link))
        link = link.__cause__ or link.__context__
    return lines


def refusal_of(error: BaseException) -> Failure | None:
    """Return the failure that an exception stands for by its `code`, or None when it is a fault."""
    if isinstance(error, Failure):
        return error
    code = getattr(error, "code", None)
    if not isinstance(code, str) or code not in CODES:
        return None
    return Failure(code, fields=getattr(error, "fields", None))


def passes(error: BaseException) -> bool:
    """Tell whether the fault lies in what is away just now, not in the work that met it."""
    refusal = refusal_of(error)
    if refusal is not None:
        return refusal.code in {"unavailable", "busy"}
    return isinstance(error, OperationalError | InterfaceError)


_LINES_MAX = 60


def _places(error: BaseException) -> list[str]:
    return [
        f"  {PurePath(frame.filename).name}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]
