"""The checks of answers find what they are there to find."""

from typing import Any

import pytest

from tests.system.faults import checker
from tests.system.faults.history import UNKNOWN_CODES, Call

LEADER = ("L01", "leader", "")
HEAD = ("H1", "office_head", "")


def call(method: str, begun: float, **stated: Any) -> Call:
    """One call that took half a second and was answered, unless a code says otherwise."""
    code = stated.pop("code", "")
    answer = stated.pop("answer", None)
    outcome = ("unknown" if code in UNKNOWN_CODES else "refused") if code else "ok"
    return Call(1, f"responsibility.{method}", stated, LEADER, begun, begun + 0.5, outcome,
                answer, code)  # fmt: skip


class TestAnswers:
    def test_a_request_has_one(self):
        calls = [call("close", at, request_id="r", answer={"state": "closed"}) for at in (1, 2)]
        assert list(checker.answered_twice(calls)) == []

    def test_another_one_is_found(self):
        calls = [call("close", at, request_id="r", answer={"version": at}) for at in (1, 2)]
        assert len(list(checker.answered_twice(calls))) == 1

    def test_many_in_one_request_are_compared_too(self):
        items = [{"request_id": "a", "office": "o"}]
        calls = [call("many", at, items=items, answer=at) for at in (1, 2)]
        assert len(list(checker.answered_twice(calls))) == 1

    def test_a_refusal_of_what_was_done_is_found(self):
        done = call("close", 1, request_id="r", answer={})
        again = call("close", 2, request_id="r", code="case_closed")
        assert len(list(checker.answered_twice([done, again]))) == 1
        assert list(checker.answered_twice([again])) == []

    def test_only_what_was_acknowledged_and_changes_something_is_sent_again(self):
        done = call("close", 1, request_id="r", answer={})
        others = [call("owner_of", 1, number="1"), call("close", 1, request_id="s", code="busy")]
        assert list(checker.acknowledged([done, *others])) == [done]


class TestRefusals:
    def test_internal_is_never_forgiven(self):
        refused = call("close", 1, request_id="r", code="internal")
        assert refused.outcome == "refused"
        assert len(list(checker.refused_wrongly([refused]))) == 1

    def test_busy_only_where_it_may_be(self):
        refused = [call("close", 1, request_id="r", code="busy")]
        assert list(checker.refused_wrongly(refused)) == []
        assert len(list(checker.refused_wrongly(refused, always=frozenset()))) == 1

    def test_no_answer_only_where_something_happened(self):
        unanswered = [call("close", 1, request_id="r", code="unavailable")]
        assert list(checker.unknown_without_fault("kill", unanswered)) == []
        assert len(list(checker.unknown_without_fault("none", unanswered))) == 1


class TestProcesses:
    @pytest.mark.parametrize(
        ("note", "deaths"),
        [
            ("SIGTERM intake-1 (exit 0)", []),
            ("SIGTERM intake-1 (exit 1) + immediate stop of PostgreSQL", ["intake-1 (exit 1)"]),
            ("SIGTERM intake-1 (exit 1) + cut intake - postgres", ["intake-1 (exit 1)"]),
        ],
    )
    def test_may_stop_badly_because_of_a_fault(self, note: str, deaths: list[str]):
        assert list(checker.ended_wrongly(note, deaths)) == []

    @pytest.mark.parametrize(
        ("note", "deaths"),
        [
            ("nothing", ["intake-1"]),
            ("kill -9 intake-1", ["audit-1"]),
            ("immediate stop of PostgreSQL", ["intake-1"]),
            ("cut intake - postgres", ["intake-1"]),
            ("SIGTERM intake-1 (exit 1)", ["intake-1 (exit 1)"]),
            ("cut callers - rabbitmq + SIGTERM intake-1 (exit 1)", ["intake-1 (exit 1)"]),
            ("slow intake - postgres by 9 ms + SIGTERM intake-2 (exit -9)", ["intake-2 (exit -9)"]),
        ],
    )
    def test_or_are_found(self, note: str, deaths: list[str]):
        assert len(list(checker.ended_wrongly(note, deaths))) == 1


