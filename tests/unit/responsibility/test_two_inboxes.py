"""Two processes of one service share its inbox: what one assumes, the other may have changed."""

from contracts.envelope import CloudEvent
from tests.builders import cloud_event, number, petition_id, registered
from tests.unit.responsibility.casebook import Casebook
from tests.unit.responsibility.test_parking import content_read
from tests.unit.responsibility.test_same_state import inbox_of
from tests.unit.stores import SourceLog

EVENTS = [registered(position, position) for position in (1, 2, 3, 4)]


def read_of_petition_9() -> CloudEvent:
    return cloud_event("audit", 1, "content.read.v1", {"petition_id": petition_id(9)})


def test_what_the_other_applied_is_not_applied_again(case: Casebook):
    ours, theirs = (inbox_of(case.application, SourceLog(EVENTS)) for _ in range(2))
    ours.receive(EVENTS[:1])
    theirs.receive(EVENTS[:3])
    ours.receive(EVENTS[1:])
    assert ours.applied("intake") == 4
    assert ours.parked() == 0
    assert case.ownership(number(4))["state"] == "awaited"


def test_what_waits_behind_an_event_that_the_other_parked_is_held(case: Casebook):
    """We looked when nothing was parked; petition 9 repeats 8, which nobody here knows."""
    ours, theirs = (inbox_of(case.application, SourceLog(EVENTS)) for _ in range(2))
    ours.receive(EVENTS[:1])
    theirs.receive([registered(2, 9, 8)])
    ours.receive([content_read(3, 9), registered(4, 4)])
    assert [row["position"] for row in ours.list_parked(10)] == [2, 3]
    assert case.ownership(number(4))["state"] == "awaited"


def test_so_is_what_another_source_tells_of_that_petition(case: Casebook):
    """The position of that source has not moved, so nothing else would show that we are wrong."""
    ours, theirs = (inbox_of(case.application, SourceLog(EVENTS)) for _ in range(2))
    ours.receive(EVENTS[:1])
    theirs.receive([registered(2, 9, 8)])
    ours.receive([read_of_petition_9()])
    assert [row["source"] for row in ours.list_parked(10)] == ["audit", "intake"]


def test_what_the_other_redrove_holds_nothing_up_any_more(case: Casebook):
    ours, theirs = (inbox_of(case.application, SourceLog(EVENTS)) for _ in range(2))
    ours.receive([registered(1, 9, 8)])
    ours.receive([registered(2, 8)])
    assert theirs.redrive() == 1
    ours.receive([content_read(3, 9)])
    assert ours.parked() == 0


def test_a_position_that_was_forgotten_is_caught_up_from_the_start(case: Casebook):
    """As `rebuild` leaves it, while the service runs."""
    inbox = inbox_of(case.application, SourceLog(EVENTS))
    inbox.receive(EVENTS)
    case.application.log_of_events.transact(
        lambda transaction: transaction.execute("DELETE FROM applied_position")
    )
    assert inbox.catch_up() == 4
    assert inbox.applied("intake") == 4
