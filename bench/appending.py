"""Appends one event to a new stream each, with so many writers; prints its figures as JSON.

A program of its own: greenlets and plain threads cannot be tried in one process, and stock
`eventsourcing.postgres` runs in the environment of the peers.

    python -m bench.appending {green|threads|stock} URL WRITERS SECONDS
"""

import sys

if __name__ == "__main__" and sys.argv[1] == "green":
    import chassis.runtime.patch  # noqa: F401 - imported for what it does

# isort: split
import json
import threading
from collections.abc import Callable
from time import perf_counter
from urllib.parse import urlsplit
from uuid import uuid4

from eventsourcing.persistence import StoredEvent

STATE = b"x" * 200
TOPIC = "bench.happened.v1"


def ours(url: str) -> Callable[[], None]:
    """Return what appends through the `transact` of a service's log, as use cases do."""
    from chassis.eventstore.location import environment_for
    from chassis.eventstore.log import Entry
    from chassis.eventstore.postgres import PostgresFactory

    log = PostgresFactory(environment_for(url, "intake")).application_recorder()

    def append() -> None:
        entry = Entry(_event(), uuid4(), "clerk1", str(uuid4()), str(uuid4()))
        log.transact(lambda transaction: transaction.append([entry]))

    return append


def stock(url: str) -> Callable[[], None]:
    from eventsourcing.postgres import PostgresFactory
    from eventsourcing.utils import Environment

    parts = urlsplit(url)
    given = {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": parts.path.lstrip("/"),
        "POSTGRES_HOST": parts.hostname or "",
        "POSTGRES_PORT": str(parts.port),
        "POSTGRES_USER": parts.username or "",
        "POSTGRES_PASSWORD": parts.password or "",
        "POSTGRES_POOL_SIZE": "24",
        "POSTGRES_MAX_OVERFLOW": "8",
    }
    recorder = PostgresFactory(Environment("bench", given)).application_recorder()
    return lambda: recorder.insert_events([_event()]) and None


def _event() -> StoredEvent:
    return StoredEvent(uuid4(), 1, TOPIC, STATE)


def measure(append: Callable[[], None], writers: int, seconds: float) -> list[float]:
    latencies: list[float] = []
    ready = threading.Barrier(writers)

    def write() -> None:
        append()  # opens the connection
        ready.wait()
        deadline = perf_counter() + seconds
        while (started := perf_counter()) < deadline:
            append()
            latencies.append(perf_counter() - started)

    threads = [threading.Thread(target=write) for _ in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return latencies


def main(kind: str, url: str, writers: str, seconds: str) -> None:
    append = stock(url) if kind == "stock" else ours(url)
    print(json.dumps(measure(append, int(writers), float(seconds))))


if __name__ == "__main__":
    main(*sys.argv[1:])
