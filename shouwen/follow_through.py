"""What became of what each owner took on, in a period: counted from the feed, with its proofs.

Nothing is kept for it: whoever has the feed counts the same.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from html import escape
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from shouwen.calling import Call

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
PAGE: Final = 1_000
COUNTS: Final = ("taken", "handed_on", "late", "reminded", "closed", "reopened")
HEADINGS: Final = ("owner", "office", *COUNTS, "leaves")
TITLES: Final[Mapping[str, str]] = {
    "owner": "首问责任领导",
    "office": "单位",
    "taken": "首接",
    "handed_on": "移交",
    "late": "逾期",
    "reminded": "提醒",
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
        """The line as a row of a table."""
        places = " ".join(map(str, self.leaves))
        return [self.owner, self.office, *self.counts.values(), places]


@dataclass
class FollowThrough:
    """Counts facts in the order of the ledger; those outside the period tell who owns what."""

    first: date
    last: date
    _lines: dict[str, Line] = field(default_factory=dict)
    _owner: dict[str, str] = field(default_factory=dict)
    _office: dict[str, str] = field(default_factory=dict)
    _recipient: dict[str, str] = field(default_factory=dict)

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
            case "reminder.delivered.v1" if data["reminder_id"] in self._recipient:
                yield "reminded", self._recipient.pop(data["reminder_id"])
            case "case.closed.v1":
                yield "closed", data["owner"]
            case "case.reopened.v1":
                yield "reopened", data["owner"]

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


def write(path: Path, lines: Iterable[Line]) -> None:
    """Write a report in the form that the name of the file says: csv, xlsx or html."""
    headings: list[str | int] = [TITLES[heading] for heading in HEADINGS]
    rows = [headings, *(line.cells for line in lines)]
    _WRITERS[path.suffix.lower()](path, rows)


def _write_csv(path: Path, rows: Sequence[Sequence[Any]]) -> None:
    # With a mark at the beginning, without which Chinese spreadsheets take it for GB 18030.
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(rows)


def _write_xlsx(path: Path, rows: Sequence[Sequence[Any]]) -> None:
    from openpyxl import Workbook  # loads slowly

    book = Workbook(write_only=True)
    sheet = book.create_sheet("首问负责")
    for row in rows:
        sheet.append(list(row))
    book.save(path)


def _write_html(path: Path, rows: Sequence[Sequence[Any]]) -> None:
    lines = "".join(
        "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>\n"
        for row in rows
    )
    path.write_text(
        '<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>首问负责</title>'
        "<style>table{border-collapse:collapse}td{border:1px solid #999;padding:.3em}</style>"
        f"<h1>首问负责</h1><table>\n{lines}</table></html>\n",
        encoding="utf-8",
    )


_WRITERS: Final = {".csv": _write_csv, ".xlsx": _write_xlsx, ".html": _write_html}
FORMS: Final = frozenset(_WRITERS)
