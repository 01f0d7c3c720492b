"""A year of petitions under a virtual clock, recounted by other means."""

import os
import random
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import takewhile
from typing import Any
from zoneinfo import ZoneInfo

import chinese_calendar
import pytest

from chassis.eventstore.application import Answer, Provenance, Unit
from services.notify.application.ports import Told
from services.notify.domain.policy import reason_at
from services.notify.domain.reminders import PetitionReminders
from statute.workdays import WorkCalendar
from tests.builders import DAY, HOUR, Clock, number, petition_id
from tests.unit.notify.desk import Desk, FakeChannel, event_of
from tests.unit.notify.planner import Planner
from tests.unit.stores import Stores

SHANGHAI = ZoneInfo("Asia/Shanghai")
YEAR = 2_000
# So many of the year's, drawn by a seed, are stored and delivered as well; all of them take some
# three minutes of one processor: SHOUWEN_YEAR_PETITIONS=2000. Planned below are always all.
PETITIONS = int(os.environ.get("SHOUWEN_YEAR_PETITIONS", "200"))
FIRST, LAST = date(2025, 9, 1), date(2026, 8, 31)
DAYS = [FIRST - timedelta(days=120) + timedelta(days=n) for n in range(900)]
# The notice of 2027 is not out: what lies there is a plain week.
WORKED = [
    day
    for day in DAYS
    if (chinese_calendar.is_workday(day) if day.year <= 2026 else day.weekday() < 5)
]
WORKED_DAYS = set(WORKED)
Told_ = tuple[date, str, str]
# What its recipient does, beside what responsibility tells.
PUTS_OFF = "puts_off"
HEAD = "office_head:330424-01"


@dataclass
class Standstill:
    """A re-review that a hearing holds up: its days do not count."""

    begun: datetime
    due_on: date
    paused: datetime
    resumed: datetime
    due_again_on: date
    ended: datetime

    def events(self) -> Iterator[tuple[datetime, str, dict[str, Any]]]:
        about = {"term": "re_review"}
        runs_from = self.begun.date().isoformat()
        due, again = ({"on": day.isoformat()} for day in (self.due_on, self.due_again_on))
        yield self.begun, "term.begun.v1", {**about, "runs_from": runs_from, "due": due}
        yield self.paused, "term.paused.v1", about
        yield self.resumed, "term.resumed.v1", {**about, "due": again}
        yield self.ended, "term.ended.v1", about


@dataclass
class Case:
    """One petition: when its handling begins, ends, is extended, changes its owner.

    Attributes:
        replied: when the reply was delivered, and when the visit was made after it.
        put_off: when the owner puts off what he was told of the handling, and until when.
        untaken: nobody takes it, or only then; nothing else happens to it.
    """

    serial: int
    begun: datetime
    due_on: date
    ended: datetime
    owner: str
    extended: tuple[datetime, date] | None = None
    succeeded: tuple[datetime, str] | None = None
    replied: tuple[datetime, datetime | None] | None = None
    standstill: Standstill | None = None
    put_off: tuple[datetime, datetime] | None = None
    untaken: bool = False
    taken: datetime | None = None

    def events(self) -> Iterator[tuple[datetime, str, dict[str, Any]]]:
        yield from self._awaited() if self.untaken else self._handled()
        yield self.ended, "case.closed.v1", {}

    def _awaited(self) -> Iterator[tuple[datetime, str, dict[str, Any]]]:
        yield self.begun, "ownership.awaited.v1", {}
        if self.taken:
            yield self.taken, "ownership.taken.v1", {"owner": self.owner}

    def _handled(self) -> Iterator[tuple[datetime, str, dict[str, Any]]]:
        due = {"on": self.due_on.isoformat()}
        runs_from = self.begun.date().isoformat()
        yield self.begun, "ownership.awaited.v1", {}
        yield self.begun, "ownership.taken.v1", {"owner": self.owner}
        yield self.begun, "term.ended.v1", {"term": "first_step"}
        yield self.begun, "term.begun.v1", {"term": "handling", "runs_from": runs_from, "due": due}
        if self.extended:
            at, until = self.extended
            yield at, "term.extended.v1", {"term": "handling", "due": {"on": until.isoformat()}}
        if self.succeeded:
            at, owner = self.succeeded
            changed = {"previous_owner": self.owner, "owner": owner}
            yield at, "ownership.succeeded.v1", changed
        if self.replied:
            at, visited = self.replied
            yield at, "reply.delivered.v1", {"document": "D-1", "delivered_at": at.isoformat()}
            step = {"step": "visit", "previous_state": "evaluated", "state": "visited"}
            if visited:
                yield visited, "course.step_taken.v1", step
        if self.standstill:
            yield from self.standstill.events()
        if self.put_off:
            at, until = self.put_off
            yield at, PUTS_OFF, {"until": until, "owner": self.owner_at(at)}

    def owner_at(self, at: datetime) -> str:
        if self.untaken:
            return self.owner if self.taken and at >= self.taken else HEAD
        return self.succeeded[1] if self.succeeded and at >= self.succeeded[0] else self.owner


