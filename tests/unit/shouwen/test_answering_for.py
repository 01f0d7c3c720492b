"""Who answers for what a follow-through report counts: units on real courses, offices, periods."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.messaging.telling import teller
from services.responsibility.publishing import TELLINGS
from shouwen.follow_through import BY, EACH, FollowThrough
from shouwen.report_files import COUNTS, write
from tests.builders import TODAY, Clock
from tests.unit.responsibility.casebook import (
    GIVEN,
    Casebook,
    FakeArrivals,
    reopen,
    responsibility,
)
from tests.unit.responsibility.paths import TO_CLEARANCE, register, walk
from tests.unit.shouwen.test_follow_through import COURSE, event, taken
from tests.unit.stores import Stores

UNIT, OTHER_UNIT = GIVEN["unit"], "330424-08"
ALL = (date(2020, 1, 1), date(2040, 1, 1))


@pytest.fixture
def case(stores: Stores, clock: Clock) -> Iterator[Casebook]:
    arrivals = FakeArrivals()
    with stores.opened("responsibility", lambda env: responsibility(env, clock, arrivals)) as made:
        yield Casebook(made, clock, arrivals)


def told(case: Casebook) -> list[dict[str, Any]]:
    """Return the events of a course as the feed has them."""
    tell = teller("responsibility", TELLINGS)
    events = map(tell, case.application.log_of_events.select_recorded(0, 1_000))
    return [
        {"type": each.type, "recordedtime": each.time.isoformat(), "data": each.data}
        for each in events
    ]


def counted(events: list[dict[str, Any]], by: str, each: str = "") -> dict[str, dict[str, int]]:
    """Return whose line it is, or whose and when, to what is not nothing in it."""
    made = FollowThrough(*ALL, by, each, TODAY)
    for position, one in enumerate(events):
        made.add(position, one)
    return {
        f"{line.who} {line.period}" if each else line.who: {
            what: count for what, count in line.counts.items() if count
        }
        for line in made.lines()
    }


class TestUnits:
    def test_answer_for_what_becomes_of_a_matter_while_they_handle_it(self, case: Casebook):
        """From the sending to the closure, and when it is opened again."""
        register(case)
        walk(case, *TO_CLEARANCE, "close")
        case.when(reopen())
        assert counted(told(case), "unit") == {UNIT: {"taken": 1, "closed": 1, "reopened": 1}}

    def test_are_late_with_their_own_terms_only(self, case: Casebook):
        """The first step was the petition office's, the review is the reviewing body's."""
        register(case)
        late = timedelta(days=40)
        walk(case, late, "transfer", late, "accept", "handle", timedelta(days=70), "reply")
        walk(case, "reply", "ask_review", late, "decide_review", begin_at=1)
        assert counted(told(case), "unit")[UNIT]["late"] == 2
        (owner,) = counted(told(case), "owner").values()
        assert owner["late"] == 4

    def test_that_object_hand_it_back(self, case: Casebook):
        """Whoever it goes to next takes it; the days of both are their own."""
        register(case)
        walk(case, "transfer", timedelta(days=1), "object", "take_back")
        walk(
            case, "transfer", timedelta(days=20), "accept", transfer={"unit": OTHER_UNIT},
        )  # fmt: skip
        assert counted(told(case), "unit") == {
            UNIT: {"taken": 1, "handed_on": 1},
            OTHER_UNIT: {"taken": 1, "late": 1},
        }

    def test_that_take_the_place_of_another_take_its_terms(self):
        """The Regulation's days run on; whoever has it at the end was late."""
        steps = [
            step("transfer", unit=UNIT),
            begun("acceptance"),
            step("replace_unit", unit=OTHER_UNIT, instead_of=UNIT),
            event("term.ended.v1", term="acceptance", late_days=2),
        ]
        assert counted(steps, "unit") == {
            UNIT: {"taken": 1, "handed_on": 1},
            OTHER_UNIT: {"taken": 1, "late": 1},
        }

    def test_that_assist_do_not_answer_for_it(self):
        steps = [
            step("transfer", unit=UNIT),
            step("ask_assistance", unit=OTHER_UNIT, reason="x"),
            step("replace_unit", unit="330424-09", instead_of=OTHER_UNIT),
            event("case.closed.v1", owner="L1"),
        ]
        assert counted(steps, "unit") == {UNIT: {"taken": 1, "closed": 1}}

    def test_are_those_at_work_when_somebody_is_reminded(self):
        """To whomever the reminder goes; of terms as well."""
        steps = [
            event("reminder.planned.v1", reminder_id="R0", recipient="L1"),
            event("reminder.delivered.v1", reminder_id="R0"),
            step("transfer", unit=UNIT),
            event("reminders.fell_due.v1", told={"L1": "R1", "office_head:330424-01": "R2"}),
            step("transfer", unit=OTHER_UNIT),
            *(event("reminder.delivered.v1", reminder_id=each) for each in ("R1", "R2", "R2")),
            event("reminder.acknowledged.v1", reminder_id="R1"),
        ]
        assert counted(steps, "unit")[UNIT] == {
            "taken": 1, "handed_on": 1, "reminded": 2, "acknowledged": 1,
        }  # fmt: skip

    def test_of_what_is_merged_have_it_no_longer(self):
        """They have it again when it leaves; of what is closed they have nothing."""
        back = event("ownership.split.v1", owner=None, office="330424-01", state="awaited")
        closed = event("case.closed.v1", owner="L1", number="N2")
        steps = [
            step("transfer", unit=UNIT),
            merged("N1", ""),
            step("transfer", number="N2", unit=UNIT),
            closed,
            merged("N2", "L1"),
            event("ownership.split.v1", number="N2", owner="L1", office="", state="closed"),
        ]
        had = {"taken": 2, "handed_on": 1, "closed": 1}
        assert counted(steps, "unit") == {UNIT: had}
        assert counted([*steps, back], "unit") == {UNIT: {**had, "taken": 3}}

    def test_that_change_while_it_is_closed_have_no_work_with_it(self):
        """Whoever has it when it is opened again has it."""
        steps = [
            step("transfer", unit=UNIT),
            event("case.closed.v1", owner="L1"),
            step("replace_unit", unit=OTHER_UNIT, instead_of=UNIT),
            event("case.reopened.v1", owner="L1"),
        ]
        assert counted(steps, "unit") == {
            UNIT: {"taken": 1, "closed": 1},
            OTHER_UNIT: {"reopened": 1},
        }

    def test_are_late_with_what_a_merging_ended(self):
        steps = [
            step("transfer", unit=UNIT),
            begun("acceptance"),
            begun("first_step"),
            event("course.merged.v1", late_days={"acceptance": 3, "first_step": 5, "handling": 0}),
        ]
        assert counted(steps, "unit")[UNIT]["late"] == 1


