"""When a petition repeats another of one person (同人同事): the policy, and the evidence."""

from dataclasses import asdict, dataclass
from typing import Any, Final

# How near two offices are, the nearest first, with the leading digits that they then share.
NEARNESS: Final = (("office", 9), ("region", 6), ("city", 4))
ELSEWHERE: Final = "elsewhere"


@dataclass(frozen=True, slots=True)
class LikenessPolicy:
    """How much each thing counts of 100, and from where on the sum says something.

    Calibrated on real messages, see ADR 10. A change is a new version: evidence names its own.

    Attributes:
        places: nearness of the two offices to what it counts.
        link_from: at this score the petition is linked as it is registered.
        propose_from: at this score it is proposed to a clerk.
        same_words_from: at this likeness of text two petitions of one title say the same.
        letters_min: shorter texts look alike by chance; they are proposed at most.
    """

    version: str
    text: int
    category: int
    places: dict[str, int]
    link_from: int
    propose_from: int
    same_words_from: int
    letters_min: int


POLICY: Final = LikenessPolicy(
    version="likeness.v1",
    text=70,
    category=15,
    places={"office": 15, "region": 12, "city": 6, ELSEWHERE: 0},
    link_from=90,
    propose_from=70,
    same_words_from=90,
    letters_min=30,
)
# Of a person's earlier petitions so many, the newest, are looked at.
LOOKED_AT: Final = 8


@dataclass(frozen=True, slots=True)
class Likeness:
    """How like two petitions of one person are; the evidence of a link.

    Attributes:
        policy: version of the policy that the score is by.
        person: keyed mark of the person whom both have, made for this pair alone.
        text: likeness of title and text, 0 to 100.
        letters: of the shorter text.
        place: how near the two offices are.
    """

    policy: str
    person: str
    text: int
    letters: int
    same_category: bool
    place: str
    score: int

    @property
    def links(self) -> bool:
        """Whether it is enough for a link without a clerk."""
        return self.score >= POLICY.link_from and self.letters >= POLICY.letters_min

    @property
    def same_words(self) -> bool:
        """Whether the two say the same, but for small things."""
        return self.text >= POLICY.same_words_from

    @property
    def proposes(self) -> bool:
        """Whether it is enough to ask a clerk."""
        return self.score >= POLICY.propose_from

    def stated(self) -> dict[str, Any]:
        """Return it as facts have it."""
        return asdict(self)


def likeness(
    *, person: str, text: int, letters: int, same_category: bool, offices: tuple[str, str]
) -> Likeness:
    """Weigh how like two petitions of one person are."""
    place = _nearness(*offices)
    score = text * POLICY.text // 100 + same_category * POLICY.category + POLICY.places[place]
    return Likeness(POLICY.version, person, text, letters, same_category, place, score)


def same_title(person: str, offices: tuple[str, str]) -> Likeness:
    """Return the likeness of two petitions of one title and category whose text is not compared."""
    return likeness(person=person, text=0, letters=0, same_category=True, offices=offices)


def _nearness(one: str, other: str) -> str:
    near = (name for name, digits in NEARNESS if one[:digits] == other[:digits])
    return next(near, ELSEWHERE)
