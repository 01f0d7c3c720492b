"""What became of what each owner, office or unit took on: counted from the feed, with its proofs.

Nothing is kept for it: whoever has the feed counts the same.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from contracts.failures import Failure
from shouwen.answering_for import Answering, Units, of_offices, of_owners
from shouwen.calling import Call
from shouwen.reading import Missing, Placed
from shouwen.report_files import PROOF, Line
from shouwen.running_terms import TOLD_BY, RunningTerms

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
PAGE: Final = 1_000
RECEIPTS_AT_ONCE: Final = 200
SIGNED_WITHIN_S: Final = 3.0
BY: Final[Mapping[str, Callable[[], Answering]]] = {
    "owner": of_owners,
    "office": of_offices,
    "unit": Units,
}
# By what days are put together, to how such a time is named.
EACH: Final[Mapping[str, str]] = {"day": "%Y-%m-%d", "week": "%G-W%V", "month": "%Y-%m"}


@dataclass
class FollowThrough:
    """Counts facts in the order of the ledger; those outside the period tell who owns what.

    Attributes:
        by: whose lines there are: owner, office or unit.
        each: day, week or month; empty for one line over the whole period.
        today: when the report is made; what is to be done on that day is not overdue yet.
    """

    first: date
    last: date
    by: str = "owner"
    each: str = ""
    today: date = date.max
    _answering: Answering = field(init=False)
    _lines: dict[tuple[str, str], Line] = field(default_factory=dict)
    # What may turn out never to have been, by matter and figure: where it is counted, if it is.
    _voidable: dict[tuple[str, str], tuple[Line, int] | None] = field(default_factory=dict)
    _terms: RunningTerms = field(default_factory=RunningTerms)
    # The days at whose end it is looked what is overdue, the next one last.
    _ends: list[date] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._answering = BY[self.by]()
        until = min(self.last, self.today)
        days = (self.first + timedelta(each) for each in range((until - self.first).days + 1))
        self._ends = [*{self._period(day): day for day in days}.values()][::-1]

    def add(self, position: int, event: Mapping[str, Any]) -> None:
        """Count one event, at its index in the ledger."""
        day = datetime.fromisoformat(event["recordedtime"]).astimezone(SHANGHAI).date()
        if event["type"].startswith(TOLD_BY):
            self._look_until(day)
            at = event.get("time", event["recordedtime"])
            self._terms.add(position, event["type"], event["data"], at)
        for what, who in self._answering.counted(event["type"], event["data"]):
            counted = self._count(what, who, day, position) if who else None
            if what in self._answering.voids.values():
                self._voidable[event["data"]["number"], what] = counted
        if event["type"] in self._answering.voids:
            self._void(event["data"]["number"], self._answering.voids[event["type"]])

    def _count(self, what: str, who: str, day: date, position: int) -> tuple[Line, int] | None:
        if not self.first <= day <= self.last:
            return None
        line = self._line(who, day)
        line.counts[what] += 1
        line.leaves.append(position)
        return line, position

    def lines(self) -> list[Line]:
        """Return a line for each who did or left undone anything, by office, who and period."""
        self._look_until(date.max)
        for line in self._lines.values():
            line.office = self._answering.office_of(line.who)
        lines = [line for line in self._lines.values() if any(line.counts.values())]
        return sorted(lines, key=lambda line: (line.office, line.who, line.period))

    def _line(self, who: str, day: date) -> Line:
        period = self._period(day)
        return self._lines.setdefault((who, period), Line(who, period=period))

    def _period(self, day: date) -> str:
        return day.strftime(EACH[self.each]) if self.each else f"{self.first}/{self.last}"

    def _look_until(self, day: date) -> None:
        """Count what is overdue at the ends of the times that are over before a day."""
        while self._ends and self._ends[-1] < day:
            end = self._ends.pop()
            for running in self._terms.past(min(end + timedelta(1), self.today)):
                if who := self._answering.answers_for(running):
                    line = self._line(who, end)
                    line.counts["overdue"] += 1
                    line.leaves.append(running.leaf)

    def _void(self, number: str, what: str) -> None:
        """Count for nobody what was by mistake, whenever that was found."""
        if (counted := self._voidable.pop((number, what), None)) is not None:
            line, position = counted
            line.counts[what] -= 1
            line.leaves.remove(position)


def whole_feed(ask: Call) -> Iterator[Placed[Mapping[str, Any] | Missing]]:
    """Yield the event of each leaf with its index, or why there is none; up to now."""
    after, size = 0, 1
    while after < size:
        page = ask("audit", "feed", {"after": after, "limit": PAGE})
        yield from enumerate(page["events"], start=after)
        after, size = page["next"], page["size"]
        if page["held"]:
            yield after, Missing.LOST if page.get("lost") else Missing.WAITS
            after += 1


def nothing_missing(
    feed: Iterable[Placed[Mapping[str, Any] | Missing]],
) -> Iterator[Placed[Mapping[str, Any]]]:
    """Yield the same, where nothing is missing: figures that leave somebody out are none.

    Raises:
        Failure: `history_incomplete`, an event is parked or lost.
    """
    for position, event in feed:
        if isinstance(event, Missing):
            raise Failure("history_incomplete", _UNCOUNTED[event], {"position": position})
        yield position, event


_UNCOUNTED: Final[Mapping[Missing, str]] = {
    Missing.WAITS: "Nothing was written: an event is parked, so that not all would be counted."
    " See `shouwen parked audit`.",
    Missing.LOST: "Nothing was written: audit has lost an event, so that not all would be counted."
    " `shouwen fsck` names it.",
}


def wait() -> None:
    """Wait until what is there now is signed."""
    time.sleep(SIGNED_WITHIN_S)


def write_receipts(
    ask: Call, folder: Path, lines: Sequence[Line], pause: Callable[[], None] = wait
) -> None:
    """Write the leaves that lines count, each with its event and its proof.

    Waits for what is not signed yet: a moment.
    """
    folder.mkdir(exist_ok=True)
    leaves = sorted({leaf for line in lines for leaf in line.leaves})
    for start in range(0, len(leaves), RECEIPTS_AT_ONCE):
        asked = {"positions": leaves[start : start + RECEIPTS_AT_ONCE]}
        for receipt in _signed(ask, asked, pause)["items"]:
            _write_receipt(folder, receipt)


def _write_receipt(folder: Path, receipt: Mapping[str, Any]) -> None:
    parts = {"leaf": receipt["leaf"], "event": receipt["event"], PROOF: receipt["proof"]}
    for kind, text in parts.items():
        if text:
            (folder / f"{receipt['position']}.{kind}").write_bytes(text.encode())


def _signed(ask: Call, asked: Mapping[str, Any], pause: Callable[[], None]) -> Any:
    try:
        return ask("audit", "receipts", asked)
    except Failure as failure:
        if failure.code != "checkpoint_unknown":
            raise
    pause()
    return ask("audit", "receipts", asked)
