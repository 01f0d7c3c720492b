"""The terms that run as the record has it, to tell which of them are past their last day.

Rights that lapse unused are none: nobody is late with them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from statute.counting import SHANGHAI, Term
from statute.terms import TERMS
from statute.workdays import newest_calendar

FIRST_STEP: Final = "first_step"
# The facts that terms follow from; all of one log, so in the order of its days.
TOLD_BY: Final = ("ownership.", "receipt.", "course.", "term.", "case.")


class Running(NamedTuple):
    """One term that runs.

    Attributes:
        office: of the matter.
        due: its last day; None while a hearing goes on that began before it was over.
        leaf: place in the ledger of the fact that says so.
    """

    number: str
    term: str
    office: str
    due: date | None
    leaf: int


@dataclass
class RunningTerms:
    """Follows the facts in their order.

    The first step is due from the receipt on; a course says so itself once it has begun.
    """

    _running: dict[tuple[str, str], Running] = field(default_factory=dict)
    _merged: dict[tuple[str, str], Running] = field(default_factory=dict)
    _office: dict[str, str] = field(default_factory=dict)
    _with_course: set[str] = field(default_factory=set)

    def past(self, day: date) -> Iterator[Running]:
        """Yield those whose last day lies before a day."""
        return (each for each in self._running.values() if each.due and each.due < day)

    def add(self, leaf: int, type_: str, data: Mapping[str, Any], at: str) -> None:
        """Take in one fact.

        Args:
            leaf: its place in the ledger.
            at: when it happened.
        """
        number = data.get("number", "")
        match type_:
            case "ownership.awaited.v1":
                self._office[number] = data["office"]
                received_at = data.get("received_at") or data["registered_at"]
                self._first_step(number, received_at, leaf)
            case "receipt.corrected.v1" if data["due"]:
                self._change((number, FIRST_STEP), _due(data), leaf)
            case "case.reopened.v1" if number in self._office:
                self._first_step(number, at, leaf)
            case "case.reopening_voided.v1" if number not in self._with_course:
                self._running.pop((number, FIRST_STEP), None)
            case "case.closed.v1":
                self._close(number)
            case "course.begun.v1":
                self._with_course.add(number)
            case "course.merged.v1":
                self._merge(number, data["late_days"])
            case "course.split.v1":
                self._split(number, data["terms"])
        if type_.startswith("term."):
            self._of_term(leaf, type_, data)

    def _of_term(self, leaf: int, type_: str, data: Mapping[str, Any]) -> None:
        key = data["number"], data["term"]
        match type_:
            case "term.begun.v1" if not TERMS[data["term"]].lapses:
                self._running[key] = Running(*key, data["office"], _due(data), leaf)
            case "term.extended.v1" | "term.resumed.v1" | "term.recounted.v1":
                self._change(key, _due(data), leaf)
            case "term.paused.v1":
                self._hold_up(key, date.fromisoformat(data["first_day"]), leaf)
            case "term.ended.v1":
                self._running.pop(key, None)

    def _first_step(self, number: str, received_at: str, leaf: int) -> None:
        if number in self._with_course:
            return
        day = datetime.fromisoformat(received_at).astimezone(SHANGHAI).date()
        # In calendar days, which no calendar that is published later moves.
        *_, last = Term.begin(FIRST_STEP, day).days(newest_calendar())
        office = self._office[number]
        self._running[number, FIRST_STEP] = Running(number, FIRST_STEP, office, last.day, leaf)

    def _change(self, key: tuple[str, str], due: date | None, leaf: int) -> None:
        if key in self._running:
            self._running[key] = self._running[key]._replace(due=due, leaf=leaf)

    def _hold_up(self, key: tuple[str, str], first_day: date, leaf: int) -> None:
        """Let a term have no last day while a hearing goes on; what was late by then stays so."""
        running = self._running.get(key)
        if running is not None and running.due is not None and running.due >= first_day:
            self._change(key, None, leaf)

    def _close(self, number: str) -> None:
        """End what its course did not end, less what outlasts the closure."""
        for code, rule in TERMS.items():
            if not rule.outlasts:
                self._running.pop((number, code), None)

    def _merge(self, number: str, terms: Mapping[str, int]) -> None:
        for key in [(number, term) for term in terms if (number, term) in self._running]:
            self._merged[key] = self._running.pop(key)

    def _split(self, number: str, terms: list[str]) -> None:
        for key in [(number, term) for term in terms if (number, term) in self._merged]:
            self._running[key] = self._merged.pop(key)


def _due(data: Mapping[str, Any]) -> date:
    return date.fromisoformat(data["due"]["on"])
