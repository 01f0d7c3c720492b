"""Questions over many cases: what a person did, what was seen by whom, how a place stood.

An auditor who is a party to a sealed matter finds nothing of it here either.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, NamedTuple, Protocol

from chassis.eventstore.instants import text_of
from chassis.eventstore.log import EventLog
from chassis.eventstore.paging import Key, key_of, page_of
from chassis.eventstore.transaction import Questions
from services.audit.application.sight import Reader, hidden
from services.audit.domain.access import CLOCK_TOLERANCE
from services.audit.domain.refusals import InTheFuture, PetitionUnknown
from services.audit.domain.standing import Standing, followed, standing_of
from services.audit.domain.timeline import Fact, Instants, Period

# Events by which somebody saw what is not everybody's to see.
LOOKS: Final = (
    "content.read.v1",
    "case.replayed.v1",
    "case.exported.v1",
    "sealed_cases.shown.v1",
)
_BY_TIME: Final = (str, str, int)
_BY_NUMBER: Final = (str,)


class Found(NamedTuple):
    """A fact with what it is about."""

    petition_id: str
    fact: Fact

    @property
    def about(self) -> frozenset[str]:
        """Ids of all petitions that it is about."""
        return self.fact.about | {self.petition_id}

    @property
    def names(self) -> frozenset[str]:
        """Numbers of petitions that it names, such as that of a repeat."""
        return self.fact.numbers


class Asked(NamedTuple):
    """Which facts: of whom, of which case, of which kind, from when; whatever is empty is any.

    Attributes:
        period: in which they were recorded.
        occurred: in which they are stated to have happened.
    """

    actor: str = ""
    petition_id: str = ""
    types: Sequence[str] = ()
    period: Period = Period()
    occurred: Period = Period()


class Case(NamedTuple):
    """A petition on record."""

    number: str
    petition_id: str

    @property
    def about(self) -> frozenset[str]:
        """The petition itself."""
        return frozenset((self.petition_id,))

    @property
    def names(self) -> frozenset[str]:
        """Its own number, which is that of the petition."""
        return frozenset()


class Place(NamedTuple):
    """Whose petitions; whatever is empty is any.

    Attributes:
        region: its leading digits.
        office: that put them on record.
    """

    region: str = ""
    office: str = ""


class Facts(Protocol):
    """The facts of all logs, as lists."""

    def matter_of(self, questions: Questions, number: str) -> tuple[str, str] | None:
        """Return petition_id and number of the matter that a number belongs to, or None."""

    def found(
        self, questions: Questions, asked: Asked, behind: Key | None, limit: int
    ) -> list[Found]:
        """Return so many facts as they were recorded, behind a key."""

    def cases(
        self, questions: Questions, place: Place, behind: Key | None, limit: int
    ) -> list[Case]:
        """Return so many petitions of a place by number."""

    def numbered(self, questions: Questions, numbers: Sequence[str]) -> list[Case]:
        """Return the petitions with these numbers."""

    def standing_facts(
        self, questions: Questions, petition_ids: Sequence[str], until: Instants
    ) -> Mapping[str, Sequence[Fact]]:
        """Return by petition what says how it stood at an instant on each clock."""

    def sight_facts(
        self, questions: Questions, petition_ids: Sequence[str]
    ) -> Mapping[str, Sequence[Fact]]:
        """Return by petition what says who may see its matter."""


@dataclass(frozen=True)
class Looking:
    """Answers questions over many cases, a page at a time."""

    log_of_events: EventLog
    facts: Facts
    clock: Callable[[], datetime]

    def deeds(
        self, reader: Reader, asked: Asked, cursor: str, limit: int
    ) -> tuple[list[Found], str]:
        """Return what a person did, as it was recorded, and the cursor of the next page.

        Raises:
            CursorInvalid.
        """
        behind = key_of(cursor, _BY_TIME)
        with self.log_of_events.reading() as questions:
            sight = _Sight(questions, self.facts, reader)
            found, following = page_of(
                lambda key, count: sight.over(self.facts.found(questions, asked, key, count)),
                sight.shows,
                _time_of,
                behind,
                limit,
            )
        return [Found(*row) for row in found], following

    def looks(  # noqa: PLR0913, PLR0917 - whose, or at what, and the page
        self, reader: Reader, number: str, actor: str, period: Period, cursor: str, limit: int
    ) -> tuple[list[Found], str]:
        """Return who saw a case, or what a person saw, and the cursor of the next page.

        Raises:
            PetitionUnknown: no log has a petition with this number.
            CursorInvalid.
        """
        petition_id = ""
        if number:
            sight = _Sight(self.log_of_events, self.facts, reader)
            matter = self.facts.matter_of(self.log_of_events, number)
            if matter is None or not sight.shows(sight.over([Case(matter[1], matter[0])])[0]):
                raise PetitionUnknown(number=number)
            petition_id = matter[0]
        return self.deeds(reader, Asked(actor, petition_id, LOOKS, period), cursor, limit)

    def standings(  # noqa: PLR0913, PLR0917 - where, when by which clock, and the page
        self,
        reader: Reader,
        place: Place,
        as_of: datetime,
        cursor: str,
        limit: int,
        occurred_until: datetime | None = None,
    ) -> tuple[list[Standing], str]:
        """Return how the petitions of a place stood at an instant, and the next cursor.

        Args:
            as_of: as far as it was on record then.
            occurred_until: by what is stated to have happened by then.

        Raises:
            InTheFuture: nobody knows yet.
            CursorInvalid.
        """
        if as_of > self.clock() + CLOCK_TOLERANCE:
            raise InTheFuture(as_of="lies in the future")
        behind = key_of(cursor, _BY_NUMBER)
        with self.log_of_events.reading() as questions:
            sight = _Sight(questions, self.facts, reader)
            cases, following = page_of(
                lambda key, count: sight.over(self.facts.cases(questions, place, key, count)),
                sight.shows,
                lambda case: (case[0],),
                behind,
                limit,
            )
            until = Instants(as_of, occurred_until)
            standings = self._stood(questions, [Case(*case) for case in cases], until)
            standings = self._followed(questions, standings, until)
            return self._unnamed(questions, sight, standings), following

    def _unnamed(
        self, questions: Questions, sight: "_Sight", standings: Sequence[Standing]
    ) -> list[Standing]:
        """Return them without the numbers of matters that are not the reader's to see."""
        into = sorted({each.into for each in standings if each.into})
        cases = sight.over(self.facts.numbered(questions, into))
        hidden = {case.number for case in cases if not sight.shows(case)}
        return [replace(each, into=None) if each.into in hidden else each for each in standings]

    def _stood(
        self, questions: Questions, cases: Sequence[Case], until: Instants
    ) -> list[Standing]:
        told = self.facts.standing_facts(questions, [case.petition_id for case in cases], until)
        standings = [standing_of(told.get(case.petition_id, ())) for case in cases]
        return [each for each in standings if each is not None]

    def _followed(
        self, questions: Questions, standings: list[Standing], until: Instants
    ) -> list[Standing]:
        """Return each where it stood, though the matter that it had joined let it go again."""
        known = {each.number: each for each in standings}
        while True:
            standings = [followed(each, known) for each in standings]
            new = sorted({each.into for each in standings if each.into} - known.keys())
            if not new:
                return standings
            found = self._stood(questions, self.facts.numbered(questions, new), until)
            known |= {each.number: each for each in found}
            if not found:
                return standings


