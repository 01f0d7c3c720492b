"""The first step is due from the receipt (收到), whenever the petition was registered (Art 22)."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import pytest

from services.responsibility.application.courses import Courses
from services.responsibility.domain.course import Course
from services.responsibility.domain.ownership import Ownership
from services.responsibility.domain.policy import CLOCK_TOLERANCE, day_of
from services.responsibility.domain.refusals import ConditionUnmet, PetitionUnknown, StepOutOfOrder
from services.responsibility.readmodels.terms import Seen, TermsAsked, TermTables
from statute.workdays import newest_calendar
from tests.builders import (
    COUNTY,
    DAY,
    FOLLOWER,
    HUANG,
    NOON,
    SHEN,
    TAO,
    TODAY,
    happened,
    number,
    registration,
    statement,
)
from tests.unit.responsibility.casebook import ANYBODY, Casebook, close, receive, reply, take
from tests.unit.responsibility.paths import course_of, register, running, term_of, walk
from tests.unit.responsibility.town import Town, does, named
from tests.unit.stores import rows, tables

# Registered today, received nine days before: the first step is due in six days.
RECEIVED: Final = NOON - 9 * DAY
SECOND: Final = timedelta(seconds=1)
LETTER: Final = registration(channel="letter", raised_at=RECEIVED)


def listed(case: Casebook, **asked: Any) -> list[tuple[str, str]]:
    """Term and last day, as the list has them."""
    log, today = case.application.log_of_events, day_of(case.clock())
    found, _ = TermTables.listed(log, ANYBODY, TermsAsked(**asked), today, 100, "")
    return [(row["term"], row["due_on"]) for row in found]


def late(case: Casebook) -> list[tuple[str, str]]:
    return listed(case, late=True)


class TestTheFirstStep:
    def test_is_due_fifteen_days_after_the_stated_receipt(self, case: Casebook):
        """In the course, in the list, and day by day."""
        case.when_registered(LETTER)
        case.then(happened(Ownership.Awaited, timestamp=NOON, received_at=RECEIVED))
        first_step = term_of(case, "first_step")
        assert (first_step["runs_from"], first_step["due_on"]) == ("2026-11-15", "2026-11-30")
        assert listed(case) == [("first_step", "2026-11-30")]
        days = Courses(case.application).explain(number(), "first_step", FOLLOWER)["days"]
        assert (days[0]["day"], days[0]["why"]) == ("2026-11-15", "runs_from")
        assert (days[-1]["day"], days[-1]["number"]) == ("2026-11-30", 15)

    def test_is_the_same_once_the_course_has_begun(self, case: Casebook):
        """In time until the last day after the receipt, late from then on."""
        case.when_registered(LETTER)
        case.when(receive())
        walk(case, 6 * DAY, "transfer")
        assert term_of(case, "first_step")["late_days"] == 0
        assert listed(case, running=False) == [("first_step", "2026-11-30")]

    def test_is_late_from_the_registration_on_where_it_came_too_late(self, case: Casebook):
        """The lists say so at once; a supervision for delay has the record behind it."""
        case.when_registered(registration(channel="letter", raised_at=NOON - 20 * DAY))
        assert late(case) == [("first_step", "2026-11-19")]
        log, seen = case.application.log_of_events, Seen("330424", None)
        ((item), *_), _ = TermTables.to_supervise(log, ANYBODY, seen, TODAY, 9, "")
        assert (item["trigger"], item["since"]) == ("delay", "2026-11-19")
        walk(case, "transfer", "order_supervision", order_supervision={"trigger": "delay"})
        assert term_of(case, "first_step")["late_days"] == 5

    def test_begins_on_the_day_in_shanghai(self, case: Casebook):
        """A letter of half past midnight there came on the fifteenth."""
        half_past_midnight = datetime(2026, 11, 14, 16, 30, tzinfo=UTC)
        case.when_registered(registration(channel="online", raised_at=half_past_midnight))
        assert term_of(case, "first_step")["runs_from"] == "2026-11-15"

    def test_is_counted_over_a_new_year(self, case: Casebook):
        """The calendar of both years is known, so nothing of it is provisional."""
        case.clock.now = datetime(2026, 1, 5, 4, tzinfo=UTC)
        received_at = datetime(2025, 12, 25, 4, tzinfo=UTC)
        letter = registration(channel="letter", raised_at=received_at, registered_at=case.clock())
        case.when_registered(letter)
        first_step = term_of(case, "first_step")
        assert (first_step["due_on"], first_step["provisional"]) == ("2026-01-09", False)


class TestWhereNoReceiptIsStated:
    def test_the_first_step_is_due_from_the_registration(self, case: Casebook):
        """As facts of before have it: what runs already is not moved."""
        register(case)
        assert term_of(case, "first_step")["runs_from"] == TODAY.isoformat()
        assert listed(case) == [("first_step", "2026-12-09")]

    @pytest.mark.parametrize("channel", ["transfer", "feed"])
    def test_what_was_raised_elsewhere_is_received_with_its_registration(
        self, case: Casebook, channel: str
    ):
        """What is stated is when it was raised there."""
        case.when_registered(registration(channel=channel, raised_at=RECEIVED))
        assert not case.new_facts()[0].received_at
        assert listed(case) == [("first_step", "2026-12-09")]

    @pytest.mark.parametrize("channel", ["transfer", "feed", "letter"])
    def test_unless_it_is_stated_apart(self, case: Casebook, channel: str):
        """It was raised on the 15th, and came here on the 20th: until the 5th."""
        came = {"raised_at": RECEIVED, "came_at": RECEIVED + 5 * DAY}
        case.when_registered(registration(channel=channel, **came))
        case.then(happened(Ownership.Awaited, received_at=RECEIVED + 5 * DAY))
        assert listed(case) == [("first_step", "2026-12-05")]

    def test_a_day_before_all_calendars_is_a_slip_of_the_pen(self, case: Casebook):
        """Their first day is none."""
        first = datetime(2003, 12, 31, 16, tzinfo=UTC)
        assert day_of(first) == newest_calendar().first
        for serial, stated in enumerate((first - SECOND, first), start=1):
            case.when_registered(registration(serial, channel="letter", raised_at=stated))
        assert term_of(case, "first_step", 1)["runs_from"] == TODAY.isoformat()
        assert term_of(case, "first_step", 2)["runs_from"] == "2004-01-01"

    def test_a_clock_that_is_ahead_receives_nothing_after_the_registration(self, case: Casebook):
        """By as much as intake lets it be."""
        case.when_registered(registration(channel="letter", raised_at=NOON + CLOCK_TOLERANCE))
        case.then(happened(Ownership.Awaited, received_at=NOON))


class TestStepsBeforeTheRegistration:
    """The letter came on the 15th, was transferred on the 19th and registered on the 24th."""

    TRANSFERRED: Final = NOON - 5 * DAY

    @pytest.fixture(autouse=True)
    def registered(self, case: Casebook) -> None:
        case.when_registered(LETTER)
        case.when(receive())

    def test_are_taken_on_the_day_that_is_stated(self, case: Casebook):
        """Whoever asks sees how long it took; when that was recorded is what it was."""
        case.clock.advance(DAY)
        walk(case, "transfer", transfer={"at": self.TRANSFERRED})
        first_step = term_of(case, "first_step")
        assert (first_step["ended_on"], first_step["late_days"]) == ("2026-11-19", 0)
        assert term_of(case, "acceptance")["due_on"] == "2026-12-04"
        assert term_of(case, "objection")["due_on"] == "2026-11-26"
        begun, *_ = recorded = case.application.log_of_events.select_recorded(3, 100)
        assert case.application.mapper.to_domain_event(begun).timestamp == NOON
        assert {each.recorded_at for each in recorded} == {NOON + DAY}

    def test_follow_one_another(self, case: Casebook):
        """One before another's day is refused, as ever."""
        walk(case, "transfer", transfer={"at": self.TRANSFERRED})
        case.when(take("accept", at=self.TRANSFERRED - SECOND))
        case.then_refused(StepOutOfOrder, happened_at="lies before the step before it")
        case.when(take("accept", at=self.TRANSFERRED + DAY))
        assert term_of(case, "handling")["runs_from"] == "2026-11-20"

    def test_are_refused_by_the_name_under_which_they_are_dated(self, case: Casebook):
        """A reply by when it was delivered; with the time before which it cannot have been."""
        walk(case, "transfer", "accept", "handle")
        case.when(reply(at=NOON - DAY))
        told = {"delivered_at": "lies before the step before it", "not_before": NOON.isoformat()}
        case.then_refused(StepOutOfOrder, **told)
        assert "happened_at" not in case.refusal.fields

    def test_do_not_lie_before_the_receipt(self, case: Casebook):
        """To the second."""
        case.when(take("transfer", at=RECEIVED - SECOND))
        case.then_refused(StepOutOfOrder, happened_at="lies before the receipt of the petition")
        case.when(take("transfer", at=RECEIVED))
        assert case.refusal is None

    def test_are_not_known_before_they_are_recorded(self, case: Casebook):
        """As of an instant counts what was on record then, not when it happened."""
        case.clock.advance(DAY)
        walk(case, "transfer", transfer={"at": self.TRANSFERRED})
        courses = Courses(case.application)
        then = courses.course_of(number(), NOON, FOLLOWER)
        assert (then["state"], then["version"]) == ("registered", 0)
        with pytest.raises(PetitionUnknown):
            courses.course_of(number(), self.TRANSFERRED, FOLLOWER)

    def test_leave_the_state_before_them_as_it_was_recorded(self, case: Casebook):
        """It is registered since its registration."""
        assert course_of(case)["since"] == "2026-11-24T04:00:00.000000Z"

    def test_do_not_move_the_owner(self, case: Casebook):
        """He is who received it first by the record."""
        chain = case.ownership()["chain"]
        walk(case, "transfer", "accept", transfer={"at": self.TRANSFERRED})
        assert case.ownership()["chain"] == chain

    def test_add_up_to_the_same_tables(self, case: Casebook):
        """A rebuild from position 0."""
        walk(case, "transfer", "accept", transfer={"at": self.TRANSFERRED})
        before = tables(case.application)
        case.application.rebuild()
        assert tables(case.application) == before

    def test_are_refused_where_the_receipt_is_not_on_record(self, case: Casebook):
        """A matter of before: none of its steps lies before its registration."""
        register(case, 2)
        case.when(take("transfer", of=number(2), at=NOON - SECOND))
        case.then_refused(StepOutOfOrder)


