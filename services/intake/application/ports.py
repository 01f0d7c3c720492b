"""What the use cases of intake take in and lean on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Protocol

from chassis.eventstore.transaction import Questions, Writing
from chassis.jurisdiction import Actor
from services.intake.domain.repeats import KnownBy


class Content(Protocol):
    """What a petitioner gave us, as the vault takes it."""

    @property
    def persons(self) -> Mapping[str, Sequence[Mapping[str, str]]]:
        """Role to people."""

    @property
    def text(self) -> Mapping[str, Any]:
        """Title, body, place, accused."""

    def changed(
        self, text: Mapping[str, Any], persons: Mapping[str, Sequence[Mapping[str, str]]]
    ) -> "Content":
        """Return it with other texts and people where they are given."""


@dataclass(frozen=True, slots=True)
class PersonMarks:
    """The keyed marks of a person who can be told from others of the name; at least one.

    Attributes:
        id_number: of his id number; empty where he gave none.
        phone: of his name and phone, likewise.
    """

    id_number: str
    phone: str

    @property
    def own(self) -> str:
        """The mark that tells him best, under which his key is kept."""
        return self.id_number or self.phone


@dataclass(frozen=True, slots=True)
class Earlier:
    """The text of an earlier petition of a person, by a mark of that person.

    Attributes:
        with_id: whether he gave an id number then.
    """

    person: str
    with_id: bool
    petition_id: str
    content: Content


class Vault(Protocol):
    """Keeps text and persons away from everything else."""

    def keyring(self, transaction: Questions, contents: Mapping[str, Any]) -> Any:
        """Find the keys of all persons in contents, by petition_id, in one question."""

    def keep(
        self,
        transaction: Writing,
        keyring: Any,
        petition_id: str,
        content: Any,
        kept_at: datetime,
    ) -> str:
        """Encrypt and store content; return the commitment to it."""

    def open(self, transaction: Questions, petition_id: str, version: int = 1) -> Content:
        """Return a version of the content of a petition.

        Raises:
            ContentErased: it cannot be read any more.
            VersionUnknown: it has no such version.
        """

    def committed(self, content: Any) -> tuple[bytes, str]:
        """Return a new salt, and the commitment to content with it."""

    def keep_version(
        self, transaction: Writing, petition_id: str, version: int, content: Any, salt: bytes
    ) -> None:
        """Encrypt and store another version of a petition's content."""

    def matter_marks(self, content: Any, category: str, *, sealed: bool) -> Mapping[str, KnownBy]:
        """Return what tells each person of it with the matter, to what he is known by."""

    def person_marks(self, content: Any) -> Sequence[PersonMarks]:
        """Return the marks of the persons who can be told from others of the name."""

    def pair_mark(self, person_mark: str, petition_id: str, original_id: str) -> str:
        """Return a keyed mark of a person in two petitions: it ties no third one to them."""

    def earlier(
        self, transaction: Questions, keyring: Any, people: Iterable[PersonMarks], newest: int
    ) -> Sequence[Earlier]:
        """Return the texts of some persons' newest petitions, in one question for all of them."""

    def mark_phones(self, transaction: Writing, people: int) -> int:
        """Let people who were known before be found by name and phone; return how many."""

    def is_query_code(self, number: str, code: str) -> bool:
        """Tell whether a code belongs to a number."""


class Comparing(Protocol):
    """Tells how like texts are."""

    def letters(self, content: Content) -> str:
        """Return what of a content is compared."""

    def of(self, one: str, other: str) -> int:
        """Return how like two such texts are, 0 to 100."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who asks after a petition.

    Attributes:
        is_head: of the actor's office.
        is_staff: has a need of content; an agency or an auditor has not.
        audits: sees every petition.
    """

    actor: Actor
    is_head: bool
    is_staff: bool
    audits: bool


@dataclass(frozen=True, slots=True)
class MarkedMatter:
    """The original petition of a matter.

    Attributes:
        position: of its registration in the log: the lower, the earlier.
        kept_out: marks of those who may not learn of it, in writing.
        named_id, named_number: the petition of the matter by which it was found.
        parted_from: ids of petitions that these two were linked to by mistake, in writing.
    """

    petition_id: str
    number: str
    position: int
    office: str
    kept_out: str
    named_id: str
    named_number: str
    parted_from: str = ""

    @property
    def ids(self) -> frozenset[str]:
        """Ids of the first petition and of the one by which the matter was found."""
        return frozenset({self.petition_id, self.named_id})

    def was_parted_from(self, other: "MarkedMatter") -> bool:
        """Tell whether a link between the two was undone."""
        mine, theirs = self.parted_from.split(), other.parted_from.split()
        return not (self.ids.isdisjoint(theirs) and other.ids.isdisjoint(mine))

    def found_by(self, petition_id: str, number: str) -> "MarkedMatter":
        """Return the matter as found by another petition of it."""
        return replace(self, named_id=petition_id, named_number=number)


class Register(Protocol):
    """The tables of registered petitions."""

    def find(self, transaction: Questions, number: str) -> Mapping[str, Any] | None:
        """Return the row of a petition, or None."""

    def matters_marked(
        self, transaction: Questions, marks: Iterable[str]
    ) -> dict[str, MarkedMatter]:
        """Return mark to the matter that has it, of those of the marks that are known."""

    def standing_of(
        self, transaction: Questions, petition_ids: Iterable[str]
    ) -> dict[str, Mapping[str, Any]]:
        """Return petition_id to what a candidate is, and the matter it belongs to."""

    def behind(self, transaction: Questions, petition_id: str) -> list[str]:
        """Return the numbers of what repeats a petition, and what repeats those, in order."""

    def mark_matter(self, transaction: Writing, mark: str, petition_id: str, number: str) -> None:
        """Keep the mark of an original petition."""

    def forget_marks(self, transaction: Writing, marks: Iterable[str], petition_id: str) -> None:
        """Let a petition be found by marks no more."""

    def next_serials(
        self, transaction: Writing, counts: Mapping[str, int], day: date
    ) -> dict[str, int]:
        """Take serials of a day, so many for each region; return the first of each."""


@dataclass(frozen=True, slots=True)
class Raised:
    """A petition as it was raised.

    Attributes:
        occurred_at: UTC, aware.
        received_at: where that is not when it was raised.
        repeat_of: number of the petition that it repeats, where the clerk knows.
    """

    office: str
    channel: str
    petition_class: str
    category: str
    headcount: int
    occurred_at: datetime
    repeat_of: str | None
    external_number: str
    content: Content
    accused_staff: Sequence[str] = ()
    accused_units: Sequence[str] = ()
    received_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Parties:
    """Parties who became known after registration, and how."""

    staff: Sequence[str]
    units: Sequence[str]
    reason: str
    document: str


@dataclass(frozen=True, slots=True)
class Corrected:
    """What is to be put right.

    Attributes:
        codes: name of a code to what it should have been; times in ISO 8601.
        text, persons: what the content should have said, where it said something else.
    """

    codes: Mapping[str, Any]
    text: Mapping[str, Any]
    persons: Mapping[str, Sequence[Mapping[str, str]]]
    reason: str