class _Sight:
    """What of the rows of a list is the reader's to see, asked for a page at a time."""

    def __init__(self, questions: Questions, facts: Facts, reader: Reader) -> None:
        self._questions = questions
        self._facts = facts
        self._reader = reader
        self._hidden: dict[str, bool] = {}
        self._numbered: dict[str, str] = {}

    def over(self, rows: list[Any]) -> list[Any]:
        """Look at the matters of rows, and return the rows."""
        named = {number for row in rows for number in row.names} - self._numbered.keys()
        found = self._facts.numbered(self._questions, sorted(named))
        self._numbered |= {case.number: case.petition_id for case in found}
        new = sorted({each for row in rows for each in self._about(row)} - self._hidden.keys())
        if new:
            facts = self._facts.sight_facts(self._questions, new)
            for petition_id in new:
                self._hidden[petition_id] = hidden(self._reader, facts.get(petition_id, ()))
        return rows

    def shows(self, row: Any) -> bool:
        """Tell whether a row is the reader's to see."""
        return not any(self._hidden[each] for each in self._about(row))

    def _about(self, row: Any) -> set[str]:
        """Return the petitions that a row is about, or names by their numbers."""
        named = (self._numbered.get(number) for number in row.names)
        return {*row.about, *filter(None, named)}


def _time_of(found: Any) -> Key:
    return text_of(found.fact.recorded_at), found.fact.source, found.fact.position
