"""The machine that the figures belong to, and the CPU that its processes have used."""

import os
import platform
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def description() -> dict[str, str]:
    """Return what a reader has to know about the machine and the day."""
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "processor": f"{os.cpu_count()} x {_first('/proc/cpuinfo', 'model name')}",
        "memory": _first("/proc/meminfo", "MemTotal"),
        "system": f"{platform.system()} {platform.release()}, Python {platform.python_version()}",
        "load before": f"{os.getloadavg()[0]:.2f}",
        "libraries": ", ".join(
            f"{name} {version(name)}"
            for name in ("nameko", "eventlet", "eventsourcing", "psycopg2-binary", "msgspec")
        ),
    }


def cpu_seconds(pid: int) -> float:
    """Return the CPU of a process, of its children that ended, and of all that run."""
    return sum(_own(each) for each in _tree(pid))


def rise(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    return {name: after[name] - before[name] for name in before}


def _own(pid: int) -> float:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0  # it ended between listing and reading, and its parent has its time
    return sum(map(int, text.rpartition(")")[2].split()[11:15])) / _TICKS


def _tree(pid: int) -> Iterator[int]:
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = task.read_text().split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        for child in children:
            yield from _tree(int(child))


def _first(path: str, key: str) -> str:
    with Path(path).open() as file:
        for line in file:
            if line.startswith(key):
                return line.partition(":")[2].strip()
    return "unknown"