FIRST = {"owner": "L01", "document": ""}
SECOND = {"owner": "L02", "document": "D-1"}


def asked(begun: float, *chain: dict[str, str], state: str = "owned") -> Call:
    return call("owner_of", begun, number="1", answer={"chain": list(chain), "state": state})


def closed(begun: float) -> Call:
    return call("close", begun, number="1", request_id="c",
                answer={"chain": [FIRST], "state": "closed"})  # fmt: skip


def wrongs(*calls: Call, opened_by_repeat: bool = False, **final: Any) -> list[str]:
    """What is found wrong when the matter ends with two owners, who followed one another."""
    ended = {
        "owner": "L02",
        "first_contact": FIRST,
        "chain": [FIRST, SECOND],
        "evidence": {},
        "rivals": [],
        "repeats": [],
        "state": "owned",
    }
    passed_on = Call(1, "responsibility.succeed", {"document": "D-1", "to": "L02"}, HEAD, 0, 0.1,
                     "refused", None, "busy")  # fmt: skip
    ordered = sorted([passed_on, *calls], key=lambda each: each.ended_at)
    return list(checker.Matter({**ended, **final}, ordered, opened_by_repeat).wrongs())


class TestChains:
    def test_grow(self):
        assert wrongs(asked(1, FIRST), asked(2, FIRST, SECOND)) == []

    def test_one_that_got_shorter_is_found(self):
        assert len(wrongs(asked(1, FIRST, SECOND), asked(2, FIRST))) == 1

    def test_answers_that_overlap_come_in_any_order(self):
        assert wrongs(asked(1, FIRST, SECOND), asked(1.2, FIRST)) == []

    def test_a_kept_answer_is_as_old_as_its_request(self):
        first = call("close", 1, number="1", request_id="c", code="unavailable")
        reopened = call("reopen", 2, number="1", request_id="o", code="unavailable")
        assert wrongs(first, asked(2, FIRST, SECOND), closed(3), reopened) == []

    @pytest.mark.parametrize("method", ["reply", "rule"])
    def test_replies_and_rulings_tell_them_too(self, method: str):
        told = call(method, 2, number="1", request_id="m", answer={"chain": [FIRST]})
        assert wrongs(asked(1, FIRST), told) == []
        assert len(wrongs(asked(1, FIRST, SECOND), told)) == 1

    def test_an_owner_who_was_answered_is_in_all_that_come_later(self):
        answer = {"owner": "L01", "standing": "owner", "reception_id": "e"}
        received = call("receive", 1, number="1", request_id="e", answer=answer)
        assert wrongs(received, asked(2, FIRST)) == []
        assert len(wrongs(received, asked(2))) == 1


class TestClosures:
    def test_are_seen_by_whoever_asks_later(self):
        seen = asked(2, FIRST, state="closed")
        assert wrongs(closed(1), seen, state="closed") == []
        assert len(wrongs(closed(1), asked(2, FIRST), state="closed")) == 1

    @pytest.mark.parametrize("begun", [1, 2.2])
    def test_until_something_opens_the_matter(self, begun):
        reopened = call("reopen", begun, number="1", request_id="o", answer={"chain": [FIRST]})
        assert wrongs(closed(1), asked(2, FIRST), reopened) == []

    @pytest.mark.parametrize("begun", [0, 3])
    def test_what_opened_it_before_or_after_explains_nothing(self, begun):
        reopened = call("reopen", begun, number="1", request_id="o", answer={"chain": [FIRST]})
        found = wrongs(closed(1), asked(2, FIRST), reopened, opened_by_repeat=True)
        assert any("owner_of answered owned" in wrong for wrong in found)

    def test_are_the_end_unless_a_repeat_opened_the_matter(self):
        assert wrongs(closed(1), opened_by_repeat=True, repeats=["2"]) == []
        assert len(wrongs(closed(1), repeats=["2"])) == 1
