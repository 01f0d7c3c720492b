"""A link that was made by mistake is undone to the end: by facts of its own, none taken back."""

from datetime import timedelta
from typing import Any

import pytest

from services.responsibility.application.callers import Viewer
from services.responsibility.application.courses import Courses
from services.responsibility.domain.ownership import Ownership
from services.responsibility.domain.refusals import PetitionUnknown
from tests.builders import CLERK, DAY, HEAD, HUANG, SHEN, TAO, Clock, actor, intake_command
from tests.unit.responsibility.casebook import (
    GIVEN,
    close,
    receive,
    recuse,
    reopen,
    reply,
    rule,
    succeed,
    take,
)
from tests.unit.responsibility.paths import BY, TO_CLEARANCE
from tests.unit.responsibility.town import PEOPLE, Town, does, named, terms_of
from tests.unit.stores import delete_rows, rows, tables

LOOKER = Viewer(actor(HEAD))


def linked(town: Town, repeat: str, of: str) -> None:
    town.link(repeat, of)


def course(town: Town, number: str, as_of: Any = None) -> dict[str, Any]:
    return Courses(town.case.application).course_of(number, as_of, LOOKER)


class TestWhatRepeatsTheLaterOne:
    """It was found to repeat that one, while that was linked to another by mistake."""

    def test_goes_with_it(self, town: Town):
        first, second = town.register(2)
        town.link(second, first)
        third = named(town, 7, of=second)
        assert town.of(third)["matter"] == first
        town.unlink(second)
        assert town.of(third)["matter"] == second
        assert (town.of(first)["repeats"], town.of(second)["repeats"]) == ([], [third])
        assert town.counter.intake.row_of(third)["matter_number"] == second

    def test_as_found_by_the_platform_too(self, town: Town):
        """The same person with the same words."""
        first, second = town.register(2)
        town.link(second, first)
        third = town.counter.register(PEOPLE[1], "外墙渗水")["number"]
        town.arrive()
        assert town.of(third)["matter"] == first
        town.unlink(second)
        assert town.of(third)["matter"] == second

    def test_as_linked_by_a_clerk_too(self, town: Town):
        """It had been a matter with an owner."""
        first, second, third = town.register(3)
        does(town, receive(HUANG, of=first), receive(TAO, of=third))
        town.link(second, first)
        town.link(third, second)
        town.unlink(second)
        assert town.of(third)["matter"] == second
        assert town.of(first)["rivals"] == []
        town.unlink(third)
        assert (town.of(third)["matter"], town.owner_of(third)) == (third, TAO)
        assert town.of(second)["repeats"] == []

    def test_with_a_repeat_that_never_was_a_matter(self, town: Town):
        """Its ownership begins with the splitting, and takes what repeats it along."""
        (first,) = town.register()
        second = named(town, 5, of=first)
        third = named(town, 6, of=second)
        fourth = named(town, 7, of=first)
        does(town, receive(HUANG, of=first))
        town.unlink(second)
        assert town.of(third) == {**town.of(second), "number": third}
        assert (town.of(second)["repeats"], town.of(first)["repeats"]) == ([third], [fourth])
        town.unlink(third)
        assert town.of(third)["matter"] == third
        assert town.of(second)["repeats"] == []

    def test_through_all_of_them(self, town: Town):
        """One repeats the other, that one another."""
        first, second = town.register(2)
        town.link(second, first)
        third = named(town, 5, of=second)
        fourth = named(town, 6, of=third)
        town.unlink(second)
        assert [town.of(each)["matter"] for each in (third, fourth)] == [second, second]
        town.unlink(third)
        assert [town.of(each)["matter"] for each in (third, fourth)] == [third, third]

    def test_what_repeats_the_first_stays(self, town: Town):
        first, second = town.register(2)
        town.link(second, first)
        third = named(town, 7, of=first)
        town.unlink(second)
        assert town.of(third)["matter"] == first

    def test_is_found_where_it_went_by_whatever_is_told_of_it(self, town: Town):
        """What intake says of the matter that it was of leads on."""
        first, second = town.register(2)
        town.link(second, first)
        third = named(town, 7, of=second)
        town.unlink(second)
        unit = town.case.application.asking(actor(CLERK))
        petition_id = town.counter.intake.row_of(first)["petition_id"]
        assert town.case.application.trace(unit, petition_id, third)[-1].number == second

    def test_goes_though_the_register_had_lost_it(self, town: Town):
        """What goes along is decided by the record; a table may be filled again just now."""
        first, second, third = town.register(3)
        town.link(third, second)
        delete_rows(town.counter.intake, "petition", f"number = '{third}'")
        town.link(second, first)
        town.counter.intake.rebuild()
        assert town.counter.intake.row_of(third)["matter_number"] == first
        assert town.of(third)["matter"] == first
        delete_rows(town.counter.intake, "petition", f"number = '{third}'")
        town.unlink(second)
        town.counter.intake.rebuild()
        assert town.counter.intake.row_of(third)["matter_number"] == second
        assert town.of(third)["matter"] == second


