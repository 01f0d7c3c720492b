"""Tables as offices send them: csv or xlsx in, csv out."""

import csv
from collections.abc import Mapping, Sequence
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException


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
    except (BadZipFile, InvalidFileException, KeyError) as error:
        raise TableUnreadable(f"{path.name} is no xlsx workbook") from error


def _rows_of_csv(path: Path) -> list[dict[str, str]]:
    rows = csv.DictReader(StringIO(_text_of(path.read_bytes()), newline=""), strict=True)
    return [{k: v or "" for k, v in row.items() if k} for row in rows]


def _text_of(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030")


def _rows_of_xlsx(path: Path) -> list[dict[str, str]]:
    sheet = load_workbook(path, read_only=True, data_only=True).active
    if sheet is None:
        return []
    lines = sheet.iter_rows(values_only=True)
    headings = [str(cell or "") for cell in next(lines, ())]
    return [dict(zip(headings, map(_cell, line), strict=False)) for line in lines if any(line)]


def _cell(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    return "" if value is None else str(value)


def write_rejects(path: Path, rejected: Sequence[Mapping[str, str]]) -> None:
    """Write the rows that were refused, each with its reason."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rejected[0]))
        writer.writeheader()
        writer.writerows(rejected)
