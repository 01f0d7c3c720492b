"""The follow-through report: what became of what each owner took on."""

import csv
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import typer
from openpyxl import load_workbook

from contracts.failures import Failure
from shouwen.evidence import report
from shouwen.follow_through import FollowThrough, nothing_missing, whole_feed, write_receipts
from shouwen.reading import Missing
from shouwen.report_files import COUNTS, Line, write

DAY = "2026-11-24T04:00:00Z"
LATE_IN_THE_EVENING = "2026-11-24T16:30:00Z"


def event(type_: str, at: str = DAY, **data: Any) -> dict[str, Any]:
    return {"type": type_, "recordedtime": at, "data": {"number": "N1", **data}}


def taken(owner: str = "L1", **more: Any) -> dict[str, Any]:
    return event("ownership.taken.v1", owner=owner, office="330424-01", **more)


COURSE = [
    taken(),
    event("reminder.planned.v1", reminder_id="R1", recipient="L1"),
    event("reminder.delivered.v1", reminder_id="R1"),
    event("term.ended.v1", term="handling", late_days=0),
    event("term.ended.v1", term="handling", late_days=3),
    event("case.closed.v1", owner="L1"),
    event("case.reopened.v1", owner="L1"),
    event("ownership.succeeded.v1", previous_owner="L1", owner="L2", office="330424-02"),
    event("term.ended.v1", term="handling", late_days=1),
    event("reminder.acknowledged.v1", reminder_id="R1"),
]


def counted(events: list[dict[str, Any]], day: date = date(2026, 11, 24)) -> list[Line]:
    made = FollowThrough(day, day)
    for position, each in enumerate(events):
        made.add(position, each)
    return made.lines()


def test_everything_is_counted_for_who_owned_it_then():
    """A term that ends after a succession is the successor's, who has taken the matter."""
    first, second = counted(COURSE)
    assert first.counts == {**dict.fromkeys(COUNTS, 1), "overdue": 0}
    assert (second.who, second.office, second.counts["late"]) == ("L2", "330424-02", 1)
    assert second.counts["taken"] == 1


def test_each_line_names_its_leaves():
    first, second = counted(COURSE)
    assert (first.leaves, second.leaves) == ([0, 2, 4, 5, 6, 7, 9], [7, 8])


def test_days_are_those_in_shanghai():
    """Half past midnight there is another day."""
    events = [taken(at=LATE_IN_THE_EVENING)]
    assert counted(events) == []
    assert counted(events, date(2026, 11, 25))[0].counts["taken"] == 1


def test_what_was_taken_before_the_period_is_late_within_it():
    events = [taken(), event("term.ended.v1", at=LATE_IN_THE_EVENING, term="handling", late_days=2)]
    (line,) = counted(events, date(2026, 11, 25))
    assert (line.who, line.counts["late"], line.counts["taken"]) == ("L1", 1, 0)


def voided(at: str = DAY, **more: Any) -> dict[str, Any]:
    return event("ownership.voided.v1", at=at, previous_owner="L1", **more)


def test_what_was_taken_by_mistake_is_counted_for_nobody():
    """Also where that is found after the period; and it is no evidence of the report."""
    assert counted([taken(), voided()]) == []
    assert counted([taken(), voided(at=LATE_IN_THE_EVENING)]) == []
    (line,) = counted([taken(), taken(number="N2"), voided()])
    assert (line.counts["taken"], line.leaves) == (1, [1])


def test_who_takes_it_after_a_mistake_has_taken_it():
    """Himself or another; and a mistake of another matter takes nothing from him."""
    (line,) = counted([taken(), voided(), taken()])
    assert (line.who, line.counts["taken"], line.leaves) == ("L1", 1, [2])
    (line,) = counted([taken(), voided(), taken("L2"), voided(number="N2")])
    assert (line.who, line.counts["taken"], line.leaves) == ("L2", 1, [2])


def test_the_feed_is_read_to_its_end_page_by_page():
    pages = {
        0: {"events": [{"id": "a"}, {"id": "b"}], "next": 2, "size": 3, "held": False},
        2: {"events": [{"id": "c"}], "next": 3, "size": 3, "held": False},
    }
    read = whole_feed(lambda _service, _method, given: pages[given["after"]])
    assert list(read) == [(0, {"id": "a"}), (1, {"id": "b"}), (2, {"id": "c"})]


def test_nothing_is_counted_while_an_event_is_parked():
    """What comes behind it may be anybody's; those who compare logs go on behind it."""
    pages = {
        0: {"events": [{"id": "a"}], "next": 1, "size": 3, "held": True},
        2: {"events": [{"id": "c"}], "next": 3, "size": 3, "held": False},
    }
    ask = lambda _service, _method, given: pages[given["after"]]  # noqa: E731
    assert list(whole_feed(ask)) == [(0, {"id": "a"}), (1, Missing.WAITS), (2, {"id": "c"})]
    with pytest.raises(Failure, match="parked") as refused:
        list(nothing_missing(whole_feed(ask)))
    assert refused.value.fields == {"position": 1}


