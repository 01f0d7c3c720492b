"""The order of facts from several logs, whose clocks may differ a little."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact of one log.

    Attributes:
        occurred_at: when it happened, as stated; `recorded_at`: when its log took it in.
        cause: id of the fact or request that led to it.
    """

    event_id: str
    source: str
    position: int
    type: str
    occurred_at: datetime
    recorded_at: datetime
    actor: str
    cause: str
    correlation_id: str
    data: dict[str, Any]


def in_order(facts: Sequence[Fact]) -> list[Fact]:
    """Return facts as they were recorded, none of them before its cause."""
    by_id = {fact.event_id: fact for fact in facts}
    return sorted(facts, key=lambda fact: _place(fact, by_id))


def _place(fact: Fact, by_id: dict[str, Fact]) -> tuple[datetime, int, str, int]:
    """Return the latest recording along the chain of causes, then the length of that chain."""
    latest, depth = fact.recorded_at, 0
    cause = by_id.get(fact.cause)
    while cause is not None and depth < len(by_id):
        latest, depth = max(latest, cause.recorded_at), depth + 1
        cause = by_id.get(cause.cause)
    return latest, depth, fact.source, fact.position
