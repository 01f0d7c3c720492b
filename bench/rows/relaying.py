"""A prepared log: to the broker with confirms, and from there into the tables of others.

Relay and consumers are measured one after the other, so that none waits for another. A consumer
takes the events from its queue, or pulls them by RPC where that is how it catches up.
"""

import math
from collections.abc import Iterator
from time import perf_counter
from typing import Final

import eventlet

from bench.filling import register
from bench.measuring import OURS, Measurement
from bench.run import Run
from bench.services import Running

EVENTS_AT_MOST: Final = 100_000
WITHIN_S: Final = 1_800.0
LOOK_EVERY_S: Final = 0.05
CONSUMERS: Final = ("responsibility", "audit")
_PUBLISHED: Final = "SELECT position FROM intake.published_position"
_HEAD: Final = "SELECT max(position) FROM intake.event_log"


def measure(run: Run) -> Iterator[Measurement]:
    with run.platform() as running:
        for service in (*CONSUMERS, "notify"):
            running.stop(service)  # its queue stays
        register(running, min(run.petitions, EVENTS_AT_MOST))
        (head,) = running.query(_HEAD)[0]
        _until(running, _PUBLISHED, head)
        yield _relayed(running, head)
        for consumer in CONSUMERS:
            yield _consumed(running, consumer, head)


def _relayed(running: Running, head: int) -> Measurement:
    running.stop("intake")
    for consumer in CONSUMERS:
        running.servers.rabbit.ctl("purge_queue", f"shouwen.{consumer}.events")
    running.execute("UPDATE intake.published_position SET position = 0")
    running.platform.start("intake")
    rate = _until(running, _PUBLISHED, head)
    return _measurement("relay with confirms", rate, "8,000", head)


def _consumed(running: Running, consumer: str, head: int) -> Measurement:
    running.platform.start(consumer)
    applied = f"SELECT position FROM {consumer}.applied_position WHERE source = 'intake'"
    rate = _until(running, applied, head)
    running.stop(consumer)
    return _measurement("consumption with effect", rate, "4,000", head, consumer)


def _measurement(
    name: str, rate: float, goal: str, events: int, parameter: str = ""
) -> Measurement:
    note = f"{events} events; timed from the first step on record to the last"
    return Measurement(name, OURS, rate, "events/s", parameter, goal=goal, note=note)


def _until(running: Running, question: str, head: int) -> float:
    """Wait until a position reaches the head; return its speed since it was first seen to move."""
    first: tuple[float, int] | None = None
    with eventlet.Timeout(WITHIN_S):
        while True:
            rows = running.query(question)
            position, now = int(rows[0][0]) if rows else 0, perf_counter()
            if first is None and position > 0:
                first = now, position
            if first is not None and position >= head:
                # One step tells no speed; a log longer than one window of the relay does.
                return (head - first[1]) / (now - first[0]) if now > first[0] else math.nan
            eventlet.sleep(LOOK_EVERY_S)
