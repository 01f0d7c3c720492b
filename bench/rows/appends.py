"""Durable conditional appends: one event of 200 bytes each, always to a new stream."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from bench.measuring import OURS, TURNS, Measurement, quantile_ms
from bench.peers import pgbench
from bench.peers.environment import BIN
from bench.run import Run
from chassis.eventstore.migrate import migrate
from shouwen.hosting import versions_of

GOALS: Final[Mapping[int, str]] = {1: "1,200", 8: "4,000; 5 x stock", 24: "8,000, p99 12 ms"}
ROOT: Final = Path(__file__).resolve().parents[2]

Take = Callable[[int, float], list[float]]


def measure(run: Run) -> Iterator[Measurement]:
    url = run.servers.make_database("appends")
    migrate(url, "intake", versions_of("intake"))
    pgbench.prepare(url)
    for writers, goal in GOALS.items():
        taken: dict[str, list[float]] = {}
        each_s = run.seconds / TURNS
        # Turn and turn about, so that a slow minute of the machine is everybody's.
        for _ in range(TURNS):
            for system, take in _systems(run, url).items():
                taken.setdefault(system, []).extend(take(writers, each_s))
        for system, latencies in taken.items():
            yield Measurement(
                "durable appends",
                system,
                len(latencies) / (each_s * TURNS),
                "appends/s",
                f"{writers} writers",
                p50_ms=quantile_ms(latencies, 0.5),
                p99_ms=quantile_ms(latencies, 0.99),
                goal=goal,
            )


def _systems(run: Run, url: str) -> dict[str, Take]:
    systems = {
        OURS: _program(sys.executable, "green", url),
        f"{OURS} on plain threads": _program(sys.executable, "threads", url),
    }
    if run.with_peers:
        systems["eventsourcing.postgres"] = _program(str(BIN / "python"), "stock", url)
        systems["pgbench"] = _pgbench(run, url)
    return systems


def _program(python: str, kind: str, url: str) -> Take:
    def take(writers: int, seconds: float) -> list[float]:
        program = [python, "-m", "bench.appending"]
        command = [*program, kind, url, str(writers), str(seconds)]
        done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE)
        latencies: list[float] = json.loads(done.stdout)
        return latencies

    return take


def _pgbench(run: Run, url: str) -> Take:
    return lambda writers, seconds: pgbench.insert(
        run.servers.postgres.programs, url, writers, seconds
    )
