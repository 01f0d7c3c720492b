"""Takes petitions in from a table: csv or xlsx, column by column, resumable.

Each row becomes one registration whose request id derives from its content, so the same row is
registered once however often its file is imported. Its key alone would not do: real tables use a
key twice. A row may repeat an earlier one by its key. Rows that cannot be registered go to a reject
file with the reason; correct it and import that file.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from chassis.jurisdiction import common_office
from contracts.rpc.intake import REGISTER_MANY_MAX
from shouwen.calling import CallFor
from shouwen.tables import BEYOND_HEADINGS

IMPORTS: Final = UUID("2d2ef7a1-70a1-5b35-9d2e-9a9d3ad5b7f0")
SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
BATCH: Final = min(200, REGISTER_MANY_MAX)
PROVINCE_DIGITS: Final = 2
REASON: Final = "reject_reason"
SHIFTED: Final = (
    f"bad_value: {BEYOND_HEADINGS}: more cells than headings; a text with a comma needs quotes"
)
# Times as Chinese spreadsheets show them: 2026/11/3 9:05, 2026.11.3, 2026年11月3日 9时5分.
SPREADSHEET_TIME: Final = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"
    r"(?:(?:\s+|(?<=日))"
    r"(?:(\d{1,2}):(\d{1,2})(?::(\d{1,2}))?|(\d{1,2})[时点](?:(\d{1,2})分(?:(\d{1,2})秒)?)?))?"
)

# Headings under which the fields of a registration are found, unless a mapping says otherwise.
HEADINGS: Final[Mapping[str, Sequence[str]]] = {
    "key": ("key", "message_id", "external_number", "编号"),
    "title": ("title", "标题"),
    "body": ("body", "content", "内容"),
    "category": ("category", "类别"),
    "occurred_at": ("occurred_at", "submitted_at", "时间"),
    # Only where a mapping names it: columns with such words were there before they meant this.
    "received_at": (),
    "office": ("office", "机构"),
    "channel": ("channel", "信访形式"),
    "petition_class": ("petition_class", "class", "性质"),
    "place": ("place", "地点"),
    "petitioner": ("petitioner_name", "petitioner", "信访人"),
    "phone": ("petitioner_phone", "phone", "电话"),
    "id_number": ("petitioner_id_number", "id_number", "身份证号"),
    "address": ("petitioner_address", "address", "住址"),
    "representatives": ("representatives", "代表"),
    "co_signers": ("co_signers", "共同信访人"),
    "headcount": ("headcount", "人数"),
    "agent": ("agent_name", "agent", "代办员"),
    "accused": ("accused", "被检举人"),
    "accused_staff": ("accused_staff", "被检举人工号"),
    "accused_units": ("accused_units", "被检举单位代码"),
    "repeat_of": ("repeat_of", "初次编号"),
}


class ColumnMissing(ValueError):  # noqa: N818 - it says what is the case
    """The table has no column for a field that every registration needs."""


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a row is given where its table has no such column."""

    office: str
    channel: str
    petition_class: str


@dataclass
class Report:
    """Attributes: rejected: rows with the reason, shifted ones first, each in the file's order."""

    registered: int = 0
    rejected: list[dict[str, str]] = field(default_factory=list)


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


@dataclass(frozen=True, slots=True)
class RowReader:
    """Reads the rows of one table as the arguments of `intake.register`."""

    columns: Mapping[str, str]
    defaults: Defaults

    def registration(self, row: Mapping[str, str], numbers: Mapping[str, str]) -> dict[str, Any]:
        """Return a row as a registration.

        Args:
            numbers: key of a row that was registered before, to the number it was given.
        """
        value = partial(self.value, row)
        office = value("office", self.defaults.office)
        names = sorted(self.columns.values())
        content = "\x1f".join(f"{column}={row.get(column, '')}" for column in names)
        original, representatives = value("repeat_of"), _people(value("representatives"))
        signers = _people(value("co_signers"))
        named = max(len(representatives), 1 + len(signers))
        return {
            "request_id": str(uuid5(IMPORTS, f"{office}/{content}")),
            "office": office,
            "channel": value("channel", self.defaults.channel),
            "petition_class": value("petition_class", self.defaults.petition_class),
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
            "representatives": representatives,
            "headcount": _count(value("headcount")) or named,
            "accused": _listed(value("accused")),
            **{
                name: _listed(value(name))
                for name in ("accused_staff", "accused_units")
                if value(name)
            },
            **({"received_at": _with_offset(value("received_at"))} if value("received_at") else {}),
            **({"co_signers": signers} if signers else {}),
            **({"agent": {"name": value("agent")}} if value("agent") else {}),
            **({"repeat_of": numbers.get(original, original)} if original else {}),
        }

    def value(self, row: Mapping[str, str], name: str, default: str = "") -> str:
        """Return what a row has for a field."""
        return row.get(self.columns.get(name, ""), "").strip() or default


