"""Run the tests: `python -m tests [pytest arguments]`.

eventlet has to replace the blocking parts of the standard library before anything imports them,
pytest included; plain `pytest` would be too late.

Without arguments everything is run, `make check` included, in two lanes side by side, since most
of the time is spent waiting. Each part of a lane is a process, with servers of its own. The second
lane speaks when the first has ended.
"""

import chassis.runtime.patch  # noqa: F401 - imported for what it does

# isort: split
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import IO

import pytest

Part = tuple[str, ...]

CHECK: Part = ("make", "check")
FAULTS = "tests/system/faults"
CLUSTERS = f"{FAULTS}/test_clusters.py"
MESSAGING = "tests/integration/messaging"
# Cut so that both lanes take about as long.
FIRST: Sequence[Part] = (
    CHECK,
    ("tests/unit", "tests/contract", "tests/integration", f"--ignore={MESSAGING}"),
    (FAULTS, f"--ignore={CLUSTERS}"),
)
SECOND: Sequence[Part] = (("tests/system", f"--ignore={FAULTS}"), (MESSAGING,), (CLUSTERS,))


def run_everything() -> int:
    """Run all tests; return the exit status of the part that fared worst."""
    with tempfile.TemporaryFile() as said, ThreadPoolExecutor() as lanes:
        second = lanes.submit(_lane, SECOND, said)
        first = _lane(FIRST)
        status = worst(first, second.result())
        said.seek(0)
        sys.stdout.buffer.write(said.read())
        sys.stdout.flush()
    return status


def worst(*statuses: int) -> int:
    """Return 0 only when all are: what a signal ended has a negative status."""
    return max(statuses, key=abs)


def _lane(parts: Sequence[Part], said: IO[bytes] | None = None) -> int:
    """Run the parts of one lane in order, up to one that was interrupted or a failed check."""
    status = 0
    for part in parts:
        status = worst(status, _run(part, said))
        if status == pytest.ExitCode.INTERRUPTED:
            break
    return status


def _run(part: Part, said: IO[bytes] | None) -> int:
    # It must not outlive us: its servers would go on.
    command = part if part == CHECK else (sys.executable, "-m", "tests", *part)
    mortal = ["setpriv", "--pdeathsig=TERM", "--", *command]
    return subprocess.run(mortal, stdout=said, stderr=subprocess.STDOUT, check=False).returncode


if __name__ == "__main__":
    sys.exit(pytest.main(sys.argv[1:]) if sys.argv[1:] else run_everything())
