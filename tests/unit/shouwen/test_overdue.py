"""What is overdue at the end of a time: terms that run past their last day, for who answers."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from shouwen.follow_through import FollowThrough
from tests.builders import DAY, Clock
from tests.unit.responsibility.casebook import GIVEN, Casebook, FakeArrivals, responsibility
from tests.unit.responsibility.paths import register, walk
from tests.unit.shouwen.test_answering_for import told
from tests.unit.shouwen.test_follow_through import event, taken
from tests.unit.stores import Stores

NOVEMBER = (date(2026, 11, 1), date(2026, 11, 30))
UNIT = GIVEN["unit"]


@pytest.fixture
def case(stores: Stores, clock: Clock) -> Iterator[Casebook]:
    arrivals = FakeArrivals()
    with stores.opened("responsibility", lambda env: responsibility(env, clock, arrivals)) as made:
        yield Casebook(made, clock, arrivals)


def overdue(
    events: list[dict[str, Any]],
    period: tuple[date, date] = NOVEMBER,
    by: str = "owner",
    each: str = "",
    today: date = date(2027, 12, 31),
) -> dict[str, tuple[int, list[int]]]:
    """Return by whom, and when, how many are overdue, with the leaves of the line."""
    made = FollowThrough(*period, by, each, today)
    for position, one in enumerate(events):
        made.add(position, one)
    return {
        f"{line.who} {line.period}" if each else line.who: (line.counts["overdue"], line.leaves)
        for line in made.lines()
        if line.counts["overdue"]
    }


def term(kind: str, due: str = "2026-11-20", at: str = "2026-11-02T04:00:00Z", **more: Any) -> Any:
    given = {"term": "handling", "office": "330424-01", "due": {"on": due}, **more}
    return event(f"term.{kind}.v1", at, **given)


BEFORE = "2026-10-02T04:00:00Z"
OWNED = taken(at=BEFORE)


def test_who_never_ends_a_term_is_overdue():
    """The leaf says when it was to end."""
    assert overdue([OWNED, term("begun")]) == {"L1": (1, [1])}
    assert overdue([OWNED, term("begun")], by="office") == {"330424-01": (1, [1])}


def test_a_term_is_overdue_when_its_day_is_over():
    """At the end of the time; while that goes on, and on the day itself, not yet."""
    events = [OWNED, term("begun", due="2026-11-30")]
    assert overdue(events) == {"L1": (1, [1])}
    assert overdue(events, today=date(2026, 11, 30)) == {}
    assert overdue(events, today=date(2026, 12, 1)) == {"L1": (1, [1])}
    assert overdue([OWNED, term("begun", due="2026-12-01")]) == {}


def test_what_ends_after_the_time_was_overdue_at_its_end():
    """As the record had it then, whenever the report is made."""
    late = "2026-12-02T04:00:00Z"
    events = [OWNED, term("begun"), term("ended", at=late, late_days=12)]
    assert overdue(events) == {"L1": (1, [1])}
    december = date(2026, 12, 1), date(2026, 12, 31)
    assert overdue(events, december) == {}


def test_the_last_day_is_that_of_the_last_change():
    """An extension, or a recount, with its leaf."""
    begun = [OWNED, term("begun")]
    assert overdue([*begun, term("extended", due="2026-12-20", days=30)]) == {}
    assert overdue([*begun, term("extended", due="2026-11-25", days=5)]) == {"L1": (1, [2])}
    assert overdue([*begun, term("recounted", due="2026-12-02")]) == {}


@pytest.mark.parametrize(("began", "found"), [("2026-11-10", {}), ("2026-11-21", {"L1": (1, [1])})])
def test_a_hearing_holds_up_what_was_not_late_before_it(began: str, found: Any):
    """What was late when it began is late while it goes on, and until it has another day."""
    events = [OWNED, term("begun", term="re_review")]
    held_up = [*events, term("paused", term="re_review", first_day=began)]
    assert overdue(held_up) == found
    assert overdue([*held_up, term("resumed", "2026-12-05", term="re_review")]) == {}
    gone_on = [*held_up, term("resumed", "2026-11-27", term="re_review")]
    assert overdue(gone_on) == {"L1": (1, [3])}


def test_a_right_that_lapses_is_never_overdue():
    assert overdue([OWNED, term("begun", term="review_request")]) == {}


def test_what_is_merged_ends_and_goes_on_where_it_leaves():
    ended = event("course.merged.v1", late_days={"handling": 0})
    back = event("course.split.v1", terms=["handling"], state="handling")
    assert overdue([OWNED, term("begun"), ended]) == {}
    assert overdue([OWNED, term("begun"), ended, back]) == {"L1": (1, [1])}


def test_of_what_is_closed_only_what_outlasts_it_is_overdue():
    """An order of supervision that nobody answered; its owner, and its unit, answer for it."""
    events = [
        OWNED,
        event("course.step_taken.v1", BEFORE, step="transfer", given={"unit": UNIT}),
        term("begun"),
        term("begun", term="supervision"),
        event("case.closed.v1", owner="L1"),
    ]
    count, leaves = overdue(events)["L1"]
    assert (count, 3 in leaves, 2 in leaves) == (1, True, False)
    assert overdue(events, by="unit")[UNIT][0] == 1


def test_whoever_owns_it_then_answers_for_it():
    """The successor; while nobody owns it, the head of the office that it waits for."""
    passed = {"previous_owner": "L1", "owner": "L2", "office": "330424-02"}
    moved = event("ownership.succeeded.v1", "2026-11-29T04:00:00Z", **passed)
    assert set(overdue([OWNED, term("begun"), moved])) == {"L2"}
    awaited = event(
        "ownership.awaited.v1", BEFORE, office="330424-01", registered_at=BEFORE, awaits="reception"
    )
    assert overdue([awaited]) == {"office_head:330424-01": (1, [0])}
    assert overdue([awaited], by="office") == {"330424-01": (1, [0])}
    assert overdue([awaited], by="unit") == {}


def test_the_first_step_is_due_before_there_is_a_course(case: Casebook):
    """From the receipt; when it is closed, nothing of it is."""
    register(case, on="2026-11-02")
    events = told(case)
    assert overdue(events) == {"L330424001": (1, [1, 0])}
    assert overdue(events, (date(2026, 11, 1), date(2026, 11, 16))) == {}
    closed = event("case.closed.v1", owner="L330424001", number=events[0]["data"]["number"])
    assert overdue([*events, closed]) == {}
    assert overdue([*events, closed, {**closed, "type": "case.reopened.v1"}], (
        date(2026, 11, 24), date(2026, 12, 8))) == {}  # fmt: skip
    again = [*events, closed, {**closed, "type": "case.reopened.v1"}]
    ((count, _),) = overdue(again, (date(2026, 11, 24), date(2026, 12, 9))).values()
    assert count == 1
    void = {**closed, "type": "case.reopening_voided.v1"}
    assert overdue([*again, void], (date(2026, 11, 24), date(2026, 12, 9))) == {}


def awaited(received_at: str) -> Any:
    more = {"registered_at": received_at, "received_at": received_at, "awaits": "reception"}
    return event("ownership.awaited.v1", BEFORE, office="330424-01", **more)


def receipt_corrected(runs_from: str, due: dict[str, str] | None) -> Any:
    more = {"office": "330424-01", "term": "first_step", "runs_from": runs_from, "due": due}
    return event("receipt.corrected.v1", "2026-11-20T04:00:00Z", **more)


def test_the_first_step_is_due_by_the_receipt_that_is_right():
    """To an earlier day or to a later one; the leaf is the correction."""
    late, early = awaited("2026-11-28T04:00:00Z"), awaited("2026-11-01T04:00:00Z")
    head = "office_head:330424-01"
    assert overdue([late]) == {}
    assert overdue([late, receipt_corrected("2026-11-01", {"on": "2026-11-16"})]) == {
        head: (1, [1])
    }
    assert overdue([early]) == {head: (1, [0])}
    assert overdue([early, receipt_corrected("2026-11-16", {"on": "2026-12-01"})]) == {}


def test_a_corrected_receipt_that_the_course_follows_moves_nothing_itself():
    """The course says it, or will; what has ended does not run again by it."""
    by_course, moved = receipt_corrected("2026-11-15", None), {"on": "2026-11-16"}
    assert overdue([awaited("2026-11-01T04:00:00Z"), by_course]) == {
        "office_head:330424-01": (1, [0])
    }
    closed = event("case.closed.v1", owner="L1")
    assert overdue([OWNED, awaited(BEFORE), closed, receipt_corrected("2026-11-01", moved)]) == {}


def test_each_time_has_what_was_overdue_at_its_end(case: Casebook):
    """Handling that was to end on the first of November and did in December; unit and owner."""
    register(case, on="2026-09-01")
    walk(case, "transfer", DAY, "accept", "handle")
    walk(case, timedelta(days=100), "reply")
    for by, who in (("owner", "L330424001"), ("unit", UNIT)):
        found = overdue(told(case), (date(2026, 9, 1), date(2026, 12, 31)), by, "month")
        assert {name: count for name, (count, _) in found.items()} == {f"{who} 2026-11": 1}
