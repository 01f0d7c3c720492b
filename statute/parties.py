"""Who is kept out of a matter: the parties that are named in it (回避; Arts 27 to 30, 46).

Facts carry a mark of each party instead of his staff number or office code. A mark is salted with
the number of the petition that names him, which it begins with: it cannot be read, two petitions
about one person do not show that they are, and it goes where its petition goes when matters are
merged and split. It is no secret: whoever may read the log can try a code that he knows (ADR 11).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

PURPOSE = "shouwen party"
BEHIND_THE_NUMBER = "."


def mark_of(number: str, code: str) -> str:
    """Return the mark of a staff number or office code in the petition with a number."""
    digest = sha256(f"{PURPOSE}\x1f{number}\x1f{code}".encode()).hexdigest()
    return f"{number}{BEHIND_THE_NUMBER}{digest}"


def _number_in(mark: str) -> str:
    return mark.partition(BEHIND_THE_NUMBER)[0]


@dataclass(frozen=True, slots=True)
class Parties:
    """The parties of one matter, by their marks in its petitions."""

    marks: frozenset[str] = frozenset()

    @classmethod
    def named(cls, number: str, codes: Iterable[str]) -> "Parties":
        """Return parties that a petition names by their staff numbers and office codes."""
        return cls(frozenset(mark_of(number, code) for code in codes))

    @classmethod
    def written(cls, marks: str) -> "Parties":
        """Return parties from their marks as a table has them, with blanks between."""
        return cls(frozenset(marks.split()))

    @property
    def in_writing(self) -> str:
        """The marks as `written` reads them."""
        return " ".join(sorted(self.marks))

    def joined_by(self, marks: Iterable[str]) -> "Parties":
        """Return these and others of the same matter."""
        return Parties(self.marks | frozenset(marks))

    def named_in(self, numbers: Iterable[str]) -> "Parties":
        """Return those that some of the petitions name."""
        wanted = frozenset(numbers)
        return Parties(frozenset(mark for mark in self.marks if _number_in(mark) in wanted))

    def without(self, others: "Parties") -> "Parties":
        """Return these but for others, which have left with their petitions."""
        return Parties(self.marks - others.marks)

    def include(self, *codes: str) -> bool:
        """Tell whether any of the staff numbers and office codes is a party's."""
        numbers = {_number_in(mark) for mark in self.marks}
        return any(mark_of(number, code) in self.marks for number in numbers for code in codes)
