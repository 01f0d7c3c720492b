"""Merging (并案) and splitting (分案): one owner for what is one matter, none is ever lost."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from contracts.envelope import CloudEvent
from services.responsibility.bootstrap import READING
from tests.builders import (
    COUNTY,
    DAY,
    HUANG,
    SHEN,
    TAO,
    TODAY,
    Clock,
)
from tests.unit.responsibility.casebook import (
    close,
    receive,
    rule,
    set_roster,
    take,
)
from tests.unit.responsibility.linked import inbox_from
from tests.unit.responsibility.paths import SEATS
from tests.unit.responsibility.town import PEOPLE, Town, terms_of
from tests.unit.stores import delete_rows, rows, tables


def _no_registration(_event: CloudEvent) -> Any:
    raise ValueError("unreadable")


_unreadable = replace(READING, registration_of=_no_registration)


class TestWhatIsContested:
    def test_goes_on_in_the_matter_that_it_becomes_part_of(self, town: Town, clock: Clock):
        """Nobody closes over it, and it is ruled on there."""
        first, second = town.register(2)
        clock.advance(DAY)
        town.case.when(receive(SHEN, of=second))
        clock.advance(DAY)
        town.case.when(receive(TAO, of=second, at=clock() - 2 * DAY))
        dispute = town.case.answer["dispute_id"]
        town.link(second, first)
        town.case.when(close(of=first, by=SHEN))
        assert town.case.refusal.code == "dispute_open"
        town.case.when(rule(of=second, dispute_id=dispute))
        assert town.owner_of(first) == TAO

    def test_is_not_begun_by_merging(self, town: Town, clock: Clock):
        """Who received after the first contact contests nothing, though he does before the link."""
        first, second = town.register(2)
        town.case.when(receive(SHEN, of=second))
        received_at = clock() + DAY
        clock.advance(2 * DAY)
        town.link(second, first)
        town.case.when(receive(TAO, of=second, at=received_at))
        assert town.case.answer["standing"] == "rival"


class TestMerging:
    def test_the_owner_of_the_earlier_matter_stays(self, town: Town):
        """The later contact is kept as a claim."""
        first, second = town.register(2)
        town.case.when(receive(HUANG, of=first))
        town.case.when(receive(SHEN, of=second))
        town.link(second, first)
        assert town.of(second) == {**town.of(first), "number": second}
        assert town.owner_of(first) == HUANG
        (rival,) = town.of(first)["rivals"]
        assert (rival["leader"], rival["standing"]) == (SHEN, "rival")
        assert town.of(first)["repeats"] == [second]

    def test_the_later_ones_owner_owns_both_where_the_earlier_has_none(self, town: Town):
        """He received the petitioner; nobody else did."""
        first, second = town.register(2)
        town.case.when(receive(SHEN, of=second))
        town.link(second, first)
        assert town.owner_of(first) == SHEN
        assert town.of(first)["first_contact"]["ground"] == "merged"

    def test_one_leader_with_both_is_no_rival_of_himself(self, town: Town):
        first, second = town.register(2)
        for number in (first, second):
            town.case.when(receive(HUANG, of=number))
        town.link(second, first)
        assert town.of(first)["rivals"] == []

    def test_where_nobody_has_received_either_the_next_reception_decides(self, town: Town):
        """Under whichever number."""
        first, second = town.register(2)
        town.link(second, first)
        town.case.when(receive(TAO, of=second))
        assert (town.owner_of(first), town.owner_of(second)) == (TAO, TAO)

    def test_a_closed_matter_opens_as_with_any_repeat(self, town: Town):
        """Its owner is the same as before."""
        first, second = town.register(2)
        town.case.when(receive(HUANG, of=first))
        town.case.when(close(of=first))
        town.link(second, first)
        assert town.of(first)["state"] == "owned"
        assert "Ownership.Reopened" in town.facts()

    def test_every_command_under_the_later_number_is_for_the_matter(self, town: Town):
        """Closure by the later one's owner is refused, by the matter's it is taken."""
        first, second = town.register(2)
        town.case.when(receive(HUANG, of=first))
        town.case.when(receive(SHEN, of=second))
        town.link(second, first)
        town.case.when(close(of=second, by=SHEN))
        assert town.case.refusal.code == "not_the_owner"
        town.case.when(close(of=second, by=HUANG))
        assert town.of(first)["state"] == "closed"

    def test_the_later_course_ends_with_its_terms(self, town: Town):
        """What is part of another owes no steps of its own; that one's course goes on."""
        first, second = town.register(2)
        town.case.when(take("transfer", of=second))
        town.link(second, first)
        assert "" not in terms_of(town, second).values()
        town.case.when(take("assign", of=second))
        assert town.case.answer["matter"] == first
        assert town.case.answer["state"] == "assigned"

    def test_it_stands_in_no_list(self, town: Town):
        """There is one matter to take care of, with its repeats."""
        first, second, third = town.register(3)
        town.link(third, second)
        town.link(second, first)
        shown = {row[0]: (row[8], row[9]) for row in rows(town.case.application, "caseload")}
        assert shown == {first: ("awaited", 2), second: ("merged", 1), third: ("merged", 0)}

    def test_what_a_process_remembers_of_a_number_is_a_hint(self, town: Town):
        """It looked the number up before the merging, and again before the splitting."""
        first, second = town.register(2)
        assert town.of(second)["matter"] == second
        town.link(second, first)
        assert town.of(second)["matter"] == first
        town.unlink(second)
        assert town.of(second)["matter"] == second

    def test_told_twice_is_merged_once(self, town: Town):
        """The position applied was lost with the broker's queues."""
        first, second = town.register(2)
        town.link(second, first)
        delete_rows(town.case.application, "applied_position")
        before = tables(town.case.application)
        town.arrive()
        assert town.facts() == []
        assert tables(town.case.application) == before