def step(code: str, number: str = "N1", **given: Any) -> dict[str, Any]:
    return event("course.step_taken.v1", number=number, step=code, given=given)


def begun(term: str) -> dict[str, Any]:
    return event("term.begun.v1", term=term, office="330424-01", due={"on": "2026-12-31"})


def passed_on(owner: str, office: str, before: str = "L1") -> dict[str, Any]:
    given = {"previous_owner": before, "owner": owner, "office": office}
    return event("ownership.succeeded.v1", **given)


def merged(number: str, owner: str) -> dict[str, Any]:
    return event("ownership.merged.v1", number=number, owner=owner, into_number="N1")


class TestOwners:
    def test_are_reminded_of_terms_too(self):
        """Whose reminders are in the fact by which they fell due."""
        events = [
            taken(),
            event("reminders.fell_due.v1", told={"L1": "R1", "office_head:330424-01": "R2"}),
            event("reminder.delivered.v1", reminder_id="R1"),
            event("reminder.delivered.v1", reminder_id="R2"),
        ]
        found = counted(events, "owner")
        assert found["L1"] == {"taken": 1, "reminded": 1}
        assert found["office_head:330424-01"] == {"reminded": 1}
        assert counted(events, "office") == {"330424-01": {"taken": 1, "reminded": 2}}

    def test_by_a_split_are_late_with_what_is_theirs(self):
        events = [
            event("ownership.split.v1", owner="L3", office="330424-03", state="owned"),
            event("term.ended.v1", term="handling", late_days=1),
        ]
        assert counted(events, "owner") == {"L3": {"taken": 1, "late": 1}}

    def test_of_what_is_merged_have_it_no_longer(self):
        """Two leaders, whose matters become part of a third, which is the first one's then."""
        events = [
            taken(number="N2"),
            taken("L2", number="N3"),
            taken(number="N1", ground="merged"),
            merged("N2", "L1"),
            merged("N3", "L2"),
        ]
        assert counted(events, "owner") == {
            "L1": {"taken": 2, "handed_on": 1},
            "L2": {"taken": 1, "handed_on": 1},
        }

    def test_have_what_leaves_again_for_the_office_that_they_had_it_for(self):
        """The fact that splits it names the office of the matter."""
        back = event("ownership.split.v1", owner="L1", office="330424-09", state="owned")
        events = [taken(), merged("N1", "L1"), back]
        assert counted(events, "owner") == {"L1": {"taken": 2, "handed_on": 1}}
        assert counted(events, "office") == {"330424-01": {"taken": 2, "handed_on": 1}}

    def test_have_nothing_of_what_was_closed_when_it_was_merged(self):
        closed = event("case.closed.v1", owner="L1")
        back = event("ownership.split.v1", owner="L1", office="330424-01", state="closed")
        events = [taken(), closed, merged("N1", "L1"), back]
        assert counted(events, "owner") == {"L1": {"taken": 1, "closed": 1}}

    def test_of_what_is_closed_hand_no_work_on(self):
        """A dispute that came with a merged matter may be upheld then; it is the other's when
        it is opened again."""
        closed = event("case.closed.v1", owner="L1")
        opened = event("case.reopened.v1", owner="L2")
        events = [taken(), closed, passed_on("L2", "330424-02"), opened]
        assert counted(events, "owner") == {
            "L1": {"taken": 1, "closed": 1},
            "L2": {"reopened": 1},
        }

    def test_of_what_was_opened_by_mistake_have_it_closed_as_it_was(self):
        events = [
            taken(),
            step("transfer", unit=UNIT),
            event("case.closed.v1", owner="L1"),
            event("case.reopened.v1", owner="L1"),
            event("case.reopening_voided.v1", owner="L1"),
        ]
        assert counted(events, "owner") == {"L1": {"taken": 1, "closed": 1}}
        assert counted(events, "unit") == {UNIT: {"taken": 1, "closed": 1}}

    def test_of_what_was_taken_by_mistake_before_the_period_lose_nothing_in_it(self):
        """What was counted of it within is not the taking."""
        made = FollowThrough(date(2026, 11, 24), date(2026, 11, 24))
        late = "2026-12-01T04:00:00Z"
        back = {"owner": "L1", "office": "330424-01", "state": "owned"}
        events = [
            taken(),
            merged("N1", "L1"),
            event("ownership.split.v1", late, **back),
            event("ownership.voided.v1", late, previous_owner="L1"),
        ]
        for position, each in enumerate(events):
            made.add(position, each)
        (line,) = made.lines()
        assert (line.counts["taken"], line.counts["handed_on"]) == (1, 1)


