"""What is offered can be taken, and what the record stands against is not offered."""

from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Any, Final

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from services.responsibility.application.courses import Courses
from services.responsibility.application.steps import OUTCOMES
from services.responsibility.domain.evidence import ClosingStatement
from services.responsibility.domain.offered import DECIDED_WHEN_ASKED
from services.responsibility.domain.ownership import Ownership
from services.responsibility.domain.policy import day_of
from services.responsibility.domain.refusals import CaseClosed
from statute.course import CONDITIONS, STEPS, steps_from
from tests.builders import (
    CITY,
    DAY,
    FOLLOWER,
    HUANG,
    SHEN,
    Clock,
    actor,
    happened,
    number,
    petition_id,
    registration,
)
from tests.unit.responsibility.casebook import (
    Asked,
    Casebook,
    FakeArrivals,
    close,
    receive,
    reopen,
    reply,
    responsibility,
    rule,
    take,
)
from tests.unit.responsibility.meanwhile import corrected, named, unit_is_a_party, withdrawn
from tests.unit.responsibility.paths import PATHS, course_of, register, walk
from tests.unit.stores import Stores

MINUTE: Final = timedelta(minutes=1)
PROVINCE: Final = "330000-01"
# Who decides a review leaves one above him for the re-review.
SEATS: Final = {"decide_review": CITY}
# At work in some of the histories, and a party in some of those.
UNITS: Final = ("330424-07", "330424-08")


def opened(case: Casebook) -> set[str]:
    return {each["step"] for each in course_of(case)["open_steps"]}


class Walk:
    """One matter, to which somebody comes whom nothing personal stands against."""

    def __init__(self, case: Casebook, chance: Random) -> None:
        self.case, self.chance = case, chance
        self.passers_by = 0
        self.repeats = 1

    def begin(self) -> None:
        """Anywhere in the course of an appeal that somebody owns, or at the first as another."""
        if self.chance.random() < 0.7:
            register(self.case)
            walk(self.case, *PATHS[self.chance.choice(list(PATHS))])
            return
        petition_class = self.chance.choice(["appeal", "suggestion"])
        self.case.when_registered(registration(petition_class=petition_class))

    def ways(self, step: str) -> Iterator[Asked]:
        """Yield all ways to take a step that can make a difference, the most hopeful ones."""
        self.passers_by += 1
        by = {"by": f"P{self.passers_by}", "office": SEATS.get(step, PROVINCE)}
        soon = (day_of(self.case.clock()) + 9 * DAY).isoformat()
        if step == "reply":
            yield reply(by=actor(HUANG, PROVINCE))
        elif step == "close":
            state = course_of(self.case)["state"]
            outcome = OUTCOMES.get(state, ("settled",))[0]
            owner = self.case.ownership()["owner"] or HUANG
            yield close(ClosingStatement(outcome), by=owner)
        elif step == "reopen":
            yield reopen()
        else:
            stated: dict[str, Any] = {"report_by": soon, "days": 1, "unit": "330424-09"}
            known = {name: stated[name] for name in stated if name in STEPS[step].takes}
            for variant in VARIANTS.get(step, ({},)):
                yield take(step, **by, **{**known, **variant})

    def compare(self) -> None:
        """Whatever else the table has from here is refused, in whichever way it is asked for."""
        course, offered = course_of(self.case), opened(self.case)
        leading_on = {step.code for step in steps_from(course["state"], course["petition_class"])}
        assert offered <= leading_on | {"reopen"}
        for step in leading_on - offered:
            for asked in self.ways(step):
                self.case.when(asked)
                assert self.case.refusal is not None, f"{step} was not offered"

    def go_on(self) -> None:
        """Take a step that is offered: some way to take it is open."""
        offered = sorted(opened(self.case))
        onward = [step for step in offered if STEPS[step].to]
        step = self.chance.choice(onward if onward and self.chance.random() < 0.7 else offered)
        ways = list(self.ways(step))
        self.chance.shuffle(ways)
        for asked in ways:
            self.case.when(asked)
            if self.case.refusal is None:
                return
        raise AssertionError(f"{step} was offered: {self.case.refusal.fields}")

    def let_something_happen(self) -> None:
        self.chance.choice(MEANWHILE)(self)

    def let_days_go_by(self) -> None:
        self.case.clock.advance(self.chance.choice([1, 5, 8, 16, 31, 61]) * DAY)

    def be_received(self) -> None:
        self.case.when(receive(HUANG, by=actor(HUANG, PROVINCE)))

    def be_contested(self) -> None:
        self.case.when(receive(SHEN, at=self.case.clock() - 100 * DAY, by=actor(SHEN, PROVINCE)))

    def be_ruled_on(self) -> None:
        for rival in self.case.ownership()["rivals"]:
            self.case.when(rule(self.chance.choice(["upheld", "rejected"]), rival["dispute_id"]))

    def be_repeated(self) -> None:
        self.repeats += 1
        self.case.when_registered(
            registration(self.repeats, repeats=petition_id(1), registered_at=self.case.clock())
        )

    def change_class(self) -> None:
        corrected(self.case, self.chance.choice(["appeal", "suggestion"]))

    def name_a_unit(self) -> None:
        named(self.case, self.chance.choice(UNITS))

    def withdraw(self) -> None:
        withdrawn(self.case)

    def date_back(self) -> None:
        """A step that is put on record late; whether it is refused is not asked here."""
        step = self.chance.choice(sorted(opened(self.case)))
        if step not in {"close", "reopen", "reply"}:
            at = self.case.clock() - self.chance.choice([1, 4, 20]) * DAY
            self.case.when(take(step, at=at, by="P0", office=PROVINCE))


