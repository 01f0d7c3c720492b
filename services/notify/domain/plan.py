"""The plan of one term: the points at which people are told of it, and who."""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from services.notify.domain.offices import head_of, superior_of
from services.notify.domain.planning import (
    Policy,
    Span,
    day_of,
    instant,
    late_by,
    late_points,
    points_of,
    points_within,
)
from statute.workdays import DAY, WorkCalendar

# The class of petitions that nobody outside their office hears of (Arts 27 to 30).
SEALED: Final = "accusation"
NEXT: Final = timedelta(microseconds=1)
# The point at which somebody is told who had put it off until then; of all such in a plan, once.
AGAIN: Final = "again"


def again_of(recipient: str) -> str:
    """Return the kind of the point until which somebody has put it off: he is told, nobody else."""
    return f"{AGAIN}/{recipient}"


def is_again(kind: str) -> bool:
    """Tell whether a point is there because somebody has put it off."""
    return kind.startswith(AGAIN)


@dataclass(frozen=True, slots=True)
class By:
    """What a plan is made by, and when."""

    policy: Policy
    calendar: WorkCalendar
    at: datetime


@dataclass(frozen=True, slots=True)
class Plan:
    """When people are told of one term that runs.

    Attributes:
        office: of the matter.
        policy: version of the policy that made it.
        calendar: version of the calendar of working days by which it was made.
        provisional: one of its points lies in a year whose notice is not out.
        points: kind to instant, in order: those not told yet.
        rises: recipient to how many working days late he is told from on.
        put_off: recipient to the instant until which he has put it off.
    """

    term: str
    office: str
    policy: str
    calendar: str
    provisional: bool
    runs_from: date
    due_on: date
    points: Mapping[str, datetime]
    rises: Mapping[str, int]
    put_off: Mapping[str, datetime] = field(default_factory=dict)

    @property
    def ends(self) -> datetime:
        """The instant at which its last day is over."""
        return instant(self.due_on + DAY, time())

    @property
    def next_at(self) -> datetime | None:
        """When the next point falls due; None when there is none left."""
        return min(self.points.values(), default=None)

    def due(self, at: datetime) -> list[str]:
        """Return the kinds of the points that have fallen due, in order."""
        return [kind for kind, point in self.points.items() if point <= at]

    def due_by(self, at: datetime, tells: datetime) -> list[str]:
        """Return the kinds of the points that come to their end with what is told at an instant.

        That is told on a later day than the last of them, the point of that day tells how it stands
        by then, and takes its place. What people have put off until then comes after, one by one.

        Args:
            at: by when they have fallen due.
            tells: when people are told.
        """
        due, day = self.due(at), day_of(tells)
        own = [kind for kind in due if not is_again(kind)]
        if not own or day_of(self.points[own[-1]]) == day:
            return own or due[:1]
        planned = [each for each in self.points.items() if not is_again(each[0])]
        return [kind for kind, point in planned if kind in own or day_of(point) <= day]

    def without(self, kinds: list[str]) -> "Plan":
        # The oldest facts have one point for all who had put it off.
        gone = {*kinds, *filter(is_again, self.points if AGAIN in kinds else ())}
        left = {kind: point for kind, point in self.points.items() if kind not in gone}
        return replace(self, points=left)

    def deferred(self, kinds: Iterable[str], by: By) -> "Plan":
        """Return the plan with points of today on the next working day.

        They give way to what is told on that day anyway, and to the end of the term.
        """
        left = self.without(list(kinds)).points
        day = by.calendar.workday_from(day_of(by.at) + DAY)
        at = instant(day, by.policy.at)
        if day > self.due_on or day in map(day_of, left.values()):
            return replace(self, points=left)
        moved = {**left, **dict.fromkeys(kinds, at)}
        points = sorted(moved.items(), key=lambda point: point[1])
        return replace(self, points=dict(points))

    def put_off_until(self, until: datetime, recipient: str) -> "Plan":
        """Return the plan with a point at that instant, before which he is not told.

        Where another point follows on the same day he is told at that one.
        """
        others = self.without([again_of(recipient)]).points
        day = day_of(until)
        follows = [
            kind
            for kind, point in others.items()
            if not is_again(kind) and day_of(point) == day and point >= until
        ]
        again = {} if follows else {again_of(recipient): until}
        points = sorted({**others, **again}.items(), key=lambda point: point[1])
        put_off = {**self.put_off, recipient: until}
        return replace(self, points=dict(points), put_off=put_off)

    def awaited_by(self, recipient: str, at: datetime) -> bool:
        """Tell whether he has not put it off beyond an instant."""
        return recipient not in self.put_off or self.put_off[recipient] <= at

    def recipients(self, kind: str, owner: str | None) -> Iterator[str]:
        """Yield who is told: the owner, or who is to see that there is one, then who joins him."""
        told = owner or head_of(self.office)
        yield told
        late = late_by(kind)
        yield from (each for each, least in self.rises.items() if late >= least and each != told)

    def going_on(self, by: By) -> "Plan":
        """Return the plan of the lateness that follows."""
        points = late_points(by.policy, self.due_on, by.at + NEXT, by.calendar)
        return replace(
            self,
            policy=by.policy.version,
            calendar=by.calendar.version,
            provisional=_provisional(points, by.calendar),
            points=points,
        )

    def by_calendar(self, by: By, told: Container[str]) -> "Plan":
        """Return the plan by a calendar that has come out since.

        What is ahead moves. What by the new one had to be told before now, and was not, falls due
        at once; what was told is not told again on the day that it would now be.

        Args:
            told: kinds of the points that people were told of.
        """
        policy, today = replace(by.policy, start=False), instant(day_of(by.at), time())
        span = Span(by.at, self.runs_from, self.due_on)
        points = points_within(policy, span, by.calendar)
        if policy.late:
            points |= late_points(policy, self.due_on, today, by.calendar)
        left = {
            kind: point
            for kind, point in points.items()
            if kind in self.points or (point >= by.at and (late_by(kind) or kind not in told))
        }
        kept = {
            kind: point for kind, point in self.points.items() if kind == "start" or is_again(kind)
        }
        both = sorted({**left, **kept}.items(), key=lambda point: point[1])
        plan = replace(
            self,
            policy=by.policy.version,
            calendar=by.calendar.version,
            provisional=_provisional(left, by.calendar),
            points=dict(both),
        )
        for recipient, until in self.put_off.items():
            plan = plan.put_off_until(until, recipient) if until > by.at else plan
        return plan

    def told(self) -> dict[str, Any]:
        """Return the plan as its fact has it."""
        return {
            "term": self.term,
            "office": self.office,
            "policy": self.policy,
            "calendar": self.calendar,
            "provisional": self.provisional,
            "runs_from": self.runs_from.isoformat(),
            "due_on": self.due_on.isoformat(),
            "points": {kind: point.isoformat() for kind, point in self.points.items()},
            "rises": dict(self.rises),
        }


