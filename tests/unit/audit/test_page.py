"""The page to be read and printed: in Chinese, every kind of fact, every member and code of it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec.inspect
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.events import MESSAGES
from contracts.rpc.course import GROUNDS, TYPES
from services.audit.gateways.page import page_of
from services.audit.gateways.page_codes import code_in_words
from services.audit.gateways.page_values import in_words, name_in_words
from services.audit.gateways.page_words import TITLES
from statute.course import EVERY_STATE, GIVEN, STEPS
from statute.terms import REMINDED_TERMS
from tests.builders import number, petition_id
from tests.contract.published import EXAMPLES

EVENT = {"recordedtime": "2026-11-24T04:00:00Z", "actor": "K1", "data": {"reason": "<b>"}}
SAMPLES = EXAMPLES.parents[1] / "tests" / "contract" / "samples"
# What the machinery of the store keeps beside what a fact states.
OF_THE_STORE = {"timestamp", "originator_topic"}


def events_in(path: Path) -> list[dict[str, Any]]:
    """Return the events of an example, or of a sample as a log has stored it."""
    read = json.loads(path.read_text(encoding="utf-8"))
    return [read] if "data" in read else [stored(row) for row in read["events"]]


def stored(row: dict[str, Any]) -> dict[str, Any]:
    data = json.loads(row["state"])
    kept = {name: value for name, value in data.items() if name not in OF_THE_STORE}
    clocks = {"time": data["timestamp"], "recordedtime": data["timestamp"]}
    return {**EVENT, **clocks, "type": row["topic"], "data": kept}


FILES = {
    path.stem: events_in(path)
    for path in [*(EXAMPLES / "events").glob("*.json"), *SAMPLES.glob("*.json")]
}
Member = tuple[str, str, str]


def members(type_: msgspec.inspect.Type, within: str) -> Iterator[tuple[str, str]]:
    """Yield each member of a message with what it is part of."""
    match type_:
        case msgspec.inspect.StructType():
            for field in type_.fields:
                yield within, field.encode_name
                yield from members(field.type, field.encode_name)
        case msgspec.inspect.UnionType():
            for each in type_.types:
                yield from members(each, within)
        case msgspec.inspect.ListType():
            yield from members(type_.item_type, within)


def codes(type_: msgspec.inspect.Type, within: str, name: str = "") -> Iterator[Member]:
    """Yield each code with the member that has it, and what that is part of."""
    match type_:
        case msgspec.inspect.StructType():
            for field in type_.fields:
                yield from codes(field.type, name or within, field.encode_name)
        case msgspec.inspect.UnionType():
            for each in type_.types:
                yield from codes(each, within, name)
        case msgspec.inspect.ListType():
            yield from codes(type_.item_type, within, name)
        case msgspec.inspect.LiteralType():
            yield from ((within, name, str(code)) for code in type_.values if code)


def kind_of(type_: str) -> str:
    return type_.rpartition(".v")[0]


def of_every_message(walk: Any) -> list[Any]:
    found = (
        walk(msgspec.inspect.type_info(each), kind_of(type_)) for type_, each in MESSAGES.items()
    )
    return sorted({member for each in found for member in each})


def is_chinese(word: str | None) -> bool:
    return re.search("[\u4e00-\u9fff]", word or "") is not None


@pytest.mark.parametrize("type_", sorted(MESSAGES))
def test_each_kind_of_fact_has_a_title_in_chinese(type_: str):
    title = TITLES[type_.rpartition(".v")[0]]
    assert all("\u4e00" <= each <= "\u9fff" for each in title)
    assert f"<td>{title}<br>" in page_of(number(), [{**EVENT, "type": type_}])


class TestWords:
    def test_each_member_of_each_message_has_one(self):
        """A new member comes with its Chinese word in `page_words.NAMES`."""
        members_of_all = of_every_message(members)
        assert len(members_of_all) > 300
        assert [each for each in members_of_all if not is_chinese(name_in_words(*each[::-1]))] == []

    def test_each_code_of_each_message_has_one(self):
        """A new code comes with its Chinese word in `page_codes.CODES`."""
        codes_of_all = of_every_message(codes)
        assert len(codes_of_all) > 200
        wordless = [
            (within, name, code)
            for within, name, code in codes_of_all
            if not is_chinese(code_in_words(name, within, code))
        ]
        assert wordless == []

    @pytest.mark.parametrize("name", sorted(GIVEN))
    def test_what_is_stated_with_a_step_has_one(self, name: str):
        assert is_chinese(name_in_words(name, "given"))

    @pytest.mark.parametrize("name", [*TYPES, *GROUNDS])
    def test_each_code_of_a_statement_has_one(self, name: str):
        type_ = msgspec.inspect.type_info({**TYPES, **GROUNDS}[name])
        stated = "ground" if name in GROUNDS else name
        for within, _, code in codes(type_, "given", stated):
            assert is_chinese(code_in_words(stated, within, code)), code

    def test_what_the_statute_has_in_codes_has_one(self):
        """What a message has as plain text, and is a code of the tables of the course."""
        steps = [("step", code) for code in STEPS]
        states = [("state", code) for code in EVERY_STATE]
        terms = [("term", code) for code in REMINDED_TERMS]
        for name, code in [*steps, *states, *terms]:
            assert is_chinese(code_in_words(name, "", code)), code
        for step in STEPS.values():
            assert not re.search("Art", in_words("article", "", step.article))
            assert is_chinese(in_words("article", "", step.article))

    @pytest.mark.parametrize(
        ("name", "value", "words"),
        [
            ("article", "Arts 27 to 31", "《信访工作条例》第 27 至 31 条"),
            ("article", "Art 31(1) to (5)", "《信访工作条例》第 31 条（1）至（5）"),
            ("recipient", "office_head:330424-01", "330424-01 单位负责人"),
            ("kind", "again/L1", "暂缓后再次提醒（L1）"),
            ("kind", "again/office_head:330424-01", "暂缓后再次提醒（330424-01 单位负责人）"),
            ("kind", "workdays_5", "届满前 5 个工作日"),
            ("sealed", False, "否"),
            ("reply_received", True, "是"),
            ("due_at", "2026-11-24T16:30:00Z", "2026年11月25日 00:30"),
            ("due_at", "2026-11-24T16:30:00.123456Z", "2026年11月25日 00:30"),
            ("day", "2026-01-05", "2026年1月5日"),
            ("day", "2026-02-31", "2026-02-31"),
            ("parts", ["unit", "team"], "承办单位、专班"),
            ("late_days", {"acceptance": 0}, "受理告知：0"),
            ("late_days", 3, "3"),
            ("rises", {"office_head:330424-01": 3}, "330424-01 单位负责人：3"),
            (
                "given",
                {"satisfied": False, "unit": "330424-07"},
                "承办单位：330424-07；是否满意：否",
            ),
            ("hours", None, "无"),
            ("a_member_to_come", [{"and_more": True}], "and_more：是"),
        ],
    )
    def test_a_value_is_what_a_reader_reads(self, name: str, value: object, words: str):
        assert in_words(name, "", value) == words

    def test_points_of_time_are_in_the_order_of_time(self):
        """`late_10` stands before `late_2` in the event, whose members are sorted by name."""
        points = {
            "due": "2026-12-08T01:00:00Z",
            "late_10": "2026-12-22T01:00:00Z",
            "late_2": "2026-12-10T01:00:00Z",
        }
        assert in_words("points", "", points).splitlines() == [
            "届满：2026年12月8日 09:00",
            "逾期第 2 个工作日：2026年12月10日 09:00",
            "逾期第 10 个工作日：2026年12月22日 09:00",
        ]

    @pytest.mark.parametrize("text", ["split", "merged", "start", "2026-11-24T04:00:00Z", "Art 22"])
    def test_what_people_wrote_is_left_as_it_is(self, text: str):
        """The reason of a step may be a word that is a code elsewhere."""
        for kind in ("course.step_taken", "repeat.unlinked", "reminder.snoozed"):
            assert in_words("reason", kind, text) == text
            assert in_words("document", kind, text) == text


@pytest.mark.parametrize("name", sorted(FILES))
def test_no_page_shows_the_reader_what_only_a_program_reads(name: str):
    """No instant but in Beijing time, no Python, no name in English, and ids only folded away."""
    page = page_of(number(), FILES[name])
    shown = re.sub("<details>.*?</details>", "", page[page.index("<h1>") :])
    for unreadable in (
        r"[0-9]T[0-9]{2}:",
        r":[0-9.]+Z",
        r"\b(False|True|None)\b",
        r"[\[{]&#x27;|[\[{]'",
        r"<i>[A-Za-z_]+：",
        r"；[a-z_]+[：；<\n]",
        r"[0-9a-f]{8}-[0-9a-f]{4}-",
        r"[0-9a-f]{64}",
        *(["未载明"] if name.partition(".with_")[0] in MESSAGES else []),
    ):
        assert not re.search(unreadable, shown), re.search(f".*{unreadable}.*", shown)


def everywhere(value: Any, text: str) -> Any:
    """Put a text before each string, and each name of a member inside of the data."""
    match value:
        case dict():
            return {text + name: everywhere(each, text) for name, each in value.items()}
        case list():
            return [everywhere(each, text) for each in value]
    return text + value if isinstance(value, str) else value


def valued(data: dict[str, Any], text: str) -> dict[str, Any]:
    """Put a text before each value alone, so that the summary knows the members."""
    return {name: everywhere(value, text) for name, value in data.items()}


@pytest.mark.parametrize("text", ["<script>", "&\"'--></td><td onclick=1>"])
class TestWhatIsInAnEventIsText:
    @pytest.mark.parametrize("name", sorted(FILES))
    def test_whatever_has_it(self, name: str, text: str):
        plain = page_of(number(), FILES[name])
        events = [
            {
                **everywhere(event, text),
                **{key: text + str(value) for key, value in event.items() if key != "data"},
                "data": {**everywhere(event["data"], text), "n": everywhere(event["data"], text)},
            }
            for event in FILES[name]
        ]
        same_type = [
            {**event, "type": was["type"]} for event, was in zip(events, FILES[name], strict=True)
        ]
        of_the_case = [
            {**event, "data": {**valued(was["data"], text), "number": text}}
            for event, was in zip(same_type, FILES[name], strict=True)
        ]
        for damaged in (events, same_type, of_the_case):
            page = page_of(text, damaged)
            assert text not in page
            assert tags(page) <= tags(plain) | {
                "<details>",
                "<summary>",
                "</summary>",
                "</details>",
            }

    def test_the_number_is_none_either(self, text: str):
        assert text not in page_of(text, [])


def tags(page: str) -> set[str]:
    body = page[page.index("<h1>") :]
    return set(re.findall("<[^>]*>", body)) - {"<h2>", "</h2>", "<table>"}


def test_what_is_in_an_event_is_text():
    assert "<b>" not in page_of(number(), [{**EVENT, "type": "case.closed.v1"}])


class TestClocks:
    def test_both_are_shown_where_they_differ(self):
        """What happened before eight in the morning is of the day before in UTC."""
        event = {**EVENT, "type": "reception.recorded.v1", "time": "2026-11-22T23:30:00Z"}
        page = page_of(number(), [event])
        assert (
            "2026年11月24日<br>12:00:00<br><i>发生时间：</i><br>2026年11月23日<br>07:30:00" in page
        )

    @pytest.mark.parametrize("time", ["2026-11-24T03:59:01Z", "2026-11-24T04:00:59Z"])
    def test_less_than_a_minute_is_no_difference(self, time: str):
        assert "<i>发生时间" not in page_of(number(), [{**EVENT, "type": "x.y.v1", "time": time}])


class TestOfALaterRelease:
    def test_an_unknown_kind_and_member_are_shown_by_their_names(self):
        event = {
            **EVENT,
            "type": "case.weighed.v1",
            "data": {"weight": 3, "scales": {"left": True}},
        }
        page = page_of(number(), [event])
        assert "<td>case.weighed.v1<br>" in page
        assert "<i>weight：</i>3" in page
        assert "<i>scales：</i>left：是" in page

    def test_another_version_of_a_kind_has_its_title(self):
        assert "<td>办结<br>" in page_of(number(), [{**EVENT, "type": "case.closed.v2"}])


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=9), inner, max_size=2)
    ),
    max_leaves=4,
)


@given(st.data(), st.sampled_from(sorted(FILES)), ANYTHING)
def test_no_damage_to_an_event_keeps_the_bundle_from_being_made(data, name, instead):
    """The verifier is to say what was changed: it needs the bundle, and that has this page."""
    events = json.loads(json.dumps(FILES[name]))
    event = data.draw(st.sampled_from(events))
    part = data.draw(st.sampled_from([event, event["data"]]))
    part[data.draw(st.sampled_from(sorted(part)))] = instead
    del part[data.draw(st.sampled_from(sorted(part)))]
    page_of(number(), events).encode(errors="replace")


def test_ids_and_commitments_are_folded_away():
    page = page_of(number(), FILES["petition.registered.v1"])
    commitment = FILES["petition.registered.v1"][0]["data"]["commitment"]
    aside = re.search("<details><summary>.*?</details>", page)
    assert aside is not None
    assert commitment in aside[0]


def test_a_printed_page_repeats_the_head_and_cuts_no_row():
    page = page_of(number(), [])
    for rule in ("@page{size:A4", "thead{display:table-header-group}", "tr{break-inside:avoid}"):
        assert rule in page


def told(type_: str, hour: int, **data: object) -> dict[str, Any]:
    """Return a fact, stated for eight hours before it was recorded."""
    clocks = {
        "time": f"2026-11-23T{hour:02}:30:00Z",
        "recordedtime": f"2026-11-23T{hour + 8:02}:30:00Z",
    }
    return {**EVENT, **clocks, "type": type_, "data": {"number": number(), **data}}


DUE = {"on": "2026-11-23", "until": "2026-11-23T16:00:00Z"}
REGISTERED = told(
    "petition.registered.v1",
    0,
    office="330424-01",
    channel="visit",
    petition_class="suggestion",
    sealed=False,
    occurred_at="2026-11-23T00:30:00Z",
    repeats=None,
)
TAKEN = told(
    "ownership.taken.v1",
    1,
    owner="L1",
    office="330424-02",
    ground="reception",
    taken_at="2026-11-23T01:30:00Z",
)
BEGUN = told("term.begun.v1", 2, term="acceptance", runs_from="2026-11-08", due=DUE)
ENDED = told("term.ended.v1", 3, term="acceptance", ended_on="2026-11-25", late_days=2)


def summary(*events: dict[str, Any]) -> dict[str, list[str]]:
    """Return the tables above the history, row to lines."""
    page = page_of(number(), events)
    above = page[: page.index("<h2>全部记录")]
    rows = re.findall("<tr><t[hd]>([^<]*)<td>(.*)", above)
    return {word: re.split("<br>|<td>", lines) for word, lines in rows}


class TestSummary:
    def test_of_what_is_registered_alone(self):
        found = summary(REGISTERED)
        assert found["信访编号"] == [number()]
        assert found["信访性质"] == ["建议意见"]
        assert found["登记"] == [
            "2026年11月23日 16:30 登记，机构 330424-01，信访形式：来访，2026年11月23日 08:30 提出"
        ]
        assert found["现任首问责任领导"] == ["尚无"]
        assert found["现状"] == ["已登记"]
        assert {found[row][0] for row in ("首接", "答复", "办结")} == {"尚无记录"}

    def test_it_says_who_was_first_and_when_on_both_clocks(self):
        found = summary(REGISTERED, TAKEN)
        stated, recorded = "首接时间 2026年11月23日 09:30", "2026年11月23日 17:30 记录"
        assert found["首接"] == [f"L1（机构 330424-02），依据：接访，{stated}，{recorded}"]
        assert (found["现任首问责任领导"], found["现状"]) == (["L1"], ["已首接"])

    def test_who_owns_it_now_does_not_replace_who_was_first(self):
        passed_on = told(
            "ownership.succeeded.v1", 2, previous_owner="L1", owner="L2", ground="left_post"
        )
        found = summary(REGISTERED, TAKEN, passed_on)
        assert found["首接"][0].startswith("L1（")
        assert found["责任变动"][0].startswith("L1 → L2，依据：离任")
        assert found["现任首问责任领导"] == ["L2"]

    def test_an_ownership_that_was_void_is_told_and_nobody_owns_it(self):
        voided = told("ownership.voided.v1", 2, previous_owner="L1", office="330424-01")
        found = summary(REGISTERED, TAKEN, voided)
        assert found["首接"][1].startswith("L1 的责任归属无效")
        assert (found["现任首问责任领导"], found["现状"]) == (["尚无"], ["待首接"])

    def test_what_is_told_of_a_petition_that_has_joined_is_not_told_of_this_one(self):
        other = {**TAKEN, "data": {**TAKEN["data"], "number": "XF-1", "owner": "L9"}}
        assert summary(REGISTERED, TAKEN, other)["现任首问责任领导"] == ["L1"]

    def test_a_term_that_ended_late_is_late(self):
        assert summary(REGISTERED, BEGUN, ENDED)["受理告知"] == [
            "2026年11月8日",
            "2026年11月23日",
            "2026年11月25日",
            "逾期 2 天",
        ]

    @pytest.mark.parametrize(
        ("changes", "kept"),
        [
            ([{**ENDED, "data": {**ENDED["data"], "late_days": 0}}], "按期"),
            ([], "截至2026年11月23日未届满"),
            (
                [{**REGISTERED, "recordedtime": "2026-11-23T16:00:00Z"}],
                "截至2026年11月24日逾期 1 天",
            ),
            ([told("term.paused.v1", 3, term="acceptance")], "听证期间不计入"),
            ([told("term.extended.v1", 3, term="acceptance", due={})], "未载明"),
            ([told("course.merged.v1", 3, late_days={"acceptance": 1}, ended_on="x")], "逾期 1 天"),
            ([ENDED, told("course.split.v1", 4, terms=["acceptance"])], "截至2026年11月23日未届满"),
        ],
    )
    def test_a_term_is_in_time_by_the_record(self, changes: list[dict[str, Any]], kept: str):
        """Of one that runs it is told as of the last fact: a day later in Beijing than in UTC."""
        assert summary(REGISTERED, BEGUN, *changes)["受理告知"][-1] == kept

    def test_a_term_that_is_counted_from_a_corrected_day_says_so(self):
        moved = told("term.recounted.v1", 3, term="acceptance", runs_from="2026-11-07", due=DUE)
        counted_again = {**moved, "data": {**moved["data"], "runs_from": ""}}
        row = summary(REGISTERED, BEGUN, moved, counted_again)["受理告知"]
        assert row[:2] == ["2026年11月7日", "2026年11月23日"]

    def test_a_right_that_lapses_makes_nobody_late(self):
        begun = {**BEGUN, "data": {**BEGUN["data"], "term": "objection"}}
        late = {**REGISTERED, "recordedtime": "2026-11-25T04:00:00Z"}
        assert summary(begun, late)["管辖异议"][-1] == "权利期限，已届满"

    def test_reply_and_closure(self):
        replied = told("reply.delivered.v1", 2, document="海信函12号", delivered_by="K1",
                       delivered_at="2026-11-22T17:00:00Z")  # fmt: skip
        closed = told(
            "case.closed.v1", 3, owner="L1", outcome="settled", reply_document="海信函12号"
        )
        found = summary(REGISTERED, TAKEN, replied, closed)
        assert found["答复"][0] == "文号：海信函12号，2026年11月23日 01:00 送达，送达人 K1"
        assert found["办结"] == ["2026年11月23日 19:30，结果：已解决，办结人 L1"]
        assert found["现状"] == ["已办结"]

    def test_a_correction_is_what_holds(self):
        corrected = told("petition.corrected.v1", 1, after={"channel": "letter"}, sealed=True)
        of_the_matter = told("matter.corrected.v1", 2, petition_class="accusation")
        found = summary(REGISTERED, corrected, of_the_matter)
        assert "信访形式：来信，密封" in found["登记"][0]
        assert found["信访性质"] == ["检举控告"]

    @pytest.mark.parametrize(
        "name", sorted(name for name in FILES if name.startswith("ownership_"))
    )
    def test_the_owner_is_the_one_of_the_aggregate(self, name: str):
        """Of every sample of an ownership; one that was merged into another leads there."""
        aggregate = json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))["aggregate"]
        page = page_of(aggregate["number"], FILES[name])
        assert f"<th>现任首问责任领导<td>{aggregate['owner'] or '尚无'}\n" in page


def test_only_an_answer_that_shows_sealed_cases_is_said_to():
    """Who opened an open case is on record with the same member."""
    data = {"petition_ids": [petition_id(1), petition_id(2)]}
    pages = {
        type_: page_of(number(), [{**EVENT, "type": type_, "data": data}])
        for type_ in ("case.replayed.v1", "sealed_cases.shown.v1")
    }
    assert {type_: "密封信访件" in page for type_, page in pages.items()} == {
        "case.replayed.v1": False,
        "sealed_cases.shown.v1": True,
    }
