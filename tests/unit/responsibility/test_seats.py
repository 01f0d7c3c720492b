"""Each step has its office: the unit works, the petition office checks, a body above reviews."""

from typing import Final

import pytest

from services.responsibility.domain.ownership import Ownership
from services.responsibility.domain.refusals import OfficeNotAllowed
from statute.course import STEPS
from tests.builders import CITY, COUNTY, HEAD, HUANG, SAME_COUNTY, actor, happened
from tests.unit.responsibility.casebook import GIVEN, Casebook, correct, reopen, reply, take
from tests.unit.responsibility.paths import (
    HEAD_OF_THE_UNIT,
    PATHS,
    TO_CLEARANCE,
    course_of,
    register,
    walk,
)

UNIT: Final = GIVEN["unit"]
ASSISTING: Final = "330424-08"
NOT_OF_THE_UNIT: Final = (
    "take_back", "insist", *TO_CLEARANCE[4:], "re_examine", "inspect", "end", "decide_review",
    "remand", "begin_hearing", "decide_re_review", "transfer", "order_supervision", "propose",
    "settle_competence",
)  # fmt: skip
OF_THE_UNIT: Final = ("object", "accept", "handle", "report_progress", "ask_extension")
BEFORE: Final = {
    "report_progress": "handling",
    "ask_extension": "handling",
    "accept": "transferred",
    "handle": "accepted",
    "object": "transferred",
}


def before(step: str) -> str:
    """A state that the step leads from, behind the naming of a unit."""
    if step in BEFORE:
        return BEFORE[step]
    return next((each for each in STEPS[step].sources if each != "registered"), "registered")


class TestTheHandlingUnit:
    @pytest.mark.parametrize("step", OF_THE_UNIT)
    def test_takes_its_own_steps(self, case: Casebook, step: str):
        """Wherever the matter's office is."""
        register(case)
        walk(case, *PATHS[before(step)])
        case.when(take(step, by=HEAD_OF_THE_UNIT, office=UNIT))
        assert case.refusal is None

    @pytest.mark.parametrize("step", [step for step in NOT_OF_THE_UNIT if step != "transfer"])
    def test_takes_none_of_the_steps_that_look_at_its_work(self, case: Casebook, step: str):
        """It does not agree to its own objection, nor check, evaluate or review itself."""
        register(case)
        walk(case, *PATHS[before(step)])
        assert course_of(case)["unit"] == UNIT
        case.when(take(step, by="K330424079", office=UNIT))
        case.then_refused(OfficeNotAllowed, office=COUNTY)

    @pytest.mark.parametrize("step", TO_CLEARANCE[4:])
    def test_that_assists_does_not_check_either(self, case: Casebook, step: str):
        """It took part."""
        register(case)
        walk(case, *PATHS["handling"], "ask_assistance", ask_assistance={"unit": ASSISTING})
        walk(case, *TO_CLEARANCE[3 : TO_CLEARANCE.index(step)])
        case.when(take(step, by="K330424089", office=ASSISTING))
        case.then_refused(OfficeNotAllowed, office=COUNTY)

    def test_does_not_check_by_having_the_owner_either(self, case: Casebook):
        """The office of the owner has a say, but not over its own work."""
        register(case)
        walk(case, *PATHS["visited"])
        case.given(happened(Ownership.Succeeded, owner="L330424007", office=UNIT))
        for by in ("K330424079", "L330424007"):
            case.when(take("check", by=by, office=UNIT))
            case.then_refused(OfficeNotAllowed, office=COUNTY)

    def test_that_is_the_office_of_the_matter_checks_by_other_people(self, case: Casebook):
        """A small county office registers and handles."""
        register(case)
        walk(case, *PATHS["closed"], transfer={"unit": COUNTY})
        assert course_of(case)["unit"] == COUNTY

    def test_above_the_matter_does_not_check_itself(self, case: Casebook):
        """A bureau of the city stands above the county, and still handled the matter."""
        register(case)
        walk(case, *PATHS["visited"], transfer={"unit": "330400-05"})
        case.when(take("check", by="K330400059", office="330400-05"))
        case.then_refused(OfficeNotAllowed, office=COUNTY)

    def test_corrects_what_it_stated_and_nothing_else(self, case: Casebook):
        """The scores that it was given are not its own to change."""
        register(case)
        walk(case, *PATHS["evaluated"])
        accepted, evaluated = 2, 5
        of_the_unit = {"by": HEAD_OF_THE_UNIT, "office": UNIT}
        case.when(correct(evaluated, unit_score=5, **of_the_unit))
        case.then_refused(OfficeNotAllowed, office=COUNTY)
        case.when(correct(99, document="another", **of_the_unit))
        case.then_refused(OfficeNotAllowed, office=COUNTY)
        case.when(correct(accepted, document="another", **of_the_unit))
        assert case.refusal is None


class TestAnOfficeBesideThem:
    @pytest.mark.parametrize("step", [*NOT_OF_THE_UNIT[:-6], "transfer", *OF_THE_UNIT])
    def test_takes_no_step(self, case: Casebook, step: str):
        """That it is of the same county gives it no say in the matter."""
        if STEPS[step].anywhere_in_region:
            return
        register(case)
        walk(case, *PATHS[before(step)])
        case.when(take(step, by="D330424002", office=SAME_COUNTY))
        case.then_refused(OfficeNotAllowed, office=COUNTY)

    def test_neither_replies_nor_reopens(self, case: Casebook):
        """By the commands of the ownership as little."""
        register(case)
        walk(case, *PATHS["handling"])
        case.when(reply(by=actor("U9", SAME_COUNTY)))
        case.then_refused(OfficeNotAllowed, office=COUNTY)
        case.given(happened(Ownership.Closed))
        case.when(reopen(by=actor("D9", SAME_COUNTY)))
        case.then_refused(OfficeNotAllowed, office=COUNTY)

    def test_hands_in_what_the_petitioner_asks_for(self, case: Casebook):
        """He may go to any window of his county."""
        register(case)
        walk(case, *PATHS["replied"])
        case.when(take("ask_review", by="K330424029", office=SAME_COUNTY))
        assert course_of(case)["state"] == "review_asked"

    def test_may_be_the_other_body_of_a_re_review(self, case: Casebook):
        """Where none is above the one that reviewed there has to be one beside it."""
        register(case)
        walk(case, *PATHS["re_review_asked"])
        case.when(take("decide_re_review", by="D330424002", office=SAME_COUNTY))
        assert course_of(case)["state"] == "re_reviewed"


class TestAnOfficeAbove:
    @pytest.mark.parametrize("step", [*NOT_OF_THE_UNIT[:-6], *OF_THE_UNIT])
    def test_may_take_any_step(self, case: Casebook, step: str):
        """The city acts for the county's matter."""
        register(case)
        walk(case, *PATHS[before(step)], evaluate={"satisfied": step != "re_examine"})
        case.when(take(step, by="D330400002", office=CITY))
        assert case.refusal is None

    def test_that_sent_a_matter_decides_on_the_objection(self, case: Casebook):
        """The office of the matter, which lies below it, does not."""
        register(case)
        walk(case, *PATHS["objected"], transfer={"by": "D330400002", "office": CITY})
        case.when(take("insist", by=HEAD))
        assert case.refusal is not None
        case.when(take("insist", by="D330400003", office=CITY))
        assert course_of(case)["state"] == "transferred"

    def test_delivers_what_the_owner_would(self, case: Casebook):
        """As does the owner himself."""
        register(case)
        walk(case, *PATHS["handling"])
        case.when(reply(by=actor(HUANG, CITY)))
        assert case.refusal is None
