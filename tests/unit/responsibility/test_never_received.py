"""A petition that was linked by mistake has the first contact that it would have had (rules 1, 5).

The owner of a matter that it never was of is none, unless he did something in it meanwhile.
"""

from datetime import timedelta
from typing import Any

import pytest

from services.responsibility.domain.ownership import Ownership
from services.responsibility.readmodels.caseloads import Caseloads
from tests.builders import CLERK, COUNTY, DAY, HEAD, HUANG, SHEN, TAO, TODAY, Clock, actor
from tests.unit.responsibility.casebook import (
    ANYBODY,
    close,
    receive,
    recuse,
    reply,
    set_roster,
    succeed,
    take,
)
from tests.unit.responsibility.paths import BY, TO_CLEARANCE
from tests.unit.responsibility.town import Town, does, named, terms_of
from tests.unit.stores import delete_rows, tables

HOUR = timedelta(hours=1)


def ownership(town: Town, number: str) -> Ownership:
    return town.case.application.led_to(town.case.application.asking(actor(CLERK)), number)


def open_list(town: Town) -> list[str]:
    log = town.case.application.log_of_events
    items, _ = Caseloads.open_of(log, ANYBODY, COUNTY, None, 100, "")
    return [item["number"] for item in items]


def owned_pair(town: Town, **changes: Any) -> tuple[str, str]:
    """A matter of Huang's, and a repeat of it from its registration on."""
    (first,) = town.register()
    does(town, receive(HUANG, of=first))
    town.case.clock.advance(HOUR)
    return first, named(town, 6, of=first, **changes)


class TestWhatNobodyReceived:
    def test_is_awaited_in_the_open_list(self, town: Town, clock: Clock):
        """With its first step from its receipt; the other matter keeps its owner."""
        first, second = owned_pair(town)
        received_on = clock()
        clock.advance(3 * DAY)
        town.unlink(second)
        assert (town.of(second)["state"], town.owner_of(second)) == ("awaited", None)
        assert town.of(second)["first_contact"] is None
        assert (town.owner_of(first), open_list(town)) == (HUANG, [second])
        assert terms_of(town, second) == {"first_step": ""}
        assert ownership(town, second).registered_at == received_on

    def test_is_so_where_it_was_a_matter_before(self, town: Town):
        first, second = town.register(2)
        does(town, receive(HUANG, of=first))
        town.link(second, first)
        town.unlink(second)
        assert (town.owner_of(second), open_list(town)) == (None, [second])
        facts = {fact for fact in town.facts() if fact.startswith("Ownership")}
        assert facts == {"Ownership.RepeatLeft", "Ownership.Split"}

    def test_belongs_to_whoever_takes_it_then(self, town: Town):
        first, second = owned_pair(town, channel="letter")
        town.unlink(second)
        does(town, receive(SHEN, of=second))
        assert (town.owner_of(first), town.owner_of(second)) == (HUANG, SHEN)
        assert town.of(second)["first_contact"]["ground"] == "open_list"

    def test_is_merged_again_as_what_nobody_owns(self, town: Town):
        first, second = owned_pair(town)
        for _ in range(2):
            town.unlink(second)
            assert town.owner_of(second) is None
            town.link(second, first)
            assert (town.owner_of(second), town.of(first)["rivals"]) == (HUANG, [])

    def test_told_twice_nothing_more_happens(self, town: Town):
        first, second = owned_pair(town, channel="letter")
        town.unlink(second)
        before = tables(town.case.application)
        delete_rows(town.case.application, "applied_position")
        town.arrive()
        assert (town.facts(), tables(town.case.application)) == ([], before)
        town.case.application.rebuild()
        assert tables(town.case.application) == before
        assert town.owner_of(first) == HUANG


