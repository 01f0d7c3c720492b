"""Offer more than the platform can do: `python -m tests.system.overload --seconds 600`."""

import chassis.runtime.patch  # noqa: F401 - imported for what it does

# isort: split
import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any, Final

import eventlet
from eventlet.event import Event
from kombu.connection import Connection

from shouwen.hosting import SERVICES
from tests.servers import PostgresServer, RabbitServer
from tests.system.petitions import OFFICE
from tests.system.running_platform import ROOT, Platform, started, wait_until

CALLERS: Final = 300
LOOK_EVERY_S: Final = 1.0
AUDITED_WITHIN_S: Final = 30.0
ANSWERED_WITHIN_S: Final = 1.0
MEMORY_GROWTH_MAX: Final = 120 * 1024**2
REQUESTS_WAITING_MAX: Final = 1_000
EVENTS_WAITING_MAX: Final = 5_000
# A caller may have given up on an answer that was on its way; it is not what he should meet.
NO_ANSWER_MAX: Final = 0.02
LOOKS_MISSED_MAX: Final = 0.5
PAGE: Final = 4096


@dataclass
class Overload:
    """What was seen of the platform under more load than it can take.

    Attributes:
        memory: instance to its resident bytes: before, at the most.
        waiting: queue to the most messages that waited in it.
        looks: how often it was looked at, about once a second.
        told: what the callers were told, see `offered_load.Crowd`.
        answered_s: how long the first call after the load took.
        audited_s: how long after the load everything was audited.
    """

    platform: Platform
    seconds: float
    memory: dict[str, tuple[int, int]] = field(default_factory=dict)
    waiting: Counter[str] = field(default_factory=Counter)
    looks: int = 0
    told: dict[str, Any] = field(default_factory=dict)
    answered_s: float = 0.0
    audited_s: float = 0.0

    def run(self) -> None:
        self.memory = {name: (now, now) for name, now in self._resident().items()}
        crowd = self._crowd()
        over = Event()
        watching = eventlet.spawn(self._watch, over)
        told, _ = crowd.communicate(self._task())
        over.send()
        watching.wait()
        self.told = json.loads(told)
        ended = monotonic()
        self.platform.call("A1", "auditor", "", "intake.search", office=OFFICE)
        self.answered_s = monotonic() - ended
        wait_until(self.platform.caught_up, 300)
        self.audited_s = monotonic() - ended

    def wrongs(self) -> Iterator[str]:
        """Yield what does not hold."""
        yield from self._told_wrongly()
        yield from self._grown()
        if self.answered_s > ANSWERED_WITHIN_S:
            yield f"the first call afterwards took {self.answered_s:.1f} s"
        if self.audited_s > AUDITED_WITHIN_S:
            yield f"everything was audited only after {self.audited_s:.1f} s"
        yield from self._lost()

    def _told_wrongly(self) -> Iterator[str]:
        outcomes: dict[str, int] = self.told["outcomes"]
        for code in outcomes.keys() - {"ok", "busy", "no answer"}:
            yield f"{outcomes[code]} calls were answered {code}"
        if not outcomes.get("ok") or outcomes.get("busy", 0) < outcomes["ok"]:
            yield f"this was no overload: {outcomes}"
        unanswered = outcomes.get("no answer", 0) / sum(outcomes.values())
        if unanswered > NO_ANSWER_MAX:
            yield f"{unanswered:.1%} of the calls had no answer"
        if self.told["no_retry_time"]:
            yield f"{self.told['no_retry_time']} refusals said no time"

    def _grown(self) -> Iterator[str]:
        if self.looks < LOOKS_MISSED_MAX * self.seconds / LOOK_EVERY_S:
            yield f"memory and queues were looked at only {self.looks} times"
        for name, (before, most) in self.memory.items():
            if most - before > MEMORY_GROWTH_MAX:
                yield f"{name} grew from {before >> 20} to {most >> 20} MB"
        for queue, most in self.waiting.items():
            bound = REQUESTS_WAITING_MAX if queue.startswith("rpc-") else EVENTS_WAITING_MAX
            if most > bound:
                yield f"{most} messages waited in {queue}"

    def __str__(self) -> str:
        told = {name: value for name, value in self.told.items() if name != "acknowledged"}
        grown = {
            name: f"{before >> 20} to {most >> 20} MB"
            for name, (before, most) in self.memory.items()
        }
        return (
            f"{self.seconds:g} s, {CALLERS} callers: {told},"
            f" {len(self.told['acknowledged'])} petitions acknowledged; memory {grown};"
            f" most waiting {dict(self.waiting)}; then a call took {self.answered_s:.2f} s,"
            f" everything was audited after {self.audited_s:.1f} s"
        )

    def _crowd(self) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "tests.system.offered_load"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )

    def _task(self) -> str:
        token = self.platform.token("K1", ["clerk"], OFFICE)
        return json.dumps(
            {
                "amqp_uri": self.platform.amqp_uri,
                "token": token,
                "seconds": self.seconds,
                "callers": CALLERS,
            }
        )

    def _watch(self, over: Event) -> None:
        with Connection(self.platform.amqp_uri) as connection:
            channel = connection.channel()
            while not over.ready():
                self._look(channel)
                self.looks += 1
                over.wait(LOOK_EVERY_S)

    def _look(self, channel: Any) -> None:
        for name, now in self._resident().items():
            before, most = self.memory[name]
            self.memory[name] = before, max(most, now)
        for service in SERVICES:
            for queue in (f"rpc-{service}", f"shouwen.{service}.events"):
                waiting = channel.queue_declare(queue, passive=True).message_count
                self.waiting[queue] = max(self.waiting[queue], waiting)

    def _resident(self) -> dict[str, int]:
        return {
            name: int(Path(f"/proc/{process.pid}/statm").read_text().split()[1]) * PAGE
            for name, process in self.platform.processes.items()
        }

    def _lost(self) -> Iterator[str]:
        recorded = {
            number for (number,) in self.platform.rows("SELECT number FROM intake.petition")
        }
        lost = set(self.told["acknowledged"]) - recorded
        if lost:
            yield f"{len(lost)} acknowledged petitions are lost"
        for service in SERVICES:
            if not self.platform.gapless(service):
                yield f"the log of {service} has gaps"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.system.overload", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    given = parser.parse_args()
    with ExitStack() as endings:
        postgres, rabbit = PostgresServer(), RabbitServer()
        endings.callback(postgres.remove)
        endings.callback(rabbit.remove)
        postgres.start()
        rabbit.start()
        home = Path(endings.enter_context(tempfile.TemporaryDirectory(prefix="shouwen-overload-")))
        platform = endings.enter_context(started(postgres.url, rabbit.uri, home))
        overload = Overload(platform, given.seconds)
        overload.run()
        wrongs = list(overload.wrongs())
    sys.stdout.write("\n".join([str(overload), *wrongs, "FAILED" if wrongs else "as promised", ""]))
    return 1 if wrongs else 0


if __name__ == "__main__":
    sys.exit(main())
