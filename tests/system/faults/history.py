"""Every call that was made, and what came of it, as lines of JSON.

An outcome is `ok`, `refused` (a rule said no, nothing was done) or `unknown` (no answer, or one
that leaves open whether it was done).
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from time import monotonic
from typing import Any, Final

# Not `internal`: that is a fault of ours, and is to be seen.
UNKNOWN_CODES: Final = frozenset({"unavailable"})


@dataclass(frozen=True, slots=True)
class Call:
    """One call that has ended.

    Attributes:
        who: staff number, role, office.
        invoked_at, ended_at: by the monotonic clock.
        outcome: ok, refused or unknown.
        answer: what was answered, when it was ok.
        code: why not, when it was not.
    """

    round: int
    method: str
    arguments: dict[str, Any]
    who: tuple[str, str, str]
    invoked_at: float
    ended_at: float
    outcome: str
    answer: Any = None
    code: str = ""


def request_ids(arguments: Mapping[str, Any]) -> Iterator[str]:
    """Yield the request ids of a call: its own, and those of its items."""
    if "request_id" in arguments:
        yield arguments["request_id"]
    for item in arguments.get("items", ()):
        yield item["request_id"]


class History:
    """The calls of one run; those of the round at hand also stay in memory."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.round = 0
        self.calls: list[Call] = []
        self.outcomes: Counter[str] = Counter()
        self.under_way = 0
        self.last_invoked_at = 0.0
        self._file = path.open("a", encoding="utf-8")

    def begin_round(self, round_: int) -> None:
        self.round = round_
        self.calls = []
        self.outcomes = Counter()

    def invoked(self, method: str, arguments: dict[str, Any], who: tuple[str, str, str]) -> float:
        """Note that a call begins; return when."""
        at = self.last_invoked_at = monotonic()
        self.under_way += 1
        self._write({"type": "invoked", "round": self.round, "method": method, "who": who,
                     "arguments": arguments, "at": at})  # fmt: skip
        return at

    def ended(self, call: Call) -> None:
        self.under_way -= 1
        self.calls.append(call)
        self.outcomes[call.outcome] += 1
        self._write({"type": call.outcome, **asdict(call)})

    def close(self) -> None:
        self._file.close()

    def _write(self, line: dict[str, Any]) -> None:
        self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
        self._file.flush()
