"""What became of what each owner took on, in a period: counted from the feed, with its proofs.

Nothing is kept for it: whoever has the feed counts the same.
"""

import csv
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from html import escape
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from contracts.failures import Failure
from shouwen.calling import Call

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
PAGE: Final = 1_000
RECEIPTS_AT_ONCE: Final = 200
SIGNED_WITHIN_S: Final = 3.0
COUNTS: Final = (
    "taken",
    "handed_on",
    "late",
    "reminded",
    "acknowledged",
    "closed",
    "reopened",
)
HEADINGS: Final = ("owner", "office", *COUNTS, "leaves")
TITLES: Final[Mapping[str, str]] = {
    "owner": "首问责任领导",
    "office": "单位",
    "taken": "首接",
    "handed_on": "移交",
    "late": "逾期",
    "reminded": "提醒",
    "acknowledged": "签收",
    "closed": "办结",
    "reopened": "重新办理",
    "leaves": "存证位置",
}


@dataclass
class Line:
    """What one owner did and left undone.

    Attributes:
        leaves: indices in the ledger of the facts that are counted here.
    """

    owner: str
    office: str
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTS, 0))
    leaves: list[int] = field(default_factory=list)

    @property
    def cells(self) -> list[str | int]:
        """The line as a row of a table, less the leaves."""
        return [self.owner, self.office, *self.counts.values()]