def plan_of(term: str, span: Span, office: str, petition_class: str, by: By) -> Plan:
    """Return the plan that a policy makes of a term.

    Args:
        petition_class: empty where it is not known; then it is taken for sealed.
    """
    points = points_of(by.policy, span, by.at, by.calendar)
    return Plan(
        term=term,
        office=office,
        policy=by.policy.version,
        calendar=by.calendar.version,
        provisional=_provisional(points, by.calendar),
        runs_from=span.runs_from,
        due_on=span.due_on,
        points=points,
        rises=dict(_rises(office, petition_class, by.policy)),
    )


def plan_told(told: Mapping[str, Any]) -> Plan:
    """Return the plan that a fact tells of."""
    return Plan(
        **{
            **told,
            "runs_from": date.fromisoformat(told["runs_from"]),
            "due_on": date.fromisoformat(told["due_on"]),
            "points": {kind: datetime.fromisoformat(at) for kind, at in told["points"].items()},
        }
    )


def _rises(office: str, petition_class: str, policy: Policy) -> Iterator[tuple[str, int]]:
    yield head_of(office), policy.rises.office_head
    superior = superior_of(office)
    if superior and petition_class not in {SEALED, ""}:
        yield head_of(superior), policy.rises.superior


def _provisional(points: Mapping[str, datetime], calendar: WorkCalendar) -> bool:
    return any(not calendar.knows(point.date()) for point in points.values())
