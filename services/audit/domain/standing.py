"""How a case stood at an instant: folded from the facts that were on record then.

A case that was merged into another stands where that one does, and so does a repeat; here it says
so, and into which.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from services.audit.domain.timeline import REGISTERED, Fact


@dataclass(frozen=True, slots=True)
class Standing:
    """One petition at an instant.

    Attributes:
        state: registered, repeat, awaited, owned, closed or merged.
        owner: staff number; None while nobody owned it, or where another matter has taken it up.
        changed_at: when the last fact that is told here was recorded.
        into: number of the matter that it belongs to, where that is another.
        into_since: position in responsibility's log of the fact that says so, 0 for registration.
        let_go: numbers of what has left this matter, to that with which it left, and since when.
    """

    number: str
    petition_id: str
    office: str
    petition_class: str
    registered_at: datetime
    state: str
    owner: str | None
    changed_at: datetime
    into: str | None
    into_since: int = 0
    let_go: Mapping[str, tuple[str, int]] = field(default_factory=dict)

    @classmethod
    def begun(cls, fact: Fact) -> "Standing":
        """Return a petition as its registration left it."""
        data = fact.data
        return cls(
            number=data["number"],
            petition_id=data["petition_id"],
            office=data["office"],
            petition_class=data["petition_class"],
            registered_at=fact.recorded_at,
            state="repeat" if data["repeats"] else "registered",
            owner=None,
            changed_at=fact.recorded_at,
            into=data["repeats_number"],
        )


LEADS_ON: Final = "ownership.merged.v1"
Told = Callable[[Mapping[str, Any]], dict[str, Any]]
# What each fact about an ownership says of its case; what it does not say stays as it was.
TELLS: Final[Mapping[str, Told]] = {
    "ownership.awaited.v1": lambda _data: {"state": "awaited", "owner": None, "into": None},
    "ownership.taken.v1": lambda data: {
        "state": "owned",
        "owner": data["owner"],
        "into": None,
    },
    "ownership.succeeded.v1": lambda data: {"owner": data["owner"]},
    "ownership.recused.v1": lambda data: {"owner": data["owner"]},
    "ownership.voided.v1": lambda _data: {"state": "awaited", "owner": None},
    "case.closed.v1": lambda data: {"state": "closed", "owner": data["owner"]},
    "case.reopened.v1": lambda data: {"state": "owned", "owner": data["owner"]},
    "case.reopening_voided.v1": lambda data: {"state": "closed", "owner": data["owner"]},
    LEADS_ON: lambda data: {
        "state": "merged",
        "owner": None,
        "into": data["into_number"],
    },
    "ownership.split.v1": lambda data: {
        "state": data["state"],
        "owner": data["owner"],
        "into": None,
    },
    "matter.corrected.v1": lambda data: {"petition_class": data["petition_class"]},
}
# What each fact says of numbers that come to a matter, or leave it; each to where it has gone.
MOVES: Final[Mapping[str, Callable[[Mapping[str, Any]], Mapping[str, str | None]]]] = {
    "repeat.joined.v1": lambda data: {data["repeat_number"]: None},
    "matter.merged.v1": lambda data: dict.fromkeys(data["numbers"]),
    "repeat.left.v1": lambda data: dict.fromkeys(data["numbers"], data["repeat_number"]),
}
TYPES: Final = (REGISTERED, *TELLS, *MOVES)


def standing_of(facts: Sequence[Fact]) -> Standing | None:
    """Return how a petition stood after its facts; None where it was not on record yet.

    Args:
        facts: of one petition, those of each log in its order.
    """
    begun = next((fact for fact in facts if fact.type == REGISTERED), None)
    if begun is None:
        return None
    standing = Standing.begun(begun)
    for fact in facts:
        if (told := TELLS.get(fact.type)) is not None:
            changed_at = max(standing.changed_at, fact.recorded_at)
            standing = replace(standing, **told(fact.data), changed_at=changed_at)
        if fact.type == LEADS_ON:
            standing = replace(standing, into_since=fact.position)
        if (moves := MOVES.get(fact.type)) is not None:
            standing = replace(standing, let_go=_moved(standing.let_go, fact, moves(fact.data)))
    return standing


def _moved(
    before: Mapping[str, tuple[str, int]], fact: Fact, moves: Mapping[str, str | None]
) -> Mapping[str, tuple[str, int]]:
    stayed = {number: to for number, to in before.items() if number not in moves}
    gone = {number: (to, fact.position) for number, to in moves.items() if to is not None}
    return {**stayed, **gone}


def followed(standing: Standing, others: Mapping[str, Standing]) -> Standing:
    """Return a petition in the matter with which it left the one that it had joined.

    Args:
        others: number to the matter that it leads to, as far as they are known.
    """
    while standing.into is not None and standing.into in others:
        to, since = others[standing.into].let_go.get(standing.number, ("", 0))
        if to in {"", standing.number} or since <= standing.into_since:
            break
        standing = replace(standing, into=to, into_since=since)
    return standing