class TestTheLeaderOnDuty:
    """Rule 5: at the receiving office when it was recorded, as the record had it then."""

    def letter(self, town: Town, **changes: Any) -> tuple[str, str]:
        return owned_pair(town, channel="letter", **changes)

    def test_when_it_was_registered_is_the_first(self, town: Town, clock: Clock):
        does(town, set_roster((TODAY, TAO), office=COUNTY))
        first, second = self.letter(town)
        registered_at = clock()
        clock.advance(DAY)
        town.unlink(second)
        assert (town.owner_of(first), town.owner_of(second)) == (HUANG, TAO)
        found = town.of(second)
        assert found["evidence"] == {
            "ground": "roster",
            "roster_day": TODAY.isoformat(),
            "roster_version": 1,
        }
        assert ownership(town, second).first_contact.since == registered_at
        assert open_list(town) == []

    def test_is_not_who_replaced_him_since(self, town: Town, clock: Clock):
        does(town, set_roster((TODAY, SHEN), office=COUNTY))
        clock.advance(HOUR)
        does(town, set_roster((TODAY, TAO), office=COUNTY))
        _, second = self.letter(town)
        clock.advance(HOUR)
        does(town, set_roster((TODAY, HUANG), office=COUNTY))
        town.unlink(second)
        found = town.of(second)
        assert (found["owner"], found["evidence"]["roster_version"]) == (TAO, 2)

    def test_is_not_who_was_put_on_duty_since(self, town: Town, clock: Clock):
        _, second = self.letter(town)
        clock.advance(HOUR)
        does(town, set_roster((TODAY, TAO), office=COUNTY))
        town.unlink(second)
        assert (town.owner_of(second), open_list(town)) == (None, [second])
        assert ownership(town, second).awaits == "first_leader"

    def test_is_not_asked_for_what_stood_without_him_before(self, town: Town, clock: Clock):
        """It was decided on when it was registered; nobody has taken it since."""
        (first, second) = town.register(2, channel="letter")
        clock.advance(HOUR)
        does(town, set_roster((TODAY, TAO), office=COUNTY), receive(HUANG, of=first))
        town.link(second, first)
        town.unlink(second)
        assert (town.owner_of(second), open_list(town)) == (None, [second])

    def test_is_none_who_is_a_party(self, town: Town, clock: Clock):
        """He became known while it was part of the other; the head is reminded of it."""
        does(town, set_roster((TODAY, TAO), office=COUNTY))
        _, second = self.letter(town)
        clock.advance(HOUR)
        town.counter.name(second, TAO)
        town.arrive()
        town.unlink(second)
        assert (town.owner_of(second), open_list(town)) == (None, [second])
        assert ownership(town, second).awaits == "first_leader"
        awaited = next(
            fact for fact in town.case.new_facts() if isinstance(fact, Ownership.Awaited)
        )
        assert awaited.roster_passed_over

    def test_gives_way_to_who_received_it(self, town: Town):
        does(town, set_roster((TODAY, TAO), office=COUNTY))
        _, second = self.letter(town)
        does(town, receive(SHEN, of=second))
        town.unlink(second)
        assert town.owner_of(second) == SHEN

    def test_of_a_repeat_owns_the_other_no_more(self, town: Town, clock: Clock):
        """Nobody had received that; he came to it by a letter that never was of it."""
        (first,) = town.register()
        clock.advance(HOUR)
        does(town, set_roster((TODAY, TAO), office=COUNTY))
        second = named(town, 6, of=first, channel="letter")
        assert town.owner_of(first) == TAO
        clock.advance(HOUR)
        town.unlink(second)
        assert (town.owner_of(first), town.owner_of(second)) == (None, TAO)
        assert town.of(second)["evidence"]["ground"] == "roster"


