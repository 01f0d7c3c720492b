"""The order of facts from several logs, whose clocks may differ a little."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
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
    """Return facts as they were recorded: each log in its own order, no fact before its cause."""
    logs: dict[str, list[Fact]] = {}
    for fact in sorted(facts, key=lambda fact: fact.position, reverse=True):
        logs.setdefault(fact.source, []).append(fact)
    waiting = {fact.event_id for fact in facts}
    ordered = []
    while waiting:
        fact = _next_of([log[-1] for log in logs.values() if log], waiting)
        ordered.append(logs[fact.source].pop())
        waiting.remove(fact.event_id)
    return ordered


def _next_of(heads: Sequence[Fact], waiting: AbstractSet[str]) -> Fact:
    """Return the one recorded first, of those whose cause does not wait itself."""
    ready = [fact for fact in heads if fact.cause not in waiting]
    return min(ready or heads, key=lambda fact: (fact.recorded_at, fact.source))
