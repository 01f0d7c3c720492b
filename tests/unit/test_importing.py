"""What an import makes of the rows of a table."""

from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from openpyxl import Workbook
from openpyxl.chart import BarChart

from shouwen.importing import BATCH, Defaults, RowReader, columns_of, import_rows
from shouwen.tables import BEYOND_HEADINGS, TableUnreadable, table_in, write_rejects

DEFAULTS = Defaults("330424-01", "feed", "appeal")
ROW = {
    "key": "P1",
    "title": "电梯停运",
    "body": "停运三周",
    "category": "城乡建设",
    "occurred_at": "2026-10-09 09:30",
    "petitioner": "沈某",
}


class Intake:
    """Registers everything, and remembers what it was given."""

    def __init__(self) -> None:
        self.items: list[dict[str, Any]] = []
        self.batches: list[int] = []

    def call(self, _service: str, _method: str, given: Any) -> Any:
        first = len(self.items)
        self.items += given["items"]
        self.batches.append(len(given["items"]))
        return {
            "registered": [
                {"index": n, "petition": {"number": f"XF-{first + n}"}}
                for n in range(len(given["items"]))
            ],
            "refused": [],
        }


def imported(*rows: dict[str, str]) -> Intake:
    intake = Intake()
    done = [
        count
        for count, _ in import_rows(
            rows, columns_of(rows[0], {}), DEFAULTS, lambda _office: intake.call
        )
    ]
    assert done[-1] == len(rows)
    return intake


class TestRows:
    def test_a_time_without_offset_is_shanghai_s(self) -> None:
        assert imported(ROW).items[0]["occurred_at"] == "2026-10-09T01:30:00+00:00"

    @pytest.mark.parametrize(
        ("written", "meant"),
        [
            ("2026/11/3 9:05", "2026-11-03T01:05:00+00:00"),
            ("2026-11-3 9:05:07", "2026-11-03T01:05:07+00:00"),
            ("2026-11-03 09:05:07", "2026-11-03T01:05:07+00:00"),
            ("2026.11.3", "2026-11-02T16:00:00+00:00"),
            ("2026/11/03", "2026-11-02T16:00:00+00:00"),
            ("2026年11月3日", "2026-11-02T16:00:00+00:00"),
            ("2026年11月3日 9时5分", "2026-11-03T01:05:00+00:00"),
            ("2026年11月3日9时", "2026-11-03T01:00:00+00:00"),
            ("2026年11月3日 9:05", "2026-11-03T01:05:00+00:00"),
            ("2026-11-03T09:05:00+09:00", "2026-11-03T00:05:00+00:00"),
        ],
    )
    def test_a_time_may_be_written_as_chinese_spreadsheets_show_it(
        self, written: str, meant: str
    ) -> None:
        assert imported({**ROW, "occurred_at": written}).items[0]["occurred_at"] == meant

    @pytest.mark.parametrize(
        "written",
        ["昨天", "2026/13/3", "2026/11/39:05", "2026/11/3 9:", "0001-01-01", "0001/1/1 0:00", ""],
    )
    def test_what_is_no_time_is_left_to_intake_to_refuse(self, written: str) -> None:
        """A time before the first in UTC too."""
        assert imported({**ROW, "occurred_at": written}).items[0]["occurred_at"] == written

    def test_representatives_come_as_json_or_as_names(self) -> None:
        as_json = {**ROW, "representatives": '[{"name": "甲", "phone": "1"}]'}
        as_names = {**ROW, "key": "P2", "representatives": "甲、乙;丙"}
        items = imported(as_json, as_names).items
        assert items[0]["representatives"] == [{"name": "甲", "phone": "1"}]
        assert [person["name"] for person in items[1]["representatives"]] == ["甲", "乙", "丙"]
        assert [item["headcount"] for item in items] == [1, 3]

    def test_co_signers_come_so_too_and_are_heads_beside_the_petitioner(self) -> None:
        """Where nobody stated how many there are."""
        items = imported({**ROW, "co_signers": "甲、乙"}, {**ROW, "key": "P2"}).items
        assert [person["name"] for person in items[0]["co_signers"]] == ["甲", "乙"]
        assert items[0]["headcount"] == 3
        assert "co_signers" not in items[1]

    def test_what_is_no_number_is_left_to_intake_to_refuse(self) -> None:
        assert imported({**ROW, "headcount": "约三十"}).items[0]["headcount"] == "约三十"

    def test_the_accused_are_listed(self) -> None:
        assert imported({**ROW, "accused": "某所;某员"}).items[0]["accused"] == ["某所", "某员"]

    def test_a_row_may_repeat_an_earlier_one_by_its_key(self) -> None:
        """The number is known when the batch before has been registered."""
        rows = [ROW, {**ROW, "key": "P2"}, {**ROW, "key": "P3", "repeat_of": "P1"}]
        intake = imported(*[{"repeat_of": "", **row} for row in rows])
        assert intake.batches == [2, 1]
        assert intake.items[2]["repeat_of"] == "XF-0"

    def test_a_batch_is_bounded(self) -> None:
        rows = [{**ROW, "key": str(n)} for n in range(BATCH + 1)]
        assert imported(*rows).batches == [BATCH, 1]

    def test_a_batch_is_of_one_province_and_sent_for_an_office_that_acts_for_all(self) -> None:
        offices = ["330424-01", "330481-01", "440100-01", "坏", "330424-01"]
        rows = [{**ROW, "key": str(n), "office": office} for n, office in enumerate(offices)]
        intake, acted_for = Intake(), []

        def call_for(office: str) -> Any:
            acted_for.append(office)
            return intake.call

        list(import_rows(rows, columns_of(rows[0], {}), DEFAULTS, call_for))
        assert intake.batches == [3, 1, 1]
        assert acted_for == ["330400-01", "440100-01", ""]

    def test_the_same_row_has_the_same_request_id(self) -> None:
        first, again = imported(ROW).items[0], imported(dict(ROW)).items[0]
        other = imported({**ROW, "body": "停运四周"}).items[0]
        assert first["request_id"] == again["request_id"] != other["request_id"]