class TestAReceiptMakesNobodyTheOwner:
    """It is evidence; first is decided by what is recorded (rule 1)."""

    def test_the_leader_on_duty_is_that_of_the_registration(self, case: Casebook):
        """Not who was on duty when the letter came (rule 5)."""
        case.given_roster(SHEN, day_of(RECEIVED))
        case.given_roster(HUANG)
        case.when_registered(LETTER)
        assert case.ownership()["owner"] == HUANG
        assert case.ownership()["chain"][0]["since"] == "2026-11-24T04:00:00.000000Z"

    def test_a_reception_after_it_is_the_first_contact(self, case: Casebook):
        """And one of before the registration contests nothing that it did not contest before."""
        case.when_registered(registration(raised_at=RECEIVED))
        case.when(receive(HUANG))
        case.when(receive(SHEN, at=RECEIVED))
        assert case.answer["standing"] == "disputed"
        assert case.ownership()["owner"] == HUANG

    def test_a_repeat_received_earlier_joins_its_matter(self, case: Casebook):
        """It was registered later: the owner is that of the matter, and so is its term."""
        register(case)
        case.when_registered(
            registration(2, repeats=registration().petition_id, raised_at=RECEIVED)
        )
        case.then(happened(Ownership.RepeatJoined, owner=HUANG))
        assert listed(case) == [("first_step", "2026-12-09")]


