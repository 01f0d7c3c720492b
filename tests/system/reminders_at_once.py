"""Very many reminders at once: `python -m tests.system.reminders_at_once`.

A hundred thousand are overdue, because nobody was told for a day: all are told, the longest due
first, within the limits of robots, while news comes in that must not wait and digests are sent.
Then ten thousand petitions are registered at once, in real time: none is told later than promised.
"""

import chassis.runtime.patch  # noqa: F401 - imported for what it does

# isort: split
import argparse
import sys
import tempfile
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import count
from pathlib import Path
from time import monotonic
from typing import Any, Final, NamedTuple, Protocol

import psycopg2

from chassis.eventstore.instants import utc_now
from chassis.eventstore.location import environment_for
from chassis.eventstore.migrate import migrate
from chassis.eventstore.requests import CommandKey
from services.notify.application import Notify
from services.notify.application.delivering import Deliveries
from services.notify.application.digesting import Digests
from services.notify.application.ports import OK, Channel, Endpoint, Outcome, Reach, Told, Way
from services.notify.application.preferring import Preferring, Stated
from services.notify.application.responding import Command
from services.notify.domain.digest import Running
from services.notify.domain.offices import head_of
from services.notify.domain.planning import instant
from services.notify.gateways.pace import EndpointPace
from services.notify.gateways.robots import PER_MINUTE
from services.notify.readmodels.reminders import ReminderTable
from shouwen.hosting import versions_of
from tests.builders import DAY, TODAY, Clock, number, petition_id
from tests.servers import PostgresServer
from tests.unit.notify.desk import Desk, notify
from tests.unit.stores import Stores

OFFICES: Final = 100
# So many of their heads share one robot; each of the others has his own.
SHARING: Final = 20
BATCH: Final = 500
ROUND: Final = timedelta(seconds=10)
MINUTE: Final = timedelta(minutes=1)
NEWS_EVERY_ROUNDS: Final = 10
ROUNDS_MAX: Final = 100_000
PAGE: Final = 4096
MEMORY_GROWTH_MAX: Final = 120 * 1024**2
# What is promised, see docs/operations.md.
TOLD_WITHIN: Final = timedelta(minutes=2)
OPENS, SHUTS = instant(TODAY, time(8)), instant(TODAY, time(20))
NEXT_MORNING: Final = instant(TODAY + DAY, time(8, 30))


class Line(NamedTuple):
    """What a channel was told, as far as anybody asks."""

    at: datetime
    reminder_id: str
    number: str
    term: str
    reason: str
    due_at: datetime


@dataclass
class Listener:
    """One channel that always delivers, and notes what it was told when."""

    clock: Any
    name: str = "file"
    endpoint: str = ""
    per_minute: int = 0
    told: list[Line] = field(default_factory=list)

    def tell(self, told: Told) -> Outcome:
        about = told.number, told.term, told.reason, told.due_at
        self.told.append(Line(self.clock(), told.reminder_id, *about))
        return OK

    @property
    def most_in_a_minute(self) -> int:
        times = [line.at for line in self.told]
        return max((bisect_right(times, at) - bisect_right(times, at - MINUTE) for at in times),
                   default=0)  # fmt: skip


@dataclass(frozen=True)
class OwnRobots:
    """Everything goes to the file, and to a robot of each leader's own or of several."""

    file: Listener
    robots: Mapping[str, Listener]

    def of(self, recipients: Iterable[str]) -> dict[str, Reach]:
        return {each: Reach(list(self._ways(each))) for each in recipients}

    def _ways(self, recipient: str) -> Iterator[Way]:
        yield Way([self.file])
        if recipient in self.robots:
            yield Way([self.robots[recipient]], gathers=True, own=True)

    def channel_to(self, endpoint: Endpoint) -> Channel | None:
        """Nobody states any."""


def robots_of(heads: Sequence[str], clock: Any) -> dict[str, Listener]:
    shared = Listener(clock, "dingtalk", "dingtalk/shared", PER_MINUTE)
    own = {who: Listener(clock, "dingtalk", f"dingtalk/{who}", PER_MINUTE) for who in heads}
    return own | dict.fromkeys(heads[:SHARING], shared)


class EverybodysCases:
    """One term of everybody runs, and is late."""

    def open_of(self, _owner: str) -> Sequence[str]:
        return [number()]

    def running_of(self, owner: str) -> Sequence[Running]:
        return [Running(number(), "handling", date(2026, 11, 20), owner)]

    def running_in(self, _office: str) -> Sequence[Running]:
        return []

    def untaken_in(self, _office: str) -> Sequence[str]:
        return []


