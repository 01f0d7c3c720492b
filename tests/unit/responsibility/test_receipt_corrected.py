"""When a petition was received was stated wrongly: its first step is due by what is right.

To an earlier day always; to a later one only while it is not over, for what is late on record
stays so.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

import pytest

from services.intake.domain.refusals import InTheFuture, ReceivedTooEarly
from services.responsibility.application.courses import Courses
from services.responsibility.application.supervising import Supervising
from services.responsibility.domain.policy import day_of
from services.responsibility.readmodels.terms import Seen, TermsAsked, TermTables
from tests.builders import CLERK, DAY, FOLLOWER, HUANG, NOON, actor, raised, statement
from tests.unit.responsibility.casebook import ANYBODY, close, receive, reopen, take
from tests.unit.responsibility.town import Town, does, named
from tests.unit.stores import delete_rows, tables

# Registered on the 24th of November, received nine days before: until the 30th.
RECEIVED: Final = NOON - 9 * DAY
MOVED: Final = "Ownership.ReceiptCorrected"
RECOUNTED: Final = "Course.TermRecounted"


def letter(town: Town, **changes: Any) -> str:
    (number,) = town.register(channel="letter", **{"occurred_at": RECEIVED, **changes})
    return number


def corrected(town: Town, number: str, received_at: datetime) -> list[str]:
    """Correct when it was raised; return what went on record of the receipt."""
    town.counter.correct(number, occurred_at=received_at.isoformat())
    town.arrive()
    return [fact for fact in town.facts() if fact in {MOVED, RECOUNTED}]


def first_step(town: Town, number: str) -> dict[str, Any]:
    shown = Courses(town.case.application).course_of(number, None, FOLLOWER)
    first, *_ = (term for term in shown["terms"] if term["term"] == "first_step")
    return dict(first)


def listed(town: Town, number: str) -> list[tuple[str, int]]:
    """Last day and days late of each first step, as the list has them."""
    log, today = town.case.application.log_of_events, day_of(town.case.clock())
    rows, _ = TermTables.listed(log, ANYBODY, TermsAsked(number=number), today, 50, "")
    own = [row for row in rows if (row["number"], row["term"]) == (number, "first_step")]
    return [(row["due_on"], row["late_days"]) for row in own]


def begin(town: Town, number: str, *steps: str) -> None:
    does(town, *(take(step, of=number) for step in steps))


# A step that the first step of the office does not wait for begins the course.
BEGINS: Final = "order_supervision"
BEGUN: Final = pytest.mark.parametrize("steps", [(), (BEGINS,)])


class TestTheFirstStep:
    @BEGUN
    @pytest.mark.parametrize(("days", "due_on"), [(-4, "2026-11-26"), (5, "2026-12-05")])
    def test_is_due_by_the_receipt_that_is_right(
        self, town: Town, steps: Sequence[str], days: int, due_on: str
    ):
        """In the course, in the list, day by day; as of before it was what it was."""
        number = letter(town)
        begin(town, number, *steps)
        before = town.case.clock()
        town.case.clock.advance(DAY)
        facts = corrected(town, number, RECEIVED + days * DAY)
        assert facts == [MOVED, RECOUNTED] if steps else [MOVED]
        runs_from = day_of(RECEIVED + days * DAY).isoformat()
        assert first_step(town, number)["runs_from"] == runs_from
        assert (first_step(town, number)["due_on"], listed(town, number)) == (due_on, [(due_on, 0)])
        courses = Courses(town.case.application)
        counted = courses.explain(number, "first_step", FOLLOWER)["days"]
        assert (counted[0]["day"], counted[-1]["day"]) == (runs_from, due_on)
        then = courses.course_of(number, before, FOLLOWER)["terms"]
        assert then[0]["due_on"] == "2026-11-30"

    @BEGUN
    def test_that_is_over_by_the_receipt_is_late_at_once(self, town: Town, steps: Sequence[str]):
        """A supervision for delay has the correction behind it."""
        number = letter(town)
        begin(town, number, *steps)
        corrected(town, number, RECEIVED - 10 * DAY)
        assert listed(town, number) == [("2026-11-20", 4)]
        application, today = town.case.application, day_of(town.case.clock())
        seen = Seen("330424", None)
        items, _ = TermTables.to_supervise(application.log_of_events, ANYBODY, seen, today, 9, "")
        (item,) = Supervising(application).with_events(items, today)
        shown_by = "term.recounted.v1" if steps else "receipt.corrected.v1"
        assert item["since"] == "2026-11-20"
        assert [event["type"] for event in item["found_from"]] == [shown_by]
        does(town, take("order_supervision", of=number, trigger="delay"))

    @BEGUN
    @pytest.mark.parametrize(("days", "facts"), [(6, 1), (7, 0)])
    def test_that_is_over_is_not_undone(
        self, town: Town, steps: Sequence[str], days: int, facts: int
    ):
        """On its last day it follows a later receipt, a day after it does not; earlier, always."""
        number = letter(town)
        begin(town, number, *steps)
        town.case.clock.advance(days * DAY)
        before = listed(town, number)
        assert corrected(town, number, NOON - DAY).count(MOVED) == facts
        assert (listed(town, number) != before) == bool(facts)
        assert corrected(town, number, RECEIVED - DAY)
        assert listed(town, number) == [("2026-11-29", days - 5)]

    @BEGUN
    def test_is_due_by_its_registration_at_the_latest(self, town: Town, steps: Sequence[str]):
        """Nobody receives a petition after he has registered it."""
        number = letter(town)
        begin(town, number, *steps)
        town.case.clock.advance(3 * DAY)
        corrected(town, number, NOON + 2 * DAY)
        assert listed(town, number) == [("2026-12-09", 0)]

    def test_that_was_taken_stays_as_it_was(self, town: Town):
        """In time, or late, by what was on record then."""
        number = letter(town)
        does(town, take("transfer", of=number))
        for days in (-10, 5):
            assert corrected(town, number, RECEIVED + days * DAY) == []
        assert listed(town, number) == [("2026-11-30", 0)]

    def test_that_runs_from_a_step_does_not_follow(self, town: Town):
        """Taken back on a day, it runs from there."""
        number = letter(town)
        unit = {"by": "D330424007", "office": "330424-07"}
        does(town, take("transfer", of=number), take("object", of=number, **unit))
        does(town, take("take_back", of=number))
        assert corrected(town, number, RECEIVED - DAY) == []
        assert ("2026-12-09", 0) in listed(town, number)

    def test_that_runs_from_a_reopening_does_not_follow(self, town: Town):
        """The matter was received anew with that; nor does it where it is closed."""
        number = letter(town)
        does(town, receive(HUANG, of=number), close(statement(outcome="withdrawn"), of=number))
        assert corrected(town, number, RECEIVED - DAY) == []
        does(town, reopen(of=number))
        assert corrected(town, number, RECEIVED - 2 * DAY) == []
        assert listed(town, number) == [("2026-12-09", 0)]
        begin(town, number, BEGINS)
        assert corrected(town, number, RECEIVED - 3 * DAY) == []
        assert listed(town, number) == [("2026-12-09", 0)]

    def test_is_dated_back_to_the_receipt_that_is_right(self, town: Town):
        """And not before it."""
        number = letter(town)
        earlier = RECEIVED - 3 * DAY
        town.case.when(take("transfer", of=number, at=earlier))
        assert town.case.refusal is not None
        corrected(town, number, earlier)
        does(town, take("transfer", of=number, at=earlier))

    @pytest.mark.parametrize("channel", ["transfer", "feed"])
    def test_of_what_was_raised_elsewhere_is_due_by_its_registration(
        self, town: Town, channel: str
    ):
        """When it was raised there is no receipt here."""
        (number,) = town.register(channel=channel, occurred_at=RECEIVED)
        assert corrected(town, number, RECEIVED - DAY) == []
        assert listed(town, number) == [("2026-12-09", 0)]

    @BEGUN
    @pytest.mark.parametrize("channel", ["transfer", "feed", "letter"])
    def test_is_due_by_what_is_stated_apart(self, town: Town, channel: str, steps: Sequence[str]):
        """When it came here; when it was raised moves nothing then."""
        came = {"occurred_at": RECEIVED, "received_at": RECEIVED + 2 * DAY}
        (number,) = town.register(channel=channel, **came)
        begin(town, number, *steps)
        assert listed(town, number) == [("2026-12-02", 0)]
        assert corrected(town, number, RECEIVED - 9 * DAY) == []
        town.counter.correct(number, received_at=(RECEIVED + DAY).isoformat())
        town.arrive()
        assert listed(town, number) == [("2026-12-01", 0)]
        # That of a category tells it again, and moves nothing.
        town.counter.correct(number, category="劳动社保")
        town.arrive()
        assert town.facts() == []

    @pytest.mark.parametrize("channel", ["transfer", "letter"])
    def test_is_due_by_what_is_stated_later(self, town: Town, channel: str):
        """It was forgotten at the registration; no day before it was raised, none to come."""
        (number,) = town.register(channel=channel, occurred_at=RECEIVED)
        town.counter.correct(number, received_at=(RECEIVED + DAY).isoformat())
        town.arrive()
        assert listed(town, number) == [("2026-12-01", 0)]
        for received_at, refusal in (
            (RECEIVED - DAY, ReceivedTooEarly),
            (NOON + DAY, InTheFuture),
        ):
            with pytest.raises(refusal) as refused:
                town.counter.correct(number, received_at=received_at.isoformat())
            assert list(refused.value.fields) == ["received_at"]
            stated = raised(occurred_at=RECEIVED, received_at=received_at)
            with pytest.raises(refusal):
                town.counter.intake.check(actor(CLERK), stated)

    def test_does_not_move_where_something_else_is_corrected(self, town: Town):
        number = letter(town)
        town.counter.correct(number, category="劳动社保")
        town.arrive()
        assert town.facts() == []


class TestAPetitionThatIsPartOfAnotherMatter:
    def test_moves_nothing_of_that(self, town: Town):
        """Its own term is none there."""
        first = letter(town)
        second = named(town, 6, of=first, channel="letter", occurred_at=RECEIVED)
        assert corrected(town, second, RECEIVED - DAY) == []
        assert listed(town, first) == [("2026-11-30", 0)]
        town.unlink(second)
        assert listed(town, second) == [("2026-11-29", 0)]

    def test_is_due_by_what_was_stated_apart_when_it_is_parted(self, town: Town):
        """Of a repeat that never was a matter too."""
        first = letter(town)
        came = {"occurred_at": RECEIVED, "received_at": RECEIVED + 2 * DAY}
        second = named(town, 6, of=first, channel="transfer", **came)
        town.unlink(second)
        assert listed(town, second) == [("2026-12-02", 0)]

    def test_is_due_by_its_own_receipt_when_it_is_parted(self, town: Town):
        first, second = letter(town), letter(town)
        town.link(second, first)
        assert corrected(town, second, RECEIVED - DAY) == [MOVED]
        assert listed(town, first) == [("2026-11-30", 0)]
        town.unlink(second)
        assert listed(town, second) == [("2026-11-29", 0)]
        assert first_step(town, second)["due_on"] == "2026-11-29"

    def test_is_late_still_where_it_was(self, town: Town):
        first, second = letter(town), letter(town)
        town.case.clock.advance(8 * DAY)
        town.link(second, first)
        corrected(town, second, NOON - DAY)
        town.unlink(second)
        assert listed(town, second) == [("2026-11-30", 2)]

    def test_that_is_the_first_moves_the_whole(self, town: Town):
        """The matter is due by the receipt of its first petition, whatever is part of it."""
        first, second = letter(town), letter(town)
        town.link(second, first)
        assert corrected(town, first, RECEIVED - DAY) == [MOVED]
        assert listed(town, first) == [("2026-11-29", 0)]


class TestWhatIsOnRecord:
    @BEGUN
    def test_told_twice_nothing_more_happens(self, town: Town, steps: Sequence[str]):
        number = letter(town)
        begin(town, number, *steps)
        corrected(town, number, RECEIVED - DAY)
        before = tables(town.case.application)
        delete_rows(town.case.application, "applied_position")
        town.arrive()
        assert (town.facts(), tables(town.case.application)) == ([], before)
        town.case.application.rebuild()
        assert tables(town.case.application) == before

    def test_makes_nobody_the_owner(self, town: Town):
        """A receipt is evidence (rule 1)."""
        number = letter(town)
        does(town, receive(HUANG, of=number))
        before = town.of(number)["chain"]
        corrected(town, number, RECEIVED - 5 * DAY)
        assert town.of(number)["chain"] == before

    @pytest.mark.parametrize("seed", range(12))
    def test_never_becomes_less_late(self, town: Town, seed: int):
        """Whatever is corrected, by whichever days, with or without a course or a link between."""
        chance = Random(seed)
        first, second = letter(town), letter(town)
        late = dict.fromkeys((first, second), 0)
        for _ in range(12):
            chosen = chance.choice([first, second])
            doing = chance.randrange(6)
            if doing == 0:
                begin(town, chosen, BEGINS)
            elif doing == 1:
                toggled(town, second, first)
            elif doing == 2:
                town.case.clock.advance(chance.choice([1, 5]) * DAY)
            else:
                received_at = NOON - chance.randint(0, 30) * DAY
                corrected(town, chosen, received_at + timedelta(seconds=chance.randrange(60)))
            for number in late:
                # Of what is part of the other, that one's are listed.
                now = max(days for _, days in listed(town, number))
                own = matter_of(town, number) == number
                assert not own or now >= late[number]
                late[number] = now if own else late[number]


def matter_of(town: Town, number: str) -> str:
    application = town.case.application
    return application.led_to(application.asking(actor(CLERK)), number).number


def toggled(town: Town, repeat: str, of: str) -> None:
    if matter_of(town, repeat) == of:
        town.unlink(repeat)
    else:
        town.link(repeat, of)
