"""Earlier petitions of the same people, compared with a new one as it is registered."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

from chassis.eventstore.transaction import Questions
from services.intake.application.ports import (
    Comparing,
    Content,
    MarkedMatter,
    PersonMarks,
    Raised,
    Register,
    Vault,
)
from services.intake.domain.petition import Original, is_sealed
from services.intake.domain.repeats import LOOKED_AT, KnownBy, Likeness, likeness


@dataclass(frozen=True, slots=True)
class Candidate:
    """An earlier petition; `matter` is the one that it belongs to."""

    petition_id: str
    office: str
    category: str
    petition_class: str
    sealed: bool
    letters: str
    matter: MarkedMatter


@dataclass(frozen=True, slots=True)
class Filed:
    """A candidate under a mark of one of its people; `with_id` if he gave an id number then."""

    candidate: Candidate
    with_id: bool


@dataclass(frozen=True, slots=True)
class Found:
    """A matter that a petition may be of.

    Attributes:
        same_title: one of its people raised it under the same title, in the same category.
        doubtful: it is as like another matter, and a clerk has parted the two.
        across: what was compared is of another class, with other rights.
    """

    matter: MarkedMatter
    likeness: Likeness
    same_title: bool = False
    doubtful: bool = False
    across: bool = False

    @property
    def of(self) -> tuple[Original, Original]:
        """The first petition of the matter, and the one of it that was compared."""
        matter = self.matter
        return (
            Original(matter.petition_id, matter.number),
            Original(matter.named_id, matter.named_number),
        )

    def titled(self, matter: MarkedMatter) -> "Found":
        """Return it as found by its title too, where it is of the matter that has that."""
        same = self.matter.petition_id == matter.petition_id
        return replace(self, same_title=True) if same else self

    @property
    def links(self) -> bool:
        """Whether it is enough for a link without a clerk.

        Under one title the same words are, at whatever office and however few; a title alone, such
        as one that only complains, is not. What is of another class is for a clerk to decide on:
        the same words may be meant otherwise.
        """
        return self._alike and not (self.doubtful or self.across)

    @property
    def _alike(self) -> bool:
        certain = self.same_title and self.likeness.certain
        return self.likeness.links or (certain and self.likeness.same_words)

    @property
    def _likely(self) -> bool:
        return self._alike or self.likeness.proposes

    def rivals(self, other: "Found") -> bool:
        """Tell whether a clerk has parted the two matters, and this one may be meant as well."""
        apart = self.matter.petition_id != other.matter.petition_id
        return apart and self._likely and self.matter.was_parted_from(other.matter)

    @property
    def rank(self) -> tuple[bool, bool, bool, int, int]:
        """Sorts the likeliest last, of equals the oldest."""
        certain = self.same_title and self.likeness.certain
        likeness = self.likeness
        links = self._alike and not self.across
        return (links, self.proposes, certain, likeness.score, -self.matter.position)

    @property
    def proposes(self) -> bool:
        """Whether it is enough to ask a clerk."""
        return self.likeness.proposes or self.same_title


@dataclass
class Candidates:
    """What the people of a batch have raised before, and what the batch adds to it.

    Attributes:
        by_mark: mark of an id number, or of name and phone, to the petitions of whoever has it.
    """

    vault: Vault
    comparing: Comparing
    by_mark: dict[str, list[Filed]] = field(default_factory=lambda: defaultdict(list))

    def look_up(
        self,
        transaction: Questions,
        register: Register,
        keyring: Any,
        contents: Mapping[str, Content],
    ) -> None:
        """Find the newest petitions of all that are in a batch; none of them new, no question."""
        people = [
            marks for content in contents.values() for marks in self.vault.person_marks(content)
        ]
        earlier = self.vault.earlier(transaction, keyring, people, LOOKED_AT)
        if not earlier:
            return
        rows = register.standing_of(transaction, {each.petition_id for each in earlier})
        # They come newest first; what the batch adds is newer.
        for each in reversed(earlier):
            row = rows.get(each.petition_id)
            if row is not None:
                letters = self.comparing.letters(each.content)
                filed = Filed(Candidate(letters=letters, **row), each.with_id)
                self.by_mark[each.person].append(filed)

    def add(self, petition_id: str, raised: Raised, matter: MarkedMatter) -> None:
        """Let what comes later in the batch find a petition of it."""
        candidate = Candidate(
            petition_id,
            raised.office,
            raised.category,
            raised.petition_class,
            is_sealed(raised.petition_class),
            self.comparing.letters(raised.content),
            matter,
        )
        for marks in self.vault.person_marks(raised.content):
            for mark in filter(None, (marks.id_number, marks.phone)):
                self.by_mark[mark].append(Filed(candidate, bool(marks.id_number)))

    def compared(self, petition_id: str, raised: Raised) -> list[Found]:
        """Return the matters that a petition may be of.

        A matter stands there once for each of its petitions that was compared.
        """
        return list(self._compared(petition_id, raised))

    def _compared(self, petition_id: str, raised: Raised) -> Iterator[Found]:
        people = [marks for marks in self.vault.person_marks(raised.content) if self._has(marks)]
        if not people:
            return
        letters = self.comparing.letters(raised.content)
        for mark, known_by, candidates in chain.from_iterable(map(self._of, people)):
            for candidate in _comparable(candidates, raised):
                yield Found(
                    candidate.matter,
                    likeness(
                        person=self.vault.pair_mark(mark, petition_id, candidate.petition_id),
                        text=self.comparing.of(letters, candidate.letters),
                        letters=min(len(letters), len(candidate.letters)),
                        same_category=candidate.category == raised.category,
                        offices=(raised.office, candidate.office),
                        known_by=known_by,
                    ),
                    across=candidate.petition_class != raised.petition_class,
                )

    def _has(self, marks: PersonMarks) -> bool:
        return bool(self.by_mark.get(marks.id_number) or self.by_mark.get(marks.phone))

    def _of(self, marks: PersonMarks) -> Iterator[tuple[str, KnownBy, list[Candidate]]]:
        """Yield a person's newest petitions, and by what they are his.

        Who gave another id number is another person, whoever's phone it is.
        """
        by_id, by_phone = (self.by_mark.get(mark, []) for mark in (marks.id_number, marks.phone))
        without = [filed.candidate for filed in by_phone if not filed.with_id][-LOOKED_AT:]
        if marks.id_number:
            with_id = [filed.candidate for filed in by_id][-LOOKED_AT:]
            yield marks.id_number, "id_number", with_id
            yield marks.phone, "phone_to_id", without
        else:
            with_id = [filed.candidate for filed in by_phone if filed.with_id][-LOOKED_AT:]
            yield marks.phone, "phone", without
            yield marks.phone, "phone_to_id", with_id


def _comparable(candidates: Sequence[Candidate], raised: Raised) -> Iterator[Candidate]:
    """Keep what is sealed apart from the rest, and to its own office, as is its matter."""
    sealed = is_sealed(raised.petition_class)
    for candidate in candidates:
        offices = {candidate.office, candidate.matter.office}
        if candidate.sealed == sealed and (not sealed or offices == {raised.office}):
            yield candidate


def likeliest(found: Sequence[Found]) -> Found | None:
    """Return the matter that a petition is likeliest of, None where there is none.

    Where it is as like another, and a clerk has parted the two, he has to look at it again: what
    was undone once is not linked again without him.
    """
    best = max(found, key=lambda each: each.rank, default=None)
    if best is None:
        return None
    return replace(best, doubtful=any(each.rivals(best) for each in found))