@dataclass
class Overdue:
    """So many reminders of terms, and what was seen of them.

    Attributes:
        rounds: due times of the terms that were told of in each round.
        late_news: numbers of what came in between, and was not told at once.
        memory: bytes before, and at the most.
        found: what does not hold.
    """

    desk: Desk
    clock: Clock
    file: Listener
    robots: Mapping[str, Listener]
    count: int
    rounds: list[list[datetime]] = field(default_factory=list)
    late_news: list[str] = field(default_factory=list)
    memory: tuple[int, int] = (0, 0)
    digests_sent: int = 0
    took_s: dict[str, float] = field(default_factory=dict)
    found: list[str] = field(default_factory=list)

    def run(self) -> None:
        self._timed("heard", self._hear)
        self._timed("fell due", self._fall)
        self._want_digests()
        self.clock.now = NEXT_MORNING
        now = in_memory()
        self.memory = now, now
        self._timed("told", self._tell)

    def _timed(self, what: str, work: Any) -> None:
        began = monotonic()
        work()
        self.took_s[what] = monotonic() - began

    def _hear(self) -> None:
        """Let terms begin all day long, of petitions that wait for their owners; nobody is told."""
        step = (SHUTS - OPENS - timedelta(hours=1)) / self.count
        for first in range(1, self.count + 1, BATCH):
            serials = range(first, min(first + BATCH, self.count + 1))
            told = [begun(serial, OPENS + serial * step) for serial in serials]
            self.clock.now = told[-1][1]
            self.desk.hear(told)
            # What was heard is not needed any more, and would be in the measured memory.
            self.desk.log.events[:] = [None] * len(self.desk.log.events)  # type: ignore[list-item]

    def _fall(self) -> None:
        self.clock.now = SHUTS - MINUTE
        while self.desk.fall():
            pass

    def _want_digests(self) -> None:
        ways, pace = self.desk.deliveries.ways, self.desk.deliveries.pace
        preferring = Preferring(self.desk.application, ways, pace, None)
        for who in self.robots:
            key = CommandKey.of(who, "digest", "notify.set_preferences", b"")
            command = Command(who, (who, ""), frozenset({who}), "digest", key)
            preferring.state(command, who, Stated([], None, [], "morning"))

    def _tell(self) -> None:
        seen = serial = 0
        cases, ways = EverybodysCases(), self.desk.deliveries
        digests = Digests(self.desk.application, cases, ways, ReminderTable())
        while len(self.rounds) < ROUNDS_MAX:
            news = None
            if len(self.rounds) % NEWS_EVERY_ROUNDS == 0:
                serial += 1
                news = self._news(self.count + serial)
            self.digests_sent += digests.send_due()
            worked = self.desk.deliver()
            told = [each for each in self.file.told[seen:] if each.reason != "digest"]
            seen = len(self.file.told)
            if news is not None and news not in {each.number for each in told}:
                self.late_news.append(news)
            self.rounds.append([each.due_at for each in told if each.term])
            self.memory = self.memory[0], max(self.memory[1], in_memory())
            self.clock.advance(ROUND)
            if not worked and not self._left():
                return

    def _news(self, serial: int) -> str:
        about = {"petition_id": petition_id(serial), "number": number(serial), "owner": "L-new"}
        self.desk.tell("ownership.taken.v1", **about)
        return number(serial)

    def _left(self) -> bool:
        return bool(self.desk.application.log_of_events.query(
            "SELECT 1 FROM reminder WHERE state = 'planned' LIMIT 1"))  # fmt: skip

    def wrongs(self) -> Iterator[str]:
        """Yield what does not hold."""
        told = Counter(each.reminder_id for each in self.file.told if each.reason != "digest")
        news = len(range(0, len(self.rounds), NEWS_EVERY_ROUNDS))
        if len(told) != self.count + news:
            yield f"{len(told)} of {self.count} and {news} were told"
        if twice := sum(count > 1 for count in told.values()):
            yield f"{twice} were told twice"
        if self._left():
            yield "some are still planned"
        if self.late_news:
            yield f"news waited: {len(self.late_news)} times"
        yield from self._out_of_order()
        for robot in {id(robot): robot for robot in self.robots.values()}.values():
            if (most := robot.most_in_a_minute) > PER_MINUTE:
                yield f"{robot.endpoint} was told {most} times in a minute"
        if self.memory[1] - self.memory[0] > MEMORY_GROWTH_MAX:
            yield f"memory grew from {self.memory[0] >> 20} to {self.memory[1] >> 20} MB"

    def _out_of_order(self) -> Iterator[str]:
        """Yield where a round told what was due before all of an earlier round."""
        last = OPENS
        for place, due in enumerate(self.rounds):
            if due and min(due) < last:
                yield f"round {place} told what was due before what was told already"
            last = max([last, *due])

    def __str__(self) -> str:
        robots = {id(robot): robot for robot in self.robots.values()}.values()
        messages = sum(len(robot.told) for robot in robots)
        took = {what: f"{seconds:.0f} s" for what, seconds in self.took_s.items()}
        return (
            f"{self.count} overdue of {len(self.robots)} heads: {took}, in {len(self.rounds)}"
            f" rounds, {len(self.rounds) * ROUND} of their time; {messages} messages to"
            f" {len(robots)} robots, {max(robot.most_in_a_minute for robot in robots)} in a minute"
            f" at most; {self.digests_sent} digests; memory {self.memory[0] >> 20} to"
            f" {self.memory[1] >> 20} MB"
        )