class TestClosedWithoutACourse:
    def test_the_term_for_a_review_runs_from_a_reply_before_the_registration(self, case: Casebook):
        """The office answered the letter at once and registered it a week later."""
        case.when_registered(LETTER)
        case.when(receive())
        case.when(reply(at=RECEIVED + DAY))
        case.when(close(statement()))
        assert case.refusal is None, case.refusal.fields
        case.clock.now = RECEIVED + 32 * DAY
        case.when(take("ask_review"))
        case.then_refused(ConditionUnmet, condition="review_in_time")
        case.clock.now = RECEIVED + 31 * DAY
        walk(case, "ask_review")
        assert term_of(case, "review_request")["runs_from"] == "2026-11-16"


class TestWhatIsPartOfAnotherMatter:
    """Two petitions that a clerk links and parts again."""

    @pytest.fixture
    def letters(self, town: Town) -> tuple[str, str]:
        first, second = town.register(2, channel="letter", occurred_at=RECEIVED)
        return first, second

    def first_step(self, town: Town, of: str) -> Any:
        shown = Courses(town.case.application).course_of(of, None, FOLLOWER)
        return next(term for term in shown["terms"] if term["term"] == "first_step")

    def test_has_its_term_again_when_it_is_parted(self, town: Town, letters: tuple[str, str]):
        """To the day that it had."""
        first, second = letters
        before = self.first_step(town, second)
        assert before["due_on"] == "2026-11-30"
        town.link(second, first)
        town.case.clock.advance(DAY)
        town.unlink(second)
        assert self.first_step(town, second) == before
        assert rows(town.case.application, "term")[1][4] == date(2026, 11, 30).toordinal()

    def test_runs_from_its_receipt_where_it_never_was_a_matter(self, town: Town):
        """It was a repeat from the first: intake says with the splitting when it was raised."""
        (first,) = town.register(channel="letter")
        second = named(town, 7, of=first, channel="letter", occurred_at=RECEIVED)
        town.unlink(second)
        assert self.first_step(town, second)["due_on"] == "2026-11-30"

    def test_closed_again_without_a_course_ran_from_its_receipt(
        self, town: Town, letters: tuple[str, str]
    ):
        """What an undone link had opened: its first step was what it was, two days late."""
        first, second = letters
        does(town, receive(TAO, of=first))
        town.case.clock.advance(8 * DAY)
        does(town, close(statement(outcome="withdrawn"), by=TAO, of=first))
        closed = rows(town.case.application, "term")
        town.link(second, first)
        assert rows(town.case.application, "term") != closed
        town.unlink(second)
        assert "Ownership.ReopeningVoided" in town.facts()
        row = next(row for row in rows(town.case.application, "term") if row[1] == first)
        assert row in closed
        assert row[7] == 2


def test_a_course_of_before_begins_with_its_registration(case: Casebook) -> None:
    """Its fact says nothing of a receipt."""
    register(case)
    walk(case, "transfer")
    begun = next(
        fact
        for each in case.application.log_of_events.select_recorded(0, 10)
        if isinstance(fact := case.application.mapper.to_domain_event(each), Course.Begun)
    )
    state = {name: value for name, value in vars(begun).items() if name != "received_at"}
    old = object.__new__(Course.Begun)
    object.__setattr__(old, "__dict__", state)
    course = old.mutate(None)
    assert course is not None
    assert course.not_before == NOON
    assert running(case) == {"acceptance", "objection"}
    assert course.office == COUNTY
