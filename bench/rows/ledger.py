"""The ledger: how fast it grows, how soon it is signed, how fast it is checked."""

import os
import random
from base64 import b64decode
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
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
    Tree,
    cores,
    node_hash,
    reader_of,
    root_from_inclusion,
    verify_bundle,
    verify_tiles,
)
from tests.unit.audit.published import KEYS, entered, published

PETITIONS_AT_MOST: Final = 3_000
OFFERED_PER_SECOND: Final = 50
EVENTS_OF_A_CASE: Final = 100
TIMES_A_CASE: Final = 21
A_MILLION: Final = 1_000_000
LEAVES_OF_A_LONG_ONE: Final = 500_000
CASES_OF_A_LONG_ONE: Final = 60_000
RECEIPTS: Final = 10_000
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
        yield _case(running)
    with TemporaryDirectory() as folder:
        yield from _whole(published(Path(folder), _long_one()))
    yield from _proofs(run.seconds)


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


def _case(running: Running) -> Measurement:
    number = running.call("clerk", "intake.register", **registration(0))["number"]
    eventlet.sleep(2)
    for _ in range(EVENTS_OF_A_CASE):
        running.call("auditor", "audit.replay", number=number)
    eventlet.sleep(3)
    content = b64decode(running.call("auditor", "audit.export", number=number)["content"])
    terms = Terms([Key.read(each) for each in running.call("auditor", "audit.checkpoint")["keys"]])
    events = verify_bundle(content, terms, _SILENT)
    taken = [_timed(lambda: verify_bundle(content, terms, _SILENT)) for _ in range(TIMES_A_CASE)]
    return Measurement(
        "a case verified offline",
        OURS,
        quantile_ms(taken, 0.5),
        "ms",
        f"{len(events)} events",
        goal="100 ms",
        note=f"median of {TIMES_A_CASE}",
    )


def _long_one() -> list[bytes]:
    """Return leaves as a county's platform makes them in a year or two."""
    return entered(LEAVES_OF_A_LONG_ONE, petitions=CASES_OF_A_LONG_ONE)


def _whole(folder: Path) -> Iterator[Measurement]:
    terms = Terms(KEYS)
    for jobs in (1, cores()):
        apart = Processes(str(folder), jobs)
        taken = _timed(
            lambda apart=apart: verify_tiles(reader_of(str(folder)), terms, _SILENT, apart)
        )
        yield Measurement(
            "whole ledger verified",
            OURS,
            LEAVES_OF_A_LONG_ONE / taken,
            "events/s",
            f"from its tiles, --jobs {jobs}",
            goal="200,000",
            note=f"{LEAVES_OF_A_LONG_ONE} leaves of {CASES_OF_A_LONG_ONE} cases",
        )


def _timed(work: Callable[[], object]) -> float:
    started = perf_counter()
    work()
    return perf_counter() - started


def _proofs(seconds: float) -> Iterator[Measurement]:
    """Of leaves of a ledger of a million, drawn at random, in its order as receipts lie."""
    levels = _levels([os.urandom(32) for _ in range(A_MILLION)])
    places = sorted(random.sample(range(A_MILLION), RECEIPTS))
    proofs = [(place, levels[0][place], _path(levels, place)) for place in places]
    root = levels[-1][0]

    def alone() -> bool:
        return all(root_from_inclusion(at, A_MILLION, *proof) == root for at, *proof in proofs)

    def together() -> bool:
        tree = Tree(A_MILLION, root)
        return all(tree.has(*proof) for proof in proofs)

    for parameter, check in (("each alone", alone), ("10,000 under one checkpoint", together)):
        count, started = 0, perf_counter()
        while perf_counter() - started < min(seconds, 3):
            if not check():
                raise RuntimeError("a proof does not hold")
            count += RECEIPTS
        rate = count / (perf_counter() - started)
        yield Measurement(
            "inclusion proofs verified",
            OURS,
            rate,
            "proofs/s",
            parameter,
            goal="100,000",
            note="20 hashes each, in a ledger of a million",
        )


def _levels(hashes: list[bytes]) -> list[list[bytes]]:
    """Return the nodes of a tree, level by level; the last of a level may have no sibling."""
    levels = [hashes]
    while len(hashes) > 1:
        pairs = zip(hashes[::2], hashes[1::2], strict=False)
        hashes = [*(node_hash(left, right) for left, right in pairs), *hashes[len(hashes) & ~1 :]]
        levels.append(hashes)
    return levels


def _path(levels: Sequence[Sequence[bytes]], place: int) -> list[bytes]:
    siblings = [(level, (place >> up) ^ 1) for up, level in enumerate(levels[:-1])]
    return [level[at] for level, at in siblings if at < len(level)]


_SILENT: Final = Report(lambda _: None)
