"""A follow-through report as a file: CSV, XLSX or HTML, each figure with the leaves it counts."""

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Final
from urllib.parse import quote

COUNTS: Final = (
    "taken",
    "handed_on",
    "late",
    "overdue",
    "reminded",
    "acknowledged",
    "closed",
    "reopened",
)
TITLES: Final[Mapping[str, str]] = {
    "owner": "首问责任领导",
    "office": "单位",
    "unit": "承办单位",
    "taken": "承接",
    "handed_on": "移交",
    "late": "逾期完成",
    "overdue": "逾期未结",
    "reminded": "提醒",
    "acknowledged": "签收",
    "closed": "办结",
    "reopened": "重新办理",
    "period": "期间",
    "leaves": "存证位置",
}
PROOF: Final = "tlog-proof"
NOTE: Final = (
    "日期为北京时间。逾期未结为期末仍在计算、已过最后一日的期限数，不能逐期相加；"
    "无人首接的，由单位负责人（office_head）负责。"
)
# What a sheet holds, with its heading.
ROWS: Final = 1_048_575
# A unit is sent what it handles, and sends it back.
_OF_UNITS: Final[Mapping[str, str]] = {"taken": "收办", "handed_on": "退回、更换"}


@dataclass
class Line:
    """What one of them did and left undone in a time.

    Attributes:
        who: staff number of an owner; the office or the unit where they are counted.
        office: of an owner; empty otherwise.
        period: days in Shanghai, the last included.
        leaves: indices in the ledger of the facts that are counted here.
    """

    who: str
    office: str = ""
    period: str = ""
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTS, 0))
    leaves: list[int] = field(default_factory=list)

    def cells(self, by: str) -> list[str | int]:
        """Return the line as a row of a table, less the leaves."""
        who = [self.who, self.office] if by == "owner" else [self.who]
        return [*who, *self.counts.values(), self.period]


@dataclass(frozen=True)
class Report:
    """Lines, and whose they are.

    Attributes:
        by: owner, office or unit.
        proofs: folder beside the file with the receipts to link to; none where it is empty.
    """

    lines: Sequence[Line]
    by: str = "owner"
    proofs: str = ""

    @property
    def headings(self) -> list[str]:
        """Return the words above the columns."""
        titles = {**TITLES, **(_OF_UNITS if self.by == "unit" else {})}
        who = ["owner", "office"] if self.by == "owner" else [self.by]
        return [titles[heading] for heading in (*who, *COUNTS, "period", "leaves")]


def write(path: Path, lines: Sequence[Line], proofs: str = "", by: str = "owner") -> None:
    """Write a report in the form that the name of the file says: csv, xlsx or html."""
    _WRITERS[path.suffix.lower()](path, Report(lines, by, proofs))


def receipt_of(leaf: int) -> str:
    """Return the name of the file with the receipt of a leaf."""
    return f"{leaf}.{PROOF}"


def _address(leaf: int, proofs: str) -> str:
    """Return where a receipt is as a link has it: what means something in an address is quoted.

    In a formula too, where a quotation mark would end it. Chinese characters stand as they are.
    """
    return _place(leaf, re.sub(r"[\x00-\x7f]+", lambda found: quote(found[0]), proofs))


def _write_csv(path: Path, report: Report) -> None:
    # With a mark at the beginning, without which Chinese spreadsheets take it for GB 18030.
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(report.headings)
        for line in report.lines:
            named = [_place(leaf, report.proofs) for leaf in line.leaves]
            writer.writerow([*line.cells(report.by), " ".join(named)])


def _place(leaf: int, proofs: str) -> str:
    return f"{proofs}/{receipt_of(leaf)}" if proofs else str(leaf)


def _write_xlsx(path: Path, report: Report) -> None:
    from openpyxl import Workbook  # loads slowly

    book = Workbook(write_only=True)
    sheet = book.create_sheet("首问负责")
    sheet.append(report.headings[:-1])
    for line in report.lines:
        sheet.append(line.cells(report.by))
    # A cell holds one link, and 32,767 characters, so each leaf has a row of its own.
    named = [(line.who, line.period, leaf) for line in report.lines for leaf in line.leaves]
    for start in range(0, len(named), ROWS):
        sheet = book.create_sheet(TITLES["leaves"])
        sheet.append([TITLES[each] for each in (report.by, "period", "leaves")])
        for who, period, leaf in named[start : start + ROWS]:
            sheet.append([who, period, _linked(leaf, report.proofs)])
    book.save(path)


def _linked(leaf: int, proofs: str) -> str | int:
    return f'=HYPERLINK("{_address(leaf, proofs)}", {leaf})' if proofs else leaf


def _write_html(path: Path, report: Report) -> None:
    rows = "".join(
        _row("td", [*map(_cell, line.cells(report.by)), _links(line, report.proofs)])
        for line in report.lines
    )
    path.write_text(
        '<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>首问负责</title>'
        "<style>table{border-collapse:collapse}td,th{border:1px solid #999;padding:.3em}</style>"
        f"<h1>首问负责</h1><table>\n{_row('th', report.headings)}{rows}</table>"
        f"<p>{NOTE}</p></html>\n",
        encoding="utf-8",
    )


def _row(tag: str, cells: Sequence[str]) -> str:
    return "<tr>" + "".join(f"<{tag}>{cell}</{tag}>" for cell in cells) + "</tr>\n"


def _cell(value: str | int) -> str:
    return escape(str(value))


def _links(line: Line, proofs: str) -> str:
    return " ".join(_link(leaf, proofs) for leaf in line.leaves)


def _link(leaf: int, proofs: str) -> str:
    return f'<a href="{_address(leaf, proofs)}">{leaf}</a>' if proofs else str(leaf)


_WRITERS: Final = {".csv": _write_csv, ".xlsx": _write_xlsx, ".html": _write_html}
FORMS: Final = frozenset(_WRITERS)
