"""What an accusation has left is open again; nothing of it shows there (Arts 27 to 30)."""

from typing import Any

import pytest

from services.intake.application.ports import Parties
from services.intake.domain.refusals import PetitionUnknown, Sealed
from services.intake.readmodels.proposals import Proposals
from services.intake.readmodels.register import Sight
from tests.builders import CITY, CLERK, COUNTY, actor, content, intake_command, raised
from tests.unit.intake.desk import Desk, reader
from tests.unit.responsibility.linked import Counter
from tests.unit.stores import tables

COLLEAGUE = "K330424002"
ACCUSED = "L330424009"
COLLEAGUES = reader(actor(COLLEAGUE), "clerk")


@pytest.fixture
def counter(desk: Desk) -> Counter:
    return Counter(desk.application)


def name(desk: Desk, number: str) -> None:
    named = Parties([ACCUSED], (), "查阅附件后得知", "海信登〔2026〕31号")
    command = intake_command(f"name-{number}")
    desk.application.name_parties(command, reader(actor(CLERK)), number, named)


@pytest.fixture
def pair(desk: Desk) -> tuple[str, str]:
    """An appeal, and what was linked to it by mistake."""
    first = desk.registered(raised())["number"]
    return first, desk.registered(raised(repeat_of=first))["number"]


def is_open(desk: Desk, number: str, to: Any = COLLEAGUES) -> bool:
    try:
        desk.application.petition(to, number)
    except (Sealed, PetitionUnknown):
        return False
    return True


@pytest.mark.parametrize("accusation", [0, 1], ids=["the first", "the repeat"])
def test_each_of_the_two_is_sealed_by_its_own_petitions(
    desk: Desk, counter: Counter, pair: tuple[str, str], accusation: int
):
    """While they are one matter both are; whichever of them is the accusation stays so."""
    counter.correct(pair[accusation], "accusation")
    assert [is_open(desk, each) for each in pair] == [False, False]
    counter.unlink(pair[1])
    assert [is_open(desk, each) for each in pair] == [accusation == 1, accusation == 0]


def test_what_repeats_the_accusation_stays_sealed_with_it(
    desk: Desk, counter: Counter, pair: tuple[str, str]
):
    """Until it leaves in its turn."""
    first, second = pair
    third = desk.registered(raised(repeat_of=second))["number"]
    counter.correct(second, "accusation")
    counter.unlink(second)
    assert [is_open(desk, each) for each in (first, second, third)] == [True, False, False]
    counter.unlink(third)
    assert [is_open(desk, each) for each in (first, second, third)] == [True, False, True]


def test_one_that_holds_another_accusation_stays_sealed(
    desk: Desk, counter: Counter, pair: tuple[str, str]
):
    first, second = pair
    third = desk.registered(raised(repeat_of=first))["number"]
    counter.correct(second, "accusation")
    counter.correct(third, "accusation")
    counter.unlink(second)
    assert not is_open(desk, first)


def test_the_parties_of_what_has_left_are_kept_out_of_that_alone(
    desk: Desk, counter: Counter, pair: tuple[str, str]
):
    first, second = pair
    counter.correct(second, "accusation")
    name(desk, second)
    counter.unlink(second)
    him = reader(actor(ACCUSED), "clerk")
    assert (is_open(desk, first, him), desk.application.row_of(first)["kept_out"]) == (True, "")
    assert not is_open(desk, second, him)


def test_what_becomes_known_after_it_left_with_another_is_about_that_one(
    desk: Desk, counter: Counter, pair: tuple[str, str]
):
    """Its facts name the matter that it was linked to; it has left that since."""
    first, second = pair
    third = desk.registered(raised(repeat_of=second))["number"]
    counter.unlink(second)
    counter.correct(third, "accusation")
    name(desk, third)
    assert [is_open(desk, each) for each in (first, second, third)] == [True, False, False]
    assert desk.application.row_of(first)["kept_out"] == ""
    before = tables(desk.application)
    desk.application.rebuild()
    assert tables(desk.application) == before


def test_a_proposal_names_no_accusation_to_those_above_its_office(
    desk: Desk, counter: Counter, pair: tuple[str, str]
):
    """What was proposed has become one since; the clerks of its office know that there is one."""
    first, second = pair
    asked = desk.registered(raised(content=content(title="外墙渗水无人修,多次反映没有答复")))
    assert asked["may_repeat"] == first
    counter.correct(first, "accusation")
    sights = [Sight("3304", "K9", "", auditing=False, office=each) for each in (COUNTY, CITY)]
    with desk.application.log_of_events.reading() as questions:
        seen = [Proposals.listed(questions, COUNTY, each, 9, "")[0] for each in sights]
    assert [len(items) for items in seen] == [1, 0]
    assert second not in {item["repeat_of"] for items in seen for item in items}
