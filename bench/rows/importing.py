"""`shouwen import` and single calls, embedded and on real servers."""

import csv
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, Final

from bench.measuring import OURS, Load, Measurement, closed_loop
from bench.run import Run
from bench.services import OFFICE, Running, reception, registration
from chassis.environment import Variables
from chassis.messaging.calling import RpcCaller
from shouwen.embedded import embedded
from shouwen.hosting import SERVICES, host, migrate_all

PETITIONS: Final = 3_000
HEADINGS: Final = ("key", "title", "body", "category", "occurred_at", "petitioner_name")


def measure(run: Run) -> Iterator[Measurement]:
    with TemporaryDirectory(prefix="shouwen-bench-") as folder:
        table = Path(folder) / "petitions.csv"
        _write(table)
        yield _imported("embedded", table, {"SHOUWEN_HOME": f"{folder}/home"})
        yield from _single_calls("embedded", run, Path(folder) / "calls")
        with run.platform() as running:
            yield _imported("on servers", table, _addresses(running))
        with run.platform() as running:
            yield from _rpc("on servers", run, running.call)


def _write(table: Path) -> None:
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADINGS)
        for number in range(PETITIONS):
            made = registration(number)
            row = (made["title"], made["body"], made["category"], made["occurred_at"])
            writer.writerow((number, *row, made["petitioner"]["name"]))


def _imported(where: str, table: Path, variables: Mapping[str, str]) -> Measurement:
    """Time the whole command, its start included."""
    program = [sys.executable, "-m", "shouwen", "import", str(table), "--office", OFFICE]
    environment = {**os.environ, **variables}
    started = perf_counter()
    done = subprocess.run(program, env=environment, capture_output=True, text=True, check=False)
    seconds = perf_counter() - started
    if done.returncode:
        raise RuntimeError(
            f"import ended with {done.returncode}: {done.stdout}{done.stderr}"[-2000:]
        )
    note = f"{PETITIONS} rows in {seconds:.1f} s, start of the program included"
    return Measurement("shouwen import", OURS, PETITIONS / seconds, "petitions/s", where, note=note)


def _addresses(running: Running) -> dict[str, str]:
    token = running.platform.issuer.issue("clerk1", ["clerk"], OFFICE, 3600)
    return {
        "SHOUWEN_AMQP_URI": running.platform.amqp_uri,
        "SHOUWEN_TOKEN": token,
        "SHOUWEN_HOME": str(running.platform.home),
    }


@contextmanager
def _hosted_here(home: Path) -> Iterator[Any]:
    installation = embedded(home, Variables({}))
    around = installation.surroundings
    migrate_all(around.database_url)
    running = host(around, *SERVICES)
    running.start()
    callers = {
        role: RpcCaller(around.amqp_uri, lambda role=role: tokens[role])
        for role in ("clerk", "leader")
    }
    tokens = {role: installation.issuer.issue(f"{role}1", [role], OFFICE, 3600) for role in callers}

    def call(role: str, method: str, **arguments: Any) -> Any:
        service, _, name = method.partition(".")
        return callers[role].call(service, name, **arguments)

    try:
        yield call
    finally:
        for caller in callers.values():
            caller.close()
        running.stop()


def _single_calls(where: str, run: Run, home: Path) -> Iterator[Measurement]:
    with _hosted_here(home) as call:
        yield from _rpc(where, run, call)


def _rpc(where: str, run: Run, call: Any) -> Iterator[Measurement]:
    """One caller, one call after the other: what a single person waits for."""

    def register_and_receive(_caller: int, load: Load) -> None:
        number = load.timed(
            "register", call, "clerk", "intake.register", **registration(load.rounds)
        )["number"]
        load.timed("receive", call, "leader", "responsibility.receive", **reception(number))

    load = closed_loop(1, run.seconds, register_and_receive)
    for name in ("register", "receive"):
        yield Measurement(
            f"{name} by RPC, one caller",
            OURS,
            len(load.latencies_s[name]) / load.seconds,
            "calls/s",
            where,
            p50_ms=load.quantile_ms(0.5, name),
            p99_ms=load.quantile_ms(0.99, name),
        )
