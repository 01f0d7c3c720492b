"""Tables as offices send them: csv or xlsx in, csv out."""

import csv
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from io import StringIO
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from openpyxl import Workbook

# Where the cells of a row stand for which there is no heading: a comma too many, mostly.
BEYOND_HEADINGS: Final = "beyond_headings"


class TableUnreadable(ValueError):  # noqa: N818 - it says what is the case
    """The file is no table of the kind that its name says."""


@dataclass(frozen=True, slots=True)
class Table:
    """Attributes: headings: its first line; rows: heading to cell, lines of nothing left out."""

    headings: Sequence[str]
    rows: Sequence[dict[str, str]]


def table_in(path: Path) -> Table:
    """Return the csv or xlsx table in a file.

    A csv is in UTF-8 or, as Chinese spreadsheets save it, in GB 18030.

    Raises:
        TableUnreadable: the file is something else, is empty, or has two columns of one heading.
    """
    try:
        lines = _lines_of_xlsx(path) if path.suffix.lower() == ".xlsx" else _lines_of_csv(path)
        return _table(path.name, lines)
    except (UnicodeDecodeError, csv.Error) as error:
        raise TableUnreadable(f"{path.name} is no csv in UTF-8 or GB 18030") from error


def _table(name: str, lines: Iterator[list[str]]) -> Table:
    headings = [cell.strip() for cell in next(lines, [])]
    if not any(headings):
        raise TableUnreadable(f"{name} is empty: its first line must hold the headings")
    if twice := [heading for heading, n in Counter(filter(None, headings)).items() if n > 1]:
        raise TableUnreadable(f"{name} has more than one column {', '.join(twice)}; rename one")
    return Table(headings, [_row(headings, line) for line in lines if any(line)])


def _row(headings: Sequence[str], line: Sequence[str]) -> dict[str, str]:
    row = dict.fromkeys(headings, "") | dict(zip(headings, line, strict=False))
    row.pop("", None)
    if beyond := [cell for cell in line[len(headings) :] if cell]:
        row[BEYOND_HEADINGS] = " | ".join(beyond)
    return row


def _lines_of_csv(path: Path) -> Iterator[list[str]]:
    return csv.reader(StringIO(_text_of(path.read_bytes()), newline=""), strict=True)


def _text_of(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030")


def _lines_of_xlsx(path: Path) -> Iterator[list[str]]:
    from openpyxl import load_workbook  # not every table is a workbook

    try:
        workbook = load_workbook(path, read_only=True, data_only=True)
        lines = _lines_of(workbook)
    except Exception as error:  # openpyxl raises whatever an odd part leads to
        raise TableUnreadable(f"{path.name} is no xlsx workbook that opens on a table") from error
    return ([_cell(value) for value in line] for line in lines)


def _lines_of(workbook: "Workbook") -> Iterable[tuple[Any, ...]]:
    sheet = workbook.active
    if sheet not in workbook.worksheets:
        raise TableUnreadable("a chart has no cells")
    # All at once: what is read late fails late.
    return list(sheet.iter_rows(values_only=True))


def _cell(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    return "" if value is None else str(value)


def write_rejects(folder: Path, stem: str, rejected: Sequence[Mapping[str, str]]) -> Path:
    """Write the rows that were refused, each with its reason, and return where.

    Always a new file, STEM.rejects.csv or STEM.rejects-2.csv and so on: somebody may be correcting
    the one before. It holds names and telephone numbers, so it is readable by its owner alone.
    """
    path, descriptor = _new_file(folder, stem)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
        headings = dict.fromkeys(heading for row in rejected for heading in row)
        writer = csv.DictWriter(file, fieldnames=list(headings))
        writer.writeheader()
        writer.writerows(rejected)
    return path


def _new_file(folder: Path, stem: str) -> tuple[Path, int]:
    for number in count(1):
        path = folder / f"{stem}.rejects{f'-{number}' if number > 1 else ''}.csv"
        with suppress(FileExistsError):
            return path, os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    raise AssertionError  # numbers do not end
