"""The command: runs the rows that were asked for and prints one table."""

import argparse
import shlex
import sys
from importlib import import_module
from typing import Final

from bench import machine, table
from bench.measuring import Measurement
from bench.peers.environment import ensure
from bench.run import Run
from bench.servers import SETTINGS, Servers, running
from chassis.observability import configure_logging

ROWS: Final = (
    "importing",
    "appends",
    "pairs",
    "lifecycles",
    "bulk",
    "scan",
    "relaying",
    "ledger",
    "finding",
    "due",
    "replaying",
    "cost",
    "size",
)


def main() -> int:
    asked = _arguments()
    configure_logging("ERROR")
    if asked.profile or not asked.only_ours:
        ensure()
    with running() as servers:
        run = Run(servers, asked.seconds, not asked.only_ours, asked.petitions, asked.profile)
        about = {**machine.description(), **_about(servers)}
        measured = [each for name in asked.rows or ROWS for each in _row(name, run)]
    print(table.markdown(about, measured))
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m bench", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"among {', '.join(ROWS)}")
    parser.add_argument("--seconds", type=float, default=10.0, help="for each figure")
    parser.add_argument("--only-ours", action="store_true", help="without peers")
    parser.add_argument("--petitions", type=int, default=20_000, help="in a store called full")
    full = {"action": "store_const", "dest": "petitions", "const": 1_000_000}
    parser.add_argument("--full", **full, help="a million of them, which takes hours")
    parser.add_argument("--profile", action="store_true", help="py-spy on the services")
    asked = parser.parse_args()
    if unknown := set(asked.rows) - set(ROWS):
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    return asked


def _row(name: str, run: Run) -> list[Measurement]:
    print(f"{name} ...", file=sys.stderr, flush=True)
    taken = []
    for measurement in import_module(f"bench.rows.{name}").measure(run):
        print("   ", table.line(measurement), file=sys.stderr, flush=True)
        taken.append(measurement)
    return taken


def _about(servers: Servers) -> dict[str, str]:
    return {
        "servers": servers.versions(),
        "settings": ", ".join(f"{name} = {value}" for name, value in SETTINGS.items()),
        "command": shlex.join(["python", "-m", "bench", *sys.argv[1:]]),
    }
