"""One way through the course to each of its states, as data, and a walk along it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from services.responsibility.application.courses import Courses
from services.responsibility.domain.evidence import ClosingStatement
from services.responsibility.domain.ownership import Ownership
from statute.counting import SHANGHAI
from tests.builders import (
    CITY,
    CLERK,
    DAY,
    FOLLOWER,
    HEAD,
    HUANG,
    actor,
    happened,
    number,
    petition_id,
)
from tests.unit.responsibility.casebook import GIVEN, Asked, Casebook, close, reopen, reply, take

# A step by its code, days that go by, or what intake tells meanwhile.
Leg = str | timedelta | Callable[[Casebook], None]

SECOND_CLERK: Final = "K330424002"
# Whoever takes a step where it matters that it is not the same person; the others are the head's.
BY: Final = {"check": CLERK, "verify": SECOND_CLERK, "countersign": HEAD}
HEAD_OF_THE_UNIT, HEAD_OF_THE_CITY = "D330424007", "D330400001"
UNIT_S: Final = {"by": HEAD_OF_THE_UNIT, "office": GIVEN["unit"]}
CITY_S: Final = {"by": HEAD_OF_THE_CITY, "office": CITY}
# Whoever takes a step where it matters of which office he is.
SEATS: Final = {
    "object": UNIT_S,
    "begin_hearing": CITY_S,
    "end_hearing": CITY_S,
    "decide_re_review": CITY_S,
}

TO_THE_REPLY: Final = ("transfer", "accept", "handle", "reply")
TO_CLEARANCE: Final = (*TO_THE_REPLY, "evaluate", "visit", "check", "verify", "countersign")
# The petitioner was asked and said nothing.
NOT_EVALUATED: Final = (*TO_THE_REPLY, "ask_evaluation", 31 * DAY, "record_no_evaluation")
UNEVALUATED: Final = (*NOT_EVALUATED, *TO_CLEARANCE[5:])
TO_THE_REVIEW: Final = (*TO_THE_REPLY, "ask_review", "decide_review")
PATHS: Final[Mapping[str, Sequence[str]]] = {
    "registered": ("transfer", "object", "take_back"),
    "transferred": ("transfer",),
    "assigned": ("assign",),
    "objected": ("transfer", "object"),
    "disputed": ("transfer", "dispute_competence"),
    "accepted": ("transfer", "accept"),
    "refused": ("transfer", "refuse"),
    "not_accepted_again": ("not_accept_again",),
    "routed": ("transfer", "accept", "route"),
    "handling": ("transfer", "accept", "handle"),
    "replied": TO_THE_REPLY,
    "evaluated": TO_CLEARANCE[:5],
    "visited": TO_CLEARANCE[:6],
    "checked": TO_CLEARANCE[:7],
    "verified": TO_CLEARANCE[:8],
    "cleared": TO_CLEARANCE,
    "review_asked": TO_THE_REVIEW[:5],
    "reviewed": TO_THE_REVIEW,
    "re_review_asked": (*TO_THE_REVIEW, "ask_re_review"),
    "re_review_hearing": (*TO_THE_REVIEW, "ask_re_review", "begin_hearing"),
    "re_reviewed": (*TO_THE_REVIEW, "ask_re_review", "decide_re_review"),
    "ended": (*TO_THE_REVIEW, "ask_re_review", "decide_re_review", "end"),
    "withdrawn": ("transfer", "accept", "withdraw"),
    "closed": (*TO_CLEARANCE, "close"),
}
# As what a matter ends, by its last step before that.
OUTCOME_AFTER: Final = {
    "countersign": "settled",
    "end": "explained",
    "let_stand": "explained",
    "refuse": "explained",
    "not_accept_again": "explained",
    "route": "routed_elsewhere",
    "withdraw": "withdrawn",
}


def noon_of(day: str | date) -> datetime:
    """Noon in Shanghai, UTC."""
    on = date.fromisoformat(day) if isinstance(day, str) else day
    return datetime.combine(on, time(12), SHANGHAI).astimezone(UTC)


def register(
    case: Casebook,
    serial: int = 1,
    *,
    on: str | None = None,
    petition_class: str = "appeal",
    received_at: datetime | None = None,
) -> None:
    """Put a petition on record that Huang was the first to receive, at noon of a day or now."""
    if on is not None:
        case.clock.now = noon_of(on)
    case.given(
        happened(
            Ownership.Awaited,
            petition_id=petition_id(serial),
            number=number(serial),
            petition_class=petition_class,
            timestamp=case.clock(),
            received_at=received_at,
        ),
        happened(Ownership.Taken, timestamp=case.clock()),
    )


def asked(step: str, serial: int = 1, after: str = "", **given: Any) -> Asked:
    """The command for a step; reply, closure and reopening are commands of the ownership."""
    of = number(serial)
    if step == "reply":
        return reply(of=of, by=actor(HUANG), **given)
    if step == "close":
        # What the closure rests on is in the course.
        return close(ClosingStatement(OUTCOME_AFTER.get(after, "settled")), of=of)
    if step == "reopen":
        return reopen(of=of)
    return take(step, of=of, **{"by": BY.get(step, HEAD), **SEATS.get(step, {}), **given})


def walk(
    case: Casebook,
    *legs: Leg,
    serial: int = 1,
    begin_at: int = 0,
    **given: Mapping[str, Any],
) -> None:
    """Take steps, each of which has to be open; `given` is by step what is stated with it."""
    before = next((leg for leg in reversed(legs[:begin_at]) if isinstance(leg, str)), "")
    for leg in legs[begin_at:]:
        if isinstance(leg, timedelta):
            case.clock.advance(leg)
            continue
        if not isinstance(leg, str):
            leg(case)
            continue
        case.when(asked(leg, serial, before, **given.get(leg, {})))
        assert case.refusal is None, f"{leg}: {case.refusal} {case.refusal.fields}"
        before = leg


def course_of(case: Casebook, serial: int = 1) -> dict[str, Any]:
    return Courses(case.application).course_of(number(serial), None, FOLLOWER)


def term_of(case: Casebook, code: str, serial: int = 1) -> dict[str, Any]:
    """The term as the matter has it; empty where none of its kind has begun."""
    terms = {term["term"]: term for term in course_of(case, serial)["terms"]}
    return terms.get(code, {})


def running(case: Casebook, serial: int = 1) -> set[str]:
    """Codes of the terms that run."""
    return {t["term"] for t in course_of(case, serial)["terms"] if t["ended_on"] is None}
