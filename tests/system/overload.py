"""Offer more than the platform can do: `python -m tests.system.overload --seconds 600`."""

import chassis.runtime.patch  # noqa: F401 - imported for what it does

# isort: split
import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress
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
# A look may take longer than that now and then, where there are more processes than cores.
LOOKS_LEAST: Final = 0.7
# Share of the calls. Who is refused is told so, and when to come again; that a caller's own limit
# ends a call is for what nobody foresees. There was none in 2,665 calls, beside fault rounds.
NO_ANSWER_MAX: Final = 0.02
AUDITED_WITHIN_S: Final = 30.0
ANSWERED_WITHIN_S: Final = 1.0
MEMORY_GROWTH_MAX: Final = 120 * 1024**2
# In 15 s PostgreSQL grew by 22 MB and RabbitMQ by 7; what they keep in memory has its own limits.
SERVER_GROWTH_MAX: Final = 200 * 1024**2
REQUESTS_WAITING_MAX: Final = 1_000
EVENTS_WAITING_MAX: Final = 5_000
PAGE: Final = 4096


@dataclass
class Overload:
    """What was seen of the platform under more load than it can take.

    Attributes:
        servers: name of a server to the process with which it began.
        memory: instance or server to its bytes in memory: before, at the most.
        looks: how often memory and queues were looked at.
        waiting: queue to the most messages that waited in it.
        told: what the callers were told, see `offered_load.Crowd`.
        answered_s: how long the first call after the load took.
        audited_s: how long after the load everything was audited.
    """

    platform: Platform
    seconds: float
    servers: Mapping[str, int]
    memory: dict[str, tuple[int, int]] = field(default_factory=dict)
    looks: int = 0
    waiting: Counter[str] = field(default_factory=Counter)
    told: dict[str, Any] = field(default_factory=dict)
    answered_s: float = 0.0
    audited_s: float = 0.0

    def run(self) -> None:
        self.memory = {name: (now, now) for name, now in self._in_memory().items()}
        crowd = self._crowd()
        over = Event()
        watching = eventlet.spawn(self._watch, over)
        told, _ = crowd.communicate(self._task())
        over.send()
        # Raises what ended it before its time.
        watching.wait()
        self.told = json.loads(told)
        ended = monotonic()
        self.platform.call("A1", "auditor", "", "intake.search", office=OFFICE)
        self.answered_s = monotonic() - ended
        wait_until(self.platform.caught_up, 300)
        self.audited_s = monotonic() - ended

    def wrongs(self) -> Iterator[str]:
        """Yield what does not hold."""
        yield from self._answered_otherwise()
        yield from self._unbounded()
        if self.answered_s > ANSWERED_WITHIN_S:
            yield f"the first call afterwards took {self.answered_s:.1f} s"
        if self.audited_s > AUDITED_WITHIN_S:
            yield f"everything was audited only after {self.audited_s:.1f} s"
        yield from self._lost()

    def _answered_otherwise(self) -> Iterator[str]:
        outcomes: dict[str, int] = self.told["outcomes"]
        for code in outcomes.keys() - {"ok", "busy", "no answer"}:
            yield f"{outcomes[code]} calls were answered {code}"
        if not outcomes.get("ok") or outcomes.get("busy", 0) < outcomes["ok"]:
            yield f"this was no overload: {outcomes}"
        if self.told["no_retry_time"]:
            yield f"{self.told['no_retry_time']} refusals said no time"
        if outcomes.get("no answer", 0) > NO_ANSWER_MAX * sum(outcomes.values()):
            yield f"too many calls had no answer: {outcomes}"

    def _unbounded(self) -> Iterator[str]:
        if self.looks < LOOKS_LEAST * self.seconds / LOOK_EVERY_S:
            yield f"{self.looks} looks in {self.seconds:g} s see no peaks"
        for name, (before, most) in self.memory.items():
            bound = SERVER_GROWTH_MAX if name in self.servers else MEMORY_GROWTH_MAX
            if most - before > bound:
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
            f" most waiting in {self.looks} looks {dict(self.waiting)};"
            f" then a call took {self.answered_s:.2f} s,"
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
                began = monotonic()
                self._look(channel)
                self.looks += 1
                over.wait(max(0.01, began + LOOK_EVERY_S - monotonic()))

    def _look(self, channel: Any) -> None:
        for name, now in self._in_memory().items():
            before, most = self.memory[name]
            self.memory[name] = before, max(most, now)
        for service in SERVICES:
            for queue in (f"rpc-{service}", f"shouwen.{service}.events"):
                waiting = channel.queue_declare(queue, passive=True).message_count
                self.waiting[queue] = max(self.waiting[queue], waiting)

    def _in_memory(self) -> dict[str, int]:
        instances = {
            name: int(Path(f"/proc/{process.pid}/statm").read_text().split()[1]) * PAGE
            for name, process in self.platform.processes.items()
        }
        return instances | {name: _of_family(pid) for name, pid in self.servers.items()}

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


def servers_in(postgres: PostgresServer, rabbit: RabbitServer) -> dict[str, int]:
    """Return the servers' processes by name, of those that run."""
    pids = {"PostgreSQL": postgres.pid, "RabbitMQ": rabbit.pid}
    return {name: pid for name, pid in pids.items() if pid is not None}


def _of_family(first: int) -> int:
    """Return the bytes in memory of a process and all that came of it, shared ones counted once.

    PostgreSQL's processes share most of what they hold.
    """
    children = defaultdict(list)
    for pid, parent in _parents():
        children[parent].append(pid)
    family = [first]
    for pid in family:
        family += children[pid]
    return sum(map(_proportional, family))


def _parents() -> Iterator[tuple[int, int]]:
    """Yield each process with its parent."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        # Processes end while they are looked at.
        with suppress(FileNotFoundError, ProcessLookupError):
            yield int(path.parent.name), int(path.read_text().rpartition(")")[2].split()[1])


def _proportional(pid: int) -> int:
    """Return the bytes of a process, of those it shares its part; none when it has ended."""
    with suppress(FileNotFoundError, ProcessLookupError):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    return 0


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
        overload = Overload(platform, given.seconds, servers_in(postgres, rabbit))
        overload.run()
        wrongs = list(overload.wrongs())
    sys.stdout.write("\n".join([str(overload), *wrongs, "FAILED" if wrongs else "as promised", ""]))
    return 1 if wrongs else 0


if __name__ == "__main__":
    sys.exit(main())
