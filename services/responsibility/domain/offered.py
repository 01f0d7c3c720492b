"""Which steps a course offers: those that lead on, and that nothing on record stands against.

What depends on who takes a step, or on what he states with it, is decided when he asks.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from services.responsibility.domain.conditions import HOLDS
from services.responsibility.domain.held import Held
from services.responsibility.domain.taking import Taking
from services.responsibility.domain.under_way import UnderWay
from statute.course import STEPS, Step, steps_from
from statute.workdays import WorkCalendar

DECIDED_WHEN_ASKED: Final = frozenset(
    {
        # by who takes it
        "decided_by_the_sender",
        "not_own_opinion",
        "another_body",
        "not_own_work",
        "not_the_handler",
        # by what he states
        "report_by_ahead",
        "trigger_on_record",
        "carry_out_by_ahead",
        "carrying_out_promised",
        "untrue_on_record",
        "repeat_on_record",
    }
)
# What is refused with this is refused whatever is stated.
AT_BEST: Final[Mapping[str, Any]] = {"days": 1, "satisfied": False}


def _party_at_work(course: UnderWay, _taking: Taking) -> bool:
    return not {"unit", "assisting"}.isdisjoint(course.replacement_due)


BY_THE_RECORD: Final[Mapping[str, Callable[[UnderWay, Taking], bool]]] = {
    **{name: holds for name, holds in HOLDS.items() if name not in DECIDED_WHEN_ASKED},
    "party_at_work": _party_at_work,
}

# Steps that the ownership takes as well, to what it asks.
OF_THE_OWNERSHIP: Final[Mapping[str, Callable[[Held], bool]]] = {
    "reply": lambda matter: matter.owner is not None,
    "close": lambda matter: matter.owner is not None and not matter.open_disputes,
}


def offered(course: UnderWay, matter: Held, at: datetime, calendar: WorkCalendar) -> list[Step]:
    """Return the steps that somebody may take at an instant, in the order of the table."""
    if matter.closed_at is not None and course.state != "closed":
        # Closed in another process while the course began: it goes on when it is opened again.
        return [STEPS["reopen"]]
    return [
        step
        for step in steps_from(course.state, course.petition_class)
        if OF_THE_OWNERSHIP.get(step.code, _nothing)(matter) and _open(course, step, at, calendar)
    ]


def _nothing(_matter: Held) -> bool:
    return True


def _open(course: UnderWay, step: Step, at: datetime, calendar: WorkCalendar) -> bool:
    given = {name: AT_BEST[name] for name in step.takes if name in AT_BEST}
    taking = Taking(step, "", "", given, max(at, course.since), calendar)
    asked = (BY_THE_RECORD[name] for name in step.conditions if name in BY_THE_RECORD)
    return all(holds(course, taking) for holds in asked)