class TestAnOwnerWhoCameByTheLink:
    def test_owns_it_no_more(self, town: Town):
        """It waits for its first contact, as it did before."""
        first, second = town.register(2)
        does(town, receive(SHEN, of=second))
        before = town.of(first), rows(town.case.application, "caseload")
        town.link(second, first)
        town.unlink(second)
        assert "Ownership.Voided" in town.facts()
        after = town.of(first)
        assert {**after, "version": 0} == {**before[0], "version": 0}
        assert rows(town.case.application, "caseload") == before[1]
        assert town.owner_of(second) == SHEN
        does(town, receive(HUANG, of=first))
        assert town.owner_of(first) == HUANG

    def test_gives_way_to_who_received_it_meanwhile(self, town: Town):
        """By the record he was the first; he was no rival but for the link."""
        first, second = town.register(2)
        does(town, receive(SHEN, of=second))
        town.link(second, first)
        does(town, receive(HUANG, of=first))
        assert town.case.answer["standing"] == "rival"
        town.unlink(second)
        assert (town.owner_of(first), town.owner_of(second)) == (HUANG, SHEN)
        assert town.of(first)["rivals"] == []
        assert town.of(first)["first_contact"]["ground"] == "reception"

    def test_gives_way_to_the_contact_of_another_that_is_part_of_it(self, town: Town):
        """Which owns the matter as it would have without the mistake."""
        first, second, third = town.register(3)
        does(town, receive(SHEN, of=second), receive(TAO, of=third))
        town.link(second, first)
        town.link(third, first)
        town.unlink(second)
        assert (town.owner_of(first), town.of(first)["rivals"]) == (TAO, [])
        town.unlink(third)
        assert (town.owner_of(first), town.owner_of(third)) == (None, TAO)

    def test_received_it_himself_and_stays(self, town: Town):
        first, second = town.register(2)
        does(town, receive(SHEN, of=second))
        town.link(second, first)
        does(town, receive(SHEN, of=first))
        town.unlink(second)
        assert town.owner_of(first) == SHEN
        assert town.of(first)["first_contact"]["ground"] == "reception"

    def test_is_the_one_who_received_the_repeat(self, town: Town):
        """Under the number of what was never of the matter."""
        (first,) = town.register()
        second = named(town, 6, of=first)
        does(town, receive(TAO, of=second))
        assert town.owner_of(first) == TAO
        town.unlink(second)
        assert (town.owner_of(first), town.owner_of(second)) == (None, TAO)

    @pytest.mark.parametrize(
        "acts",
        [
            lambda number: (succeed(TAO, of=number),),
            lambda number: (reply(of=number),),
            lambda number: (close(of=number, by=SHEN),),
            lambda number: (take("transfer", of=number, by=SHEN),),
        ],
    )
    def test_keeps_it_where_something_rests_on_him(self, town: Town, acts: Any):
        """The answer says that he is there by a link that was undone."""
        first, second = town.register(2)
        does(town, receive(SHEN, of=second))
        town.link(second, first)
        does(town, *acts(first))
        owner = town.owner_of(first)
        town.unlink(second)
        assert town.owner_of(first) == owner
        assert town.of(first)["kept"] == ["owner"]

    def test_a_step_of_the_office_is_none_of_his(self, town: Town):
        """A clerk passed it on; that goes on, whoever is to own it."""
        first, second = town.register(2)
        does(town, receive(SHEN, of=second))
        town.link(second, first)
        does(town, take("transfer", of=first))
        town.unlink(second)
        assert town.owner_of(first) is None
        assert course(town, first)["state"] == "transferred"


