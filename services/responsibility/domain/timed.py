"""How the terms of a course begin, end, are extended, held up and counted again."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from datetime import date, datetime
from typing import Any, ClassVar, Final

from services.responsibility.domain.course_terms import told_of
from services.responsibility.domain.policy import FIRST_STEP, day_of
from services.responsibility.domain.taking import Taking
from services.responsibility.domain.under_way import BEGINS_HANDLING, UnderWay
from statute.counting import Term
from statute.course import FINAL, STEPS
from statute.terms import TERMS
from statute.workdays import WorkCalendar

# Terms of appeals alone that a step of what is no appeal would begin.
BEGINS_FOR_APPEALS: Final[Mapping[str, tuple[str, ...]]] = {"drop_review": ("handling",)}


class Timed(UnderWay):
    """The terms of a course."""

    def begin_first_term(self, received_at: datetime, calendar: WorkCalendar) -> None:
        """Let the term for the office's first step run from the receipt (Art 22)."""
        self._begin_term(FIRST_STEP, received_at, calendar, {})

    def follows_receipt(self, received_at: datetime, at: datetime) -> bool:
        """Tell whether the first step is due by a receipt that is corrected at an instant.

        Where it still runs from the first receipt; and to a later day only while it is not over:
        what is late on record stays so.
        """
        first = self.terms.get(FIRST_STEP)
        anew = any(past.term.rule.code == FIRST_STEP for past in self.past_terms)
        if anew or first is None or first.ended_on is not None:
            return False
        return day_of(received_at) <= first.term.runs_from or not first.over_at(at)

    def run_from_receipt(self, received_at: datetime, at: datetime, calendar: WorkCalendar) -> None:
        """Let the first step be due by a corrected receipt, which it follows."""
        day, term = day_of(received_at), self.terms[FIRST_STEP].term
        if day != term.runs_from:
            due = told_of(replace(term, runs_from=day).due(calendar))
            self._record_recount(timestamp=at, term=FIRST_STEP, due=due, runs_from=day.isoformat())

    def recount(self, calendar: WorkCalendar, at: datetime) -> int:
        """Count the terms that run again by another calendar; return how many there were.

        One that ends on the same day is on record again too: it says by what it was counted.
        """
        outdated = {
            code: running.term
            for code, running in self.terms.items()
            if running.ended_on is None and running.due and running.due.calendar != calendar.version
        }
        for code, term in outdated.items():
            self._record_recount(timestamp=at, term=code, due=told_of(term.due(calendar)))
        return len(outdated)

    def _move_terms(self, taking: Taking) -> None:
        step = taking.step
        ending = self._all_but_outlasting() if step.to in FINAL else step.ends
        for code in ending:
            self._end_term(code, taking.at)
        for code in step.begins:
            rule = TERMS[code]
            stated = not rule.stated or rule.stated_as in taking.given
            if stated and (self.petition_class == "appeal" or not rule.appeals_only):
                self._begin_term(code, taking.at, taking.calendar, taking.given)
        move = self._MOVES.get(step.code)
        if move is not None:
            move(self, taking)

    def _all_but_outlasting(self) -> list[str]:
        return [code for code in self.terms if not TERMS[code].outlasts]

    def _owed_to_an_appeal(self) -> dict[str, date]:
        """Return the terms of appeals alone that would run here, each with the day it runs from.

        A closure takes no right from the petitioner; it is over when the matter is handled anew.
        """
        owed: dict[str, date] = {}
        for taken in self.steps:
            step = STEPS[taken.step]
            rights = [code for code in owed if TERMS[code].lapses]
            kept = rights if step.code == "close" else []
            over = rights if step.code in BEGINS_HANDLING else []
            for code in list(owed) if step.to in FINAL else (*step.ends, *over):
                if code not in kept:
                    owed.pop(code, None)
            for code in (*step.begins, *BEGINS_FOR_APPEALS.get(step.code, ())):
                if TERMS[code].appeals_only:
                    owed[code] = day_of(taken.at)
        return owed

    def _ran(self, code: str, runs_from: date) -> bool:
        return code in self.terms and self.terms[code].term.runs_from == runs_from

    def _begin_again(
        self, code: str, runs_from: date, at: datetime, calendar: WorkCalendar
    ) -> None:
        """Begin a term that runs from a day before, as it was then where it was cut off."""
        former = self.terms.get(code)
        self._begin_term(code, at, calendar, {}, runs_from)
        if former is None or former.term.runs_from != runs_from:
            return
        if days := former.term.extension_days:
            extended = replace(self.terms[code].term, extension_days=days)
            due = told_of(extended.due(calendar))
            self._record_extension(timestamp=at, term=code, days=days, due=due)
        for pause in former.term.pauses:
            self._record_pause(timestamp=at, term=code, first_day=pause.first.isoformat())
            if pause.last is not None:
                self._resume_after(code, pause.last, at, calendar)

    def _begin_term(
        self,
        code: str,
        at: datetime,
        calendar: WorkCalendar,
        given: Mapping[str, Any],
        runs_from: date | None = None,
    ) -> None:
        term = Term.begin(code, runs_from or day_of(at))
        if term.rule.stated:
            length = (date.fromisoformat(given[term.rule.stated_as]) - term.runs_from).days
            term = replace(term, rule=replace(term.rule, length_days=length))
        self._record_term(
            timestamp=at,
            term=code,
            office=self.office,
            runs_from=term.runs_from.isoformat(),
            length_days=term.length_days,
            counting=asdict(term.counting),
            due=told_of(term.due(calendar)),
        )

    def _end_term(self, code: str, at: datetime) -> None:
        running = self.terms.get(code)
        if running is None or running.ended_on is not None:
            return
        day = day_of(at)
        late_days = running.late_on(day)
        self._record_end(timestamp=at, term=code, ended_on=day.isoformat(), late_days=late_days)

    def _extend(self, taking: Taking) -> None:
        asked = self.last("ask_extension")
        days = asked.given["days"] if asked else 0
        term = self.terms["handling"].term.extend(days, taking.day, taking.calendar)
        self._record_extension(
            timestamp=taking.at, term="handling", days=days, due=told_of(term.due(taking.calendar))
        )

    def _pause(self, taking: Taking) -> None:
        self._record_pause(timestamp=taking.at, term="re_review", first_day=taking.day.isoformat())

    def _resume(self, taking: Taking) -> None:
        self._resume_after("re_review", taking.day, taking.at, taking.calendar)

    def _resume_after(self, code: str, last: date, at: datetime, calendar: WorkCalendar) -> None:
        due = told_of(self.terms[code].term.resume(last).due(calendar))
        self._record_resumption(timestamp=at, term=code, last_day=last.isoformat(), due=due)

    _MOVES: ClassVar[Mapping[str, Callable[["Timed", Taking], None]]] = {
        "approve_extension": _extend,
        "begin_hearing": _pause,
        "end_hearing": _resume,
    }