def cases() -> list[Case]:
    """The year's petitions: some in time, some late, some very late."""
    chance = random.Random(YEAR)
    return [_case(serial, chance) for serial in range(1, YEAR + 1)]


def _case(serial: int, chance: random.Random) -> Case:
    day = FIRST + timedelta(days=chance.randrange((LAST - FIRST).days))
    # Between two looks of the clock, and none that lies beside the end of the hours.
    at = time(chance.choice([3, 9, 15, 21]), chance.randrange(1, 60))
    begun = datetime.combine(day, at, SHANGHAI)
    due_on = day + timedelta(days=60)
    took = chance.choice([20, 45, 58, 62, 70, 85, 110]) + chance.random()
    case = Case(serial, begun, due_on, begun + timedelta(days=took), f"L{chance.randrange(60)}")
    if chance.random() < 0.2 and took > 45:
        until = due_on + timedelta(days=30)
        case.extended = begun + timedelta(days=chance.randrange(20, 45)), until
    if chance.random() < 0.1:
        case.succeeded = begun + timedelta(days=chance.randrange(1, 20)), f"S{serial}"
    if chance.random() < 0.7:
        replied = case.ended - timedelta(days=chance.choice([1, 6, 14, 19]))
        visited = replied + (case.ended - replied) * chance.random()
        case.replied = replied, visited if chance.random() < 0.5 else None
    if chance.random() < 0.15:
        case.standstill = _standstill(case, chance)
    if chance.random() < 0.15:
        case.put_off = _put_off(case, chance)
    return _untaken(case, chance) if chance.random() < 0.1 else case


def _standstill(case: Case, chance: random.Random) -> Standstill:
    begun = case.begun + timedelta(days=2)
    due_on = begun.date() + timedelta(days=30)
    paused = begun + timedelta(days=chance.randrange(1, 12))
    held = timedelta(days=chance.randrange(3, 40))
    ended = min(paused + held + timedelta(days=chance.choice([2, 15, 45])), case.ended)
    resumed = min(paused + held, ended)
    return Standstill(begun, due_on, paused, resumed, due_on + (resumed - paused), ended)


def _put_off(case: Case, chance: random.Random) -> tuple[datetime, datetime] | None:
    """Put off, some hours after it was told, a point within the term, to an afternoon of it."""
    since, due_on = case.extended or (case.begun, case.due_on)
    found = [
        at
        for at, _, late in takewhile(
            lambda point: not point[2], points(case.begun.date(), since, due_on, first=False)
        )
        if since <= at < case.ended - timedelta(days=2) and not late
    ]
    told = chance.choice(found) if found else None
    if told is None or told.date() >= due_on:
        return None
    days = [day for day in WORKED if told.date() < day <= min(due_on, case.ended.date() - DAY)]
    return (told + timedelta(hours=1, minutes=20), at_two(chance.choice(days))) if days else None


