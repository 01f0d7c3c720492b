"""Run the tests: `python -m tests [pytest arguments]`.

eventlet has to replace the blocking parts of the standard library before anything imports them,
pytest included; plain `pytest` would be too late.

Without arguments everything is run, `make check` included, two parts at a time, since most of the
time is spent waiting. Each part is a process, with servers of its own, and speaks when it ends.
"""

import chassis.runtime.patch  # noqa: F401 - imported for what it does

# isort: split
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

import pytest

Part = tuple[str, ...]

AT_ONCE = 2
CHECK: Part = ("make", "check")
FAULTS = "tests/system/faults"
CLUSTERS = f"{FAULTS}/test_clusters.py"
MESSAGING = "tests/integration/messaging"
# The check first, for it is soon done; then the longest first, so that both end together.
PARTS: Sequence[Part] = (
    CHECK,
    (FAULTS, f"--ignore={CLUSTERS}"),
    ("tests/system", f"--ignore={FAULTS}"),
    ("tests/integration", f"--ignore={MESSAGING}"),
    (MESSAGING,),
    (CLUSTERS,),
    ("tests/unit", "tests/contract"),
)


def run_everything() -> int:
    """Run all tests; return the exit status of the part that fared worst."""
    waiting, speaking = deque(PARTS), Lock()
    with ThreadPoolExecutor(AT_ONCE) as hands:
        running = [hands.submit(_work_off, waiting, speaking) for _ in range(AT_ONCE)]
        return worst(*(each.result() for each in running))


def worst(*statuses: int) -> int:
    """Return 0 only when all are: what a signal ended has a negative status."""
    return max(statuses, key=abs)


def _work_off(waiting: deque[Part], speaking: Lock) -> int:
    """Run parts until none waits; after one that was interrupted, or a failed check, none does."""
    status = 0
    while waiting:
        status = worst(status, _run(waiting.popleft(), speaking))
        if status == pytest.ExitCode.INTERRUPTED:
            waiting.clear()
    return status


def _run(part: Part, speaking: Lock) -> int:
    command = part if part == CHECK else (sys.executable, "-m", "tests", *part)
    # It must not outlive us: its servers would go on.
    mortal = ["setpriv", "--pdeathsig=TERM", "--", *command]
    with tempfile.TemporaryFile() as said:
        done = subprocess.run(mortal, stdout=said, stderr=subprocess.STDOUT, check=False)
        said.seek(0)
        with speaking:
            sys.stdout.buffer.write(said.read())
            sys.stdout.flush()
    return done.returncode


if __name__ == "__main__":
    sys.exit(pytest.main(sys.argv[1:]) if sys.argv[1:] else run_everything())
