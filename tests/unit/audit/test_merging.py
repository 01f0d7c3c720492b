"""The history of a matter holds the petitions that belong to it, each with what it had before."""

from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from contracts.events import MESSAGES
from services.audit.application.sight import Reader
from services.audit.domain.refusals import OfficeNotAllowed
from services.audit.domain.timeline import Period
from services.audit.readmodels.timelines import TimelineTables
from tests.builders import (
    COUNTY,
    HOUR,
    NOON,
    OTHER_COUNTY,
    actor,
    cloud_event,
    number,
    petition_id,
    registered,
)
from tests.unit.audit.desk import Desk, inbox_of
from tests.unit.stores import delete_rows, rows

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


def naming(event: Any, serial: int) -> Any:
    """A registration that says which petition of the matter it repeats."""
    event.data.update(named=petition_id(serial), named_number=number(serial))
    return event


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


class TestAsOfAnInstant:
    def test_a_number_is_in_the_matter_that_it_belonged_to(self, desk: Desk):
        """Before the link, while it stood, after it was undone."""
        desk.take_in(registered(1), registered(2, 2), registered(3, 3, 2))
        desk.take_in(linked(4, 2, 1, 3), unlinked(5, 2, 1, 3))
        desk.clock.advance(10 * HOUR)
        found = [
            [registrations_as_of(desk, serial, NOON + hours * HOUR) for serial in (1, 2, 3)]
            for hours in (3, 4, 5)
        ]
        apart = [{number(1)}, {number(2), number(3)}, {number(2), number(3)}]
        assert found == [apart, [{number(1), number(2), number(3)}] * 3, apart]

    def test_linked_again_it_is_so_again(self, desk: Desk):
        desk.take_in(registered(1), registered(2, 2))
        desk.take_in(linked(3, 2, 1), unlinked(4, 2, 1), linked(5, 2, 1), unlinked(6, 2, 1))
        desk.clock.advance(10 * HOUR)
        both = [len(registrations_as_of(desk, 1, NOON + hours * HOUR)) for hours in (2, 3, 4, 5, 6)]
        assert both == [1, 2, 1, 2, 1]

    def test_what_was_not_on_record_yet_has_no_history(self, desk: Desk):
        """Though the matter that it repeats has one."""
        desk.take_in(registered(1))
        desk.take_in(registered(2, 2, 1, recordedtime=NOON + 5 * HOUR))
        desk.clock.advance(10 * HOUR)
        assert registrations_as_of(desk, 2, NOON + HOUR) == set()
        assert registrations_as_of(desk, 1, NOON + HOUR) == {number(1)}

    def test_the_head_of_another_office_sees_no_more_than_now(self, desk: Desk):
        """He would not be shown the matter that it belonged to then."""
        desk.take_in(registered(1, office=OTHER_COUNTY), registered(2, 2))
        desk.take_in(linked(3, 2, 1), unlinked(4, 2, 1))
        desk.clock.advance(10 * HOUR)
        head = Reader(actor("D1", COUNTY), auditing=False)
        replay = partial(
            desk.application.replay, head, number(2), occurred_until=None, complete_up_to={}
        )
        assert replay(Period())["entries"]
        with pytest.raises(OfficeNotAllowed):
            replay(Period(until=NOON + 3 * HOUR))


class TestWhatRepeatsTheLaterOne:
    def test_goes_with_it_whatever_the_register_said(self, desk: Desk):
        """Each service has the links themselves on record; `along` may have been short."""
        desk.take_in(registered(1), registered(2, 2), linked(3, 2, 1))
        desk.take_in(naming(registered(4, 4, 1), 2))
        assert registrations(desk, 4) == {number(1), number(2), number(4)}
        desk.take_in(unlinked(5, 2, 1))
        assert registrations(desk, 4) == {number(2), number(4)}
        assert registrations(desk, 1) == {number(1)}

    def test_that_had_to_wait_is_where_that_one_is_by_then(self, desk: Desk):
        """Its registration was parked while the link was undone."""
        desk.take_in(registered(1), registered(2, 2), linked(3, 2, 1), unlinked(4, 2, 1))
        desk.take_in(naming(registered(5, 5, 1), 2))
        assert registrations(desk, 5) == {number(2), number(5)}

    def test_that_had_to_wait_has_moved_with_that_one(self, desk: Desk):
        """All the same as if it had not: what is filled again from the logs is no other."""
        data = {"petition_id": petition_id(3), "number": number(3)}
        desk.take_in(cloud_event("responsibility", 1, "future.thing.v9", data))
        desk.take_in(registered(1), registered(2, 2), registered(3, 3, 2), linked(4, 2, 1))
        inbox = inbox_of(desk.application, desk.log)
        newer = replace(inbox, known=frozenset({*MESSAGES, "future.thing.v9"}))
        assert (newer.redrive(), newer.parked()) == (2, 0)
        assert registrations(desk, 1) == {number(1), number(2), number(3)}
        before = {name: rows(desk.application, name) for name in TimelineTables.tables}
        for name in (*TimelineTables.tables, "applied_position"):
            delete_rows(desk.application, name)
        newer.catch_up()
        assert {name: rows(desk.application, name) for name in TimelineTables.tables} == before


def registrations_as_of(desk: Desk, serial: int, as_of: Any) -> set[str]:
    desk.clock.advance(HOUR)
    entries = desk.replay(of=number(serial), as_of=as_of)["entries"]
    return {entry.data["number"] for entry in entries if entry.type == REGISTERED}