def _untaken(case: Case, chance: random.Random) -> Case:
    """Nobody takes it for a while, or ever: people are told of its first step, and daily."""
    ended = case.begun + timedelta(days=chance.choice([4, 20, 40]), hours=5)
    taken = case.begun + timedelta(days=chance.randrange(1, 30), hours=5)
    found = Case(case.serial, case.begun, case.due_on, ended, case.owner, untaken=True)
    found.taken = taken if chance.random() < 0.6 and taken < ended else None
    return found


# The recount: from days alone, by none of what notify is made of.


def worked_before(day: date, count: int) -> date:
    return WORKED[bisect_left(WORKED, day) - count]


def worked_until(day: date) -> date:
    return WORKED[bisect_right(WORKED, day) - 1]


Span = tuple[datetime, date, datetime, bool]


def spans_of_handling(case: Case) -> list[Span]:
    """From when on, to which last day, until when, and whether it begins then."""
    if case.extended:
        at, until = case.extended
        return [(case.begun, case.due_on, at, True), (at, until, case.ended, False)]
    return [(case.begun, case.due_on, case.ended, True)]


def expected(case: Case) -> Counter[Told_]:
    """Day, recipient and reason of what is told of the handling of a case."""
    told: Counter[Told_] = Counter()
    for span in [] if case.untaken else spans_of_handling(case):
        told += of_span(case, case.begun.date(), span, case.put_off)
    return told


def expected_of_standstill(case: Case) -> Counter[Told_]:
    """Of the re-review; while the hearing goes on nothing."""
    if (still := case.standstill) is None:
        return Counter()
    day = still.begun.date()
    before = still.begun, still.due_on, still.paused, True
    after = still.resumed, still.due_again_on, still.ended, False
    return of_span(case, day, before) + of_span(case, day, after)


def expected_of_first_step(case: Case) -> Counter[Told_]:
    """Of what nobody owns the head is told, then its owner; of what was taken at once nobody."""
    if not case.untaken:
        return Counter()
    day = case.begun.date()
    span = case.begun, day + timedelta(days=15), case.ended, False
    return of_span(case, day, span)


def expected_of_waiting(case: Case) -> Counter[date]:
    """The days on which the head is told that nobody owns it: a day after, then each day worked."""
    told, at = Counter[date](), into_hours(case.begun + timedelta(days=1))
    while case.untaken and at < (case.taken or case.ended):
        told[at.date()] += 1
        at = into_hours(at + timedelta(days=1))
    return told


def of_span(
    case: Case, runs_from: date, span: Span, put_off: tuple[datetime, datetime] | None = None
) -> Counter[Told_]:
    """What is told while a term runs to a last day; who puts it off hears of it again then."""
    since, due_on, until, first = span
    told: Counter[Told_] = Counter()
    off, again = put_off or (until, until)
    off, again = (off, again) if since <= off < until else (until, until)
    # What is late has no end.
    for at, reason, late in takewhile(
        lambda point: not point[2] or point[0] < until,
        points(runs_from, since, due_on, first=first),
    ):
        if since <= at < until and not off < at < again:
            told.update((at.date(), who, reason) for who in recipients(case, at, late))
    if again < until:
        told[again.date(), case.owner_at(again), "term_near"] += 1
    return told


def expected_of_visit(case: Case) -> Counter[Told_]:
    """Day, recipient and reason of what is told of the visit after the reply.

    It is due on the tenth working day after that of the reply. Five and two working days and one
    day before it the owner is told, and on it; a day that is not worked gives way to the working
    day before; then on each working day late. Until it is made, or the case is closed.
    """
    told: Counter[Told_] = Counter()
    if case.replied is None:
        return told
    since, visited = case.replied
    after = bisect_right(WORKED, since.date())
    due_on = WORKED[after + 9]
    near = {WORKED[after + 4], WORKED[after + 7], worked_until(due_on - timedelta(days=1))}
    days = [(day, "term_near", 0) for day in sorted(near)]
    days += [(due_on, "term_due", 0)]
    days += [(WORKED[after + 9 + n], "term_late", n) for n in range(1, 30)]
    for day, reason, late in days:
        at = at_nine(day)
        if since <= at < (visited or case.ended):
            told.update((day, who, reason) for who in recipients(case, at, late))
    return told


