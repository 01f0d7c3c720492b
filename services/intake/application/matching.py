"""Earlier petitions of the same people, compared with a new one as it is registered."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chassis.eventstore.transaction import Questions
from services.intake.application.ports import (
    Comparing,
    Content,
    MarkedMatter,
    Raised,
    Register,
    Vault,
)
from services.intake.domain.petition import is_sealed
from services.intake.domain.repeats import LOOKED_AT, Likeness, likeness


@dataclass(frozen=True, slots=True)
class Candidate:
    """An earlier petition; `matter` is the one that it belongs to."""

    petition_id: str
    office: str
    category: str
    sealed: bool
    letters: str
    matter: MarkedMatter


@dataclass(frozen=True, slots=True)
class Found:
    """A matter that a petition may be of.

    Attributes:
        same_title: one of its people raised it under the same title, in the same category.
    """

    matter: MarkedMatter
    likeness: Likeness
    same_title: bool = False

    @property
    def links(self) -> bool:
        """Whether it is enough for a link without a clerk.

        Under one title the same words are, at whatever office and however few; a title alone, such
        as one that only complains, is not.
        """
        return self.likeness.links or (self.same_title and self.likeness.same_words)

    @property
    def proposes(self) -> bool:
        """Whether it is enough to ask a clerk."""
        return self.likeness.proposes or self.same_title


@dataclass
class Candidates:
    """What the people of a batch have raised before, and what the batch adds to it.

    Attributes:
        by_person: mark to that person's petitions.
    """

    vault: Vault
    comparing: Comparing
    by_person: dict[str, list[Candidate]] = field(default_factory=lambda: defaultdict(list))

    def look_up(
        self,
        transaction: Questions,
        register: Register,
        keyring: Any,
        contents: Mapping[str, Content],
    ) -> None:
        """Find the newest petitions of all that are in a batch; none of them new, no question."""
        marks = {mark for content in contents.values() for mark in self.vault.person_marks(content)}
        earlier = self.vault.earlier(transaction, keyring, sorted(marks), LOOKED_AT)
        if not earlier:
            return
        rows = register.standing_of(transaction, {each.petition_id for each in earlier})
        # They come newest first; what the batch adds is newer.
        for each in reversed(earlier):
            row = rows.get(each.petition_id)
            if row is not None:
                letters = self.comparing.letters(each.content)
                self.by_person[each.person].append(Candidate(letters=letters, **row))

    def add(self, petition_id: str, raised: Raised, matter: MarkedMatter) -> None:
        """Let what comes later in the batch find a petition of it."""
        candidate = Candidate(
            petition_id,
            raised.office,
            raised.category,
            is_sealed(raised.petition_class),
            self.comparing.letters(raised.content),
            matter,
        )
        for mark in self.vault.person_marks(raised.content):
            self.by_person[mark].append(candidate)

    def compared(self, petition_id: str, raised: Raised) -> list[Found]:
        """Return the matters that a petition may be of, the likeliest first, the oldest of equals.

        A matter stands there once for each of its petitions that was compared.
        """
        return sorted(self._compared(petition_id, raised), key=_rank, reverse=True)

    def _compared(self, petition_id: str, raised: Raised) -> Iterator[Found]:
        persons = [
            mark for mark in self.vault.person_marks(raised.content) if self.by_person.get(mark)
        ]
        if not persons:
            return
        letters = self.comparing.letters(raised.content)
        for person in persons:
            for candidate in _comparable(self.by_person[person][-LOOKED_AT:], raised):
                yield Found(
                    candidate.matter,
                    likeness(
                        person=self.vault.pair_mark(person, petition_id, candidate.petition_id),
                        text=self.comparing.of(letters, candidate.letters),
                        letters=min(len(letters), len(candidate.letters)),
                        same_category=candidate.category == raised.category,
                        offices=(raised.office, candidate.office),
                    ),
                )


def _comparable(candidates: Sequence[Candidate], raised: Raised) -> Iterator[Candidate]:
    """Keep what is sealed apart from the rest, and to its own office, as is its matter."""
    sealed = is_sealed(raised.petition_class)
    for candidate in candidates:
        offices = {candidate.office, candidate.matter.office}
        if candidate.sealed == sealed and (not sealed or offices == {raised.office}):
            yield candidate


def _rank(found: Found) -> tuple[int, int]:
    return found.likeness.score, -found.matter.position
