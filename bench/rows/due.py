"""One look at what is due in notify: what is taken on costs what is due, not what is open."""

from collections.abc import Iterator
from datetime import timedelta
from time import perf_counter
from typing import Final

import psycopg2

from bench.measuring import OURS, Measurement, quantile_ms
from bench.run import Run
from chassis.eventstore.instants import text_of, utc_now
from chassis.eventstore.location import environment_for
from services.notify.application import Notify
from services.notify.application.ports import Lane
from services.notify.readmodels.queue import DueQueue
from shouwen.hosting import migrate_all

OPEN: Final = (10_000, 100_000, 1_000_000)
DUE: Final = 10_000
LOOKS: Final = 200
TAKEN_ON_AT_ONCE: Final = 20
_FILL: Final = """
    INSERT INTO notify.term_plan (id, petition_id, number, term, office, policy, provisional,
        due_on, next_at, runs)
    SELECT md5(n::text), md5(n::text), '', 'handling', '330424-01', '', 0, '', at, 1 FROM (
        SELECT n, to_char(now() + n * interval '1 second', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at
        FROM generate_series({first} - {due}, {last}) AS n
    ) AS points"""


def measure(run: Run) -> Iterator[Measurement]:
    slowest = quickest = 0.0
    for count in OPEN:
        times = _looks(run, count)
        p50 = quantile_ms(times, 0.5)
        slowest, quickest = max(slowest, p50), min(quickest or p50, p50)
        yield Measurement(
            "due scan",
            OURS,
            TAKEN_ON_AT_ONCE / (sum(times) / len(times)),
            "taken on/s",
            f"{count:,} open",
            p50_ms=p50,
            p99_ms=quantile_ms(times, 0.99),
            goal="ratio within 1.5",
            note=f"{TAKEN_ON_AT_ONCE} of {DUE:,} due at each look; slowest to quickest p50 so far"
            f" {slowest / quickest:.2f}",
        )


def _looks(run: Run, count: int) -> list[float]:
    """Return how long each look took, in seconds, with so many terms open."""
    url = run.servers.make_database(f"due_{count}")
    migrate_all(lambda _service: url)
    _fill(url, count)
    queue = DueQueue()
    notify = Notify(environment_for(url, "notify"), utc_now, [], queue, timedelta(days=1))
    try:
        return [_look(notify, queue) for _ in range(LOOKS)]
    finally:
        notify.close()


def _look(notify: Notify, queue: DueQueue) -> float:
    now = utc_now()
    started = perf_counter()
    log, until = notify.log_of_events, now + timedelta(hours=1)
    taken = queue.claim(log, Lane.PLANS, now, until, TAKEN_ON_AT_ONCE)
    took = perf_counter() - started
    if len(taken) != TAKEN_ON_AT_ONCE:
        raise RuntimeError(f"{len(taken)} of {TAKEN_ON_AT_ONCE} taken on at {text_of(now)}")
    return took


def _fill(url: str, count: int) -> None:
    connection = psycopg2.connect(url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("SET TimeZone = 'UTC'")
        cursor.execute(_FILL.format(first=1, last=count, due=DUE))
        cursor.execute("VACUUM ANALYZE notify.term_plan")
    connection.close()
