"""register_many through all four services until audited, for as long as asked."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from time import perf_counter
from typing import Final

import eventlet

from bench.filling import BATCH, LOOK_EVERY_S, reminders, wait_until_settled
from bench.machine import rise
from bench.measuring import OURS, Measurement, quantile_ms
from bench.run import Run
from bench.services import Running, registration, set_roster

# More petitions on their way than this, and the callers wait: what piles up was not sustained.
ON_THEIR_WAY: Final = 4_000
CALLERS: Final = 2
NAME: Final = "bulk: register_many until audited"


@dataclass
class Progress:
    """Attributes: seen: seconds to how many registrations audit then had on record."""

    sent: int = 0
    seen: list[tuple[float, int]] = field(default_factory=lambda: [(perf_counter(), 0)])
    calls_s: tuple[float, ...] = ()
    done: bool = False

    @property
    def audited(self) -> int:
        return self.seen[-1][1]

    def rate(self, beginning: float, end: float) -> float:
        """Return petitions per second in a part of the load, from 0.0 to 1.0 of it."""
        at = [self.seen[round(share * (len(self.seen) - 1))] for share in (beginning, end)]
        (since, before), (until, after) = at
        return (after - before) / (until - since)

    @property
    def on_their_way(self) -> int:
        return self.sent - self.audited


def measure(run: Run) -> Iterator[Measurement]:
    with run.platform() as running:
        set_roster(running)
        yield from _measured(run, running)


def _measured(run: Run, running: Running) -> Iterator[Measurement]:
    progress = Progress()
    before, started = running.cpu(), perf_counter()
    with run.watched(running, NAME):
        _load(running, progress, started + run.seconds)
        loaded_s = perf_counter() - started
        backlog = progress.on_their_way
        wait_until_settled(running)
    drained_s = perf_counter() - started
    used = rise(before, running.cpu())
    delivered = reminders(running, "delivered")
    if delivered != progress.sent:
        raise RuntimeError(f"{progress.sent} registered, {delivered} reminders delivered")
    yield Measurement(
        NAME,
        OURS,
        progress.sent / drained_s,
        "petitions/s",
        goal="1,224 for 10 min",
        p50_ms=quantile_ms(progress.calls_s, 0.5),
        p99_ms=quantile_ms(progress.calls_s, 0.99),
        note=f"{progress.sent} petitions; load {loaded_s:.1f} s, all settled after"
        f" {drained_s:.1f} s; backlog at the end of the load {backlog}; in the second fifth of it"
        f" {progress.rate(0.2, 0.4):.0f}/s, in the last {progress.rate(0.8, 1.0):.0f}/s; p50 and"
        f" p99 of one register_many of {BATCH}",
    )
    for name, seconds in used.items():
        yield Measurement(
            "bulk: CPU per petition",
            OURS,
            1000 * seconds / progress.sent,
            "ms",
            name,
            note=f"{seconds:.1f} s, {100 * seconds / drained_s:.0f} % of one core",
        )


def _load(running: Running, progress: Progress, deadline: float) -> None:
    watcher = eventlet.spawn(_follow, running, progress)
    callers = [eventlet.spawn(_send, running, progress, deadline) for _ in range(CALLERS)]
    for caller in callers:
        caller.wait()
    progress.done = True
    watcher.wait()


def _send(running: Running, progress: Progress, deadline: float) -> None:
    while perf_counter() < deadline:
        if progress.on_their_way >= ON_THEIR_WAY:
            eventlet.sleep(LOOK_EVERY_S)
            continue
        first = progress.sent
        progress.sent += BATCH
        items = [registration(first + n, channel="qr") for n in range(BATCH)]
        started = perf_counter()
        answer = running.call("clerk", "intake.register_many", items=items)
        progress.calls_s += (perf_counter() - started,)
        if len(answer["registered"]) != BATCH:
            raise RuntimeError(f"refused: {answer['refused'][:1]}")


def _follow(running: Running, progress: Progress) -> None:
    """Count a petition as through when audit has applied its registration."""
    while not progress.done:
        applied = running.call("clerk", "audit.health")["applied"]
        progress.seen.append((perf_counter(), applied.get("intake", 0)))
        eventlet.sleep(LOOK_EVERY_S)