class TestWhoReceivedItMeanwhile:
    def test_owns_what_had_no_owner(self, town: Town):
        """Its own first reception is on record, under its own number."""
        first, second = town.register(2)
        does(town, receive(HUANG, of=first))
        town.link(second, first)
        does(town, receive(TAO, of=second))
        town.unlink(second)
        assert (town.owner_of(first), town.owner_of(second)) == (HUANG, TAO)
        assert town.of(first)["rivals"] == []

    def test_is_a_rival_of_whom_it_had(self, town: Town):
        first, second = town.register(2)
        does(town, receive(HUANG, of=first), receive(SHEN, of=second))
        town.link(second, first)
        does(town, receive(TAO, of=second))
        town.unlink(second)
        assert [claim["leader"] for claim in town.of(second)["rivals"]] == [TAO]
        assert town.of(first)["rivals"] == []

    def test_contests_on_what_he_received(self, town: Town, clock: Clock):
        """A dispute about the later one blocks the earlier one no longer."""
        first, second = town.register(2)
        clock.advance(DAY)
        does(town, receive(HUANG, of=first), receive(SHEN, of=second))
        town.link(second, first)
        clock.advance(timedelta(hours=1))
        does(town, receive(TAO, of=second, at=clock() - 12 * timedelta(hours=1)))
        dispute = town.case.answer["dispute_id"]
        assert dispute
        town.unlink(second)
        does(town, close(of=first, by=HUANG))
        does(town, rule(of=second, dispute_id=dispute))
        assert town.owner_of(second) == TAO