def recipients(case: Case, at: datetime, late: int) -> list[str]:
    above = [(3, HEAD), (10, "office_head:330400-01")]
    owner = case.owner_at(at)
    return [owner, *(who for least, who in above if late >= least and who != owner)]


def points(
    runs_from: date, since: datetime, due_on: date, *, first: bool
) -> Iterator[tuple[datetime, str, int]]:
    by_day: dict[date, tuple[datetime, str]] = {}
    if first:
        start = into_hours(since)
        by_day[start.date()] = start, "term_begun"
    half = runs_from + (due_on - runs_from) // 2
    for day, reason in (
        (half, "term_half"),
        (worked_before(due_on, 5), "term_near"),
        (worked_before(due_on, 2), "term_near"),
        (due_on - timedelta(days=1), "term_near"),
        (due_on, "term_due"),
    ):
        told_on = worked_until(day)
        by_day[told_on] = at_nine(told_on), reason
    yield from ((at, reason, 0) for at, reason in by_day.values())
    after = bisect_right(WORKED, due_on)
    yield from (
        (at_nine(day), "term_late", late) for late, day in enumerate(WORKED[after:], start=1)
    )


def at_nine(day: date) -> datetime:
    return datetime.combine(day, time(9), SHANGHAI)


def at_two(day: date) -> datetime:
    return datetime.combine(day, time(14), SHANGHAI)


def into_hours(at: datetime) -> datetime:
    if at.date() in WORKED_DAYS and time(8) <= at.time() < time(20):
        return at
    later = at.date() if at.time() < time(20) else at.date() + timedelta(days=1)
    return datetime.combine(WORKED[bisect_left(WORKED, later)], time(8), SHANGHAI)