def test_what_audit_has_lost_is_not_told_as_parked():
    """Nothing of it is among what is parked: it is found by a comparison with the logs."""
    pages = {
        0: {"events": [{"id": "a"}], "next": 1, "size": 3, "held": True, "lost": True},
        2: {"events": [{"id": "c"}], "next": 3, "size": 3, "held": False},
    }
    ask = lambda _service, _method, given: pages[given["after"]]  # noqa: E731
    assert list(whole_feed(ask)) == [(0, {"id": "a"}), (1, Missing.LOST), (2, {"id": "c"})]
    with pytest.raises(Failure, match=r"lost an event.*`shouwen fsck`") as refused:
        list(nothing_missing(whole_feed(ask)))
    assert "parked" not in str(refused.value)
    assert refused.value.fields == {"position": 1}


def test_a_time_that_ends_before_it_begins_is_refused(tmp_path: Path):
    """An empty report would read as if nobody had done anything."""
    first, last = datetime(2026, 11, 30), datetime(2026, 11, 1)  # noqa: DTZ001 - as typer gives days
    with pytest.raises(typer.BadParameter, match="name 2026-11-30 or a later day") as refused:
        report(tmp_path / "report.csv", first, last)
    assert refused.value.param_hint == "--to"


def test_a_sheet_names_all_leaves_however_many(tmp_path: Path):
    """A cell of a sheet holds 32,767 characters, and cuts the rest without a word."""
    line = Line("L1", period="2026-11", leaves=list(range(6_000)))
    write(tmp_path / "report.xlsx", [line])
    rows = list(load_workbook(tmp_path / "report.xlsx")["存证位置"].values)
    assert rows[1:] == [("L1", "2026-11", leaf) for leaf in range(6_000)]


@pytest.mark.parametrize("form", ["csv", "xlsx", "html"])
def test_it_is_written_in_each_form(tmp_path: Path, form: str):
    path = tmp_path / f"report.{form}"
    write(path, counted(COURSE))
    if form == "xlsx":
        rows = [list(map(str, row)) for row in load_workbook(path).active.values]
    elif form == "csv":
        rows = list(csv.reader(path.read_text("utf-8-sig").splitlines()))
    else:
        assert "<td>L1</td><td>330424-01</td><td>1</td>" in path.read_text()
        assert "逾期未结为期末" in path.read_text()
        return
    assert rows[0][:2] == ["首问责任领导", "单位"]
    assert rows[1][:3] == ["L1", "330424-01", "1"]


def test_a_reminder_counts_once_however_often_it_was_delivered_and_acknowledged():
    again = [event("reminder.delivered.v1", reminder_id="R1"), COURSE[-1]]
    (line, *_) = counted([*COURSE, *again, *again])
    assert (line.counts["reminded"], line.counts["acknowledged"]) == (1, 1)


def test_an_acknowledgement_of_a_reminder_that_nobody_planned_counts_for_nobody():
    assert counted([COURSE[-1]]) == []


@pytest.mark.parametrize(
    ("form", "link"),
    [
        ("csv", "report.proofs/0.tlog-proof report.proofs/2.tlog-proof"),
        ("html", '<a href="report.proofs/0.tlog-proof">0</a>'),
        ("xlsx", '=HYPERLINK("report.proofs/0.tlog-proof", 0)'),
    ],
)
def test_each_leaf_is_a_link_to_its_proof(tmp_path: Path, form: str, link: str):
    path = tmp_path / f"report.{form}"
    write(path, counted(COURSE), "report.proofs")
    if form == "xlsx":
        sheet = load_workbook(path)["存证位置"]
        assert [row[2] for row in sheet.values][1] == link
    else:
        assert link in path.read_text("utf-8-sig")


@pytest.mark.parametrize(
    ("form", "before", "behind"), [("html", 'href="', '">0<'), ("xlsx", '("', '", 0)')]
)
def test_a_link_leads_to_the_folder_whatever_its_name_is(
    tmp_path: Path, form: str, before: str, behind: str
):
    """What means something in an address or a formula is quoted."""
    path = tmp_path / f"report.{form}"
    write(path, counted(COURSE), '十一月 a#b%20"&?.proofs')
    text = path.read_text("utf-8") if form == "html" else _links_of(path)
    address = "十一月%20a%23b%2520%22%26%3F.proofs/0.tlog-proof"
    assert f"{before}{address}{behind}" in text


def _links_of(path: Path) -> str:
    return "\n".join(str(row[2]) for row in load_workbook(path)["存证位置"].values)


def test_the_proofs_are_written_once_for_each_leaf(tmp_path: Path):
    """Those of leaves that are not signed yet a moment later."""
    asked: list[list[int]] = []

    def ask(_service: str, _method: str, given: Any) -> Any:
        asked.append(given["positions"])
        if len(asked) == 1:
            raise Failure("checkpoint_unknown")
        items = [
            {"position": at, "leaf": f"l{at}", "event": f"e{at}", "proof": f"p{at}"}
            for at in asked[-1]
        ]
        return {"items": items, "size": 10}

    write_receipts(ask, tmp_path / "proofs", counted(COURSE), pause=lambda: None)
    assert asked == [[0, 2, 4, 5, 6, 7, 8, 9]] * 2
    assert (tmp_path / "proofs/4.leaf").read_text() == "l4"
    assert (tmp_path / "proofs/4.event").read_text() == "e4"
    assert (tmp_path / "proofs/4.tlog-proof").read_text() == "p4"