def _people(text: str) -> list[Any]:
    """Read representatives or co-signers: a JSON list of persons, or their names."""
    if text.startswith("["):
        try:
            people: list[Any] = json.loads(text)
        except ValueError:
            return [{"name": text}]
        return people
    return [{"name": name} for name in _listed(text)]


def _listed(text: str) -> list[str]:
    return [part.strip() for part in re.split("[;；、\n]", text) if part.strip()]


def _count(text: str) -> int | str:
    """Return a number; what is none is refused by intake, which names the field."""
    return int(text) if text.isascii() and text.isdigit() else text


def _with_offset(text: str) -> str:
    """Return a time with its offset; one without is taken to be Shanghai's.

    What is no time, or has no UTC form, is refused by intake, which names the field.
    """
    try:
        at = _time_of(text)
        return (at if at.tzinfo else at.replace(tzinfo=SHANGHAI)).astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        return text


def _time_of(text: str) -> datetime:
    written = SPREADSHEET_TIME.fullmatch(text)
    if written is None:
        return datetime.fromisoformat(text)
    return datetime(*[int(part) for part in written.groups() if part])  # type: ignore[arg-type] # noqa: DTZ001 - at least three; Shanghai's


def import_rows(
    rows: Sequence[dict[str, str]],
    columns: Mapping[str, str],
    defaults: Defaults,
    call_for: CallFor,
) -> Iterator[tuple[int, Report]]:
    """Register rows batch by batch; yield how many are done and the report so far.

    A row with cells beyond the headings is rejected: what its columns hold has shifted.
    """
    reader, report = RowReader(columns, defaults), Report()
    shifted = [row for row in rows if row.get(BEYOND_HEADINGS)]
    report.rejected += [{**row, REASON: SHIFTED} for row in shifted]
    done = len(shifted)
    yield done, report
    numbers: dict[str, str] = {}
    for batch in _batches([row for row in rows if not row.get(BEYOND_HEADINGS)], reader):
        items = [reader.registration(row, numbers) for row in batch]
        call = call_for(common_office(item["office"] for item in items))
        answer = call("intake", "register_many", {"items": items})
        report.registered += len(answer["registered"])
        for refused in answer["refused"]:
            report.rejected.append({**batch[refused["index"]], REASON: _reason(refused)})
        for registered in answer["registered"]:
            key = reader.value(batch[registered["index"]], "key")
            numbers[key] = registered["petition"]["number"]
        done += len(batch)
        yield done, report


def _batches(
    rows: Sequence[dict[str, str]], reader: RowReader
) -> Iterator[Sequence[dict[str, str]]]:
    """Yield batches in which no row repeats another of the same batch: its number must be known.

    A batch is of one province, for there is no office that acts for several.
    """
    batches: dict[str, list[dict[str, str]]] = {}
    keys: set[str] = set()
    for row in rows:
        if reader.value(row, "repeat_of") in keys:
            yield from batches.values()
            batches, keys = {}, set()
        province = reader.value(row, "office", reader.defaults.office)[:PROVINCE_DIGITS]
        batch = batches.setdefault(province, [])
        batch.append(row)
        keys |= {key for key in [reader.value(row, "key")] if key}
        if len(batch) == BATCH:
            yield batches.pop(province)
            keys -= {reader.value(each, "key") for each in batch}
    yield from batches.values()


def _reason(refused: Mapping[str, Any]) -> str:
    fields = "; ".join(f"{name}: {what}" for name, what in refused["fields"].items())
    return f"{refused['code']}: {fields or refused['message']}"