@dataclass
class FollowThrough:
    """Counts facts in the order of the ledger; those outside the period tell who owns what."""

    first: date
    last: date
    _lines: dict[str, Line] = field(default_factory=dict)
    _owner: dict[str, str] = field(default_factory=dict)
    _office: dict[str, str] = field(default_factory=dict)
    _recipient: dict[str, str] = field(default_factory=dict)
    _seen: set[tuple[str, str]] = field(default_factory=set)

    def add(self, position: int, event: Mapping[str, Any]) -> None:
        """Count one event, at its index in the ledger."""
        day = datetime.fromisoformat(event["recordedtime"]).astimezone(SHANGHAI).date()
        for what, owner in self._counted(event["type"], event["data"]):
            if self.first <= day <= self.last:
                line = self._lines.setdefault(owner, Line(owner, self._office.get(owner, "")))
                line.counts[what] += 1
                line.leaves.append(position)

    def lines(self) -> list[Line]:
        """Return a line for each owner who did or left undone anything, by office."""
        for line in self._lines.values():
            line.office = self._office.get(line.owner, "")
        return sorted(self._lines.values(), key=lambda line: (line.office, line.owner))

    def _counted(self, type_: str, data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        match type_:
            case "ownership.taken.v1":
                self._own(data)
                yield "taken", data["owner"]
            case "ownership.succeeded.v1" | "ownership.recused.v1":
                self._own(data)
                yield "handed_on", data["previous_owner"]
            case "ownership.voided.v1":
                self._owner.pop(data["number"], None)
            case "term.ended.v1" if data["late_days"] and data["number"] in self._owner:
                yield "late", self._owner[data["number"]]
            case "reminder.planned.v1":
                self._recipient[data["reminder_id"]] = data["recipient"]
            case "reminder.delivered.v1":
                yield from self._once("reminded", data["reminder_id"])
            case "reminder.acknowledged.v1":
                yield from self._once("acknowledged", data["reminder_id"])
            case "case.closed.v1":
                yield "closed", data["owner"]
            case "case.reopened.v1":
                yield "reopened", data["owner"]

    def _once(self, what: str, reminder_id: str) -> Iterator[tuple[str, str]]:
        """Yield what happened to a reminder, the first time that it did."""
        if reminder_id in self._recipient and (what, reminder_id) not in self._seen:
            self._seen.add((what, reminder_id))
            yield what, self._recipient[reminder_id]

    def _own(self, data: Mapping[str, Any]) -> None:
        self._owner[data["number"]] = data["owner"]
        self._office[data["owner"]] = data["office"]


def whole_feed(ask: Call) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield each event with its index in the ledger, up to what is there now."""
    after, size = 0, 1
    while after < size:
        page = ask("audit", "feed", {"after": after, "limit": PAGE})
        yield from enumerate(page["events"], start=after)
        if page["held"]:
            return
        after, size = page["next"], page["size"]


def wait() -> None:
    """Wait until what is there now is signed."""
    time.sleep(SIGNED_WITHIN_S)


def write_receipts(
    ask: Call, folder: Path, lines: Sequence[Line], pause: Callable[[], None] = wait
) -> None:
    """Write the leaves that lines count, each with the proof that it is in the ledger.

    Waits for what is not signed yet: a moment.
    """
    folder.mkdir(exist_ok=True)
    leaves = sorted({leaf for line in lines for leaf in line.leaves})
    for start in range(0, len(leaves), RECEIPTS_AT_ONCE):
        asked = {"positions": leaves[start : start + RECEIPTS_AT_ONCE]}
        for receipt in _signed(ask, asked, pause)["items"]:
            (folder / f"{receipt['position']}.leaf").write_text(receipt["leaf"])
            (folder / _receipt(receipt["position"])).write_text(receipt["proof"])


def _signed(ask: Call, asked: Mapping[str, Any], pause: Callable[[], None]) -> Any:
    try:
        return ask("audit", "receipts", asked)
    except Failure as failure:
        if failure.code != "checkpoint_unknown":
            raise
    pause()
    return ask("audit", "receipts", asked)


def _receipt(leaf: int) -> str:
    return f"{leaf}.tlog-proof"


def write(path: Path, lines: Sequence[Line], proofs: str = "") -> None:
    """Write a report in the form that the name of the file says: csv, xlsx or html.

    Args:
        proofs: folder beside it with the receipts to link to; none where it is empty.
    """
    _WRITERS[path.suffix.lower()](path, lines, proofs)


def _headings() -> list[str]:
    return [TITLES[heading] for heading in HEADINGS]


def _write_csv(path: Path, lines: Sequence[Line], proofs: str) -> None:
    # With a mark at the beginning, without which Chinese spreadsheets take it for GB 18030.
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_headings())
        for line in lines:
            named = [f"{proofs}/{_receipt(leaf)}" if proofs else str(leaf) for leaf in line.leaves]
            writer.writerow([*line.cells, " ".join(named)])


def _write_xlsx(path: Path, lines: Sequence[Line], proofs: str) -> None:
    from openpyxl import Workbook  # loads slowly

    book = Workbook(write_only=True)
    sheet = book.create_sheet("首问负责")
    sheet.append(_headings())
    for line in lines:
        sheet.append([*line.cells, " ".join(map(str, line.leaves))])
    if proofs:
        # A cell holds one link, so each leaf has a row of its own.
        sheet = book.create_sheet(TITLES["leaves"])
        sheet.append([TITLES["owner"], TITLES["leaves"]])
        for line in lines:
            for leaf in line.leaves:
                link = f'=HYPERLINK("{proofs}/{_receipt(leaf)}", {leaf})'
                sheet.append([line.owner, link])
    book.save(path)


def _write_html(path: Path, lines: Sequence[Line], proofs: str) -> None:
    rows = "".join(
        _row("td", [*map(_cell, line.cells), " ".join(_link(leaf, proofs) for leaf in line.leaves)])
        for line in lines
    )
    path.write_text(
        '<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>首问负责</title>'
        "<style>table{border-collapse:collapse}td,th{border:1px solid #999;padding:.3em}</style>"
        f"<h1>首问负责</h1><table>\n{_row('th', _headings())}{rows}</table></html>\n",
        encoding="utf-8",
    )


def _row(tag: str, cells: Sequence[str]) -> str:
    return "<tr>" + "".join(f"<{tag}>{cell}</{tag}>" for cell in cells) + "</tr>\n"


def _cell(value: str | int) -> str:
    return escape(str(value))


def _link(leaf: int, proofs: str) -> str:
    return f'<a href="{escape(proofs)}/{_receipt(leaf)}">{leaf}</a>' if proofs else str(leaf)


_WRITERS: Final = {".csv": _write_csv, ".xlsx": _write_xlsx, ".html": _write_html}
FORMS: Final = frozenset(_WRITERS)
