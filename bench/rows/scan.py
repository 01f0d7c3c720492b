"""Scan to owner: from the answer to `register` until `owner_of` names the leader on duty."""

from collections.abc import Iterator
from time import perf_counter
from typing import Final

import eventlet

from bench.measuring import OURS, Load, Measurement
from bench.run import Run
from bench.services import Running, registration, set_roster
from contracts.failures import Failure

PER_SECOND: Final = 100
GIVE_UP_AFTER_S: Final = 60.0
PAUSE_FIRST_S: Final = 0.002
PAUSE_MAX_S: Final = 0.25
OWNER_OF: Final = "responsibility.owner_of"


def measure(run: Run) -> Iterator[Measurement]:
    with run.platform() as running:
        set_roster(running)
        load = _scans(running, run.seconds)
    yield Measurement(
        "scan to owner",
        OURS,
        load.per_second,
        "scans/s",
        f"{PER_SECOND} a second offered",
        p50_ms=load.quantile_ms(0.5, "owned"),
        p99_ms=load.quantile_ms(0.99, "owned"),
        goal="p50 10 ms, p99 100 ms",
        note="late answers count: each scan starts at its time, whatever the others do;"
        f" register p50 {load.quantile_ms(0.5, 'register'):.1f} ms,"
        f" {len(load.latencies_s['owner_of']) / load.rounds:.1f} questions a scan",
    )


def _scans(running: Running, seconds: float) -> Load:
    """Offer scans at a fixed rate, however slow the answers are."""
    load = Load()
    started = perf_counter()
    scans = []
    for number in range(round(seconds * PER_SECOND)):
        eventlet.sleep(max(0.0, started + number / PER_SECOND - perf_counter()))
        scans.append(eventlet.spawn(_scan, running, number, load))
    for scan in scans:
        scan.wait()
    load.seconds = perf_counter() - started
    return load


def _scan(running: Running, number: int, load: Load) -> None:
    given = registration(number, channel="qr")
    made = load.timed("register", running.call, "clerk", "intake.register", **given)
    load.timed("owned", _wait_for_owner, running, made["number"], load)
    load.rounds += 1


def _wait_for_owner(running: Running, number: str, load: Load) -> None:
    """Ask at once, and again after a pause that grows: the questions must not be the load."""
    pause = PAUSE_FIRST_S
    with eventlet.Timeout(GIVE_UP_AFTER_S):
        while not _owned(running, number, load):
            eventlet.sleep(pause)
            pause = min(2 * pause, PAUSE_MAX_S)


def _owned(running: Running, number: str, load: Load) -> bool:
    try:
        answer = load.timed("owner_of", running.call, "leader", OWNER_OF, number=number)
    except Failure as failure:
        if failure.code != "unavailable":
            raise
        return False
    return bool(answer["state"] == "owned")
