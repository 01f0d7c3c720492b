"""Takes petitions in from a table: csv or xlsx, column by column, resumable.

Each row becomes one registration whose request id derives from its content, so the same row is
registered once however often its file is imported. Its key alone would not do: real tables use a
key twice. Rows that cannot be registered go to a reject
file with the reason; correct it and import that file.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid5
from zipfile import BadZipFile
from zoneinfo import ZoneInfo

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from contracts.rpc.intake import REGISTER_MANY_MAX
from shouwen.calling import Call

IMPORTS: Final = UUID("2d2ef7a1-70a1-5b35-9d2e-9a9d3ad5b7f0")
SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
BATCH: Final = min(200, REGISTER_MANY_MAX)
REASON: Final = "reject_reason"

# Headings under which the fields of a registration are found, unless a mapping says otherwise.
HEADINGS: Final[Mapping[str, Sequence[str]]] = {
    "key": ("key", "message_id", "external_number", "编号"),
    "title": ("title", "标题"),
    "body": ("body", "content", "内容"),
    "category": ("category", "类别"),
    "occurred_at": ("occurred_at", "submitted_at", "时间"),
    "office": ("office", "机构"),
    "channel": ("channel", "信访形式"),
    "petition_class": ("petition_class", "class", "性质"),
    "place": ("place", "地点"),
    "petitioner": ("petitioner_name", "petitioner", "信访人"),
    "phone": ("petitioner_phone", "phone", "电话"),
    "id_number": ("petitioner_id_number", "id_number", "身份证号"),
    "address": ("petitioner_address", "address", "住址"),
}


class ColumnMissing(ValueError):  # noqa: N818 - it says what is the case
    """The table has no column for a field that every registration needs."""


class TableUnreadable(ValueError):  # noqa: N818 - it says what is the case
    """The file is no table of the kind that its name says."""


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a row is given where its table has no such column."""

    office: str
    channel: str
    petition_class: str


@dataclass
class Report:
    """Attributes: rejected: rows with the reason, in the order of the file."""

    registered: int = 0
    rejected: list[dict[str, str]] = field(default_factory=list)


def rows_of(path: Path) -> list[dict[str, str]]:
    """Return the rows of a csv (UTF-8) or xlsx table, its first line being the headings.

    Raises:
        TableUnreadable: the file is something else.
    """
    try:
        return _rows_of_xlsx(path) if path.suffix.lower() == ".xlsx" else _rows_of_csv(path)
    except (UnicodeDecodeError, csv.Error) as error:
        raise TableUnreadable(f"{path.name} is no csv in UTF-8; save it as that") from error
    except (BadZipFile, InvalidFileException, KeyError) as error:
        raise TableUnreadable(f"{path.name} is no xlsx workbook") from error


def _rows_of_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [{k: v or "" for k, v in row.items() if k} for row in csv.DictReader(file)]


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


def columns_of(headings: Iterable[str], mapping: Mapping[str, str]) -> dict[str, str]:
    """Return field to heading.

    Args:
        mapping: field to heading, where they differ from `HEADINGS`.

    Raises:
        ColumnMissing: there is none for title, body, category or occurred_at.
    """
    there = set(headings)
    if unknown := sorted(set(mapping.values()) - there):
        raise ColumnMissing(f"the table has no column {', '.join(unknown)}")
    found = {
        name: next(heading for heading in known if heading in there)
        for name, known in HEADINGS.items()
        if there & set(known)
    }
    columns = {**found, **mapping}
    needed = ("title", "body", "category", "occurred_at", "petitioner")
    if missing := [name for name in needed if name not in columns]:
        raise ColumnMissing(f"no column for {', '.join(missing)}; name it with --map FIELD=HEADING")
    return columns


def offices_of(
    rows: Iterable[Mapping[str, str]], columns: Mapping[str, str], defaults: Defaults
) -> set[str]:
    """Return the offices at which the rows of a table were raised."""
    named = (row.get(columns.get("office", ""), "").strip() for row in rows)
    return {office or defaults.office for office in named}


def registration(
    row: Mapping[str, str], columns: Mapping[str, str], defaults: Defaults
) -> dict[str, Any]:
    """Return a row as the arguments of `intake.register`."""

    def value(name: str, default: str = "") -> str:
        return row.get(columns.get(name, ""), "").strip() or default

    office = value("office", defaults.office)
    content = "\x1f".join(f"{column}={row.get(column, '')}" for column in sorted(columns.values()))
    return {
        "request_id": str(uuid5(IMPORTS, f"{office}/{content}")),
        "office": office,
        "channel": value("channel", defaults.channel),
        "petition_class": value("petition_class", defaults.petition_class),
        "category": value("category"),
        "title": value("title"),
        "body": value("body"),
        "place": value("place"),
        "occurred_at": _with_offset(value("occurred_at")),
        "external_number": value("key"),
        "petitioner": {
            "name": value("petitioner", "匿名"),
            "phone": value("phone"),
            "id_number": value("id_number"),
            "address": value("address"),
        },
    }


def _with_offset(text: str) -> str:
    """Return a time with its offset; one without is taken to be Shanghai's."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return (at if at.tzinfo else at.replace(tzinfo=SHANGHAI)).astimezone(UTC).isoformat()


def import_rows(
    rows: Sequence[dict[str, str]], columns: Mapping[str, str], defaults: Defaults, call: Call
) -> Iterator[tuple[int, Report]]:
    """Register rows batch by batch; yield how many are done and the report so far."""
    report = Report()
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        items = [registration(row, columns, defaults) for row in batch]
        answer = call("intake", "register_many", {"items": items})
        report.registered += len(answer["registered"])
        for refused in answer["refused"]:
            report.rejected.append({**batch[refused["index"]], REASON: _reason(refused)})
        yield start + len(batch), report


def _reason(refused: Mapping[str, Any]) -> str:
    fields = "; ".join(f"{name}: {what}" for name, what in refused["fields"].items())
    return f"{refused['code']}: {fields or refused['message']}"


def write_rejects(path: Path, rejected: Sequence[Mapping[str, str]]) -> None:
    """Write the rows that were refused, each with its reason."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rejected[0]))
        writer.writeheader()
        writer.writerows(rejected)
