"""search and caseload with few and with many petitions: one page of fifty, one caller."""

from collections.abc import Iterator
from typing import Any, Final

from bench.filling import fill
from bench.measuring import OURS, Load, Measurement, closed_loop
from bench.run import Run
from bench.services import OFFICE, set_roster

FEW: Final = 10_000
QUESTIONS: Final[dict[str, tuple[str, str, dict[str, Any]]]] = {
    "search": ("clerk", "intake.search", {"office": OFFICE, "state": "registered"}),
    "search, all offices": ("auditor", "intake.search", {"channel": "qr"}),
    "caseload": ("leader", "responsibility.caseload", {}),
}


def measure(run: Run) -> Iterator[Measurement]:
    kept = 0
    with run.platform() as running:
        set_roster(running)
        for petitions in sorted({min(FEW, run.petitions), run.petitions}):
            fill(running, petitions - kept, channel="qr")
            kept = petitions
            for name, (role, method, given) in QUESTIONS.items():

                def ask(_caller: int, load: Load) -> None:
                    load.timed(name, running.call, role, method, **given)  # noqa: B023 - asked now

                load = closed_loop(1, run.seconds / len(QUESTIONS), ask)
                yield load.measurement(
                    name, OURS, "calls/s", parameter=f"at {petitions:,}", goal="p99 under 20 ms"
                )
