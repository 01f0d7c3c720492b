"""Run the tests: `python -m tests [pytest arguments]`.

eventlet has to replace the blocking parts of the standard library before anything imports them,
pytest included; plain `pytest` would be too late.

Without arguments everything is run, in parts beside one another: much of each is waiting for
servers. What the other parts say is shown when the first one has ended.
"""

import chassis.runtime.patch  # noqa: F401 - imported for what it does

# isort: split
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from typing import IO

import pytest

FIRST = ("tests/unit", "tests/contract", "tests/integration")
FAULTS = "tests/system/faults"
BESIDE = (("tests/system", f"--ignore={FAULTS}"), (FAULTS,))


def run_everything() -> int:
    """Run all parts; return the exit status of the one that fared worst."""
    with ExitStack() as stack:
        said = [stack.enter_context(tempfile.TemporaryFile()) for _ in BESIDE]
        parts = [
            stack.enter_context(_part(part, out)) for part, out in zip(BESIDE, said, strict=True)
        ]
        status = int(pytest.main([*FIRST]))
        for part, out in zip(parts, said, strict=True):
            status = max(status, part.wait())
            out.seek(0)
            sys.stdout.flush()
            sys.stdout.buffer.write(out.read())
        return status


def _part(part: Sequence[str], said: IO[bytes]) -> "subprocess.Popen[bytes]":
    # It must not outlive us: its servers would go on.
    command = ["setpriv", "--pdeathsig=TERM", "--", sys.executable, "-m", "tests", *part]
    return subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT)


if __name__ == "__main__":
    arguments = sys.argv[1:]
    sys.exit(int(pytest.main(arguments)) if arguments else run_everything())
