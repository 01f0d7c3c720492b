"""`register` + `receive`, eight callers; beside it what others do to create and assign."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Final

from bench.machine import rise
from bench.measuring import OURS, Load, Measurement, Round, alternating
from bench.peers import echo, helpdesk, roundup
from bench.run import Run
from bench.services import Running, reception, registration

CALLERS: Final = 8
NAME: Final = "register + receive, 8 callers"
UNIT: Final = "pairs/s"
GOAL: Final = "210, p99 60 ms a call"
PEERS: Final = {
    echo.NAME: echo.calling_twice,
    helpdesk.NAME: helpdesk.creating_and_assigning,
    roundup.NAME: roundup.creating_and_assigning,
}


def measure(run: Run) -> Iterator[Measurement]:
    with ExitStack() as all_of_them:
        running = all_of_them.enter_context(run.platform())
        rounds = {OURS: pair_on(running)}
        for name, peer in PEERS.items() if run.with_peers else ():
            rounds[name] = all_of_them.enter_context(peer(run.servers, CALLERS))
        all_of_them.enter_context(run.watched(running, NAME))
        before = running.cpu()
        loads = alternating(rounds, CALLERS, run.seconds)
        used = rise(before, running.cpu())
    for name, load in loads.items():
        goal = GOAL if name == OURS else ""
        yield load.measurement(NAME, name, UNIT, goal=goal, note=_each(load))
    if not run.with_peers:
        yield from _cpu(used, loads[OURS].rounds)


def pair_on(running: Running) -> Round:
    def pair(_caller: int, load: Load) -> None:
        number = load.timed(
            "register", running.call, "clerk", "intake.register", **registration(load.rounds)
        )["number"]
        load.timed("receive", running.call, "leader", "responsibility.receive", **reception(number))

    return pair


def _cpu(used: dict[str, float], pairs: int) -> Iterator[Measurement]:
    """Say what a pair costs; with peers on the same servers nobody could tell."""
    for process, seconds in used.items():
        cost_ms = 1000 * seconds / pairs
        yield Measurement("register + receive: CPU per pair", OURS, cost_ms, "ms", process)


def _each(load: Load) -> str:
    return "; ".join(
        f"{name} p50 {load.quantile_ms(0.5, name):.1f} p99 {load.quantile_ms(0.99, name):.1f} ms"
        for name in load.latencies_s
    )