class TestShiftedRows:
    def test_are_rejected_and_the_others_stand(self) -> None:
        intake = Intake()
        rows = [{**ROW, BEYOND_HEADINGS: "三周"}, {**ROW, "key": "P2"}]
        *_, (done, report) = import_rows(
            rows, columns_of(ROW, {}), DEFAULTS, lambda _office: intake.call
        )
        assert done == len(rows)
        assert [item["external_number"] for item in intake.items] == ["P2"]
        assert [row[BEYOND_HEADINGS] for row in report.rejected] == ["三周"]
        assert "quotes" in report.rejected[0]["reject_reason"]

    def test_are_reported_where_there_are_no_others(self) -> None:
        intake = Intake()
        shifted = [{**ROW, BEYOND_HEADINGS: "三周"}]
        *_, (done, report) = import_rows(
            shifted, columns_of(ROW, {}), DEFAULTS, lambda _office: intake.call
        )
        assert (done, len(report.rejected), intake.items) == (1, 1, [])


def csv_of(folder: Path, text: str) -> Path:
    path = folder / "table.csv"
    path.write_text(text, encoding="utf-8")
    return path


class TestTables:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
    def test_are_read_as_chinese_spreadsheets_save_them(
        self, tmp_path: Path, encoding: str
    ) -> None:
        path = tmp_path / "table.csv"
        path.write_bytes("标题,内容\r\n电梯,停运😀\r\n".encode(encoding))
        assert table_in(path).rows == [{"标题": "电梯", "内容": "停运😀"}]

    @pytest.mark.parametrize("name", ["table.csv", "table.xlsx"])
    def test_what_is_no_table_is_said_to_be_none(self, tmp_path: Path, name: str) -> None:
        path = tmp_path / name
        path.write_bytes(b"\xff\xfe\x00\x80PK")
        with pytest.raises(TableUnreadable, match=name):
            table_in(path)

    def test_a_workbook_that_opens_on_a_chart_is_refused_in_words(self, tmp_path: Path) -> None:
        workbook = Workbook()
        chart = workbook.create_chartsheet(index=0)
        chart.add_chart(BarChart())
        workbook.active = 0
        workbook.save(tmp_path / "chart.xlsx")
        with pytest.raises(TableUnreadable, match=r"chart\.xlsx"):
            table_in(tmp_path / "chart.xlsx")

    def test_a_sheet_of_nothing_is_said_to_be_empty(self, tmp_path: Path) -> None:
        Workbook().save(tmp_path / "table.xlsx")
        with pytest.raises(TableUnreadable, match=r"table\.xlsx is empty"):
            table_in(tmp_path / "table.xlsx")

    @pytest.mark.parametrize("text", ["", "\n", ",,\n标题,内容\n"])
    def test_a_csv_without_headings_is_said_to_be_empty(self, tmp_path: Path, text: str) -> None:
        with pytest.raises(TableUnreadable, match=r"table\.csv is empty"):
            table_in(csv_of(tmp_path, text))

    def test_headings_alone_are_a_table_of_no_rows(self, tmp_path: Path) -> None:
        table = table_in(csv_of(tmp_path, "标题, 内容 \n,\n\n"))
        assert (table.headings, table.rows) == (["标题", "内容"], [])

    def test_a_receipt_is_taken_only_from_a_column_that_is_named_for_it(self) -> None:
        """Tables had such columns before it was stated apart."""
        row = {**ROW, "received_at": "2026-10-10 09:30", "到件": "2026-10-11 09:30"}
        for mapping, stated in (({}, None), ({"received_at": "到件"}, "2026-10-11T01:30:00+00:00")):
            columns = columns_of(row, mapping)
            item = RowReader(columns, DEFAULTS).registration(row, {})
            assert item.get("received_at") == stated

    def test_two_columns_of_one_heading_are_refused_by_name(self, tmp_path: Path) -> None:
        with pytest.raises(TableUnreadable, match="more than one column 内容"):
            table_in(csv_of(tmp_path, "标题,内容,内容\n甲,乙,丙\n"))

    def test_cells_beyond_the_headings_are_kept(self, tmp_path: Path) -> None:
        table = table_in(csv_of(tmp_path, "标题,内容\n甲,乙,丙,,丁\n戊\n己,庚,\n"))
        assert table.rows == [
            {"标题": "甲", "内容": "乙", BEYOND_HEADINGS: "丙 | 丁"},
            {"标题": "戊", "内容": ""},
            {"标题": "己", "内容": "庚"},
        ]

    def test_a_workbook_of_broken_parts_is_said_to_be_none(self, tmp_path: Path) -> None:
        path = tmp_path / "table.xlsx"
        Workbook().save(path)
        with ZipFile(path) as whole, ZipFile(tmp_path / "broken.xlsx", "w") as broken:
            for part in whole.namelist():
                broken.writestr(part, "<" if part == "xl/workbook.xml" else whole.read(part))
        with pytest.raises(TableUnreadable, match="no xlsx"):
            table_in(tmp_path / "broken.xlsx")


class TestRejects:
    def test_never_replace_those_of_another_run(self, tmp_path: Path) -> None:
        rows: list[dict[str, str]] = [{"标题": "甲"}, {"标题": "乙", "电话": "1"}]
        paths = [write_rejects(tmp_path, "odd", rows[n:]) for n in range(2)]
        assert [path.name for path in paths] == ["odd.rejects.csv", "odd.rejects-2.csv"]
        assert table_in(paths[0]).rows == [{"标题": "甲", "电话": ""}, rows[1]]
        assert table_in(paths[1]).rows == rows[1:]

    def test_are_readable_by_their_owner_alone(self, tmp_path: Path) -> None:
        assert write_rejects(tmp_path, "odd", [{"标题": "甲"}]).stat().st_mode & 0o777 == 0o600
