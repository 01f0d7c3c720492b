"""Run the tests: `python -m tests [pytest arguments]`.

eventlet has to replace the blocking parts of the standard library before anything imports them,
pytest included; plain `pytest` would be too late.

Without arguments everything is run, `make check` included: two parts with servers at a time, which
spend much of it waiting, and beside them, a little less urgent, those without. Each part is a
process, with servers of its own, and speaks when it ends.
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
# The longest first, so that both end together.
WITH_SERVERS: Sequence[Part] = (
    ("tests/system", f"--ignore={FAULTS}"),
    (FAULTS, f"--ignore={CLUSTERS}"),
    ("tests/integration", f"--ignore={MESSAGING}"),
    (MESSAGING,),
    (CLUSTERS,),
)
# They take what the others leave while they wait; the check first, for it is soon done.
IN_BETWEEN: Sequence[Part] = (CHECK, ("tests/unit", "tests/contract"))
LESS_URGENT = 5


def run_everything() -> int:
    """Run all tests; return the exit status of the part that fared worst."""
    lines = (deque(WITH_SERVERS), deque(IN_BETWEEN))
    speaking = Lock()
    with ThreadPoolExecutor(AT_ONCE + 1) as hands:
        running = [hands.submit(_work_off, lines[0], lines, speaking, 0) for _ in range(AT_ONCE)]
        running.append(hands.submit(_work_off, lines[1], lines, speaking, LESS_URGENT))
        return worst(*(each.result() for each in running))


def worst(*statuses: int) -> int:
    """Return 0 only when all are: what a signal ended has a negative status."""
    return max(statuses, key=abs)


def _work_off(
    waiting: deque[Part], lines: Sequence[deque[Part]], speaking: Lock, niceness: int
) -> int:
    """Run parts until none waits; after one that was interrupted, or a failed check, none does."""
    status = 0
    while waiting:
        status = worst(status, _run(waiting.popleft(), speaking, niceness))
        if status == pytest.ExitCode.INTERRUPTED:
            for line in lines:
                line.clear()
    return status


def _run(part: Part, speaking: Lock, niceness: int) -> int:
    command = part if part == CHECK else (sys.executable, "-m", "tests", *part)
    # It must not outlive us: its servers would go on.
    mortal = ["setpriv", "--pdeathsig=TERM", "--", "nice", f"-n{niceness}", *command]
    with tempfile.TemporaryFile() as said:
        done = subprocess.run(mortal, stdout=said, stderr=subprocess.STDOUT, check=False)
        said.seek(0)
        with speaking:
            sys.stdout.buffer.write(said.read())
            sys.stdout.flush()
    return done.returncode


if __name__ == "__main__":
    sys.exit(pytest.main(sys.argv[1:]) if sys.argv[1:] else run_everything())
