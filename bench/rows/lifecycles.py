"""The calls of a whole petition by RPC, in an empty store and in a full one.

The full one holds the petitions of the empty one's measurement many times over. The services are
stopped while it is filled, for they have the ends of their logs in mind.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

from bench.filling import wait_until_settled
from bench.measuring import OURS, Load, Measurement, Round, closed_loop
from bench.multiplying import multiply
from bench.run import Run
from bench.services import Running, closing, healthy, reception, registration
from contracts.rpc import METHODS
from shouwen.hosting import SERVICES
from tests.system.running_platform import wait_until

CALLERS: Final = 8
REPLY: Final = "responsibility.reply"


def measure(run: Run) -> Iterator[Measurement]:
    with run.platform() as running:
        empty = closed_loop(CALLERS, run.seconds, lifecycle_on(running))
        yield _measurement(empty, "at an empty store", "100")
        kept = _filled(running, run.petitions)
        full = closed_loop(CALLERS, run.seconds, lifecycle_on(running))
        flatness = f"{100 * (full.per_second / empty.per_second - 1):+.0f} % against empty"
        yield _measurement(full, f"after {kept:,} petitions", "within 10 %", note=flatness)


def _filled(running: Running, petitions: int) -> int:
    """Copy what is there until so many petitions are on record; return how many there are."""
    wait_until_settled(running)
    for service in SERVICES:
        running.stop(service)
    there = int(running.query("SELECT count(*) FROM intake.petition")[0][0])
    copies = round(petitions / there)
    multiply(running, copies)
    for service in SERVICES:
        running.platform.start(service)
    for service in SERVICES:
        wait_until(lambda service=service: healthy(running, service), pause_s=0.3)
    wait_until_settled(running)
    return there * (copies + 1)


def lifecycle_on(running: Running) -> Round:
    def lifecycle(_caller: int, load: Load) -> None:
        def call(role: str, method: str, given: dict[str, Any]) -> Any:
            return load.timed(method, running.call, role, method, **given)

        number = call("clerk", "intake.register", registration(load.rounds))["number"]
        call("leader", "responsibility.receive", reception(number))
        if REPLY in METHODS:
            call("leader", REPLY, replying(number))
        call("leader", "responsibility.close", closing(number))

    return lifecycle


def replying(number: str) -> dict[str, Any]:
    return {
        "request_id": str(uuid4()),
        "number": number,
        "document": "D-1",
        "delivered_at": datetime.now(UTC).isoformat(),
    }


def _measurement(load: Load, when: str, goal: str, note: str = "") -> Measurement:
    calls = ", ".join(method.partition(".")[2] for method in load.latencies_s)
    return load.measurement(
        "whole petition by RPC, 8 callers",
        OURS,
        "petitions/s",
        parameter=when,
        goal=goal,
        note="; ".join(filter(None, (f"calls: {calls}", note))),
    )
