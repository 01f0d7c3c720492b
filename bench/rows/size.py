"""Bytes kept per petition, every table with its indexes, after the calls of a whole petition."""

from collections.abc import Iterator
from typing import Final

from bench.filling import wait_until_settled
from bench.measuring import OURS, Load, Measurement, closed_loop
from bench.rows.lifecycles import lifecycle_on
from bench.run import Run
from shouwen.hosting import SERVICES

ENOUGH: Final = 2_000
CALLERS: Final = 8
_NAMES: Final = ", ".join(f"'{service}'" for service in SERVICES)
_SIZES: Final = f"""
    SELECT schemaname || '.' || relname, pg_total_relation_size(relid)
    FROM pg_stat_user_tables WHERE schemaname IN ({_NAMES}) ORDER BY 2 DESC"""


def measure(run: Run) -> Iterator[Measurement]:
    with run.platform() as running:
        empty = dict(running.query(_SIZES))
        load = Load()
        while load.rounds < min(ENOUGH, run.petitions):
            load.add(closed_loop(CALLERS, 1.0, lifecycle_on(running), warm_up_s=0.0))
        wait_until_settled(running)
        events = sum(each["head"] for each in running.health().values())
        grown = {table: size - empty[table] for table, size in running.query(_SIZES)}
    per_petition = {table: size / load.rounds for table, size in grown.items() if size}
    note = f"{load.rounds} petitions of {events / load.rounds:.1f} events in four logs"
    yield _kept("all tables", sum(per_petition.values()), goal="under 6,000", note=note)
    for table, size in per_petition.items():
        yield _kept(table, size)


def _kept(what: str, size: float, **more: str) -> Measurement:
    return Measurement("kept per petition:", OURS, size, "bytes", what, **more)
