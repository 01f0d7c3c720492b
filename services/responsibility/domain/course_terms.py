"""A term of a matter, and when it ends as its facts have it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from statute.counting import Due, Term, TermRefusal


@dataclass
class CourseTerm:
    """One term of the matter.

    Attributes:
        due: None while a hearing goes on.
        ended_on: day of the step that it was for; None while it runs.
        late_days: at its end, or when the hearing began that goes on.
    """

    term: Term
    due: Due | None
    ended_on: date | None = None
    late_days: int = 0

    @property
    def owed(self) -> bool:
        """Whether somebody owes a step within it; a right only lapses."""
        return not self.term.rule.lapses

    def late_on(self, day: date) -> int:
        """Return by how many days it is late where the step is taken on a day.

        While a hearing goes on, by how many it was when that began.
        """
        if self.due is None:
            return self.late_days
        return max(0, (day - self.due.on).days) if self.owed else 0

    def open_at(self, at: datetime) -> bool:
        """Tell whether it runs, and is not over."""
        return self.ended_on is None and not self.over_at(at)

    def over_at(self, at: datetime) -> bool:
        """Tell whether its last day is over, whether or not it was ended by then."""
        return self.due is not None and at >= self.due.until


def told_of(due: Due | None) -> dict[str, Any]:
    """Return when a term ends as its facts have it; a term that goes on has no such fact."""
    if due is None:
        raise TermRefusal("a hearing goes on")
    return {
        "on": due.on.isoformat(),
        "until": due.until.isoformat(),
        "workday": due.workday.isoformat(),
        "provisional": due.provisional,
        "calendar": due.calendar,
    }


def due_of(told: Mapping[str, Any]) -> Due:
    return Due(
        on=date.fromisoformat(told["on"]),
        until=datetime.fromisoformat(told["until"]),
        workday=date.fromisoformat(told["workday"]),
        provisional=told["provisional"],
        calendar=told["calendar"],
    )