class TestWhatTheLinkOpened:
    def closed(self, town: Town) -> tuple[str, str]:
        first, second = town.register(2)
        does(town, receive(HUANG, of=first), reply(of=first), close(of=first))
        return first, second

    def test_is_closed_again_as_it_was(self, town: Town):
        """A fact says that the opening was void; nothing is taken back."""
        first, second = self.closed(town)
        before = town.of(first), rows(town.case.application, "caseload"), terms_of(town, first)
        closed_at = self.ownership(town, first).closed_at
        town.case.clock.advance(DAY)
        town.link(second, first)
        assert town.of(first)["state"] == "owned"
        town.unlink(second)
        assert "Ownership.ReopeningVoided" in town.facts()
        assert {**town.of(first), "version": 0} == {**before[0], "version": 0}
        assert rows(town.case.application, "caseload")[0] == before[1][0]
        assert terms_of(town, first) == before[2]
        assert self.ownership(town, first).closed_at == closed_at
        assert self.ownership(town, first).reply is not None

    def ownership(self, town: Town, number: str) -> Ownership:
        return town.case.application.led_to(town.case.application.asking(actor(CLERK)), number)

    def test_with_its_terms(self, town: Town):
        """The day that the first step was due on is the one of before."""
        first, second = self.closed(town)
        before = [row for row in rows(town.case.application, "term") if row[1] == first]
        town.case.clock.advance(3 * DAY)
        town.link(second, first)
        town.unlink(second)
        assert [row for row in rows(town.case.application, "term") if row[1] == first] == before

    def test_with_its_course(self, town: Town):
        first, second = town.register(2)
        does(town, receive(HUANG, of=first))
        by = {**BY, "reply": HUANG}
        does(town, *(take(step, by=by.get(step, HEAD), of=first) for step in TO_CLEARANCE))
        does(town, close(of=first))
        before = course(town, first)
        town.link(second, first)
        assert course(town, first)["state"] != "closed"
        town.unlink(second)
        assert course(town, first) == before

    def test_and_opens_with_the_next_that_repeats_it(self, town: Town):
        first, second = self.closed(town)
        town.link(second, first)
        town.unlink(second)
        third = named(town, 7, of=first)
        assert (town.of(third)["matter"], town.of(first)["state"]) == (first, "owned")

    def test_stays_open_for_another_that_repeats_it(self, town: Town):
        """That would have opened it; when that turns out to be none either, it is closed again."""
        first, second = self.closed(town)
        town.link(second, first)
        third = named(town, 7, of=first)
        town.unlink(second)
        assert town.of(first)["state"] == "owned"
        assert "kept" not in town.of(first)
        town.unlink(third)
        assert town.of(first)["state"] == "closed"

    @pytest.mark.parametrize(
        "acts",
        [
            lambda number: succeed(TAO, of=number),
            lambda number: recuse(TAO, of=number),
            lambda number: reply("海信复〔2026〕8号", of=number),
            lambda number: take("transfer", of=number),
        ],
    )
    def test_stays_open_where_something_was_done(self, town: Town, acts: Any):
        """And the answer says so, until it is closed."""
        first, second = self.closed(town)
        town.link(second, first)
        does(town, acts(first))
        town.unlink(second)
        assert (town.of(first)["state"], town.of(first)["kept"]) == ("owned", ["open"])

    def test_what_an_order_opened_stays_open(self, town: Town):
        first, second = self.closed(town)
        does(town, reopen(of=first))
        town.link(second, first)
        town.unlink(second)
        assert town.of(first)["state"] == "owned"

    def test_two_closed_matters_stay_closed(self, town: Town):
        """Nothing new was petitioned."""
        first, second = self.closed(town)
        does(town, receive(SHEN, of=second), close(of=second, by=SHEN))
        town.link(second, first)
        assert town.of(first)["state"] == "closed"
        town.unlink(second)
        assert {town.of(each)["state"] for each in (first, second)} == {"closed"}


