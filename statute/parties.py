"""Who is kept out of a matter: the parties that are named in it (回避; Arts 27 to 30, 46).

Facts carry a mark of each party instead of his staff number or office code. A mark is salted with
the number of the matter: it cannot be read, and two matters about one person do not show that they
are. It is no secret: whoever may read the log can try a code that he knows (ADR 11).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

PURPOSE = "shouwen party"


def mark_of(matter: str, code: str) -> str:
    """Return the mark of a staff number or office code in the matter with a number."""
    return sha256(f"{PURPOSE}\x1f{matter}\x1f{code}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Parties:
    """The parties of one matter, by their marks.

    Attributes:
        matter: number of the matter: the original's, for a repeat.
    """

    matter: str
    marks: frozenset[str] = frozenset()

    @classmethod
    def named(cls, matter: str, codes: Iterable[str]) -> "Parties":
        """Return parties that are named by their staff numbers and office codes."""
        return cls(matter, frozenset(mark_of(matter, code) for code in codes))

    @classmethod
    def written(cls, matter: str, marks: str) -> "Parties":
        """Return parties from their marks as a table has them, with blanks between."""
        return cls(matter, frozenset(marks.split()))

    @property
    def in_writing(self) -> str:
        """The marks as `written` reads them."""
        return " ".join(sorted(self.marks))

    def joined_by(self, marks: Iterable[str]) -> "Parties":
        """Return these and others of the same matter."""
        return Parties(self.matter, self.marks | frozenset(marks))

    def include(self, *codes: str) -> bool:
        """Tell whether any of the staff numbers and office codes is a party's."""
        return bool(self.marks) and any(mark_of(self.matter, code) in self.marks for code in codes)
