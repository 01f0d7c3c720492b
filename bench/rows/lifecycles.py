"""The calls of a whole petition by RPC, in an empty store and in a full one."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

from bench.filling import fill
from bench.measuring import OURS, Load, Measurement, Round, closed_loop
from bench.run import Run
from bench.services import Running, closing, reception, registration
from contracts.rpc import METHODS

CALLERS: Final = 8
REPLY: Final = "responsibility.reply"


def measure(run: Run) -> Iterator[Measurement]:
    with run.platform() as running:
        empty = closed_loop(CALLERS, run.seconds, lifecycle_on(running))
        yield _measurement(empty, "at an empty store", "100")
        fill(running, run.petitions)
        full = closed_loop(CALLERS, run.seconds, lifecycle_on(running))
        flatness = f"{100 * (full.per_second / empty.per_second - 1):+.0f} % against empty"
        yield _measurement(full, f"after {run.petitions:,} petitions", "within 10 %", note=flatness)


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
