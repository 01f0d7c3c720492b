"""What the record itself shows to be a reason for supervision, found without asking anybody."""

from typing import Any

from services.responsibility.domain.policy import day_of
from services.responsibility.readmodels.terms import Seen, TermTables
from tests.builders import COUNTY, DAY, OTHER_COUNTY, number
from tests.unit.responsibility.casebook import ANYBODY, Casebook
from tests.unit.responsibility.paths import register, walk

PASSED_ON = ("transfer", "object", "take_back", "transfer", "object", "take_back", "transfer")


def shown(case: Casebook, *, reach: str = "330424", sealed_of: str | None = None) -> Any:
    log, today = case.application.log_of_events, day_of(case.clock())
    items, _ = TermTables.to_supervise(log, ANYBODY, Seen(reach, sealed_of), today, 50, "")
    return [(item["number"], item["trigger"]) for item in items]


def test_a_term_that_is_over_and_owed_is_delay(case: Casebook):
    register(case)
    walk(case, 15 * DAY)
    assert shown(case) == []
    walk(case, DAY)
    assert shown(case) == [(number(), "delay")]
    walk(case, "transfer")
    assert shown(case) == []


def test_passed_on_more_than_twice_is_buck_passing(case: Casebook):
    register(case)
    walk(case, *PASSED_ON[:4])
    assert shown(case) == []
    walk(case, *PASSED_ON[4:])
    assert shown(case) == [(number(), "buck_passing")]


def test_what_is_closed_is_not_listed_any_more(case: Casebook):
    register(case)
    walk(case, *PASSED_ON, "refuse", "close")
    assert shown(case) == []


def test_other_regions_and_their_accusations_are_not_shown(case: Casebook):
    register(case, petition_class="accusation")
    walk(case, 16 * DAY)
    assert shown(case, reach=OTHER_COUNTY[:6]) == []
    assert shown(case, sealed_of="330424-02") == []
    assert shown(case, sealed_of=COUNTY) == [(number(), "delay")]
