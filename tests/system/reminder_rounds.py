"""Kill notify at any moment, before receivers that fail: `python -m tests.system.reminder_rounds`.

A round is a seed: what responsibility tells when, what the receivers do with which request, when
the process is killed. Then the weather clears, and everything has to have been told, once by its
key, and nothing of a closed matter after its closure. Nothing is given up, but in the rounds in
which a receiver is down for longer than is tried: what it had to take, and nothing else.
"""

import chassis.runtime.patch  # noqa: F401 - imported for what it does

# isort: split
import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from itertools import product
from pathlib import Path
from time import CLOCK_MONOTONIC, clock_gettime, monotonic, sleep
from typing import IO, Any, Final

import msgspec

from chassis.eventstore.facts import state_of
from services.notify.application.ports import Endpoint
from services.notify.domain.planning import instant
from services.notify.gateways.endpoints import KEY_BYTES, Endpoints
from tests.builders import TODAY, number, petition_id
from tests.system.mortal_notify import FastClock, Task, application
from tests.unit.notify.desk import event_of
from tests.unit.notify.receivers import (
    DROP,
    FAIL,
    LOSE,
    ODD,
    RESET,
    SLOW,
    TAKE,
    TOO_MANY,
    Post,
    Robot,
    post,
    robot,
)
from tests.unit.stores import Stores

ROOT: Final = Path(__file__).resolve().parents[2]
PETITIONS: Final = 8
WEATHER_S: Final = 1.5
KILLED_ABOUT_EVERY_S: Final = 0.25
# So much faster than the world time passes; faster still once the weather has cleared.
FASTER, CALM_FASTER = 200.0, 4_000.0
SETTLED_WITHIN_S: Final = 30.0
# In one round of so many a receiver is down for longer than is tried; time passes faster still.
OUTAGE_IN: Final = 5
OUTAGE_FASTER: Final = 40_000.0
GIVEN_UP: Final = "reminder.given_up.v1"
NINE: Final = datetime.min.time().replace(hour=9)
HTTP_MOODS: Final = (DROP, RESET, SLOW, FAIL, TOO_MANY, LOSE, TAKE, TAKE)
# A robot answers 200, and says in the body that it took nothing.
CHAT_MOODS: Final = (*HTTP_MOODS, ODD, ODD)
MAIL_MOODS: Final = (DROP, FAIL, LOSE, TAKE)
# Who is reached by what of his own, beside the webhook that everything goes over.
OWN: Final = {
    "L0": ("dingtalk",),
    "L1": ("webhook",),
    "L2": ("mail",),
    "L3": ("webhook", "mail"),
    "L4": ("dingtalk", "mail"),
}
# The receiver that is down to those whom nothing else reaches; None for everybody.
CUT_OFF: Final[Mapping[str, frozenset[str] | None]] = {
    "everybody": None,
    "own": frozenset({"L1"}),
    "chat": frozenset({"L0"}),
    "post": frozenset({"L2"}),
}
GATHERED: Final = "您有"
SUCCESSOR: Final = "S1"
Key = tuple[str, str, str]