class TestSplitting:
    def test_the_ownership_that_it_had_goes_on(self, town: Town):
        """Shen had received that petitioner."""
        first, second = town.register(2)
        town.case.when(receive(HUANG, of=first))
        town.case.when(receive(SHEN, of=second))
        town.link(second, first)
        town.unlink(second)
        assert (town.owner_of(first), town.owner_of(second)) == (HUANG, SHEN)
        assert town.of(first)["repeats"] == []

    def test_else_it_is_awaited(self, town: Town):
        """The owner of a matter that it never was of is no first contact of it."""
        first, second = town.register(2)
        town.case.when(receive(HUANG, of=first))
        town.link(second, first)
        town.unlink(second)
        assert (town.owner_of(first), town.owner_of(second)) == (HUANG, None)
        assert town.of(second)["state"] == "awaited"

    def test_a_repeat_from_its_registration_on_gets_an_ownership(self, town: Town, clock: Clock):
        """Its term for the first step runs from its receipt."""
        first = town.register()[0]
        repeat = town.counter.register(PEOPLE[0], "外墙渗水")["number"]
        town.inbox.catch_up()
        town.case.when(receive(HUANG, of=first))
        clock.advance(3 * DAY)
        town.unlink(repeat)
        assert town.of(repeat)["matter"] == repeat
        assert town.of(repeat)["state"] == "awaited"
        due = {row[1]: row[4] for row in rows(town.case.application, "term")}
        assert due[repeat] == due[first]

    def test_without_an_owner_the_leader_on_duty_is_the_first(self, town: Town, clock: Clock):
        """A letter: the roster of the day of its receipt decides, as it would have."""
        first = town.register(channel="letter")[0]
        clock.advance(timedelta(hours=1))
        town.case.when(set_roster((TODAY, TAO), office=COUNTY))
        repeat = town.counter.register(PEOPLE[0], "外墙渗水", channel="letter")["number"]
        town.inbox.catch_up()
        town.unlink(repeat)
        assert (town.owner_of(first), town.owner_of(repeat)) == (None, TAO)

    def test_its_terms_run_to_the_days_that_they_ran_to(self, town: Town, clock: Clock):
        """The course goes on where it stood."""
        first, second = town.register(2)
        town.case.when(take("transfer", of=second))
        before = [rows(town.case.application, table) for table in ("term", "course")]
        clock.advance(2 * DAY)
        town.link(second, first)
        clock.advance(2 * DAY)
        town.unlink(second)
        after = [rows(town.case.application, table) for table in ("term", "course")]
        assert after == before

    def test_a_closed_one_stays_closed(self, town: Town):
        """Its terms do not run again, and it had no course."""
        first, second = town.register(2)
        town.case.when(receive(SHEN, of=second))
        town.case.when(close(of=second, by=SHEN))
        town.link(second, first)
        town.unlink(second)
        assert town.of(second)["state"] == "closed"
        assert "" not in terms_of(town, second).values()

    def test_what_repeats_it_goes_with_it(self, town: Town):
        """And what joined the whole stays with the whole."""
        first, second, third, fourth = town.register(4)
        town.link(third, second)
        town.link(second, first)
        town.link(fourth, first)
        town.unlink(second)
        assert town.of(second)["repeats"] == [third]
        assert town.of(first)["repeats"] == [fourth]

    def test_out_of_a_part_is_out_of_the_whole(self, town: Town):
        """It repeated a petition that has been merged since."""
        first, second, third = town.register(3)
        town.case.when(receive(HUANG, of=first))
        town.link(third, second)
        town.link(second, first)
        town.unlink(third)
        assert (town.of(third)["matter"], town.owner_of(third)) == (third, None)
        assert town.of(first)["repeats"] == [second]
        town.unlink(second)
        assert town.of(second)["repeats"] == []

    def test_what_was_parked_meanwhile_goes_where_it_belongs(self, town: Town):
        """A repeat of the later matter could not be applied until after the merging."""
        first, second = town.register(2)
        third = town.counter.register(PEOPLE[1], "外墙渗水")["number"]
        broken = inbox_from(town.counter, town.case.application, _unreadable)
        broken.catch_up()
        # And with it what the platform had found it by.
        assert broken.parked() == 2
        town.counter.link(second, first)
        town.inbox.catch_up()
        assert town.inbox.redrive() == 2
        assert town.of(third)["matter"] == first
        town.unlink(second)
        assert town.of(second)["repeats"] == [third]
        assert town.of(third)["matter"] == second

    def test_linked_again_it_is_merged_again(self, town: Town):
        """Two clerks disagree."""
        first, second = town.register(2)
        for _ in range(2):
            town.link(second, first)
            assert town.of(second)["matter"] == first
            town.unlink(second)
            assert town.of(second)["matter"] == second
        assert town.of(first)["repeats"] == []


