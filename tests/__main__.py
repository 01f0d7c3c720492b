"""Run the tests: `python -m tests [pytest arguments]`.

eventlet has to replace the blocking parts of the standard library before anything imports them,
pytest included; plain `pytest` would be too late.

Without arguments everything is run, the system tests beside the others, whose time is mostly spent
waiting. What the system tests say is shown when those have ended. The fault tests come last and
alone: they have servers of their own and hurt them.
"""

import chassis.runtime.patch  # noqa: F401 - imported for what it does

# isort: split
import subprocess
import sys
import tempfile
from typing import IO

import pytest

FAULTS = "tests/system/faults"
BESIDE = ("tests/system", f"--ignore={FAULTS}")
FIRST = ("tests/unit", "tests/contract", "tests/integration")


def run_everything() -> int:
    """Run all tests; return the exit status of the part that fared worst."""
    with tempfile.TemporaryFile() as said, _beside(said) as beside:
        status = int(pytest.main([*FIRST]))
        status = worst(status, beside.wait())
        said.seek(0)
        sys.stdout.flush()
        sys.stdout.buffer.write(said.read())
        sys.stdout.flush()
    return worst(status, _alone())


def worst(*statuses: int) -> int:
    """Return 0 only when all are: what a signal ended has a negative status."""
    return max(statuses, key=abs)


def _beside(said: IO[bytes]) -> "subprocess.Popen[bytes]":
    # It must not outlive us: its servers would go on.
    return subprocess.Popen(_command(*BESIDE), stdout=said, stderr=subprocess.STDOUT)


def _alone() -> int:
    return subprocess.run(_command(FAULTS), check=False).returncode


def _command(*arguments: str) -> list[str]:
    return ["setpriv", "--pdeathsig=TERM", "--", sys.executable, "-m", "tests", *arguments]


if __name__ == "__main__":
    sys.exit(pytest.main(sys.argv[1:]) if sys.argv[1:] else run_everything())
