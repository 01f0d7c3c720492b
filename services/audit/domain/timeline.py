"""The order of facts from several logs, whose clocks may differ a little."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple


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


class Period(NamedTuple):
    """A time on the clock of the record.

    Attributes:
        since: what was recorded up to then is left out; None for the beginning.
        until: what was recorded later is left out; None for now.
    """

    since: datetime | None = None
    until: datetime | None = None

    def begins_before(self, fact: Fact) -> bool:
        """Tell whether a fact was recorded after the beginning."""
        return self.since is None or fact.recorded_at > self.since


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