# What is stated with a step where that can decide whether it is open.
VARIANTS: Final[dict[str, tuple[dict[str, Any], ...]]] = {
    "evaluate": ({"satisfied": True}, {"satisfied": False}),
    "check": ({}, {"aspect": "process"}, {"aspect": "outcome"}, {"aspect": "file"}),
    "replace_unit": tuple({"instead_of": unit} for unit in (*UNITS, "330424-09")),
    "ask_assistance": ({"unit": UNITS[0]}, {"unit": UNITS[1]}, {"unit": "330424-09"}),
}


MEANWHILE: Final = (
    *[Walk.let_days_go_by] * 5,
    Walk.be_received,
    Walk.be_contested,
    Walk.be_ruled_on,
    Walk.be_repeated,
    Walk.change_class,
    Walk.name_a_unit,
    Walk.withdraw,
    Walk.date_back,
)


class TestWhatIsOffered:
    @settings(max_examples=60, phases=[Phase.generate])
    @given(seed=st.integers(0, 2**32))
    def test_is_what_nothing_on_record_stands_against(self, stores: Stores, seed: int):
        """Each step that is offered is taken; each other one of the table is refused."""
        clock, arrivals = Clock(), FakeArrivals()
        with stores.opened(
            "responsibility", lambda env: responsibility(env, clock, arrivals)
        ) as it:
            history = Walk(Casebook(it, clock, arrivals), Random(seed))
            history.begin()
            for _ in range(8):
                clock.advance(MINUTE)
                history.compare()
                history.go_on()
                history.let_something_happen()

    def test_leaves_to_whoever_asks_what_is_his_to_state(self):
        """All other conditions are the record's."""
        assert set(CONDITIONS) > DECIDED_WHEN_ASKED


class TestAReview:
    def test_that_was_asked_for_is_not_offered_again_when_all_is_closed(self, case: Casebook):
        """The right is used up."""
        register(case)
        walk(case, *PATHS["ended"], "close")
        assert "ask_review" not in opened(case)

    def test_is_not_offered_when_its_days_are_over(self, case: Casebook):
        """It is until then, whatever is closed meanwhile; as of then it was."""
        register(case)
        walk(case, *PATHS["closed"])
        then = case.clock()
        assert "ask_review" in opened(case)
        walk(case, 31 * DAY)
        assert "ask_review" not in opened(case)
        case.clock.advance(DAY)
        shown = Courses(case.application).course_of(number(), then, FOLLOWER)
        assert "ask_review" in {each["step"] for each in shown["open_steps"]}


class TestASupervision:
    def test_is_answered_once_it_was_ordered(self, case: Casebook):
        register(case)
        assert opened(case).isdisjoint({"answer_supervision", "propose", "adopt_proposal"})
        walk(case, "order_supervision")
        assert opened(case) >= {"answer_supervision", "propose"}
        walk(case, "answer_supervision", "propose")
        assert "adopt_proposal" in opened(case)
        assert opened(case).isdisjoint({"answer_supervision", "propose"})


class TestAUnit:
    def test_is_replaced_where_it_is_a_party(self, case: Casebook):
        """And not otherwise: it would be a way to pass a matter on."""
        register(case)
        walk(case, *PATHS["handling"])
        assert "replace_unit" not in opened(case)
        unit_is_a_party(case)
        assert "replace_unit" in opened(case)


class TestAMatterWithoutAnOwner:
    def test_is_neither_replied_to_nor_closed(self, case: Casebook):
        """Until somebody receives it."""
        case.when_registered(registration())
        walk(case, "transfer", "accept", "handle")
        assert "reply" not in opened(case)
        case.when(receive())
        assert "reply" in opened(case)

    def test_that_is_contested_is_not_closed(self, case: Casebook):
        register(case)
        walk(case, *PATHS["cleared"])
        case.when(receive(SHEN, at=case.clock() - DAY))
        assert "close" not in opened(case)
        case.when(rule("rejected", case.answer["dispute_id"]))
        assert "close" in opened(case)


class TestAMatterThatWasClosedBesideItsCourse:
    def test_is_opened_again_first(self, case: Casebook):
        """In another process, while its first step was taken here."""
        register(case)
        walk(case, "transfer")
        case.given(happened(Ownership.Closed))
        assert opened(case) == {"reopen"}
        case.when(take("accept"))
        case.then_refused(CaseClosed)
        case.when(reopen())
        assert "accept" in opened(case)
