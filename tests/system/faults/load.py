"""Seeded random load: petitions that live their lives, each call with a request id of its own.

A call of unknown outcome is sent again with the same request id, as a client should, until the
answer is known; a few are left unknown on purpose.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from random import Random
from time import monotonic
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import eventlet

from chassis.eventstore.instants import utc_now
from chassis.messaging.calling import RpcCaller
from contracts.failures import Failure
from tests.system.faults.history import UNKNOWN_CODES, Call, History
from tests.system.faults.installation import Installation

OFFICES: Final = ("330424-01", "330424-02", "330481-01", "330502-01")
LEADERS: Final = tuple(f"L{number:02d}" for number in range(1, 13))
CALL_LIMIT_S: Final = 5.0
RETRY_PAUSE_S: Final = 0.3
LEFT_UNKNOWN: Final = 0.03
PAUSE_AT_MOST_S: Final = 0.6
SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
# Received just now: the first step of nothing is late when it is registered.
RAISED_AT: Final = (utc_now() - timedelta(hours=1)).isoformat()
LONG_BEFORE: Final = "2026-10-09T10:00:00+08:00"
SETTLED: Final = {
    "outcome": "settled",
    "reply_document": "D-1",
    "follow_up_visit_at": "2026-10-20T09:00:00+08:00",
    "evaluation_asked_at": "2026-10-20T09:00:00+08:00",
}


class NotRecovered(AssertionError):  # noqa: N818 - it says what is the case
    """A call had no answer long after everything was healed."""


class Callers:
    """Staff of all kinds, calling over one connection and writing the history.

    Attributes:
        explained: refusals that the fault at hand explains; what they say may not be true.
    """

    def __init__(self, installation: Installation, history: History) -> None:
        self.history = history
        self.explained: frozenset[str] = frozenset()
        self._installation = installation
        self._said = threading.local()
        self._tokens: dict[tuple[str, str, str], str] = {}
        self._caller = RpcCaller(
            installation.amqp_uri("callers"), lambda: str(self._said.token), CALL_LIMIT_S
        )

    def call(self, method: str, who: tuple[str, str, str], **arguments: Any) -> Call:
        """Call once and record what came of it.

        Args:
            who: staff number, role, office.
        """
        self._said.token = self._token(who)
        service, _, name = method.partition(".")
        invoked_at = self.history.invoked(method, arguments, who)
        answer, outcome, code = None, "ok", ""
        try:
            answer = self._caller.call(service, name, **arguments)
        except Failure as failure:
            code = failure.code
            outcome = "unknown" if code in UNKNOWN_CODES | self.explained else "refused"
        call = Call(self.history.round, method, arguments, who, invoked_at, monotonic(),
                    outcome, answer, code)  # fmt: skip
        self.history.ended(call)
        return call

    def ask(self, method: str, **arguments: Any) -> Any:
        """Ask as an operator, outside the history.

        Raises:
            Failure: there was no answer, or a refusal.
        """
        self._said.token = self._token(("O1", "operator", ""))
        service, _, name = method.partition(".")
        return self._caller.call(service, name, **arguments)

    def close(self) -> None:
        self._caller.close()

    def _token(self, who: tuple[str, str, str]) -> str:
        if who not in self._tokens:
            subject, role, office = who
            self._tokens[who] = self._installation.token(subject, [role], office)
        return self._tokens[who]


@dataclass
class Load:
    """The load of one round: it goes on, one life after the other, until it is enough.

    Attributes:
        deadline: monotonic time after which a missing answer is a failure.
    """

    callers: Callers
    rng: Random
    deadline: float
    numbers: list[str] = field(default_factory=list)
    _threads: list[Any] = field(default_factory=list)
    _enough: bool = False

    def start(self, at_once: int) -> None:
        self._spawn(self._set_rosters)
        self._spawn(self._register_many)
        for _ in range(at_once):
            self._spawn(partial(self._live_on, Random(self.rng.random())))

    def finish(self) -> None:
        """Begin no more lives, and wait for the end of those that are lived.

        Raises:
            NotRecovered: a call had no answer in time.
        """
        self._enough = True
        while self._threads:
            self._threads.pop().wait()

    def insist(self, rng: Random, method: str, who: tuple[str, str, str], **arguments: Any) -> Call:
        """Call until the outcome is known, or give up on it now and then.

        Raises:
            NotRecovered: it was not known before the deadline.
        """
        may_leave = rng.random() < LEFT_UNKNOWN and "request_id" in arguments
        while True:
            call = self.callers.call(method, who, **arguments)
            settled = call.outcome != "unknown" and call.code != "busy"
            if settled or may_leave:
                return call
            if monotonic() > self.deadline:
                raise NotRecovered(f"{method} {arguments}: {call.code}")
            eventlet.sleep(RETRY_PAUSE_S)

    def _live_on(self, rng: Random) -> None:
        while not self._enough:
            Life(self, Random(rng.random())).live()
            eventlet.sleep(rng.uniform(0, PAUSE_AT_MOST_S))

    def _spawn(self, task: Any) -> None:
        self._threads.append(eventlet.spawn(task))

    def _set_rosters(self) -> None:
        office = self.rng.choice(OFFICES)
        # Clocks jump by a day at most.
        today = datetime.now(SHANGHAI).date()
        lines = [{"day": str(today + timedelta(days=days)), "leader": self.rng.choice(LEADERS)}
                 for days in (-1, 0, 1)]  # fmt: skip
        self.insist(
            self.rng,
            "responsibility.set_roster",
            ("H1", "office_head", office),
            request_id=new_id(self.rng),
            office=office,
            lines=lines,
            document="R-1",
        )

    def _register_many(self) -> None:
        rng = Random(self.rng.random())
        office = rng.choice(OFFICES)
        items = [registration(rng, office) for _ in range(rng.randint(2, 12))]
        call = self.insist(rng, "intake.register_many", ("K1", "clerk", office), items=items)
        if call.outcome == "ok":
            self.numbers += [item["petition"]["number"] for item in call.answer["registered"]]


@dataclass
class Life:
    """One petition, from registration to wherever chance takes it."""

    load: Load
    rng: Random
    number: str = ""
    office: str = ""
    reopened: bool = False
    body: dict[str, Any] = field(default_factory=dict)

    def live(self) -> None:
        self.office = self.rng.choice(OFFICES)
        self.body = registration(self.rng, self.office)
        call = self._do("intake.register", ("K1", "clerk", self.office), **self.body)
        if call.outcome != "ok":
            return
        self.number = call.answer["number"]
        self.load.numbers.append(self.number)
        self._receive(self.rng.sample(LEADERS, self.rng.randint(1, 4)))
        for _ in range(self.rng.randint(0, 5)):
            owner = self._owner()
            if owner is None or not self._step(owner):
                return

    def _receive(self, leaders: Sequence[str]) -> None:
        """Let rivals receive at once."""
        rivals = [
            eventlet.spawn(
                self.load.insist,
                Random(self.rng.random()),
                "responsibility.receive",
                (leader, "leader", self.office),
                request_id=new_id(self.rng),
                number=self.number,
            )
            for leader in leaders
        ]
        for rival in rivals:
            rival.wait()

    def _owner(self) -> dict[str, Any] | None:
        call = self._do(
            "responsibility.owner_of", ("L01", "leader", self.office), number=self.number
        )
        return call.answer if call.outcome == "ok" else None

    def _step(self, seen: dict[str, Any]) -> bool:
        """Take one step that fits; False when its outcome was left unknown."""
        if seen["owner"] is None:
            self._receive([self.rng.choice(LEADERS)])
            return True
        if seen["state"] == "closed":
            steps = [self._reopen, self._repeat, self._late_rival]
        else:
            steps = [self._pass_on, self._pass_on, self._close, self._close, self._late_rival,
                     self._repeat, self._reply, self._contest]  # fmt: skip
        return bool(self.rng.choice(steps)(seen).outcome != "unknown")

    def _pass_on(self, seen: dict[str, Any]) -> Call:
        method, ground = self.rng.choice(
            [("succeed", "left_post"), ("succeed", "long_leave"), ("recuse", "direct_interest")]
        )
        request_id = new_id(self.rng)
        return self._do(
            f"responsibility.{method}",
            ("H1", "office_head", self.office),
            request_id=request_id,
            number=self.number,
            to=self.rng.choice([each for each in LEADERS if each != seen["owner"]]),
            ground=ground,
            document=f"D-{request_id}",
        )

    def _close(self, seen: dict[str, Any]) -> Call:
        """Settled the first time; what was opened again is withdrawn, whose clocks may differ."""
        again = self.reopened or seen["repeats"]
        stated = {"outcome": "withdrawn"} if again else SETTLED
        return self._do(
            "responsibility.close",
            (seen["owner"], "leader", self.office),
            request_id=new_id(self.rng),
            number=self.number,
            **stated,
        )

    def _reopen(self, seen: dict[str, Any]) -> Call:
        self.reopened = True
        return self._do(
            "responsibility.reopen",
            ("H1", "office_head", self.office),
            request_id=new_id(self.rng),
            number=self.number,
            reason="ordered",
            document="D-2",
        )

    def _repeat(self, seen: dict[str, Any]) -> Call:
        again = {**self.body, "request_id": new_id(self.rng), "repeat_of": self.number}
        call = self._do("intake.register", ("K1", "clerk", self.office), **again)
        if call.outcome == "ok":
            self.load.numbers.append(call.answer["number"])
        return call

    def _late_rival(self, seen: dict[str, Any]) -> Call:
        return self._do(
            "responsibility.receive",
            (self.rng.choice(LEADERS), "leader", self.office),
            request_id=new_id(self.rng),
            number=self.number,
        )

    def _reply(self, seen: dict[str, Any]) -> Call:
        request_id = new_id(self.rng)
        return self._do(
            "responsibility.reply",
            (seen["owner"], "leader", self.office),
            request_id=request_id,
            number=self.number,
            document=f"R-{request_id}",
        )

    def _contest(self, seen: dict[str, Any]) -> Call:
        """Let somebody date his reception before the first contact, and have that ruled on."""
        claim = self._do(
            "responsibility.receive",
            (self.rng.choice(LEADERS), "leader", self.office),
            request_id=new_id(self.rng),
            number=self.number,
            received_at=LONG_BEFORE,
        )
        if claim.outcome != "ok" or claim.answer["standing"] != "disputed":
            return claim
        return self._do(
            "responsibility.rule",
            ("H1", "office_head", self.office),
            request_id=new_id(self.rng),
            number=self.number,
            dispute_id=claim.answer["dispute_id"],
            ruling="rejected",
            reason="no such entry in the day's book",
            document="D-3",
        )

    def _do(self, method: str, who: tuple[str, str, str], **arguments: Any) -> Call:
        return self.load.insist(self.rng, method, who, **arguments)


def new_id(rng: Random) -> str:
    return str(UUID(int=rng.getrandbits(128), version=4))


def registration(rng: Random, office: str) -> dict[str, Any]:
    return {
        "request_id": new_id(rng),
        "office": office,
        "channel": rng.choice(["visit", "letter", "online", "reception_day"]),
        "petition_class": rng.choice(["appeal", "suggestion"]),
        "category": "城乡建设/物业管理",
        "title": "电梯停运",
        "body": f"电梯停运三周。{rng.getrandbits(48):x}",
        "occurred_at": RAISED_AT,
        "petitioner": {"name": f"测试{rng.getrandbits(32):x}", "phone": "15400009999"},
    }
