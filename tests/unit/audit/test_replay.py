"""A case as of any instant, on both clocks; and that it was asked for is itself on record."""

import pytest

from chassis.eventstore.instants import text_of
from services.audit.application.looking import Looking, Place
from services.audit.application.sight import Reader
from services.audit.domain.access import CaseAccess
from services.audit.domain.refusals import PetitionUnknown
from services.audit.readmodels.lists import FactLists
from tests.builders import (
    DAY,
    HOUR,
    HUANG,
    NOON,
    actor,
    cloud_event,
    number,
    petition_id,
    registered,
)
from tests.unit.audit.desk import AUDITOR, Desk

REGISTERED, CORRECTED = "petition.registered.v1", "petition.corrected.v1"
TAKEN, CLOSED = "ownership.taken.v1", "case.closed.v1"


def taken(position: int = 1, **changes):
    """Recorded an hour after the registration; it had happened an hour before it."""
    data = {"petition_id": petition_id(), "number": number(), "owner": HUANG}
    times = {"time": NOON - HOUR, "recordedtime": NOON + HOUR}
    return cloud_event("responsibility", position, TAKEN, data, **{**times, **changes})


def closed(position: int = 2, **changes):
    """Recorded and happened two hours after the registration."""
    data = {"petition_id": petition_id(), "number": number(), "owner": HUANG}
    times = {"time": NOON + 2 * HOUR, "recordedtime": NOON + 2 * HOUR}
    return cloud_event("responsibility", position, CLOSED, data, **{**times, **changes})


def stood(desk: Desk, as_of):
    """Return what had been raised a day before noon."""
    looking = Looking(desk.application.log_of_events, FactLists(), desk.clock)
    reader = Reader(AUDITOR, auditing=True)
    standings, _ = looking.standings(reader, Place(), as_of, "", 10, NOON - DAY)
    return [each.number for each in standings]


class TestAsOfAnInstant:
    @pytest.mark.parametrize(
        ("as_of", "types"),
        [
            (None, [REGISTERED, TAKEN, CLOSED]),
            (NOON + 2 * HOUR, [REGISTERED, TAKEN, CLOSED]),
            (NOON + 90 * HOUR / 60, [REGISTERED, TAKEN]),
            (NOON + HOUR, [REGISTERED, TAKEN]),
            (NOON, [REGISTERED]),
            (NOON - HOUR, []),
        ],
    )
    def test_what_was_recorded_later_is_left_out(self, desk: Desk, as_of, types):
        """The clock of the record: what could anybody have known then?"""
        desk.take_in(registered(1), taken(), closed())
        assert desk.types(as_of=as_of) == types

    @pytest.mark.parametrize(
        ("occurred_until", "types"),
        [
            (NOON + 2 * HOUR, [REGISTERED, TAKEN, CLOSED]),
            (NOON, [REGISTERED, TAKEN]),
            (NOON - HOUR, [TAKEN]),
            (NOON - 2 * HOUR, []),
        ],
    )
    def test_what_is_stated_to_have_happened_later_is_left_out(
        self, desk: Desk, occurred_until, types
    ):
        """The clock of the statements: what had happened by then, as we know today?"""
        desk.take_in(registered(1), taken(), closed())
        assert desk.types(occurred_until=occurred_until) == types

    def test_when_it_was_raised_is_what_it_was_corrected_to(self, desk: Desk):
        """The wrong day was a slip; what was on record before the correction does not know it."""
        before, after = ({"occurred_at": text_of(at)} for at in (NOON, NOON - 2 * DAY))
        data = {"petition_id": petition_id(), "number": number(), "before": before, "after": after}
        told = cloud_event("intake", 2, CORRECTED, data, recordedtime=NOON + 2 * HOUR)
        desk.take_in(registered(1), told)
        assert desk.types(occurred_until=NOON - DAY) == [REGISTERED]
        desk.clock.advance(HOUR)
        assert desk.types(as_of=NOON + HOUR, occurred_until=NOON - DAY) == []
        assert stood(desk, desk.clock()) == [number()]
        assert stood(desk, NOON + HOUR) == []

    def test_both_clocks_count_at_once(self, desk: Desk):
        """What had happened by nine, as far as it was on record at noon: nothing yet."""
        desk.take_in(registered(1), taken(), closed())
        assert desk.types(as_of=NOON, occurred_until=NOON - HOUR) == []

    def test_a_fact_from_a_clock_that_is_ahead_is_part_of_the_history_of_now(self, desk: Desk):
        """Recorded three seconds from now: asked for without an instant it is not hidden."""
        ahead = desk.clock() + HOUR / 1200
        desk.take_in(registered(1), taken(), closed(recordedtime=ahead))
        answer = desk.replay()
        assert [entry.type for entry in answer["entries"]] == [REGISTERED, TAKEN, CLOSED]
        assert answer["as_of"] >= "2026-11-25T04:00:03"


