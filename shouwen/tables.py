"""Tables as offices send them: csv or xlsx in, csv out."""

import csv
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from io import StringIO
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from openpyxl import Workbook


class TableUnreadable(ValueError):  # noqa: N818 - it says what is the case
    """The file is no table of the kind that its name says."""


def rows_of(path: Path) -> list[dict[str, str]]:
    """Return the rows of a csv or xlsx table, its first line being the headings.

    A csv is in UTF-8 or, as Chinese spreadsheets save it, in GB 18030.

    Raises:
        TableUnreadable: the file is something else.
    """
    try:
        return _rows_of_xlsx(path) if path.suffix.lower() == ".xlsx" else _rows_of_csv(path)
    except (UnicodeDecodeError, csv.Error) as error:
        raise TableUnreadable(f"{path.name} is no csv in UTF-8 or GB 18030") from error


def _rows_of_csv(path: Path) -> list[dict[str, str]]:
    rows = csv.DictReader(StringIO(_text_of(path.read_bytes()), newline=""), strict=True)
    return [{k: v or "" for k, v in row.items() if k} for row in rows]


def _text_of(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030")


def _rows_of_xlsx(path: Path) -> list[dict[str, str]]:
    from openpyxl import load_workbook  # not every table is a workbook

    try:
        workbook = load_workbook(path, read_only=True, data_only=True)
        lines = _lines_of(workbook)
    except Exception as error:  # openpyxl raises whatever an odd part leads to
        raise TableUnreadable(f"{path.name} is no xlsx workbook that opens on a table") from error
    headings = [str(cell or "") for cell in next(lines, ())]
    return [dict(zip(headings, map(_cell, line), strict=False)) for line in lines if any(line)]


def _lines_of(workbook: "Workbook") -> Iterator[tuple[Any, ...]]:
    sheet = workbook.active
    if sheet not in workbook.worksheets:
        raise TableUnreadable("a chart has no cells")
    # All at once: what is read late fails late.
    return iter(list(sheet.iter_rows(values_only=True)))


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
