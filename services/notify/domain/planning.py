"""When people are reminded of a term: a policy, and the points in time that it makes of a term.

Every point lies on a working day, and there is one a day at most: who is told before a last day
that is not worked is told earlier, never later.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from statute.workdays import DAY, WorkCalendar

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
LATE: Final = "late_"
# How many points of lateness one plan holds; the next plan takes over where they end.
LATE_AHEAD: Final = 10


@dataclass(frozen=True, slots=True)
class Rises:
    """After how many working days late further people are told beside the owner, never instead."""

    office_head: int
    superior: int


@dataclass(frozen=True, slots=True)
class Policy:
    """When people are reminded of one kind of term.

    Attributes:
        start: at the start.
        half: when half of the days are over.
        workdays_before: so many working days before the last day.
        days_before: so many days before the last day.
        late: each working day after the last day.
        at: time of day in Shanghai.
        within: working days that it runs, where no article says; 0 where one does.
    """

    version: str
    start: bool = True
    half: bool = True
    workdays_before: tuple[int, ...] = (5, 2)
    days_before: tuple[int, ...] = (1,)
    late: bool = True
    rises: Rises = Rises(office_head=3, superior=10)
    at: time = time(9)
    within: int = 0


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when a term runs.

    Attributes:
        begun: when it began, as the event that told of it has it.
        runs_from: the day in Shanghai that it is counted from.
        due_on: its last day.
        begins: people hear of it for the first time: if it is late already they do so at once.
    """

    begun: datetime
    runs_from: date
    due_on: date
    begins: bool = False


@dataclass(frozen=True, slots=True)
class Hours:
    """When somebody is told: from a time of day to another one in Shanghai, on working days.

    Attributes:
        workdays_only: whether a day that is not worked is quiet as a whole.
    """

    begins: time = time(8)
    ends: time = time(20)
    workdays_only: bool = True

    def first_from(self, at: datetime, calendar: WorkCalendar) -> datetime:
        """Return the instant itself when it lies within the hours, else when they begin next."""
        local = at.astimezone(SHANGHAI)
        day = local.date()
        if self._fits(day, calendar) and self.begins <= local.time() < self.ends:
            return at
        if local.time() >= self.ends:
            day += DAY
        while not self._fits(day, calendar):
            day += DAY
        return max(at, instant(day, self.begins))

    def _fits(self, day: date, calendar: WorkCalendar) -> bool:
        return not self.workdays_only or calendar.is_worked(day)


OFFICE_HOURS: Final = Hours()


def day_of(at: datetime) -> date:
    """Return the day of an instant in Shanghai."""
    return at.astimezone(SHANGHAI).date()


def instant(day: date, at: time) -> datetime:
    """Return a time of day in Shanghai as an instant."""
    return datetime.combine(day, at, SHANGHAI).astimezone(UTC)


def points_of(
    policy: Policy, span: Span, at: datetime, calendar: WorkCalendar
) -> dict[str, datetime]:
    """Return kind to instant of what lies ahead of `at`, in order: half, workdays_5, due, late_1.

    Of lateness there are as many points as one plan holds; `late_points` goes on from there. What
    is late when it begins is told at once.
    """
    start = OFFICE_HOURS.first_from(span.begun, calendar)
    if span.begins and day_of(start) > span.due_on:
        return _late_from(policy, span.due_on, start, calendar)
    within = points_within(policy, span, calendar)
    late = late_points(policy, span.due_on, at, calendar) if policy.late else {}
    return {kind: point for kind, point in within.items() if point >= at} | late


def points_within(policy: Policy, span: Span, calendar: WorkCalendar) -> dict[str, datetime]:
    """Return kind to instant of what is told up to the last day, in order."""
    by_day: dict[date, tuple[str, datetime]] = {}
    start = OFFICE_HOURS.first_from(span.begun, calendar)
    if policy.start and day_of(start) <= span.due_on:
        by_day[day_of(start)] = ("start", start)
    for kind, day in _days(policy, span, calendar):
        worked = _worked_until(day, calendar)
        if worked > span.runs_from:
            by_day[worked] = (kind, instant(worked, policy.at))
    return dict(sorted(by_day.values(), key=lambda point: point[1]))


def _late_from(
    policy: Policy, due_on: date, start: datetime, calendar: WorkCalendar
) -> dict[str, datetime]:
    """Return the points of a term that is late when people may first be told of it.

    That of the day itself is told then, though its time of day may be over.
    """
    begins = instant(start.astimezone(SHANGHAI).date(), time())
    points = late_points(policy, due_on, begins, calendar) if policy.late else {}
    return {kind: max(point, start) for kind, point in points.items()}


def late_points(
    policy: Policy, due_on: date, at: datetime, calendar: WorkCalendar
) -> dict[str, datetime]:
    """Return the points of lateness ahead of `at`, each working day one, as one plan holds them."""
    points: dict[str, datetime] = {}
    day, number = due_on, 0
    while len(points) < LATE_AHEAD:
        day, number = calendar.workday_from(day + DAY), number + 1
        if (point := instant(day, policy.at)) >= at:
            points[f"{LATE}{number}"] = point
    return points


def late_by(kind: str) -> int:
    """Return how many working days late a point is; 0 for one within the term."""
    return int(kind.removeprefix(LATE)) if kind.startswith(LATE) else 0


def is_more_urgent(kind: str, told: Iterable[str]) -> bool:
    """Tell whether a point is to be told on a day on which others of its term were told.

    The last day, and that it is over: of nothing else anybody is told twice on a day.
    """
    return _rank(kind) > max(map(_rank, told), default=-1)


def _rank(kind: str) -> int:
    return 2 if late_by(kind) else int(kind == "due")


def _days(policy: Policy, span: Span, calendar: WorkCalendar) -> Iterator[tuple[str, date]]:
    """Yield kind and day, the more urgent one later where they may meet."""
    if policy.half:
        yield "half", span.runs_from + (span.due_on - span.runs_from) // 2
    for count in policy.workdays_before:
        yield f"workdays_{count}", _workdays_before(span.due_on, count, calendar)
    for count in policy.days_before:
        yield f"day_{count}", span.due_on - timedelta(days=count)
    yield "due", span.due_on


def _worked_until(day: date, calendar: WorkCalendar) -> date:
    """Return the day itself when it is worked, else the last one before it that is."""
    while not calendar.is_worked(day):
        day -= DAY
    return day


def _workdays_before(day: date, count: int, calendar: WorkCalendar) -> date:
    for _ in range(count):
        day = _worked_until(day - DAY, calendar)
    return day
