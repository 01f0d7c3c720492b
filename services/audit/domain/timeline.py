"""Facts of several logs: what they name, and their order, whose clocks may differ a little."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from statute.parties import BEHIND_THE_NUMBER

NUMBER_BEGINS: Final = "XF-"
REGISTERED: Final = "petition.registered.v1"
CORRECTED: Final = "petition.corrected.v1"


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

    @property
    def petition_id(self) -> str:
        """Id of the petition that it is about; empty where it is about none."""
        return str(self.data.get("petition_id", ""))

    @property
    def about(self) -> frozenset[str]:
        """Ids of all petitions that it is about."""
        return frozenset((self.petition_id, *self.data.get("petition_ids", ())))

    @property
    def numbers(self) -> frozenset[str]:
        """Numbers of petitions that it names, such as that of a repeat, or of a party's mark."""
        return frozenset(
            text.partition(BEHIND_THE_NUMBER)[0]
            for text in _texts(self.data)
            if text.startswith(NUMBER_BEGINS)
        )


class Part(NamedTuple):
    """A petition, and the matter that it belongs to now.

    Attributes:
        matter: petition_id and number of it.
    """

    petition_id: str
    number: str
    matter: tuple[str, str]


class Period(NamedTuple):
    """A time on the clock of the record.

    Attributes:
        since: what was recorded up to then is left out; None for the beginning.
        until: what was recorded later is left out; None for now.
    """

    since: datetime | None = None
    until: datetime | None = None


class Instants(NamedTuple):
    """One instant on each clock.

    Attributes:
        as_of: what was recorded later is left out.
        occurred_until: what is stated to have happened later is left out too, where it is given.
    """

    as_of: datetime
    occurred_until: datetime | None = None


def beyond(facts: Sequence[Fact], others: Sequence[Fact]) -> list[Fact]:
    """Return, in their order, the facts that are not among others."""
    known = {fact.event_id for fact in others}
    return [fact for fact in facts if fact.event_id not in known]


def happened_by(facts: Iterable[Fact], until: datetime) -> list[Fact]:
    """Return, in their order, those of some facts that had happened by an instant.

    When a petition was raised is what its last correction says, where that is among them: the
    wrong time was a clerk's slip. The facts themselves stay as they were stated.
    """
    facts = list(facts)
    raised = {
        fact.petition_id: datetime.fromisoformat(fact.data["after"]["occurred_at"])
        for fact in facts
        if fact.type == CORRECTED and "occurred_at" in fact.data["after"]
    }
    return [fact for fact in facts if _happened_at(fact, raised) <= until]


def _happened_at(fact: Fact, raised: Mapping[str, datetime]) -> datetime:
    is_registration = fact.type == REGISTERED
    return raised.get(fact.petition_id, fact.occurred_at) if is_registration else fact.occurred_at


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


def _texts(value: Any) -> Iterator[str]:
    """Yield every text inside of a value, however deep."""
    inner = value.values() if isinstance(value, Mapping) else value
    if isinstance(inner, str):
        yield inner
    elif isinstance(inner, Iterable):
        for each in inner:
            yield from _texts(each)
