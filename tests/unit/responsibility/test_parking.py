"""An event that cannot be applied holds up its petition and nothing else, until it is redriven."""

from contracts.envelope import CloudEvent
from tests.builders import number, petition_id, registered
from tests.unit.responsibility.casebook import Casebook
from tests.unit.responsibility.test_same_state import inbox_of
from tests.unit.stores import SourceLog


def content_read(position: int, serial: int) -> CloudEvent:
    """A later event of the same petition, of a type that responsibility passes over."""
    return registered(position, serial, type="content.read.v1")


def repeat_before_its_original(case: Casebook) -> None:
    """Petition 2 repeats 1, which nobody here knows; 2 goes on, and 3 is somebody else's."""
    events = [registered(1, 2, 1), content_read(2, 2), registered(3, 3)]
    inbox_of(case.application, SourceLog()).receive(events)


class TestParking:
    def test_parks_the_petition_and_goes_on_with_the_others(self, case: Casebook):
        """The first for its reason, the second because it must wait behind the first."""
        repeat_before_its_original(case)
        inbox = inbox_of(case.application, SourceLog())
        assert [(row["position"], row["reason"]) for row in inbox.list_parked(10)] == [
            (1, "PetitionUnknown in petition.registered.v1"),
            (2, "waits behind an earlier event of its petition"),
        ]
        assert inbox.applied("intake") == 3
        assert case.ownership(number(3))["state"] == "awaited"


class TestRedriving:
    def test_applies_what_was_parked_in_its_order(self, case: Casebook):
        """The original has come meanwhile."""
        repeat_before_its_original(case)
        inbox = inbox_of(case.application, SourceLog())
        inbox.receive([registered(4, 1)])
        assert inbox.redrive() == 2
        assert inbox.list_parked(10) == []
        assert case.ownership(number(1))["repeats"] == [number(2)]

    def test_stops_at_the_first_that_fails_again(self, case: Casebook):
        """Its reason is kept, and what waits behind it goes on waiting."""
        repeat_before_its_original(case)
        inbox = inbox_of(case.application, SourceLog())
        assert inbox.redrive() == 0
        assert [row["position"] for row in inbox.list_parked(10)] == [1, 2]

    def test_can_be_asked_for_one_petition(self, case: Casebook):
        """The other one stays."""
        inbox = inbox_of(case.application, SourceLog())
        inbox.receive(
            [registered(1, 2, 1), registered(2, 4, 3), registered(3, 1), registered(4, 3)]
        )
        assert inbox.redrive(petition_id(4)) == 1
        assert [row["subject"] for row in inbox.list_parked(10)] == [petition_id(2)]

    def test_once_takes_effect_once(self, case: Casebook):
        """Two operators at the same time, or one who is impatient."""
        repeat_before_its_original(case)
        inbox = inbox_of(case.application, SourceLog())
        inbox.receive([registered(4, 1)])
        assert [inbox.redrive(), inbox.redrive()] == [2, 0]
        assert case.ownership(number(1))["repeats"] == [number(2)]

    def test_what_comes_afterwards_waits_no_more(self, case: Casebook):
        """The petition goes on as any other."""
        repeat_before_its_original(case)
        inbox = inbox_of(case.application, SourceLog())
        inbox.receive([registered(4, 1)])
        inbox.redrive()
        inbox.receive([content_read(5, 2)])
        assert inbox.list_parked(10) == []