class TimedChannel(FakeChannel):
    """Notes when it was told what."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.clock = clock
        self.told_at: list[datetime] = []

    def tell(self, told: Told) -> Any:
        self.told_at.append(self.clock().astimezone(SHANGHAI))
        return super().tell(told)

    def of_terms(self) -> list[tuple[datetime, Told]]:
        both = zip(self.told_at, self.told, strict=True)
        return [(at, each) for at, each in both if each.term]


@pytest.fixture
def channel(clock: Clock) -> TimedChannel:
    return TimedChannel(clock)


def live(desk: Desk, year: list[Case]) -> None:
    """Let everything happen in its order; at each full hour notify hears of it, then looks."""
    events = sorted(
        (at.astimezone(UTC), case.serial, place, type_, data)
        for case in year
        for place, (at, type_, data) in enumerate(case.events())
    )
    by_hour: dict[datetime, list[Any]] = defaultdict(list)
    for at, serial, _, type_, data in events:
        told = {"petition_id": petition_id(serial), "number": number(serial), **data}
        by_hour[at.replace(minute=0, second=0, microsecond=0) + HOUR].append((type_, at, told))
    for hour, heard in sorted(by_hour.items()):
        desk.run_to(hour)
        desk.hear(each for each in heard if each[0] != PUTS_OFF)
        for each in heard:
            if each[0] == PUTS_OFF:
                put_off(desk, each[2])
        desk.look()


def put_off(desk: Desk, given: dict[str, Any]) -> None:
    """Let the owner put off the latest that he was told of the handling."""
    stream = PetitionReminders.create_id(given["petition_id"])

    def decide(unit: Unit) -> Answer:
        reminders = unit.find(PetitionReminders, stream)
        assert reminders is not None
        snooze(reminders, given, desk.application.calendar(), desk.clock())
        return {}

    desk.application.run(Provenance(given["owner"], "", str(stream)), decide)


def snooze(
    reminders: PetitionReminders, given: dict[str, Any], calendar: WorkCalendar, at: datetime
) -> None:
    told = [
        each.reminder_id
        for each in reminders.reminders.values()
        if each.recipient == given["owner"] and each.point and each.point.term == "handling"
    ]
    reminders.snooze(told[-1], given["until"].astimezone(UTC), "现场核查", calendar, at)


def test_what_was_told_in_a_year_is_what_a_recount_says(
    desk: Desk, channel: TimedChannel, clock: Clock
) -> None:
    """To the day, the person and the reason; nobody twice on a day about one thing; never at night.

    Late by any number of days, extended, succeeded, put off, held up by a hearing, taken by nobody,
    closed before a point.
    """
    year = random.Random(2026).sample(cases(), PETITIONS)
    clock.now = min(case.begun for case in year).astimezone(UTC)
    live(desk, year)
    told: dict[tuple[str, str], Counter[Told_]] = defaultdict(Counter)
    waited: dict[str, Counter[date]] = defaultdict(Counter)
    for at, each in zip(channel.told_at, channel.told, strict=True):
        if each.reason == "untaken":
            waited[each.number][at.date()] += 1
            assert at.date() in WORKED_DAYS
            assert 8 <= at.hour < 20
    for at, each in channel.of_terms():
        told[each.number, each.term][at.date(), each.recipient, each.reason] += 1
        assert at.date() in WORKED_DAYS
        assert 8 <= at.hour < 20
    for case in year:
        assert told[number(case.serial), "handling"] == expected(case), case
        assert told[number(case.serial), "follow_up_visit"] == expected_of_visit(case), case
        assert told[number(case.serial), "re_review"] == expected_of_standstill(case), case
        assert told[number(case.serial), "first_step"] == expected_of_first_step(case), case
        assert waited[number(case.serial)] == expected_of_waiting(case), case
    assert sum(map(len, told.values())) > 5 * PETITIONS
    assert all(count == 1 for each in told.values() for count in each.values())


@pytest.fixture
def planner(stores: Stores, clock: Clock) -> Iterator[Planner]:
    with stores.opened("notify", lambda environment: Planner.on(environment, clock)) as made:
        yield made


def planned(planner: Planner, case: Case, clock: Clock) -> list[PetitionReminders.FellDue]:
    """Let a case go its way with nothing but plans; return what fell due of it."""
    planner.begin_anew()
    about = petition_id(case.serial)
    clock.now = case.begun.astimezone(UTC)
    in_order = sorted(case.events(), key=lambda event: event[0])
    for position, (at, type_, data) in enumerate(in_order, start=1):
        moment = at.astimezone(UTC)
        planner.fall_until(about, clock, moment)
        clock.now = moment
        told = {"petition_id": about, "number": number(case.serial), **data}
        if type_ == PUTS_OFF:
            snooze(planner.reminders_of(about), told, planner.calendar(), moment)
        else:
            planner.hear(event_of(position, type_, moment, **told))
    facts = planner.reminders_of(about).pending_events
    return [fact for fact in facts if isinstance(fact, PetitionReminders.FellDue)]


def test_the_plan_of_two_thousand_petitions_is_what_a_recount_says(
    planner: Planner, clock: Clock
) -> None:
    """The whole year of planning in seconds: nobody twice on a day about one thing, never at night.

    What is told is in the facts that a point makes: to whom, of what, and from when on.
    """
    count, year = 0, cases()
    assert min(sum(map(bool, each)) for each in kinds(year)) > 50
    for case in year:
        told: dict[str, Counter[Told_]] = defaultdict(Counter)
        for fell in planned(planner, case, clock):
            at = max(fell.timestamp, fell.not_before).astimezone(SHANGHAI)
            assert at.date() in WORKED_DAYS
            assert 8 <= at.hour < 20
            told[fell.term].update((at.date(), who, reason_at(fell.kind)) for who in fell.told)
        assert told["handling"] == expected(case), case
        assert told["follow_up_visit"] == expected_of_visit(case), case
        assert told["re_review"] == expected_of_standstill(case), case
        assert told["first_step"] == expected_of_first_step(case), case
        for each in told.values():
            times = Counter((day, who) for day, who, _ in each.elements())
            assert set(times.values()) <= {1}
        count += sum(each.total() for each in told.values())
    assert count > 20_000


def kinds(year: list[Case]) -> list[list[Any]]:
    """What may happen to a petition, of each petition."""
    names = ("extended", "succeeded", "replied", "standstill", "put_off", "untaken", "taken")
    return [[getattr(case, name) for case in year] for name in names]
