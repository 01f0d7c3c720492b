"""How a case stood at an instant: folded from the facts that were on record then.

A case that was merged into another stands where that one does, and so does a repeat; here it says
so, and into which.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from services.audit.domain.timeline import Fact


@dataclass(frozen=True, slots=True)
class Standing:
    """One petition at an instant.

    Attributes:
        state: registered, repeat, awaited, owned, closed or merged.
        owner: staff number; None while nobody owned it, or where another matter has taken it up.
        changed_at: when the last fact that is told here was recorded.
        into: number of the matter that it belongs to, where that is another.
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


REGISTERED: Final = "petition.registered.v1"
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
    "case.closed.v1": lambda data: {"state": "closed", "owner": data["owner"]},
    "case.reopened.v1": lambda data: {"state": "owned", "owner": data["owner"]},
    "ownership.merged.v1": lambda data: {
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
TYPES: Final = (REGISTERED, *TELLS)


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
    return standing
