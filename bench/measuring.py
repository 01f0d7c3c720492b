"""What one measurement says, and the closed loop that most of them run."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, Final

import eventlet

OURS: Final = "shouwen"
TURNS: Final = 2


@dataclass(frozen=True, slots=True)
class Measurement:
    """One figure.

    Attributes:
        name: the row; with `parameter` it says what was measured, the same for ours and peers.
        system: `shouwen`, or the name of a peer.
        goal: what is aimed at, in the words of the issue.
        note: what the figure cannot be read without.
    """

    name: str
    system: str
    value: float
    unit: str
    parameter: str = ""
    p50_ms: float | None = None
    p99_ms: float | None = None
    goal: str = ""
    note: str = ""


@dataclass
class Load:
    """What a loop has done.

    Attributes:
        rounds: complete rounds within the time.
        latencies_s: by name of the call.
    """

    rounds: int = 0
    seconds: float = 0.0
    latencies_s: dict[str, list[float]] = field(default_factory=dict)

    @property
    def per_second(self) -> float:
        return self.rounds / self.seconds if self.seconds else 0.0

    def timed(self, name: str, call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        started = perf_counter()
        answer = call(*args, **kwargs)
        self.latencies_s.setdefault(name, []).append(perf_counter() - started)
        return answer

    def add(self, other: "Load") -> None:
        self.rounds += other.rounds
        self.seconds += other.seconds
        for name, latencies in other.latencies_s.items():
            self.latencies_s.setdefault(name, []).extend(latencies)

    def quantile_ms(self, share: float, *names: str) -> float:
        chosen = names or tuple(self.latencies_s)
        return quantile_ms([each for name in chosen for each in self.latencies_s[name]], share)

    def measurement(self, name: str, system: str, unit: str, **more: Any) -> Measurement:
        return Measurement(
            name,
            system,
            self.per_second,
            unit,
            p50_ms=self.quantile_ms(0.5),
            p99_ms=self.quantile_ms(0.99),
            **more,
        )


Round = Callable[[int, Load], None]


def quantile_ms(seconds: Sequence[float], share: float) -> float:
    """Return the value that `share` of the sample does not exceed, by nearest rank."""
    if not seconds:
        return math.nan
    return sorted(seconds)[max(0, math.ceil(share * len(seconds)) - 1)] * 1000


def closed_loop(callers: int, seconds: float, work: Round, *, warm_up_s: float = 1.0) -> Load:
    """Let that many callers do rounds one after the other, and count after the warm-up.

    The first fault of any caller ends the measurement: a figure with errors in it says nothing.
    """
    _loop(callers, warm_up_s, work)
    return _loop(callers, seconds, work)


def alternating(rounds: Mapping[str, Round], callers: int, seconds: float) -> dict[str, Load]:
    """Run all systems turn and turn about, so that a slow minute is everybody's."""
    loads = {name: Load() for name in rounds}
    for turn in range(TURNS):
        for name, work in rounds.items():
            warm_up_s = 0.0 if turn else 1.0
            loads[name].add(closed_loop(callers, seconds / TURNS, work, warm_up_s=warm_up_s))
    return loads


def _loop(callers: int, seconds: float, work: Round) -> Load:
    load = Load()
    started = perf_counter()
    deadline = started + seconds

    def call_on(caller: int) -> None:
        while perf_counter() < deadline:
            work(caller, load)
            load.rounds += 1

    for thread in [eventlet.spawn(call_on, caller) for caller in range(callers)]:
        thread.wait()
    load.seconds = perf_counter() - started
    return load
