"""Run fault rounds: `python -m tests.system.faults --rounds 1000 --seed 7`."""

import chassis.runtime.patch  # noqa: F401 - imported for what it does

# isort: split
import argparse
import logging
import random
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from time import monotonic

from chassis.observability import configure_logging
from tests.servers import RabbitServer
from tests.system.faults.history import History
from tests.system.faults.installation import SmallDiskPostgres, installed
from tests.system.faults.nemesis import FAULTS, MIXED
from tests.system.faults.rounds import Campaign, Tally

Say = Callable[[str], None]

FULL_CHECK_EVERY = 25
# Each reads all logs from their beginnings.
REBUILD_EVERY = 250
# Of three blocks of rounds, the last one has two processes of each service.
BLOCK = 10


def main() -> int:
    given = _arguments()
    configure_logging("CRITICAL")
    # It would print a traceback at each connection that is cut here on purpose.
    logging.getLogger("kombu").setLevel(logging.CRITICAL)
    kept = Path(tempfile.mkdtemp(prefix="shouwen-faults-"))
    say = _teller(kept / "rounds.txt")
    say(f"seed {given.seed}, {given.rounds} rounds; history and logs in {kept}")
    started = monotonic()
    with ExitStack() as endings:
        postgres, rabbit = SmallDiskPostgres(), RabbitServer()
        endings.callback(postgres.remove)
        endings.callback(rabbit.remove)
        postgres.launch()
        rabbit.launch()
        postgres.start()
        rabbit.start()
        history = History(kept / "history.jsonl")
        endings.callback(history.close)
        installation = endings.enter_context(installed(postgres, rabbit, kept, given.each))
        campaign = Campaign(installation, history, given.seed, say)
        endings.callback(campaign.close)
        sound = _run(campaign, given, say)
    say(_table(campaign.tallies))
    say(f"{'all promises kept' if sound else 'FAILED'} in {monotonic() - started:.0f} s")
    if sound and not given.keep:
        shutil.rmtree(kept)
    return 0 if sound else 1


def _run(campaign: Campaign, given: argparse.Namespace, say: Say) -> bool:
    number = given.first - 1
    try:
        campaign.await_services()
        for number in range(given.first, given.first + given.rounds):
            campaign.installation.run_each(_processes(number, given.each))
            campaign.run_round(number, given.fault)
            if number % FULL_CHECK_EVERY == 0:
                campaign.check_all(rebuild=number % REBUILD_EVERY == 0)
        campaign.check_all()
    except AssertionError as wrong:
        again = f"--seed {given.seed} --first {given.first} --rounds {number - given.first + 1}"
        fault = f" --fault {given.fault}" if given.fault else ""
        say(f"round {number}: {wrong}")
        say(f"again: python -m tests.system.faults {again}{fault} --each {given.each}")
        return False
    return True


def _processes(number: int, each: int) -> int:
    """Return how many processes of each service run in a round."""
    return max(each, 2) if number // BLOCK % 3 == 2 else each


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.system.faults", description=__doc__)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--seed", type=int, default=random.randrange(10_000))
    parser.add_argument("--first", type=int, default=1, help="number of the first round")
    parser.add_argument(
        "--fault", choices=sorted([*FAULTS, MIXED]), default="", help="only this one"
    )
    parser.add_argument("--each", type=int, default=1, help="processes of each service, at least")
    parser.add_argument("--keep", action="store_true", help="keep history and logs")
    return parser.parse_args()


def _teller(path: Path) -> Say:
    def say(line: str) -> None:
        print(line, flush=True)  # noqa: T201 - the answer of a program
        with path.open("a") as file:
            file.write(f"{line}\n")

    return say


def _table(tallies: Mapping[str, Tally]) -> str:
    lines = [
        (
            f"{'fault':<15}{'rounds':>7}{'not done':>9}"
            f"{'ok':>8}{'refused':>9}{'unknown':>9}{'slowest recovery':>18}"
        )
    ]
    for fault, tally in sorted(tallies.items()):
        ok, refused, unknown = (tally.outcomes[name] for name in ("ok", "refused", "unknown"))
        lines.append(
            f"{fault:<15}{tally.rounds:>7}{tally.not_done:>9}{ok:>8}{refused:>9}{unknown:>9}"
            f"{tally.slowest_recovery_s:>16.1f} s"
        )
    not_done = sum(tally.not_done for tally in tallies.values())
    return "\n".join([*lines, f"{not_done} rounds without a fault, for want of means"])


if __name__ == "__main__":
    sys.exit(main())
