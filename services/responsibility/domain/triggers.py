"""Whether the record shows the reason that a supervision is ordered for, and what it has if not."""

from collections.abc import Callable, Collection, Mapping
from typing import Final

from services.responsibility.domain.course_terms import CourseTerm
from services.responsibility.domain.policy import PASSED_ON_AT_MOST, PASSING_ON
from services.responsibility.domain.supervision import POLICY, promise
from services.responsibility.domain.taking import Taking
from services.responsibility.domain.under_way import CARRYING_OUT, UnderWay

# A refusal names the latest of them.
NAMED_MAX: Final = 10


def is_shown(course: UnderWay, taking: Taking) -> bool:
    """Tell whether the record shows the trigger; what a head finds himself needs no record."""
    shows = _SHOWN.get(taking.given["trigger"])
    return shows is None or shows(course, taking)


def what_is_shown(course: UnderWay, taking: Taking) -> dict[str, str]:
    """Return what is on record instead, each with its time, and what would show the trigger."""
    on_record, to_do = _INSTEAD[taking.given["trigger"]]
    named = on_record(course)[-NAMED_MAX:]
    return {"on_record": "; ".join(named) or "nothing of the kind", "to_do": to_do}


def _delayed(course: UnderWay, taking: Taking) -> bool:
    return any(
        running.late_days > 0 or (running.ended_on is None and running.over_at(taking.at))
        for running in _owed(course)
    )


def _owed(course: UnderWay) -> list[CourseTerm]:
    return [
        running
        for running in course.all_terms
        if running.owed and running.term.rule.code != CARRYING_OUT
    ]


def _passed_on_too_often(course: UnderWay, _taking: Taking) -> bool:
    return sum(taken.step in PASSING_ON for taken in course.steps) > PASSED_ON_AT_MOST


def _reported_falsely(course: UnderWay, _taking: Taking) -> bool:
    return "false_report" in course.reasons


def _not_carried_out(course: UnderWay, taking: Taking) -> bool:
    overdue = course.runs(CARRYING_OUT) and course.terms[CARRYING_OUT].over_at(taking.at)
    return overdue or "opinion_not_carried_out" in course.reasons


_SHOWN: Final[Mapping[str, Callable[[UnderWay, Taking], bool]]] = {
    "delay": _delayed,
    "buck_passing": _passed_on_too_often,
    "false_report": _reported_falsely,
    "opinion_not_carried_out": _not_carried_out,
}


def _terms(course: UnderWay) -> list[str]:
    """Return the terms that somebody owes, or owed, a step within."""
    return [f"{running.term.rule.code}, {_until(running)}" for running in _owed(course)]


def _until(running: CourseTerm) -> str:
    until = f"last day {running.due.on}" if running.due else "held up by a hearing"
    return f"{until}, ended {running.ended_on}" if running.ended_on else until


def _steps(course: UnderWay, codes: Collection[str], behind: int = 0) -> list[str]:
    """Return the steps of some kinds behind a place, each with its place and its time."""
    return [
        f"step {place}, {taken.step}, {taken.at.isoformat()}"
        for place, taken in enumerate(course.steps, start=1)
        if taken.step in codes and place > behind
    ]


def _passed_on(course: UnderWay) -> list[str]:
    return _steps(course, PASSING_ON)


def _reports(course: UnderWay) -> list[str]:
    return _steps(course, POLICY.reports)


def _promised(course: UnderWay) -> list[str]:
    """Return the opinion that says by when it is carried out, and what was said of that since."""
    place = promise(course.steps)
    if place is None:
        return []
    (opinion,) = _steps(course, {"reply"}, place - 1)[:1]
    by = course.steps[place - 1].given["carry_out_by"]
    since = _steps(course, {"report_carrying_out", "visit", "inspect"}, place)
    return [f"{opinion}: to be carried out by {by}", *since]


# Trigger to what is on record of it, and what would show it.
_INSTEAD: Final[Mapping[str, tuple[Callable[[UnderWay], list[str]], str]]] = {
    "delay": (_terms, "order it when one of them is over, or for what the record shows"),
    "buck_passing": (
        _passed_on,
        f"order it when it was passed on more than {PASSED_ON_AT_MOST} times",
    ),
    "false_report": (
        _reports,
        "put on record first which of them was found untrue: untrue_steps of inspect or a check",
    ),
    "opinion_not_carried_out": (
        _promised,
        (
            "order it when the day that the opinion states (carry_out_by of reply) is over without"
            " a report, or when an inspection or a check after it, or after a report, found it not"
            " carried out (carried_out)"
        ),
    ),
}