@dataclass
class Spike:
    """So many registrations at once, in real time; how late the last was told."""

    application: Notify
    file: Listener
    count: int
    latest: timedelta = timedelta(0)
    found: list[str] = field(default_factory=list)

    def run(self) -> None:
        ways = OwnRobots(self.file, {})
        pace = EndpointPace(self.application.log_of_events)
        deliveries = Deliveries(self.application, ways, pace, lambda: 0.5)
        clock = Clock()
        desk = Desk(self.application, clock, deliveries)
        at = clock.now = utc_now()
        for first in range(1, self.count + 1, BATCH):
            serials = range(first, min(first + BATCH, self.count + 1))
            desk.hear([told for n in serials for told in (taken(n, at), begun(n, at))])
            desk.log.events[:] = [None] * len(desk.log.events)  # type: ignore[list-item]
            desk.deliver()
        while desk.deliver():
            pass
        self.latest = max(line.at for line in self.file.told) - at

    def wrongs(self) -> Iterator[str]:
        """Yield what does not hold."""
        told = Counter(each.number for each in self.file.told)
        if len(told) != self.count or max(told.values()) > 1:
            yield f"{len(told)} of {self.count} were told, one {max(told.values())} times"
        if self.latest > TOLD_WITHIN:
            yield f"the last was told after {self.latest}"

    def __str__(self) -> str:
        seconds = self.latest.total_seconds()
        return (
            f"{self.count} registered at once: the last owner was told after {seconds:.1f} s,"
            f" {self.count / seconds:.0f} a second"
        )


Happening = tuple[str, datetime, dict[str, Any]]


def begun(serial: int, at: datetime) -> Happening:
    """Return the beginning of a term, as responsibility tells of it."""
    due = {"on": (TODAY + timedelta(days=60)).isoformat()}
    term = {"term": "handling", "runs_from": TODAY.isoformat(), "due": due}
    return "term.begun.v1", at, {**_about(serial), **term}


def taken(serial: int, at: datetime) -> Happening:
    return "ownership.taken.v1", at, {**_about(serial), "owner": f"L{serial % OFFICES}"}


def _about(serial: int) -> dict[str, str]:
    office = f"33{serial % OFFICES:04}-01"
    return {"petition_id": petition_id(serial), "number": number(serial), "office": office}


def in_memory() -> int:
    """Return the bytes that this process has in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


class Places(Protocol):
    """Makes empty stores."""

    def fresh(self, service: str) -> dict[str, str]:
        """Environment of an application on a store of its own."""


@dataclass
class Databases:
    """Makes databases on one server."""

    server: PostgresServer
    _serial: Iterator[int] = field(default_factory=count)

    def fresh(self, service: str) -> dict[str, str]:
        name = f"{service}_{next(self._serial)}"
        with closing(psycopg2.connect(self.server.url)) as connection:
            connection.autocommit = True
            connection.cursor().execute(f"CREATE DATABASE {name}")
        url = f"{self.server.url.rpartition('/')[0]}/{name}"
        migrate(url, service, versions_of(service))
        return environment_for(url, service)


@contextmanager
def places(database: str) -> Iterator[Places]:
    """Yield where stores are made: in a folder, or on a server of this run alone."""
    if database == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield Stores(Path(folder))
        return
    server = PostgresServer()
    try:
        server.start()
        yield Databases(server)
    finally:
        server.remove()


def overdue(count: int, stores: Places) -> Overdue:
    clock = Clock()
    with closing(notify(stores.fresh("notify"), clock)) as application:
        file, heads = Listener(clock), [head_of(f"33{n:04}-01") for n in range(OFFICES)]
        robots = robots_of(heads, clock)
        pace = EndpointPace(application.log_of_events)
        deliveries = Deliveries(application, OwnRobots(file, robots), pace, lambda: 0.5)
        made = Overdue(Desk(application, clock, deliveries), clock, file, robots, count)
        made.run()
        made.found += made.wrongs()
    return made


def spike(count: int, stores: Places) -> Spike:
    with closing(notify(stores.fresh("notify"), utc_now)) as application:
        made = Spike(application, Listener(utc_now), count)
        made.run()
        made.found += made.wrongs()
    return made


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--overdue", type=int, default=100_000)
    parser.add_argument("--spike", type=int, default=10_000)
    parser.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    asked = parser.parse_args()
    with places(asked.database) as stores:
        wrong: list[str] = []
        for made in (overdue(asked.overdue, stores), spike(asked.spike, stores)):
            sys.stdout.write(f"{made}\n")
            wrong += made.found
    sys.stdout.write("".join(f"{each}\n" for each in wrong) or "good\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
