"""The ledger: how fast it grows, how soon it is signed, how fast it is checked."""

import os
from base64 import b64decode
from collections.abc import Callable, Iterator
from datetime import datetime
from time import perf_counter
from typing import Final

import eventlet

from bench.filling import register
from bench.machine import rise
from bench.measuring import OURS, Measurement, quantile_ms
from bench.run import Run
from bench.services import Running, registration
from services.audit.verifier import (
    Key,
    Processes,
    Report,
    Terms,
    cores,
    reader_of,
    root_from_inclusion,
    verify_bundle,
    verify_tiles,
)

PETITIONS_AT_MOST: Final = 3_000
OFFERED_PER_SECOND: Final = 50
EVENTS_OF_A_CASE: Final = 100
A_MILLION: Final = 1_000_000
WITHIN_S: Final = 600.0
# Each look opens a connection, which PostgreSQL pays for.
LOOK_EVERY_S: Final = 0.2
_SIGNED: Final = "SELECT coalesce(max(size), 0) FROM audit.ledger_checkpoint"
_EVENTS: Final = (
    "SELECT (SELECT max(position) FROM intake.event_log)"
    " + (SELECT max(position) FROM responsibility.event_log)"
    " + (SELECT max(position) FROM notify.event_log)"
)
# What responsibility and notify have not applied yet, and reminders that are still to be sent.
_OTHERS_LEFT: Final = (
    "SELECT (SELECT max(position) FROM intake.event_log)"
    " - (SELECT position FROM responsibility.applied_position WHERE source = 'intake')"
    " + (SELECT max(position) FROM responsibility.event_log)"
    " - (SELECT position FROM notify.applied_position WHERE source = 'responsibility')"
    " + (SELECT count(*) FROM notify.reminder WHERE state = 'planned'"
    " AND due_at <= to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS'))"
)
_WAITS: Final = """
    SELECT (convert_from(l.leaf, 'UTF8')::json ->> 'at'),
           (SELECT c.signed_at FROM audit.ledger_checkpoint c
            WHERE c.size > l.position ORDER BY c.size LIMIT 1)
    FROM audit.ledger_leaf l WHERE l.source = 'intake' AND l.seq > {after}"""


def measure(run: Run) -> Iterator[Measurement]:
    with run.platform() as running:
        yield _grown(running, min(run.petitions, PETITIONS_AT_MOST))
        yield _signed_after(running, run.seconds)
        yield from _checked(running)
    yield _proofs(run.seconds)


def _grown(running: Running, events: int) -> Measurement:
    """Let audit follow logs that are complete, and sign what it enters."""
    running.stop("audit")
    register(running, events)
    _until(running, _OTHERS_LEFT, lambda left: left == 0)
    ((entries,),) = running.query(_EVENTS)
    started = perf_counter()
    running.platform.start("audit")
    _until(running, _SIGNED, lambda size: size > 0)
    first, since, before = running.query(_SIGNED)[0][0], perf_counter(), running.cpu()
    _until(running, _SIGNED, lambda size: size >= entries)
    now, used = perf_counter(), rise(before, running.cpu())
    each = ", ".join(
        f"{name} {1e6 * spent / (entries - first):.0f}" for name, spent in used.items()
    )
    return Measurement(
        "ledger growth",
        OURS,
        (entries - first) / (now - since),
        "leaves/s",
        goal="3,000",
        note=f"{entries} events of all logs followed, entered, signed, published after a start;"
        f" {now - started:.0f} s with the start; ms of CPU for 1,000 of them: {each}",
    )


def _until(running: Running, question: str, enough: Callable[[int], bool]) -> None:
    with eventlet.Timeout(WITHIN_S):
        while not enough(running.query(question)[0][0]):
            eventlet.sleep(LOOK_EVERY_S)


def _signed_after(running: Running, seconds: float) -> Measurement:
    ((after,),) = running.query("SELECT max(position) FROM intake.event_log")
    count = round(seconds * OFFERED_PER_SECOND)
    started = perf_counter()
    for number in range(count):
        eventlet.sleep(max(0.0, started + number / OFFERED_PER_SECOND - perf_counter()))
        eventlet.spawn(running.call, "clerk", "intake.register", **registration(number))
    eventlet.sleep(3)
    rows = running.query(_WAITS.format(after=after))
    waits = [_seconds(recorded, signed) for recorded, signed in rows if signed]
    return Measurement(
        "event to checkpoint",
        OURS,
        len(waits) / seconds,
        "events/s",
        f"{OFFERED_PER_SECOND} a second offered",
        p50_ms=quantile_ms(waits, 0.5),
        p99_ms=quantile_ms(waits, 0.99),
        goal="p99 1,500 ms",
        note=f"{len(waits)} of {count} signed three seconds after the last",
    )


def _seconds(start: str, end: str) -> float:
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()


def _checked(running: Running) -> Iterator[Measurement]:
    number = running.call("clerk", "intake.register", **registration(0))["number"]
    eventlet.sleep(2)
    for _ in range(EVENTS_OF_A_CASE):
        running.call("auditor", "audit.replay", number=number)
    eventlet.sleep(3)
    content = b64decode(running.call("auditor", "audit.export", number=number)["content"])
    terms = Terms([Key.read(each) for each in running.call("auditor", "audit.checkpoint")["keys"]])
    events = verify_bundle(content, terms, _SILENT)
    taken = _timed(lambda: verify_bundle(content, terms, _SILENT))
    yield Measurement(
        "a case verified offline", OURS, taken * 1000, "ms", f"{len(events)} events", goal="100 ms"
    )
    folder = str(running.platform.home / "ledger")
    sizes: list[int] = []
    for jobs in (1, cores()):
        apart = Processes(folder, jobs)
        taken = _timed(
            lambda apart=apart: sizes.append(
                verify_tiles(reader_of(folder), terms, _SILENT, apart).size
            )
        )
        yield Measurement(
            "whole ledger verified",
            OURS,
            sizes[-1] / taken,
            "events/s",
            f"from its tiles, --jobs {jobs}",
            goal="200,000",
            note=f"{sizes[-1]} leaves",
        )


def _timed(work: Callable[[], object]) -> float:
    started = perf_counter()
    work()
    return perf_counter() - started


def _proofs(seconds: float) -> Measurement:
    """The path of a leaf in the middle of a ledger of a million."""
    path = [os.urandom(32) for _ in range((A_MILLION - 1).bit_length())]
    index, leaf = A_MILLION // 3, os.urandom(32)
    count, started = 0, perf_counter()
    while perf_counter() - started < min(seconds, 3):
        for _ in range(1_000):
            root_from_inclusion(index, A_MILLION, leaf, path)
        count += 1_000
    rate = count / (perf_counter() - started)
    return Measurement(
        "inclusion proofs verified", OURS, rate, "proofs/s", "20 hashes each", goal="100,000"
    )


_SILENT: Final = Report(lambda _: None)