class TestNotAcceptedAgain:
    """Art 36 / 31: the same facts and grounds after re-review."""

    def ended(self, town: Town) -> str:
        (number,) = town.register()
        town.case.when(receive(HUANG, of=number))
        for step in ("transfer", "accept", "handle"):
            town.case.when(take(step, of=number))
        town.case.when(take("reply", of=number, by=HUANG))
        for step in ("ask_review", "decide_review", "ask_re_review", "decide_re_review", "end"):
            town.case.when(take(step, of=number, **SEATS.get(step, {})))
            assert town.case.refusal is None, town.case.refusal.fields
        return number

    @pytest.mark.parametrize("closed", [False, True])
    def test_a_repeat_is_registered_and_opens_nothing(self, town: Town, *, closed: bool):
        """Its owner is told; the matter stays as it ended."""
        number = self.ended(town)
        if closed:
            town.case.when(close(of=number))
        before = town.of(number)["state"]
        repeat = town.counter.register(PEOPLE[0], "外墙渗水")["number"]
        town.arrive()
        assert town.facts() == ["Ownership.RepeatJoined", "Ownership.NotAcceptedAgain"]
        assert (town.of(repeat)["matter"], town.of(repeat)["state"]) == (number, before)

    def test_a_matter_merged_into_it_opens_nothing_either(self, town: Town):
        """Its numbers lead to what has ended."""
        number = self.ended(town)
        town.case.when(close(of=number))
        (other,) = town.register()
        town.link(other, number)
        assert "Ownership.NotAcceptedAgain" in town.facts()
        assert town.of(other)["state"] == "closed"

    def test_an_order_opens_it_all_the_same(self, town: Town):
        """And what repeats it then joins an open matter."""
        number = self.ended(town)
        town.case.when(close(of=number))
        town.case.when(take("reopen", of=number))
        town.case.clock.advance(DAY)
        town.counter.register(PEOPLE[0], "外墙渗水")
        town.arrive()
        assert town.facts() == ["Ownership.RepeatJoined"]
