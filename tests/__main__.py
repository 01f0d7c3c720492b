"""Run the tests: `python -m tests [pytest arguments]`.

eventlet has to replace the blocking parts of the standard library before anything imports them,
pytest included; plain `pytest` would be too late.

Without arguments everything is run, the system tests beside the others: much of both is waiting
for servers. What the system tests say is shown when the others have ended.
"""

import chassis.runtime.patch  # noqa: F401 - imported for what it does

# isort: split
import subprocess
import sys
import tempfile
from typing import IO

import pytest

BESIDE = "tests/system"
OTHERS = ("tests/unit", "tests/contract", "tests/integration")


def run_everything() -> int:
    """Run all tests in two processes; return the exit status of the one that fared worse."""
    with tempfile.TemporaryFile() as said, _beside(said) as beside:
        status = int(pytest.main([*OTHERS]))
        status = max(status, beside.wait())
        said.seek(0)
        sys.stdout.flush()
        sys.stdout.buffer.write(said.read())
        return status


def _beside(said: IO[bytes]) -> "subprocess.Popen[bytes]":
    # It must not outlive us: its servers would go on.
    command = ["setpriv", "--pdeathsig=TERM", "--", sys.executable, "-m", "tests", BESIDE]
    return subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT)


if __name__ == "__main__":
    arguments = sys.argv[1:]
    sys.exit(int(pytest.main(arguments)) if arguments else run_everything())