class TestOffices:
    def test_answer_for_the_owners_who_act_for_them(self):
        """Of a succession to another office, each what it had."""
        assert counted(COURSE, "office") == {
            "330424-01": {what: 1 for what in COUNTS if what != "overdue"},
            "330424-02": {"taken": 1, "late": 1},
        }

    def test_hand_nothing_on_that_stays_with_them(self):
        events = [taken(), passed_on("L2", "330424-01"), passed_on("L3", "330424-02", "L2")]
        assert counted(events, "office") == {
            "330424-01": {"taken": 1, "handed_on": 1},
            "330424-02": {"taken": 1},
        }
        assert counted(events, "owner")["L2"] == {"taken": 1, "handed_on": 1}

    def test_of_a_leader_with_two_are_told_apart_by_the_matter(self):
        second = {"number": "N2", "owner": "L1", "office": "330424-05"}
        events = [
            taken(),
            event("ownership.taken.v1", **second),
            event("case.closed.v1", owner="L1"),
        ]
        assert counted(events, "office") == {
            "330424-01": {"taken": 1, "closed": 1},
            "330424-05": {"taken": 1},
        }


@given(
    days=st.lists(st.integers(0, 80), min_size=1, max_size=12),
    each=st.sampled_from(sorted(EACH)),
    by=st.sampled_from(["owner", "office"]),
)
def test_periods_add_up_to_the_whole(days: list[int], each: str, by: str):
    """Each fact is in one of them."""
    begin = date(2026, 11, 20)
    events = [
        event(
            "ownership.taken.v1",
            f"{begin + timedelta(days=day)}T04:00:00Z",
            owner=f"L{day % 3}",
            office=f"330424-0{day % 2}",
        )
        for day in days
    ]
    split, whole = counted(events, by, each), counted(events, by)
    sums: dict[str, int] = {}
    for line, counts in split.items():
        sums[line.split()[0]] = sums.get(line.split()[0], 0) + counts["taken"]
    assert sums == {who: counts["taken"] for who, counts in whole.items()}
    assert all(" 20" in line for line in split)


def test_a_week_is_that_of_the_calendar_of_weeks():
    """The first days of a year may belong to the last week of the one before."""
    (line,) = counted([taken(at="2027-01-01T04:00:00Z")], "owner", "week")
    assert line == "L1 2026-W53"


@pytest.mark.parametrize("by", BY)
@pytest.mark.parametrize("form", ["csv", "html"])
def test_whose_lines_they_are_stands_above_them(tmp_path: Path, by: str, form: str):
    path = tmp_path / f"report.{form}"
    made = FollowThrough(*ALL, by, "month")
    for position, each in enumerate([step("transfer", unit=UNIT), *COURSE]):
        made.add(position, each)
    write(path, made.lines(), "p", by)
    text = path.read_text("utf-8-sig")
    words = {"owner": "首问责任领导", "office": "单位", "unit": "承办单位"}
    assert words[by] in text
    assert ("收办" in text) is (by == "unit")
    assert "2026-11" in text
    assert "p/0.tlog-proof" in text if by == "unit" else "p/1.tlog-proof" in text