class TestWhoWasOnDutyForARepeat:
    """Rule 5 for what repeats it: at its registration nobody would have owned the one before it."""

    def chain(self, town: Town, clock: Clock, **changes: Any) -> tuple[str, str, str]:
        """Huang's matter, a repeat that nobody was on duty for, and one of that: Tao was."""
        first, second = owned_pair(town, channel="letter")
        clock.advance(HOUR)
        does(town, set_roster((TODAY, TAO), office=COUNTY))
        third = named(town, 7, of=second, **{"channel": "letter", **changes})
        clock.advance(HOUR)
        return first, second, third

    def test_owns_what_leaves_with_it(self, town: Town, clock: Clock):
        """With his line as the evidence; he has it by the repeat, with which it goes."""
        first, second, third = self.chain(town, clock)
        registered_at = clock() - HOUR
        town.unlink(second)
        assert [town.owner_of(each) for each in (first, second, third)] == [HUANG, TAO, TAO]
        assert town.of(second)["evidence"] == {
            "ground": "roster",
            "roster_day": TODAY.isoformat(),
            "roster_version": 1,
        }
        assert ownership(town, second).first_contact.since == registered_at
        town.unlink(third)
        assert [town.owner_of(each) for each in (second, third)] == [None, TAO]
        assert open_list(town) == [second]

    def test_owns_what_was_a_matter_before(self, town: Town, clock: Clock):
        """Linked by a clerk; the repeat came while it was part of the other."""
        first, second = town.register(2, channel="letter")
        does(town, receive(HUANG, of=first))
        town.link(second, first)
        clock.advance(HOUR)
        does(town, set_roster((TODAY, TAO), office=COUNTY))
        third = named(town, 7, of=second, channel="letter")
        town.unlink(second)
        assert [town.owner_of(each) for each in (first, second, third)] == [HUANG, TAO, TAO]

    def test_is_not_who_replaced_him_since(self, town: Town, clock: Clock):
        _, second, _ = self.chain(town, clock)
        does(town, set_roster((TODAY, SHEN), office=COUNTY))
        town.unlink(second)
        assert town.owner_of(second) == TAO

    def test_is_nobody_where_the_repeat_was_a_visit(self, town: Town, clock: Clock):
        """Somebody stood before a leader: whoever that was has to say so."""
        _, second, _ = self.chain(town, clock, channel="visit")
        town.unlink(second)
        assert (town.owner_of(second), open_list(town)) == (None, [second])

    def test_is_none_who_is_a_party(self, town: Town, clock: Clock):
        _, second, third = self.chain(town, clock)
        town.counter.name(third, TAO)
        town.arrive()
        town.unlink(second)
        assert town.owner_of(second) is None

    def test_gives_way_to_who_received_it(self, town: Town, clock: Clock):
        _, second, _ = self.chain(town, clock)
        does(town, receive(SHEN, of=second))
        town.unlink(second)
        assert town.owner_of(second) == SHEN

    def test_gives_way_to_who_did_something(self, town: Town, clock: Clock):
        first, second, _ = self.chain(town, clock)
        does(town, reply(of=first))
        town.unlink(second)
        assert town.owner_of(second) == HUANG

    def test_gives_way_to_who_was_on_duty_for_the_one_before(self, town: Town, clock: Clock):
        """The first of them by the record, whoever was on duty for the others."""
        does(town, set_roster((TODAY, SHEN), office=COUNTY))
        _, second, third = self.chain(town, clock)
        fourth = named(town, 8, of=third, channel="letter")
        town.unlink(second)
        assert [town.owner_of(each) for each in (second, third, fourth)] == [SHEN] * 3

    def test_is_the_first_of_several(self, town: Town, clock: Clock):
        _, second, _ = self.chain(town, clock)
        does(town, set_roster((TODAY, SHEN), office=COUNTY))
        named(town, 8, of=second, channel="letter")
        town.unlink(second)
        assert town.owner_of(second) == TAO

    @pytest.mark.parametrize("on_duty", [1, 2])
    def test_who_has_left_the_post_since_does_not_get_it_back(
        self, town: Town, clock: Clock, on_duty: int
    ):
        """He owned the whole as well, and whoever followed him there follows him here (rule 3).

        That matter has become part of another since, whose owner did nothing for it.
        """
        zeroth, first = town.register(2)
        does(town, receive(TAO, of=zeroth), receive(HUANG, of=first))
        clock.advance(HOUR)
        numbers = [first]
        for repeat in (1, 2):
            if repeat == on_duty:
                does(town, set_roster((TODAY, HUANG), office=COUNTY))
            numbers.append(named(town, 5 + repeat, of=numbers[-1], channel="letter"))
        clock.advance(HOUR)
        does(town, succeed(SHEN, of=first))
        town.link(first, zeroth)
        town.unlink(numbers[1])
        assert [link["owner"] for link in town.of(numbers[1])["chain"]] == [HUANG, SHEN]

    def test_owns_what_another_was_on_duty_for_whose_petition_has_left(
        self, town: Town, clock: Clock
    ):
        """What stays was Tao's by a letter that never was of it; then came one for Shen."""
        (first,) = town.register(channel="letter")
        clock.advance(HOUR)
        does(town, set_roster((TODAY, TAO), office=COUNTY))
        second = named(town, 6, of=first, channel="letter")
        clock.advance(HOUR)
        does(town, set_roster((TODAY, SHEN), office=COUNTY))
        third = named(town, 7, of=first, channel="letter")
        clock.advance(HOUR)
        town.unlink(second)
        assert [town.owner_of(each) for each in (first, second, third)] == [SHEN, TAO, SHEN]
        assert [link["ground"] for link in town.of(first)["chain"]] == ["roster"]
        before = tables(town.case.application)
        town.case.application.rebuild()
        assert tables(town.case.application) == before

    def test_of_whom_nothing_is_kept_is_nobody(self, town: Town, clock: Clock):
        """Facts of before do not say by which channel a repeat came."""
        _, second, third = self.chain(town, clock)
        whole = ownership(town, second)
        assert [each.number for each in whole.joined_among([second, third])] == [second, third]
        joined = next(
            fact
            for each in town.case.application.log_of_events.select_recorded(0, 100)
            if isinstance(
                fact := town.case.application.mapper.to_domain_event(each), Ownership.RepeatJoined
            )
        )
        old = object.__new__(Ownership.RepeatJoined)
        state = {name: value for name, value in vars(joined).items() if name != "channel"}
        object.__setattr__(old, "__dict__", state | {"originator_version": whole.version + 1})
        whole.record.joined.clear()
        old.mutate(whole)
        assert whole.joined_among([second, third]) == []


