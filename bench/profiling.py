"""Where the time goes in each service: py-spy on running processes, top frames by share."""

import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bench.peers.environment import BIN, ensure

FRAMES: Final = 25
_RATE_HZ: Final = 200
_LONGEST_S: Final = 3600


@contextmanager
def profiled(processes: Mapping[str, subprocess.Popen[bytes]], purpose: str) -> Iterator[None]:
    """Sample each process while the block runs; print the shares to standard error."""
    ensure()
    with tempfile.TemporaryDirectory(prefix="shouwen-profile-") as folder:
        samplers = {
            name: _sampler(process.pid, Path(folder) / name) for name, process in processes.items()
        }
        try:
            yield
        finally:
            for sampler in samplers.values():
                sampler.send_signal(2)
            for sampler in samplers.values():
                sampler.wait(60)
        for name in samplers:
            print(_report(purpose, name, Path(folder) / name), file=sys.stderr)


def _sampler(pid: int, output: Path) -> subprocess.Popen[bytes]:
    command = [str(BIN / "py-spy"), "record", "--pid", str(pid), "--format", "raw", "--gil"]
    options = ["--rate", str(_RATE_HZ), "--duration", str(_LONGEST_S), "--output", str(output)]
    quiet = subprocess.DEVNULL
    return subprocess.Popen([*command, *options], stdout=quiet, stderr=quiet)


def _report(purpose: str, service: str, stacks: Path) -> str:
    itself, beneath, total = Counter[str](), Counter[str](), 0
    for line in stacks.read_text().splitlines():
        stack, _, count = line.rpartition(" ")
        frames = [_short(frame) for frame in stack.split(";")]
        total += int(count)
        itself[frames[-1]] += int(count)
        for frame in set(frames):
            beneath[frame] += int(count)
    lines = [f"### {purpose}: {service} ({total} samples with the GIL at {_RATE_HZ} Hz)"]
    lines += ["", "| self | frame | | with callees | frame |", "|---|---|---|---|---|"]
    most, largest = itself.most_common(FRAMES), beneath.most_common(FRAMES * 2)
    for index in range(FRAMES * 2):
        left = _cell(most, index, total)
        lines.append(f"| {left} | | {_cell(largest, index, total)} |")
    return "\n".join([*lines, ""])


def _cell(counted: list[tuple[str, int]], index: int, total: int) -> str:
    if index >= len(counted):
        return " | "
    frame, count = counted[index]
    return f"{100 * count / total:.1f} % | {frame}"


def _short(frame: str) -> str:
    name, _, place = frame.partition(" (")
    file, _, _line = place.rstrip(")").partition(":")
    return f"{name} ({'/'.join(file.split('/')[-2:])})"
