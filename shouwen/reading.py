"""Logs and ledger read to their ends, page by page, past what cannot be read of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum
from functools import partial
from typing import Any, Final, TypeVar

import msgspec

from contracts.envelope import CloudEvent
from contracts.failures import Failure
from shouwen.calling import Call

PAGE: Final = 1_000
# What is asked for lies beyond the ledger, whose end was cut off.
_BEYOND: Final = "bad_value"
# How a service answers that meets a damaged row: SQLite takes a damaged text for one that passes.
DAMAGED: Final = frozenset({"internal", "unavailable"})

T = TypeVar("T")
Placed = tuple[int, T]


class Missing(Enum):
    """Why there is nothing at a place."""

    UNREADABLE = "it is there and cannot be read"
    WAITS = "it is parked, or is yet to be taken in"
    LOST = "it was taken in and is gone"


class Hole(Exception):  # noqa: N818 - it says what is the case
    """A page has less than lies there; where is to be found out."""


def log_of(ask: Call, service: str, after: int = 0) -> Iterator[Placed[CloudEvent | Missing]]:
    """Yield the events of a service's log behind a position, each with its position.

    It ends with what is the last event now.
    """
    head = ask(service, "health", {})["head"]

    def page(after: int, limit: int) -> tuple[list[Placed[CloudEvent]], int]:
        answer = ask(service, "log", {"after": after, "limit": limit})
        events = msgspec.convert(answer["events"], list[CloudEvent])
        found = [(event.position - 1, event) for event in events]
        return found, events[-1].position if events else head

    for place, event in _past_damage(partial(ask, service, "health", {}), page, after, head):
        yield place + 1, event


def leaves_of(ask: Call, size: int) -> Iterator[Placed[bytes | Missing]]:
    """Yield so many leaves of the ledger, each with its index; fewer where it has no more."""

    def page(after: int, limit: int) -> tuple[list[Placed[bytes]], int]:
        asked = {"after": after, "limit": min(limit, size - after)}
        answer = ask("audit", "leaves", asked)
        wanted, leaves = min(asked["limit"], answer["size"] - after), answer["leaves"]
        _check_whole(leaves, wanted)
        return [(after + at, leaf.encode()) for at, leaf in enumerate(leaves)], after + wanted

    return _past_damage(partial(ask, "audit", "health", {}), page, 0, size)


def shown_of(ask: Call, after: int, size: int) -> Iterator[Placed[Mapping[str, Any] | Missing]]:
    """Yield the event of each leaf as audit has it to show, up to a size, with its index."""

    def page(after: int, limit: int) -> tuple[list[Placed[Mapping[str, Any] | Missing]], int]:
        answer = ask("audit", "feed", {"after": after, "limit": min(limit, size - after)})
        following, events = answer["next"], answer["events"]
        _check_whole(events, following - after)
        found = list(enumerate(events, start=after))
        if not answer["held"]:
            return found, following
        why = Missing.LOST if answer.get("lost") else Missing.WAITS
        return [*found, (following, why)], following + 1

    return _past_damage(partial(ask, "audit", "health", {}), page, after, size)


def _check_whole(found: Sequence[Any], wanted: int) -> None:
    if len(found) != wanted:
        raise Hole


def _past_damage(
    health: Callable[[], Any],
    page: Callable[[int, int], tuple[Sequence[Placed[T]], int]],
    after: int,
    end: int,
) -> Iterator[Placed[T | Missing]]:
    """Yield what lies at each place up to an end; a page that cannot be read is cut in halves.

    Args:
        health: asked before a row is taken for damaged; raises where the whole service is away.
        page: what follows a place, at most so many, and where to go on.
    """
    limit = PAGE
    while after < end:
        try:
            found, following = page(after, limit)
        except (Failure, Hole, msgspec.ValidationError) as failure:
            code = failure.code if isinstance(failure, Failure) else "internal"
            if code == _BEYOND:
                return
            if code not in DAMAGED:
                raise
            if limit == 1:
                health()
                yield after, Missing.UNREADABLE
                after += 1
            limit = max(1, limit // 2)
        else:
            yield from found
            if following == after:
                return
            after = following
            limit = min(PAGE, 2 * limit)