class TestTheHistory:
    def test_is_that_of_the_matter_for_a_repeat_too(self, desk: Desk):
        """The number of the repeat leads to the same facts."""
        desk.take_in(registered(1), registered(2, 2, original=1), taken())
        assert desk.types(of=number(2)) == [REGISTERED, REGISTERED, TAKEN]

    def test_is_not_that_of_another_petition(self, desk: Desk):
        """Each case has its own."""
        desk.take_in(registered(1), registered(2, 2), taken())
        assert desk.types(of=number(2)) == [REGISTERED]

    def test_names_actor_and_cause_of_each_fact(self, desk: Desk):
        """Who did it, and what led to it."""
        desk.take_in(registered(1, actor="K330424001", causationid="request-9"))
        (entry,) = desk.replay()["entries"]
        assert (entry.actor, entry.cause) == ("K330424001", "request-9")

    def test_says_how_far_it_is_complete(self, desk: Desk):
        """Up to which position of each log this is all."""
        desk.take_in(registered(1))
        assert desk.replay(complete_up_to={"intake": 7})["complete_up_to"] == {"intake": 7}

    def test_of_an_unknown_petition_is_refused(self, desk: Desk):
        """And nobody is said to have read it."""
        with pytest.raises(PetitionUnknown):
            desk.replay(of=number(9))
        assert desk.facts() == []

    def test_does_not_depend_on_which_log_arrived_first(self, desk: Desk):
        """Responsibility's events overtake those of intake."""
        desk.take_in(taken())
        desk.take_in(registered(1), closed())
        assert desk.types() == [REGISTERED, TAKEN, CLOSED]


class TestTheReplayIsOnRecord:
    def test_with_who_asked_and_what_he_saw(self, desk: Desk):
        """The first replay begins the access record of the case."""
        desk.take_in(registered(1), taken())
        desk.replay(as_of=NOON)
        begun, replayed = desk.facts()
        assert isinstance(begun, CaseAccess.Begun)
        assert isinstance(replayed, CaseAccess.Replayed)
        assert (replayed.number, replayed.as_of, replayed.entries) == (number(), NOON, 1)
        assert desk.recorded()[1].actor == AUDITOR.subject

    def test_each_time_again(self, desk: Desk):
        """Two auditors at the same instant, and one of them once more later."""
        desk.take_in(registered(1))
        desk.replay()
        desk.replay(by=actor("A330000002", "330000-01"))
        desk.clock.advance(DAY)
        desk.replay()
        assert [each.actor for each in desk.recorded()[1:]] == [
            "A330000001",
            "A330000002",
            "A330000001",
        ]

    def test_of_a_repeat_under_the_number_of_the_matter(self, desk: Desk):
        """There is one case to be accessed."""
        desk.take_in(registered(1), registered(2, 2, original=1))
        desk.replay(of=number(2))
        assert desk.facts()[-1].number == number(1)