@dataclass
class Mortal:
    """Starts notify, and kills it."""

    starter: subprocess.Popen[str]
    pid: int = 0
    kills: int = 0

    def start(self, task: Task) -> None:
        _pipe(self.starter.stdin).write(f"{task.line()}\n")
        _pipe(self.starter.stdin).flush()
        self.pid = int(_pipe(self.starter.stdout).readline())

    def kill(self) -> None:
        """End it, and wait until it has: its starter waits for none of those it started."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        while _lives(self.pid):
            sleep(0.001)
        self.kills += 1


@dataclass
class Round:
    """One seed.

    Attributes:
        expected: news that has to be told: number, recipient and reason.
        closed: numbers of closed matters.
        clocks: by which time has passed, one after the other.
        down: the receiver that is down for longer than is tried; empty for none.
        given_up: recipients of what was given up.
    """

    seed: int
    store: str
    told: Path
    everybody: Robot
    own: Robot
    chat: Robot
    post: Post
    mortal: Mortal
    expected: Counter[Key] = field(default_factory=Counter)
    closed: set[str] = field(default_factory=set)
    position: int = 0
    clocks: list[FastClock] = field(default_factory=list)
    down: str = ""
    given_up: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        if self.seed % OUTAGE_IN == 0:
            self.down = random.Random(f"down/{self.seed}").choice(sorted(CUT_OFF))
        at = instant(TODAY, NINE).isoformat()
        self.clocks.append(FastClock(at, clock_gettime(CLOCK_MONOTONIC), FASTER))

    @property
    def clock(self) -> FastClock:
        """By which time passes now."""
        return self.clocks[-1]

    def _faster(self, times: float) -> None:
        now = clock_gettime(CLOCK_MONOTONIC)
        self.clocks.append(FastClock(self.clock().isoformat(), now, times))

    @cached_property
    def owners(self) -> dict[str, str]:
        return {number(n): f"L{n % 5}" for n in range(1, PETITIONS + 1)}

    def run(self) -> None:
        self._state_channels()
        for receiver, moods in (
            (self.everybody, HTTP_MOODS),
            (self.own, HTTP_MOODS),
            (self.chat, CHAT_MOODS),
            (self.post, MAIL_MOODS),
        ):
            receiver.moods = [self.chance.choice(moods) for _ in range(30)]
        self._storm()
        for receiver in (self.everybody, self.own, self.chat, self.post):
            receiver.moods = []
        if self.down:
            self._outage()
        self._settle()

    def _state_channels(self) -> None:
        addresses = {
            "webhook": self.own.url,
            "dingtalk": self.chat.url,
            "mail": "leader@example.org",
        }
        with closing(application(self.store, self.clock)) as notify:
            kept = Endpoints(bytes(KEY_BYTES))
            with notify.log_of_events.writing() as transaction:
                for who, kinds in OWN.items():
                    endpoints = [Endpoint(kind, addresses[kind]) for kind in kinds]
                    kept.keep(transaction, who, endpoints)

    def _storm(self) -> None:
        """Let things happen, and kill notify at random moments."""
        happenings = sorted(
            (self.chance.uniform(0, WEATHER_S * 0.8), serial) for serial in range(1, PETITIONS + 1)
        )
        more = [(at + self.chance.uniform(0.05, 1.2), serial) for at, serial in happenings]
        left = [(at, serial, self._begin) for at, serial in happenings]
        left = sorted([*left, *((at, serial, self._go_on) for at, serial in more)], key=_in_order)
        began, dies_at = monotonic(), 0.0
        while (gone := monotonic() - began) < WEATHER_S or left:
            if gone >= dies_at:
                self._live_again()
                dies_at = gone + self.chance.expovariate(1 / KILLED_ABOUT_EVERY_S)
            while left and left[0][0] <= gone:
                _, serial, happen = left.pop(0)
                happen(serial)
            sleep(0.002)

    def _live_again(self, *, redrives: bool = False) -> None:
        if self.mortal.pid:
            self.mortal.kill()
        told, url = str(self.told), self.everybody.url
        seed = self.chance.randrange(2**32)
        self.mortal.start(
            Task(self.store, told, self.clock, url, self.post.port, seed, redrives=redrives)
        )

    def _outage(self) -> None:
        """Let a receiver be down, and people have to be told, until that is given up."""
        receiver = getattr(self, self.down)
        for of, owner in self.owners.items():
            if of not in self.closed and not self.expected[of, SUCCESSOR, "ownership_taken"]:
                self._tell(_serial(of), "repeat.joined.v1", owner=owner)
                self.expected[of, owner, "repeat_joined"] += 1
        receiver.moods = [FAIL] * 100_000
        self._faster(OUTAGE_FASTER)
        self._live_again()
        self._wait_while_any("planned")
        self.mortal.kill()
        receiver.moods = []

    def _begin(self, serial: int) -> None:
        about = self.owners[number(serial)]
        self._tell(serial, "ownership.awaited.v1")
        self._tell(serial, "ownership.taken.v1", owner=about)
        self._tell(serial, "term.ended.v1", term="first_step")
        due = {"on": (TODAY + timedelta(days=60)).isoformat()}
        self._tell(serial, "term.begun.v1", term="handling", runs_from=f"{TODAY}", due=due)
        self.expected[number(serial), about, "ownership_taken"] += 1

    def _go_on(self, serial: int) -> None:
        """Close it, pass it on, or let somebody repeat it."""
        owner = self.owners[number(serial)]
        what = self.chance.choice(["close", "close", "succeed", "repeat"])
        if what == "close":
            self._tell(serial, "case.closed.v1")
            self.closed.add(number(serial))
        elif what == "succeed":
            self._tell(serial, "ownership.succeeded.v1", previous_owner=owner, owner=SUCCESSOR)
            self.expected[number(serial), SUCCESSOR, "ownership_taken"] += 1
        else:
            self._tell(serial, "repeat.joined.v1", owner=owner)
            self.expected[number(serial), owner, "repeat_joined"] += 1

    def _tell(self, serial: int, type_: str, **given: Any) -> None:
        self.position += 1
        about = {"petition_id": petition_id(serial), "number": number(serial)}
        event = event_of(self.position, type_, self.clock(), **about, **given)
        with self.told.open("ab") as file:
            file.write(msgspec.json.encode(event) + b"\n")

    def _settle(self) -> None:
        """Let one process live in good weather until there is nothing left to do."""
        self._faster(CALM_FASTER)
        self._live_again(redrives=bool(self.down))
        self._wait_while_any("planned", "given_up")
        self.mortal.kill()

    def _wait_while_any(self, *states: str) -> None:
        """Wait until everything was heard, and no reminder is in one of the states any more."""
        ends = monotonic() + SETTLED_WITHIN_S
        open_ = f"SELECT 1 FROM reminder WHERE state IN ({', '.join('?' for _ in states)})"
        with closing(application(self.store, self.clock)) as notify:
            log = notify.log_of_events
            while monotonic() < ends:
                ((heard,),) = log.query("SELECT max(position) FROM applied_position") or ((0,),)
                left = log.query(open_, states)
                if heard == self.position and not left and self._begun(log):
                    break
                sleep(0.02)

    def _begun(self, log: Any) -> bool:
        """Whether the beginnings of the terms that run have fallen due."""
        rows = log.query("SELECT number FROM reminder WHERE reason = 'term_begun'")
        return {of for (of,) in rows} >= self.owners.keys() - self.closed

    def wrongs(self) -> Iterator[str]:
        """Yield what does not hold."""
        with closing(application(self.store, self.clock)) as notify:
            log = notify.log_of_events
            rows = log.query("SELECT reminder_id, number, recipient, reason, state FROM reminder")
            facts = log.select_recorded(0, 100_000)
        who = {row[0]: row[2] for row in rows}
        self.given_up = [
            who[state_of(fact)["reminder_id"]] for fact in facts if fact.topic == GIVEN_UP
        ]
        yield from self._given_up_too_soon()
        yield from self._not_told(rows)
        yield from self._untrue(rows)
        yield from self._twice(rows)
        yield from self._mailed_twice(rows)
        yield from self._after_closure(facts)

    def _given_up_too_soon(self) -> Iterator[str]:
        """Yield what was given up though nothing that reaches its recipient was down so long."""
        cut_off = CUT_OFF[self.down] if self.down else frozenset[str]()
        for recipient in self.given_up:
            if cut_off is not None and recipient not in cut_off:
                yield f"a reminder to {recipient} was given up, down was {self.down or 'nothing'}"

    def _not_told(self, rows: list[Any]) -> Iterator[str]:
        known = Counter((of, who, reason) for _, of, who, reason, _ in rows)
        for key, count in self.expected.items():
            if known[key] != count:
                yield f"{known[key]} instead of {count} reminders of {key}"
        # What was not told yet when the ownership passed on is told to who owns it now instead.
        begun = Counter(
            of for _, of, _, reason, state in rows if (reason, state) == ("term_begun", "delivered")
        )
        for of in self.owners:
            if begun[of] != 1 and of not in self.closed:
                yield f"the beginning of the term of {of} was told {begun[of]} times"
        for reminder_id, of, _, reason, state in rows:
            passed_on = self.expected[of, SUCCESSOR, "ownership_taken"] > 0
            excused = of in self.closed or reason == "untaken" or passed_on
            if state != "delivered" and not (excused and state == "cancelled"):
                yield f"{reminder_id} of {of}, {reason}, is {state}"

    def _untrue(self, rows: list[Any]) -> Iterator[str]:
        """Yield what is delivered on record and came nowhere."""
        mails = {id_ for _, id_, _ in self._mails()}
        read = [text for _, text in self._said()]
        for reminder_id, of, who, _, state in rows:
            if state != "delivered":
                continue
            if reminder_id not in self.everybody.effects:
                yield f"{reminder_id} is delivered, and did not come"
            came = {"webhook": self.own.effects, "mail": mails}
            own = OWN.get(who, ())
            # Mail is gathered where there is much of it, and then has another id; so is chat.
            if "webhook" in own and not any(reminder_id in came[kind] for kind in own):
                yield f"{reminder_id} to {who} came over none of {own}"
            if own and "webhook" not in own and not any(of in text for text in read):
                yield f"{reminder_id} of {of} to {who} was read nowhere"

    def _twice(self, rows: list[Any]) -> Iterator[str]:
        """Yield keys that stand for two things, and things that have two keys."""
        known = {row[0] for row in rows}
        for receiver in (self.everybody, self.own):
            bodies = defaultdict(set)
            for _, headers, body in receiver.requests:
                bodies[headers["webhook-id"]].add(body)
            for id_, different in bodies.items():
                if id_ not in known or len(different) != 1:
                    yield f"{id_} stands for {len(different)} messages"
            said = Counter(next(iter(different)) for different in bodies.values())
            told = Counter(_thing(body) for body in said)
            yield from (f"{thing} has {count} keys" for thing, count in told.items() if count > 1)

    def _mails(self) -> Iterator[tuple[float, str, str]]:
        """Yield when each mail came, its id and its text."""
        for at, message in zip(self.post.times, self.post.messages, strict=True):
            id_ = message["Message-ID"].strip("<>").partition("@")[0]
            yield at, id_, message.get_content()

    def _said(self) -> Iterator[tuple[float, str]]:
        """Yield when each message that people read came, and its text."""
        yield from ((at, text) for at, _, text in self._mails())
        for at, body in zip(self.chat.times, self.chat.bodies, strict=True):
            yield at, body["text"]["content"]

    def _mailed_twice(self, rows: list[Any]) -> Iterator[str]:
        """Yield ids of mail that stand for two things, or for one that has another id."""
        known, texts = {row[0] for row in rows}, defaultdict(set)
        for _, id_, text in self._mails():
            texts[id_].add(text)
            if id_ not in known and not text.startswith(GATHERED):
                yield f"mail {id_} stands for no reminder"
        yield from (f"mail {id_} has {len(each)} texts" for id_, each in texts.items()
                    if len(each) > 1)  # fmt: skip

    def _after_closure(self, facts: Any) -> Iterator[str]:
        """Yield what came after it was cancelled or its matter closed, and what ended twice."""
        cancelled, ends, closed = {}, Counter[str](), {}
        for fact in facts:
            state = state_of(fact)
            if fact.topic == "reminder.cancelled.v1":
                cancelled[state["reminder_id"]] = fact.recorded_at
            if "case_closed" in {state.get("why"), state.get("reason")}:
                closed.setdefault(state["number"], fact.recorded_at)
            if fact.topic in {"reminder.cancelled.v1", "reminder.delivered.v1"}:
                ends[state["reminder_id"]] += 1
        yield from (f"{id_} ended {count} times" for id_, count in ends.items() if count > 1)
        for receiver in (self.everybody, self.own):
            for at, (_, headers, body) in zip(receiver.times, receiver.requests, strict=True):
                id_, of = headers["webhook-id"], json.loads(body)["number"]
                if any(over and self._virtual(at) > over
                       for over in (cancelled.get(id_), closed.get(of))):  # fmt: skip
                    yield f"{id_} of {of} came when that was over"
        yield from self._said_after(closed)

    def _said_after(self, closed: dict[str, datetime]) -> Iterator[str]:
        for (at, text), (of, over) in product(self._said(), closed.items()):
            if of in text and self._virtual(at) > over:
                yield f"a message on {of} came when that was closed"

    def _virtual(self, at: float) -> datetime:
        passed = [clock for clock in self.clocks if clock.begun <= at] or self.clocks[:1]
        return passed[-1].at_moment(at)


def _serial(of: str) -> int:
    """Return which petition has a number."""
    return next(n for n in range(1, PETITIONS + 1) if number(n) == of)


def _in_order(happening: tuple[float, int, Any]) -> tuple[float, int]:
    return happening[:2]


def _thing(body: bytes) -> tuple[str, ...]:
    said = json.loads(body)
    return said["number"], said["recipient"], said["reason"], said["due_at"]


def _pipe(pipe: IO[str] | None) -> IO[str]:
    if pipe is None:
        raise RuntimeError("the starter has no pipes")
    return pipe


def _lives(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


def run_round(seed: int, stores: Stores, starter: subprocess.Popen[str]) -> Round:
    """Run one round, and return it with what was seen."""
    store = stores.fresh("notify")["SQLITE_DBNAME"]
    with ExitStack() as stack:
        receivers = [stack.enter_context(robot()) for _ in range(3)]
        office = stack.enter_context(post())
        mortal = Mortal(starter)
        made = Round(seed, store, Path(f"{store}.told"), *receivers, office, mortal)
        made.told.touch()
        try:
            made.run()
        finally:
            if mortal.pid:
                mortal.kill()
    return made


def start_starter() -> subprocess.Popen[str]:
    """Start what starts notify."""
    command = [sys.executable, "-m", "tests.system.mortal_notify"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    return subprocess.Popen(command, cwd=ROOT, text=True, **pipes)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1, help="of the first round")
    asked = parser.parse_args()
    totals: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder, start_starter() as starter:
        stores = Stores(Path(folder))
        for seed in range(asked.seed, asked.seed + asked.rounds):
            made = run_round(seed, stores, starter)
            wrong = list(made.wrongs())
            totals += Counter(
                rounds=1,
                wrong=bool(wrong),
                kills=made.mortal.kills,
                requests=len(made.everybody.requests) + len(made.own.requests),
                mails=len(made.post.messages),
                chats=len(made.chat.requests),
                reminders=len(made.everybody.effects),
                outages=bool(made.down),
                given_up=len(made.given_up),
            )
            of_outage = f", {made.down} down: {len(made.given_up)} given up" if made.down else ""
            sys.stdout.write(f"{seed}: {'; '.join(wrong) or 'good'}{of_outage}\n")
            sys.stdout.flush()
            Path(made.store).unlink()
        _pipe(starter.stdin).close()
    sys.stdout.write(f"{dict(totals)}\n")
    return 1 if totals["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