class TestAnOwnerWhoDidSomething:
    ACTS: Any = pytest.mark.parametrize(
        "acts",
        [
            lambda number: succeed(TAO, of=number),
            lambda number: recuse(TAO, of=number),
            lambda number: reply(of=number),
            lambda number: close(of=number, by=HUANG),
            lambda number: take("transfer", of=number, by=HUANG),
        ],
    )

    @ACTS
    def test_since_it_came_stays(self, town: Town, acts: Any):
        """He answered for it as well; the ground says how he came to it."""
        first, second = owned_pair(town)
        does(town, acts(first))
        owner = town.owner_of(first)
        town.unlink(second)
        assert (town.owner_of(first), town.owner_of(second)) == (owner, owner)
        assert (town.of(second)["state"], open_list(town)) == ("owned", [])
        assert town.of(second)["first_contact"]["ground"] == "split"

    @ACTS
    def test_before_it_came_does_not(self, town: Town, clock: Clock, acts: Any):
        (first,) = town.register()
        does(town, receive(HUANG, of=first), acts(first))
        clock.advance(HOUR)
        second = named(town, 6, of=first)
        clock.advance(HOUR)
        town.unlink(second)
        assert town.owner_of(second) is None

    @ACTS
    def test_after_it_left_does_not(self, town: Town, acts: Any):
        first, second = owned_pair(town)
        town.unlink(second)
        does(town, acts(first))
        town.case.clock.advance(HOUR)
        town.link(second, first)
        town.unlink(second)
        assert town.owner_of(second) is None

    def test_has_done_nothing_where_a_clerk_did(self, town: Town):
        first, second = owned_pair(town)
        does(town, take("transfer", of=first))
        town.unlink(second)
        assert town.owner_of(second) is None

    def test_has_done_nothing_where_the_repeat_opened_it(self, town: Town):
        """The course follows by a step that is put down as the owner's."""
        (first,) = town.register()
        by = {**BY, "reply": HUANG}
        steps = (take(step, by=by.get(step, HEAD), of=first) for step in TO_CLEARANCE)
        does(town, receive(HUANG, of=first), *steps, close(of=first))
        town.case.clock.advance(HOUR)
        second = named(town, 6, of=first)
        town.case.clock.advance(HOUR)
        does(town, take("set_plan", of=first))
        town.unlink(second)
        assert town.owner_of(second) is None


