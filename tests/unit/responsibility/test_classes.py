"""The class of a matter is that of its petitions: it comes with them, and leaves with them."""

from typing import Any

import pytest

from services.responsibility.application.callers import Viewer
from services.responsibility.application.courses import Courses
from services.responsibility.domain.refusals import PetitionUnknown
from tests.builders import (
    DAY,
    FOLLOWER,
    HOUR,
    HUANG,
    OTHER_COUNTY,
    SHEN,
    Clock,
    actor,
)
from tests.unit.responsibility.casebook import receive, take
from tests.unit.responsibility.town import Town, does, named, terms_of

ELSEWHERE = Viewer(actor("K9", OTHER_COUNTY))
ACCUSED = Viewer(actor(SHEN))


def corrected(town: Town, number: str, petition_class: str) -> None:
    town.counter.correct(number, petition_class)
    town.arrive()


def course(town: Town, number: str, viewer: Viewer = FOLLOWER, as_of: Any = None) -> Any:
    return Courses(town.case.application).course_of(number, as_of, viewer)


def classes(town: Town, *numbers: str) -> list[str]:
    return [course(town, number)["petition_class"] for number in numbers]


class TestAnAccusationThatLeaves:
    """A repeat turned out to be one while it was part of an appeal."""

    @pytest.fixture
    def pair(self, town: Town, clock: Clock) -> tuple[str, str]:
        first, second = town.register(2)
        does(town, receive(HUANG, of=first), receive(SHEN, of=second))
        does(town, take("accept", of=first))
        town.link(second, first)
        corrected(town, second, "accusation")
        town.counter.name(second, SHEN)
        town.arrive()
        clock.advance(HOUR)
        return first, second

    def test_seals_the_whole_while_it_is_part_of_it(self, town: Town, pair: tuple[str, str]):
        assert classes(town, *pair) == ["accusation", "accusation"]

    def test_is_sealed_where_it_goes_and_the_appeal_is_one_again(
        self, town: Town, pair: tuple[str, str]
    ):
        first, second = pair
        town.unlink(second)
        assert classes(town, first, second) == ["appeal", "accusation"]
        for viewer in (ELSEWHERE, ACCUSED):
            with pytest.raises(PetitionUnknown):
                course(town, second, viewer)
            with pytest.raises(PetitionUnknown):
                town.case.application.owner_of(second, viewer)

    def test_is_on_record_as_one_before_it_is_told_of(self, town: Town, pair: tuple[str, str]):
        town.unlink(pair[1])
        told = town.facts()
        assert told.index("Ownership.MatterCorrected") < told.index("Ownership.Split")

    def test_leaves_no_trace_in_the_course_of_the_appeal(self, town: Town, pair: tuple[str, str]):
        """Who may see that one sees neither that there was another, nor the days of it."""
        first, second = pair
        sealed_at = town.case.clock()
        town.case.clock.advance(DAY)
        town.unlink(second)
        assert "previous_class" not in course(town, first, Viewer(actor("L9")))
        with pytest.raises(PetitionUnknown):
            course(town, first, ELSEWHERE, sealed_at)

    def test_leaves_the_appeal_its_terms(self, town: Town, pair: tuple[str, str]):
        first, second = pair
        town.unlink(second)
        assert terms_of(town, first)["handling"] == ""

    def test_that_never_was_a_matter_is_sealed_from_its_first_fact(self, town: Town):
        (first,) = town.register()
        second = named(town, 5, of=first)
        along = named(town, 6, of=second)
        corrected(town, along, "accusation")
        town.unlink(second)
        assert classes(town, first, second) == ["appeal", "accusation"]
        town.unlink(along)
        assert classes(town, first, second, along) == ["appeal", "appeal", "accusation"]

    def test_stays_one_when_the_first_was_corrected(self, town: Town):
        """The repeat that leaves is what it was."""
        first, second = town.register(2)
        town.link(second, first)
        corrected(town, first, "accusation")
        town.unlink(second)
        assert classes(town, first, second) == ["accusation", "appeal"]


class TestAClassCorrectedMeanwhile:
    def test_goes_with_the_petition(self, town: Town):
        first, second = town.register(2, petition_class="suggestion")
        town.link(second, first)
        corrected(town, second, "appeal")
        assert classes(town, first) == ["appeal"]
        town.unlink(second)
        assert classes(town, first, second) == ["suggestion", "appeal"]
        does(town, take("accept", of=second))
        assert "handling" in terms_of(town, second)

    def test_of_an_appeal_to_a_suggestion_too(self, town: Town):
        first, second = town.register(2)
        town.link(second, first)
        corrected(town, second, "suggestion")
        town.unlink(second)
        assert classes(town, first, second) == ["appeal", "suggestion"]


class TestAnAppealAmongSuggestions:
    """Nothing that the law gives an appeal is lost by a link."""

    def test_makes_an_appeal_of_the_whole(self, town: Town):
        (first,) = town.register(petition_class="suggestion")
        (second,) = town.register()
        does(town, take("accept", of=first), take("accept", of=second))
        town.link(second, first)
        assert classes(town, second) == ["appeal"]
        handling = next(t for t in course(town, second)["terms"] if t["term"] == "handling")
        assert (handling["ended_on"], handling["late_days"]) == (None, 0)

    def test_as_a_repeat_too(self, town: Town):
        (first,) = town.register(petition_class="suggestion")
        does(town, take("accept", of=first))
        second = named(town, 5, of=first)
        assert classes(town, second) == ["appeal"]
        assert terms_of(town, first)["handling"] == ""

    def test_takes_its_terms_along(self, town: Town):
        (first,) = town.register(petition_class="suggestion")
        (second,) = town.register()
        does(town, take("accept", of=first), take("accept", of=second))
        town.link(second, first)
        town.unlink(second)
        assert classes(town, first, second) == ["suggestion", "appeal"]
        assert terms_of(town, first)["handling"] != ""
        assert terms_of(town, second)["handling"] == ""

    def test_once_more_gives_it_them_again(self, town: Town):
        (first,) = town.register(petition_class="suggestion")
        (second,) = town.register()
        does(town, take("accept", of=first))
        for _ in range(2):
            town.link(second, first)
            assert terms_of(town, first)["handling"] == ""
            town.unlink(second)
            assert terms_of(town, first)["handling"] != ""

    def test_is_not_taken_down_by_suggestions(self, town: Town):
        (first,) = town.register()
        (second,) = town.register(petition_class="suggestion")
        town.link(second, first)
        assert classes(town, first) == ["appeal"]
