"""Opens one case for a reader: its facts as of an instant, and of which cases they are."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import Any, Protocol, TypeVar

from chassis.eventstore.transaction import Questions
from services.audit.application.sight import Reader, check_reader
from services.audit.domain.evidence import Sought
from services.audit.domain.refusals import OfficeNotAllowed, PetitionUnknown
from services.audit.domain.timeline import Fact, Part, in_order

T = TypeVar("T")
# Id and number of the petition that a matter is named after.
Matter = tuple[str, str]


class Timelines(Protocol):
    """The facts of all logs."""

    def matter_of(
        self, transaction: Questions, number: str, as_of: datetime | None = None
    ) -> Matter | None:
        """Return petition_id and number of the matter that a number belongs to, or None.

        Args:
            as_of: the one that it belonged to then; None as well when it was not on record.
        """

    def number_of(self, transaction: Questions, sought: Sought) -> str:
        """Return the number of a petition; empty where it is not on record."""

    def parts(self, transaction: Questions, names: Iterable[str]) -> Sequence[Part]:
        """Return the petitions with these ids or numbers, each with the matter it is in now."""

    def facts_of(
        self,
        transaction: Questions,
        petition_id: str,
        as_of: datetime | None,
        occurred_until: datetime | None,
    ) -> Sequence[Fact]:
        """Return the facts of a matter, up to both instants where they are given."""


@dataclass(frozen=True)
class Opening:
    """One look at the record for one reader; what it has asked it does not ask again."""

    questions: Questions
    timelines: Timelines
    reader: Reader
    _unknown: dict[Matter, bool] = field(default_factory=dict)
    _answers: dict[Any, Any] = field(default_factory=dict)

    def matter_of(self, number: str) -> Matter:
        """Return the matter that a number belongs to now.

        Raises:
            PetitionUnknown, OfficeNotAllowed: it is not the reader's to see.
        """
        matter = self._asked(self.timelines.matter_of, number, None)
        if matter is None:
            raise PetitionUnknown(number=number)
        self._check(matter, number)
        return matter

    def whole_of(self, number: str) -> Matter:
        """Return the matter that a number belongs to now, for who is shown all of it or nothing.

        Raises:
            PetitionUnknown: it has facts that name what is not the reader's to see.
            OfficeNotAllowed: it is not his to see.
        """
        matter = self.matter_of(number)
        if self._hidden(self._asked(self.timelines.facts_of, matter[0], None, None)):
            raise PetitionUnknown(number=number)
        return matter

    def facts_of(
        self, number: str, as_of: datetime | None, occurred_until: datetime | None
    ) -> Sequence[Fact]:
        """Return what the matter of a number had on record, none before its cause.

        Left out is what names a matter that is sealed from the reader by now, such as of a repeat
        that has left: he is told of nothing, as in all lists.

        Args:
            as_of: the matter that it belonged to then, and what was on record by then.

        Raises:
            PetitionUnknown, OfficeNotAllowed: that matter is not the reader's to see.
        """
        matter = self._asked(self.timelines.matter_of, number, as_of)
        if matter is None:
            return []
        if matter != self._asked(self.timelines.matter_of, number, None):
            self._check(matter, number)
        facts = self._asked(self.timelines.facts_of, matter[0], as_of, occurred_until)
        hidden = self._hidden(facts)
        return [fact for fact in in_order(facts) if not hidden & _named_by(fact)]

    def shown(self, matter: Matter, facts: Sequence[Fact]) -> Mapping[Matter, Sequence[str]]:
        """Return of which matters some facts are now: of each fact the petition, by its matter.

        Args:
            matter: that was asked for; it is among them, though nothing of it may be shown.
        """
        matters = {part.petition_id: part.matter for part in self._parts_named_by(facts)}
        shown: dict[Matter, list[str]] = defaultdict(list, {matter: []})
        for fact in facts:
            shown[matters.get(fact.petition_id, matter)].append(fact.petition_id)
        return shown

    def _hidden(self, facts: Sequence[Fact]) -> frozenset[str]:
        """Return ids and numbers, among what facts name, of what the reader is not to know of."""
        parts = self._parts_named_by(facts)
        hidden = [part for part in parts if self._is_unknown(part.matter)]
        return frozenset(chain.from_iterable((part.petition_id, part.number) for part in hidden))

    def _parts_named_by(self, facts: Sequence[Fact]) -> Sequence[Part]:
        named = frozenset(chain.from_iterable(map(_named_by, facts)))
        return self._asked(self.timelines.parts, named)

    def _is_unknown(self, matter: Matter) -> bool:
        """Tell whether a matter does not exist for the reader; asked for once each."""
        if matter not in self._unknown:
            try:
                self._check(matter, "")
            except PetitionUnknown:
                self._unknown[matter] = True
            except OfficeNotAllowed:
                self._unknown[matter] = False
        return self._unknown[matter]

    def _check(self, matter: Matter, number: str) -> None:
        facts = self._asked(self.timelines.facts_of, matter[0], None, None)
        check_reader(self.reader, facts, matter[1], number)
        self._unknown[matter] = False

    def _asked(self, question: Callable[..., T], *arguments: Any) -> T:
        asked = question, arguments
        if asked not in self._answers:
            self._answers[asked] = question(self.questions, *arguments)
        answer: T = self._answers[asked]
        return answer


def _named_by(fact: Fact) -> frozenset[str]:
    return fact.about | fact.numbers