class TestWhatWasReceived:
    """The first reception on record makes the owner, whichever matter it was made in."""

    def test_as_the_first_of_the_whole(self, town: Town):
        """With the reception as its evidence, and who followed."""
        (first,) = town.register()
        second = named(town, 6, of=first)
        does(town, receive(TAO, of=second))
        reception = town.case.answer["reception_id"]
        does(town, succeed(SHEN, of=first))
        town.unlink(second)
        found = town.of(second)
        assert [link["owner"] for link in found["chain"]] == [TAO, SHEN]
        assert found["evidence"]["reception_id"] == reception

    def test_by_its_owner_who_has_left_the_post_since(self, town: Town):
        """Nothing of his falls back to him."""
        first, second = owned_pair(town)
        does(town, receive(HUANG, of=second), succeed(TAO, of=first))
        town.unlink(second)
        assert [link["owner"] for link in town.of(second)["chain"]] == [HUANG, TAO]

    def test_before_that_matter_became_part_of_another(self, town: Town):
        zeroth, first = town.register(2)
        does(town, receive(HUANG, of=zeroth), receive(SHEN, of=first))
        second = named(town, 6, of=first)
        does(town, receive(TAO, of=second))
        town.link(first, zeroth)
        town.unlink(second)
        assert town.owner_of(second) == TAO

    @pytest.mark.parametrize("owner", [HUANG, TAO])
    def test_of_what_is_part_of_it(self, town: Town, owner: str):
        """As a matter that is merged into one without an owner gives it its own."""
        first, second, third = town.register(3)
        does(town, receive(HUANG, of=first), receive(owner, of=third))
        town.link(second, first)
        town.link(third, second)
        town.unlink(second)
        assert (town.owner_of(second), town.owner_of(third)) == (owner, owner)
        assert town.of(second)["first_contact"]["ground"] == "merged"
        town.unlink(third)
        assert (town.owner_of(second), town.owner_of(third)) == (None, owner)

    def test_of_what_made_the_whole_an_owner(self, town: Town):
        """It was received as what repeats the one that leaves."""
        (first,) = town.register()
        second = named(town, 5, of=first)
        third = named(town, 6, of=second)
        does(town, receive(TAO, of=third))
        town.unlink(second)
        assert [town.owner_of(each) for each in (first, second, third)] == [None, TAO, TAO]
        town.unlink(third)
        assert [town.owner_of(each) for each in (second, third)] == [None, TAO]

    def test_by_whoever_followed_in_what_that_became_part_of(self, town: Town):
        zeroth, first = town.register(2)
        second = named(town, 6, of=first)
        does(town, receive(HUANG, of=zeroth), receive(HUANG, of=second))
        town.link(first, zeroth)
        does(town, succeed(TAO, of=zeroth))
        town.unlink(second)
        assert [link["owner"] for link in town.of(second)["chain"]] == [HUANG, TAO]


class TestAPartOfWhatLeaves:
    """Received as a matter of its own, and linked to one that was linked by mistake."""

    def linked(self, town: Town) -> tuple[str, str, str]:
        first, second, third = town.register(3)
        fourth = named(town, 6, of=third)
        does(town, receive(HUANG, of=first), receive(TAO, of=fourth))
        town.link(second, first)
        town.link(third, second)
        return second, third, fourth

    def test_has_its_owner_before_who_received_what_leaves(self, town: Town):
        """By the record he is the first of what both are."""
        second, *_ = self.linked(town)
        does(town, receive(SHEN, of=second))
        town.unlink(second)
        assert town.owner_of(second) == TAO
        assert [rival["leader"] for rival in town.of(second)["rivals"]] == [SHEN]

    def test_gives_none_any_more_where_his_petition_has_left(self, town: Town):
        second, third, fourth = self.linked(town)
        town.unlink(fourth)
        town.unlink(second)
        assert [town.owner_of(each) for each in (second, third, fourth)] == [None, None, TAO]

    def test_has_none_any_more_where_his_petition_has_left_meanwhile(self, town: Town):
        """It goes on where it stood, and who had come to it by what left is none of it."""
        _, third, fourth = self.linked(town)
        town.unlink(fourth)
        town.unlink(third)
        assert [town.owner_of(each) for each in (third, fourth)] == [None, TAO]
        assert open_list(town)[-1] == third

    def test_gives_none_any_more_once_his_petition_leaves(self, town: Town):
        second, third, fourth = self.linked(town)
        town.unlink(second)
        assert [town.owner_of(each) for each in (second, third, fourth)] == [TAO, TAO, TAO]
        town.unlink(fourth)
        assert [town.owner_of(each) for each in (second, third, fourth)] == [None, None, TAO]

    def test_gives_none_who_is_a_party(self, town: Town):
        second, third, _ = self.linked(town)
        town.counter.name(second, TAO)
        town.arrive()
        town.unlink(second)
        assert (town.owner_of(second), open_list(town)) == (None, [second])
        town.unlink(third)
        assert town.owner_of(third) == TAO