class TestASuccessionMeanwhile:
    def both(self, town: Town, later: str = HUANG) -> tuple[str, str]:
        first, second = town.register(2)
        does(town, receive(HUANG, of=first), receive(later, of=second))
        town.link(second, first)
        return first, second

    def test_holds_for_what_the_same_leader_owned(self, town: Town):
        """He has left the post; nothing of his falls back to him."""
        first, second = self.both(town)
        does(town, succeed(TAO, of=first))
        town.unlink(second)
        assert (town.owner_of(first), town.owner_of(second)) == (TAO, TAO)
        (_, link) = town.of(second)["chain"]
        assert link == town.of(first)["chain"][-1]

    def test_through_all_of_them(self, town: Town):
        first, second = self.both(town)
        does(town, succeed(TAO, of=first), recuse(SHEN, of=second))
        town.unlink(second)
        assert [link["owner"] for link in town.of(second)["chain"]] == [HUANG, TAO, SHEN]
        facts = [fact for fact in town.facts() if "Succeeded" in fact or "Recused" in fact]
        assert facts == ["Ownership.Succeeded", "Ownership.Recused"]

    def test_not_for_what_another_owned(self, town: Town):
        first, second = self.both(town, SHEN)
        does(town, succeed(TAO, of=first))
        town.unlink(second)
        assert (town.owner_of(first), town.owner_of(second)) == (TAO, SHEN)

    def test_nor_one_of_before_or_after(self, town: Town):
        first, second = town.register(2)
        does(town, receive(HUANG, of=first), receive(HUANG, of=second))
        does(town, succeed(TAO, of=first), succeed(HUANG, of=first))
        town.link(second, first)
        town.unlink(second)
        does(town, succeed(SHEN, of=first))
        assert [link["owner"] for link in town.of(second)["chain"]] == [HUANG]

    def test_not_for_what_is_closed(self, town: Town):
        """It has its owner, as it was closed; the one that it was part of goes on with another."""
        first, second = town.register(2)
        does(town, receive(HUANG, of=first), receive(HUANG, of=second), close(of=second))
        town.link(second, first)
        does(town, succeed(TAO, of=first))
        town.unlink(second)
        assert (town.owner_of(first), town.owner_of(second)) == (TAO, HUANG)
        assert town.of(second)["state"] == "closed"

    def test_once_whoever_received_it_meanwhile(self, town: Town):
        """A claim is followed by nobody where the petition has its owner."""
        first, second = self.both(town)
        does(town, receive(SHEN, of=second), succeed(TAO, of=first), succeed(HUANG, of=first))
        town.unlink(second)
        assert [link["owner"] for link in town.of(second)["chain"]] == [HUANG, TAO, HUANG]

    @pytest.mark.parametrize(("contested", "owner"), [(0, HUANG), (1, SHEN)])
    def test_by_an_upheld_claim_for_what_was_contested(
        self, town: Town, clock: Clock, contested: int, owner: str
    ):
        """Shen received one of the two before Huang did; that says nothing of the other."""
        clock.advance(DAY)
        both = self.both(town)
        does(town, receive(SHEN, of=both[contested], at=clock() - DAY))
        dispute = town.case.answer["dispute_id"]
        does(town, rule(of=both[0], dispute_id=dispute))
        assert town.owner_of(both[0]) == SHEN
        town.unlink(both[1])
        assert (town.owner_of(both[0]), town.owner_of(both[1])) == (SHEN, owner)

    def test_in_a_matter_that_was_merged_again(self, town: Town):
        """The whole is what is passed on."""
        zeroth, first, second = town.register(3)
        for number in (zeroth, first, second):
            does(town, receive(HUANG, of=number))
        town.link(second, first)
        town.link(first, zeroth)
        does(town, succeed(TAO, of=second))
        town.unlink(second)
        assert town.owner_of(second) == TAO


class TestAPartyAtWork:
    def test_is_none_where_only_what_has_left_names_him(self, town: Town):
        """Nobody has to be named in his place any more."""
        first, second = town.register(2)
        does(town, receive(HUANG, of=first), take("accept", of=first))
        does(town, take("handle", of=first, handler=TAO))
        town.link(second, first)
        town.counter.name(second, TAO)
        town.arrive()
        assert "Course.ReplacementDue" in town.facts()
        town.unlink(second)
        assert "Course.ReplacementSettled" in town.facts()


class TestMergedTwice:
    def test_has_one_claim_at_a_time_each_with_its_own_id(self, town: Town):
        first, second = town.register(2)
        does(town, receive(HUANG, of=first), receive(SHEN, of=second))
        ids = []
        for _ in range(2):
            town.link(second, first)
            (claim,) = town.of(first)["rivals"]
            ids.append(claim["reception_id"])
            town.unlink(second)
            assert town.of(first)["rivals"] == []
        assert len(set(ids)) == 2


class TestWithdrawals:
    def test_count_in_the_matter_that_they_become_part_of(self, town: Town):
        """When the last of its petitions is withdrawn, the matter is."""
        first, second = town.register(2)
        self.withdraw(town, second)
        town.link(second, first)
        self.withdraw(town, first)
        assert course(town, first)["state"] == "withdrawn"

    def test_leave_with_their_petition(self, town: Town):
        first, second, third = town.register(3)
        town.link(second, first)
        town.link(third, first)
        self.withdraw(town, second)
        town.unlink(second)
        third_of = [self.ownership(town, each).record.withdrawn for each in (first, second)]
        assert third_of == [[], [second]]

    def ownership(self, town: Town, number: str) -> Ownership:
        return town.case.application.led_to(town.case.application.asking(actor(CLERK)), number)

    def withdraw(self, town: Town, number: str) -> None:
        petition = town.counter.intake
        command = intake_command(f"withdraw-{number}")
        code = petition._vault.query_code(number)
        petition.withdraw_petition(command, number, code, "settled")
        town.arrive()


