"""The history of a matter holds the petitions that belong to it, each with what it had before."""

from typing import Any

from tests.builders import HOUR, NOON, cloud_event, number, petition_id, registered
from tests.unit.audit.desk import Desk

REGISTERED, TAKEN = "petition.registered.v1", "ownership.taken.v1"


def linked(position: int, serial: int, to: int, *along: int) -> Any:
    return _moved(position, "repeat.linked.v1", serial, to, along)


def unlinked(position: int, serial: int, out_of: int, *along: int) -> Any:
    return _moved(position, "repeat.unlinked.v1", serial, out_of, along)


def _moved(position: int, type_: str, serial: int, other: int, along: tuple[int, ...]) -> Any:
    data = {
        "petition_id": petition_id(serial),
        "number": number(serial),
        "repeats": petition_id(other),
        "repeats_number": number(other),
        "along": [number(each) for each in along],
    }
    return cloud_event("intake", position, type_, data, recordedtime=NOON + position * HOUR)


def taken(position: int, serial: int) -> Any:
    data = {"petition_id": petition_id(serial), "number": number(serial)}
    return cloud_event("responsibility", position, TAKEN, data)


def registrations(desk: Desk, of: int) -> set[str]:
    desk.clock.advance(HOUR)
    entries = desk.replay(of=number(of))["entries"]
    return {entry.data["number"] for entry in entries if entry.type == REGISTERED}


class TestMerging:
    def test_either_number_has_the_history_of_both(self, desk: Desk):
        """What was on record of the later one before is part of it."""
        desk.take_in(registered(1), registered(2, 2), taken(1, 2), linked(3, 2, 1))
        assert registrations(desk, 1) == registrations(desk, 2) == {number(1), number(2)}
        desk.clock.advance(HOUR)
        assert desk.types(of=number(1)).count(TAKEN) == 1

    def test_what_went_along_is_in_it(self, desk: Desk):
        """The later one had a repeat."""
        desk.take_in(registered(1), registered(2, 2), registered(3, 3, 2), linked(4, 2, 1, 3))
        assert registrations(desk, 3) == {number(1), number(2), number(3)}

    def test_the_logs_may_arrive_in_any_order(self, desk: Desk):
        """Responsibility's is ahead of intake's."""
        desk.take_in(taken(1, 2))
        desk.take_in(registered(1), registered(2, 2), linked(3, 2, 1))
        assert TAKEN in desk.types(of=number(1))


class TestSplitting:
    def test_each_has_its_own_again(self, desk: Desk):
        """With both decisions, and what went with it."""
        desk.take_in(registered(1), registered(2, 2), registered(3, 3, 2))
        desk.take_in(linked(4, 2, 1, 3), unlinked(5, 2, 1, 3))
        assert registrations(desk, 1) == {number(1)}
        assert registrations(desk, 3) == {number(2), number(3)}
        desk.clock.advance(HOUR)
        assert "repeat.unlinked.v1" in desk.types(of=number(2))

    def test_a_repeat_since_its_registration_takes_that_along(self, desk: Desk):
        desk.take_in(registered(1), registered(2, 2, 1), unlinked(3, 2, 1))
        assert registrations(desk, 2) == {number(2)}
        assert registrations(desk, 1) == {number(1)}
