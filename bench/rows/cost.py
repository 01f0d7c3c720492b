"""SQL statements, round trips and broker messages of each command and reaction, counted."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from bench.filling import wait_until_settled
from bench.measuring import OURS, Measurement
from bench.run import Run
from bench.services import closing, reception, registration
from shouwen.hosting import migrate_all
from tests.system.counting import StatementLog, Surfaces, costs, tapped

GOAL: Final = "4 statements"


def measure(run: Run) -> Iterator[Measurement]:
    yield from _statements(run)
    yield from _messages(run)


def _statements(run: Run) -> Iterator[Measurement]:
    url = run.servers.make_database("cost")
    migrate_all(lambda _service: url)
    with TemporaryDirectory(prefix="shouwen-bench-") as folder:
        surfaces = Surfaces(url, Path(folder))
        counted = costs(StatementLog(run.servers.postgres, url.rpartition("/")[2]), surfaces)
        surfaces.close()
    for name, cost in counted.items():
        note = f"in {cost.round_trips} round trips"
        yield Measurement("cost:", OURS, cost.statements, "statements", name, goal=GOAL, note=note)


def _messages(run: Run) -> Iterator[Measurement]:
    with run.platform() as running, tapped(running.platform.amqp_uri) as tap:

        def count(name: str, role: str, method: str, given: dict[str, str]) -> Measurement:
            answer = running.call(role, method, **given)
            numbers.append(answer["number"])
            wait_until_settled(running)
            seen = tap.messages()
            own = method.partition(".")[0]
            others = ", ".join(f"{name} {seen[name]}" for name in sorted(seen) if name != own)
            note = f"what it leads to in other services: {others or 'none'}"
            return Measurement("messages:", OURS, seen[own], "messages", name, goal="1", note=note)

        numbers: list[str] = []
        yield count("register", "clerk", "intake.register", registration(1))
        yield count("receive", "leader", "responsibility.receive", reception(numbers[0]))
        yield count("close", "leader", "responsibility.close", closing(numbers[0]))