class TestAsOfAnInstant:
    def test_a_repeat_is_shown_in_the_matter_that_it_was_of(self, town: Town, clock: Clock):
        first, second = town.register(2)
        repeat = named(town, 6, of=first)
        clock.advance(DAY)
        before_the_split = clock()
        clock.advance(DAY)
        town.unlink(repeat)
        assert course(town, repeat, before_the_split)["matter"] == first
        assert course(town, repeat)["matter"] == repeat
        assert second != repeat

    def test_a_matter_is_shown_by_itself_before_it_was_merged(self, town: Town, clock: Clock):
        first, second = town.register(2)
        does(town, take("transfer", of=second))
        clock.advance(DAY)
        before, split = clock(), []
        for _ in range(2):
            clock.advance(DAY)
            town.link(second, first)
            clock.advance(DAY)
            split.append(clock())
            clock.advance(DAY)
            town.unlink(second)
        assert course(town, second, before)["matter"] == second
        assert course(town, second, before)["state"] == "transferred"
        assert [course(town, second, each)["matter"] for each in split] == [first, first]
        assert course(town, second, split[0] + 2 * DAY - timedelta(hours=1))["matter"] == second
        assert course(town, second)["matter"] == second

    def test_what_was_not_on_record_yet_is_unknown(self, town: Town, clock: Clock):
        """Though the matter that it repeats was."""
        (first,) = town.register()
        clock.advance(DAY)
        before = clock()
        clock.advance(DAY)
        repeat = named(town, 6, of=first)
        with pytest.raises(PetitionUnknown):
            course(town, repeat, before)
        assert course(town, first, before)["matter"] == first

    def test_the_tables_are_what_the_log_adds_up_to(self, town: Town):
        first, second, third = town.register(3)
        town.link(third, second)
        town.link(second, first)
        town.unlink(second)
        named(town, 6, of=third)
        town.unlink(third)
        for application in (town.case.application, town.counter.intake):
            before = tables(application)
            application.rebuild()
            assert tables(application) == before


class TestAMatterInHandling:
    def test_is_not_lost_to_sight_when_it_is_merged(self, town: Town):
        """Its steps, its unit, and when it was merged are shown under its number."""
        first, second = town.register(2)
        does(town, receive(SHEN, of=second))
        does(town, *(take(step, of=second) for step in ("transfer", "accept", "handle")))
        own = course(town, second)
        town.link(second, first)
        shown = course(town, second)
        assert (shown["matter"], shown["steps"]) == (first, [])
        merged = shown["merged_course"]
        assert (merged["merged_into"], merged["state"]) == (first, "handling")
        assert (merged["steps"], merged["unit"]) == (own["steps"], GIVEN["unit"])
        assert merged["handler"] == own["handler"]
        (told,) = town.of(first)["merged"]
        assert (told["number"], told["unit"], told["state"]) == (
            second,
            GIVEN["unit"],
            "handling",
        )
        town.unlink(second)
        assert "merged_course" not in course(town, second)
        assert "merged" not in town.of(first)

    def test_is_not_shown_where_it_had_not_begun(self, town: Town):
        first, second = town.register(2)
        town.link(second, first)
        assert "merged_course" not in course(town, second)


def test_told_twice_nothing_more_happens(town: Town, clock: Clock):
    """The position applied was lost: links, and that they were undone, come again."""
    first, second = town.register(2)
    does(town, receive(SHEN, of=second))
    steps: list[Any] = [town.unlink, lambda number: town.link(number, first)] * 2
    town.link(second, first)
    third = named(town, 6, of=second)
    for step in (*steps, town.unlink):
        clock.advance(DAY)
        step(second)
        before = tables(town.case.application)
        delete_rows(town.case.application, "applied_position")
        town.arrive()
        assert town.facts() == []
        assert tables(town.case.application) == before
    assert town.of(third)["matter"] == second
