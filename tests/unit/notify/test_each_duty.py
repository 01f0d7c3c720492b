"""Whoever has a duty is reminded of it: each term of each kind, the open list, succession."""

from datetime import date, time
from typing import Any

import pytest

from services.notify.domain.planning import instant
from tests.builders import COUNTY, HUANG, SHEN, TODAY
from tests.unit.notify.desk import Desk, FakeChannel

BEGUN, ENDED = "term.begun.v1", "term.ended.v1"
HEAD_OF_COUNTY = f"office_head:{COUNTY}"
# Its half, five and two working days and one day before it lie on days of their own.
DUE_ON = date(2026, 12, 23)
LATE = instant(date(2026, 12, 28), time(20))
OWED = {
    "acceptance": "受理告知",
    "handling": "办理",
    "re_examination": "重新核查",
    "review": "复查",
    "re_review": "复核",
    "report_back": "限期报结",
    "supervision": "督办",
    "proposal": "三项建议",
    "carrying_out": "意见执行",
}
RIGHTS = {"objection": "管辖异议", "review_request": "申请复查", "re_review_request": "申请复核"}


def begin(desk: Desk, term: str) -> None:
    due = {"on": DUE_ON.isoformat()}
    desk.tell(BEGUN, term=term, runs_from=TODAY.isoformat(), due=due)


@pytest.fixture
def owned(desk: Desk, channel: FakeChannel) -> Desk:
    desk.tell("ownership.awaited.v1")
    desk.tell("ownership.taken.v1")
    desk.tell(ENDED, term="first_step", ended_on=TODAY.isoformat(), late_days=0)
    desk.deliver()
    channel.told.clear()
    return desk


@pytest.mark.parametrize("term", OWED)
class TestATermThatSomebodyOwes:
    def test_is_told_of_from_its_start_until_it_is_late(
        self, owned: Desk, channel: FakeChannel, term: str
    ):
        """Reviews, re-reviews, orders of supervision as all others, by their own names."""
        begin(owned, term)
        owned.run_until(LATE)
        assert [each.reason for each in channel.told] == [
            "term_begun",
            "term_half",
            *["term_near"] * 3,
            "term_due",
            *["term_late"] * 3,
            "term_late",
        ]
        assert {each.term for each in channel.told} == {term}
        assert all(OWED[term] in each.sentence for each in channel.told)
        assert [each.recipient for each in channel.told] == [*[HUANG] * 9, HEAD_OF_COUNTY]

    def test_is_told_of_no_more_when_its_step_was_taken(
        self, owned: Desk, channel: FakeChannel, term: str
    ):
        begin(owned, term)
        owned.tell(ENDED, term=term, ended_on=TODAY.isoformat(), late_days=0)
        owned.run_until(LATE)
        assert channel.told == []

    def test_is_told_to_the_successor(self, owned: Desk, channel: FakeChannel, term: str):
        begin(owned, term)
        owned.tell("ownership.succeeded.v1", previous_owner=HUANG, owner=SHEN)
        owned.run_until(LATE)
        assert (channel.told[0].recipient, channel.told[0].reason) == (SHEN, "ownership_taken")
        assert HUANG not in channel.recipients


@pytest.mark.parametrize("term", RIGHTS)
def test_a_right_that_lapses_makes_nobody_late(
    owned: Desk, channel: FakeChannel, term: str
) -> None:
    """Its end is told, nothing after it."""
    begin(owned, term)
    owned.run_until(LATE)
    assert channel.told[-1].reason == "term_due"
    assert all(RIGHTS[term] in each.sentence for each in channel.told)


@pytest.mark.parametrize("term", ["supervision", "proposal", "carrying_out"])
def test_what_outlasts_closure_is_told_of_after_it(
    owned: Desk, channel: FakeChannel, term: str
) -> None:
    begin(owned, term)
    owned.tell("case.closed.v1")
    owned.run_until(LATE)
    assert channel.told[-1].reason == "term_late"


@pytest.mark.parametrize(
    ("type_", "told", "expected"),
    [
        ("recusal.due.v1", {"owner": HUANG}, (HEAD_OF_COUNTY, "recusal_due")),
        ("replacement.due.v1", {"parts": ["unit"]}, (HEAD_OF_COUNTY, "replacement_due")),
        (
            "ownership.recused.v1",
            {"previous_owner": HUANG, "owner": SHEN},
            (SHEN, "ownership_taken"),
        ),
    ],
)
def test_a_succession_that_is_due_or_made_is_told(
    owned: Desk, channel: FakeChannel, type_: str, told: dict[str, Any], expected: tuple[str, str]
) -> None:
    """To the head who has to see to it, then to whoever owns the matter from then on."""
    owned.tell(type_, **told)
    owned.deliver()
    assert [(each.recipient, each.reason) for each in channel.told] == [expected]
