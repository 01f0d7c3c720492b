"""What a person did, what was seen by whom, how a place stood: pages that make up the whole."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.audit.application.looking import LOOKS, Asked, Looking, Place
from services.audit.application.sight import Reader
from services.audit.domain.refusals import InTheFuture, OfficeNotAllowed, PetitionUnknown
from services.audit.domain.timeline import Period
from services.audit.readmodels.lists import FactLists
from statute.parties import mark_of
from tests.builders import (
    CLERK,
    COUNTY,
    DAY,
    HOUR,
    HUANG,
    NOON,
    OTHER_COUNTY,
    SHEN,
    Clock,
    actor,
    cloud_event,
    number,
    petition_id,
    registered,
)
from tests.unit.audit.desk import AUDITOR, Desk, audit
from tests.unit.audit.test_merging import linked, unlinked
from tests.unit.stores import Stores

READER = Reader(AUDITOR, auditing=True)


def looking(desk: Desk) -> Looking:
    return Looking(desk.application.log_of_events, FactLists(), desk.clock)


def did(position: int, who: str, type_: str, serial: int = 1, **changes: Any) -> Any:
    data = {"petition_id": petition_id(serial), "number": number(serial), "owner": HUANG}
    data |= changes.pop("data", {})
    return cloud_event("responsibility", position, type_, data, actor=who, **changes)


def deeds(desk: Desk, who: str = HUANG, by: Reader = READER, **asked: Any) -> list[int]:
    """Return the positions of what a person did, read in pages of two."""
    found, cursor = list[int](), ""
    while True:
        page, cursor = looking(desk).deeds(by, Asked(who, **asked), cursor, 2)
        found += [each.fact.position for each in page]
        if not cursor:
            return found


class TestDeeds:
    @given(who=st.lists(st.sampled_from([HUANG, SHEN]), max_size=9))
    def test_are_all_of_one_person_and_nobody_elses(self, stores: Stores, who: list[str]):
        """In the order of the record, however many pages."""
        with stores.opened("audit", lambda environment: audit(environment, Clock())) as made:
            desk = Desk(made, Clock())
            events = [did(at, each, "reception.recorded.v1") for at, each in enumerate(who, 1)]
            desk.take_in(registered(1), *events)
            for each in (HUANG, SHEN):
                expected = [at for at, one in enumerate(who, 1) if one == each]
                assert deeds(desk, each) == expected

    def test_of_a_time_and_of_a_kind(self, desk: Desk):
        events = [
            did(at, HUANG, "reception.recorded.v1", recordedtime=NOON + at * HOUR)
            for at in range(1, 5)
        ]
        desk.take_in(registered(1), *events)
        assert deeds(desk, period=Period(NOON + HOUR, NOON + 3 * HOUR)) == [2, 3]
        assert deeds(desk, types=["case.closed.v1"]) == []

    def test_of_a_time_on_the_clock_of_the_statements(self, desk: Desk):
        """What he says that he did in those hours, whenever he put it on record."""
        events = [
            did(at, HUANG, "reception.recorded.v1", time=NOON - at * HOUR) for at in range(1, 5)
        ]
        desk.take_in(registered(1), *events)
        assert deeds(desk, occurred=Period(NOON - 4 * HOUR, NOON - 2 * HOUR)) == [2, 3]
        both = {"occurred": Period(NOON - 4 * HOUR), "period": Period(NOON)}
        assert deeds(desk, **both) == []

    def test_of_a_sealed_matter_are_not_shown_to_its_party(self, desk: Desk):
        """Though he audits."""
        event = registered(1, actor=HUANG)
        event.data.update(sealed=True, kept_out=[mark_of(number(), AUDITOR.subject)])
        desk.take_in(event, registered(2, 2, actor=HUANG))
        assert deeds(desk) == [2]
        other = Reader(actor("A330000002", ""), auditing=True)
        assert deeds(desk, by=other) == [1, 2]


def looks(desk: Desk, number: str = "", who: str = "") -> list[tuple[str, str]]:
    found, _ = looking(desk).looks(READER, number, who, Period(), "", 50)
    return [(each.fact.type, each.fact.actor) for each in found]


class TestLooks:
    def test_at_a_case_are_those_at_its_repeats_too(self, desk: Desk):
        read = {"petition_id": petition_id(2), "number": number(2)}
        desk.take_in(
            registered(1),
            registered(2, 2, original=1),
            cloud_event("intake", 3, "content.read.v1", read, actor=CLERK),
        )
        desk.replay(of=number(1))
        desk.follow_itself()
        expected = [("content.read.v1", CLERK), ("case.replayed.v1", AUDITOR.subject)]
        assert looks(desk, number(1)) == expected
        assert looks(desk, who=CLERK) == expected[:1]
        assert {type_ for type_, _ in expected} < set(LOOKS)

    def test_at_what_there_is_not_are_refused(self, desk: Desk):
        with pytest.raises(PetitionUnknown):
            looks(desk, number(9))

    def test_at_what_he_is_accused_of_are_refused_to_the_accused(self, desk: Desk):
        event = registered(1)
        event.data.update(sealed=True, kept_out=[mark_of(number(), AUDITOR.subject)])
        desk.take_in(event)
        with pytest.raises(PetitionUnknown):
            looks(desk, number(1))


def standings(
    desk: Desk, region: str = "", at: Any = None, office: str = "", happened: Any = None
) -> dict[str, Any]:
    place = Place(region, office)
    items, _ = looking(desk).standings(READER, place, at or desk.clock(), "", 50, happened)
    return {each.number: (each.state, each.owner) for each in items}


class TestStandings:
    def test_are_what_was_on_record_at_the_time(self, desk: Desk):
        desk.take_in(
            registered(1),
            did(1, HUANG, "ownership.taken.v1", recordedtime=NOON + HOUR),
            did(2, HUANG, "case.closed.v1", recordedtime=NOON + 2 * HOUR),
        )
        at = {hours: standings(desk, at=NOON + hours * HOUR) for hours in (-1, 0, 1, 2)}
        assert at == {
            -1: {},
            0: {number(): ("registered", None)},
            1: {number(): ("owned", HUANG)},
            2: {number(): ("closed", HUANG)},
        }

    def test_are_what_had_happened_by_then_as_far_as_it_was_on_record(self, desk: Desk):
        """Taken an hour before it was put on record, and closed two, which is recorded later."""
        desk.take_in(
            registered(1, time=NOON - 4 * HOUR),
            did(1, HUANG, "ownership.awaited.v1"),
            did(2, HUANG, "ownership.taken.v1", time=NOON - 3 * HOUR),
            did(3, HUANG, "case.closed.v1", time=NOON - HOUR, recordedtime=NOON + HOUR),
        )
        stood = [
            standings(desk, at=NOON + on_record * HOUR, happened=NOON + happened * HOUR)
            for on_record, happened in ((0, -5), (0, -4), (0, -3), (0, -1), (1, -1), (1, -2))
        ]
        registered_only, owned, closed = (
            {number(): stands}
            for stands in (("registered", None), ("owned", HUANG), ("closed", HUANG))
        )
        assert stood == [{}, registered_only, owned, owned, closed, owned]

    def test_follow_what_had_left_by_then(self, desk: Desk):
        """On the clock of the statements too: where it had gone before it is said to have left."""
        gone = {"repeat_number": number(2), "numbers": [number(2), number(3)]}
        into = {"into_number": number(1)}
        desk.take_in(
            *(registered(serial, serial, time=NOON - 5 * HOUR) for serial in (1, 2, 3)),
            did(1, HUANG, "ownership.merged.v1", 2, data=into, time=NOON - 4 * HOUR),
            did(2, HUANG, "ownership.merged.v1", 3, data=into, time=NOON - 4 * HOUR),
            did(3, HUANG, "repeat.left.v1", data=gone, time=NOON - 2 * HOUR),
        )
        assert into_which(desk, NOON - 3 * HOUR)[number(3)] == number(1)
        assert into_which(desk, NOON - 2 * HOUR)[number(3)] == number(2)

    @pytest.mark.parametrize(
        ("region", "serials"),
        [("", [1, 2]), ("33", [1, 2]), ("3304", [1]), ("330424", [1]), ("330726", [2]), ("99", [])],
    )
    def test_of_a_region_and_those_in_it(self, desk: Desk, region: str, serials: list[int]):
        desk.take_in(registered(1), registered(2, 2, office=OTHER_COUNTY))
        offices = {1: COUNTY, 2: OTHER_COUNTY}
        assert set(standings(desk, region)) == {number(at, offices[at]) for at in serials}
        assert set(standings(desk, office=OTHER_COUNTY)) == {number(2, OTHER_COUNTY)}

    def test_of_a_time_to_come_are_refused(self, desk: Desk):
        with pytest.raises(InTheFuture):
            standings(desk, at=desk.clock() + DAY)

    def test_of_a_sealed_matter_are_not_shown_to_its_party(self, desk: Desk):
        event = registered(1)
        event.data.update(sealed=True, kept_out=[mark_of(number(), AUDITOR.subject)])
        desk.take_in(event, registered(2, 2))
        assert set(standings(desk)) == {number(2)}


def into_which(desk: Desk, happened: Any) -> dict[str, str | None]:
    items, _ = looking(desk).standings(READER, Place(), desk.clock(), "", 50, happened)
    return {each.number: each.into for each in items}


def hidden_from_auditor(position: int, serial: int) -> Any:
    event = registered(position, serial)
    event.data.update(sealed=True, kept_out=[mark_of(number(serial), AUDITOR.subject)])
    return event


class TestWhatNamesASealedMatter:
    """To its party no list names it, also where an open petition has to do with it."""

    def test_a_deed_is_not_shown(self, desk: Desk):
        """A repeat that left it again, or was never more than proposed for it."""
        names = {"repeat_number": number(1), "repeat_petition_id": petition_id(1)}
        desk.take_in(
            hidden_from_auditor(1, 1),
            registered(2, 2),
            did(1, HUANG, "repeat.left.v1", 2, data={**names, "numbers": [number(1)]}),
            did(2, HUANG, "ownership.merged.v1", 2, data={"into_number": number(1)}),
            did(3, HUANG, "case.closed.v1", 2),
        )
        assert deeds(desk) == [3]
        assert deeds(desk, by=Reader(actor("A330000002", ""), auditing=True)) == [1, 2, 3]

    def test_a_standing_of_then_does_not_say_into_which(self, desk: Desk):
        """It had joined what became sealed, and has left it since."""
        into = {"into_number": number(1), "into_petition_id": petition_id(1)}
        joined = did(1, HUANG, "ownership.merged.v1", 2, recordedtime=NOON + HOUR, data=into)
        desk.take_in(hidden_from_auditor(1, 1), registered(2, 2), joined)
        items, _ = looking(desk).standings(READER, Place(), desk.clock(), "", 50)
        assert [(each.number, each.state, each.into) for each in items] == [
            (number(2), "merged", None)
        ]
        others, _ = looking(desk).standings(
            Reader(actor("A330000002", ""), auditing=True), Place(), desk.clock(), "", 50
        )
        assert {each.number: each.into for each in others} == {
            number(1): None,
            number(2): number(1),
        }


class TestWhatChangedBetweenTwoInstants:
    """A replay from one to the other."""

    def test_is_what_was_recorded_between_them(self, desk: Desk):
        desk.take_in(
            registered(1),
            did(1, HUANG, "ownership.taken.v1", recordedtime=NOON + HOUR),
            did(2, HUANG, "case.closed.v1", recordedtime=NOON + 2 * HOUR),
        )
        assert desk.types(since=NOON, as_of=NOON + HOUR) == ["ownership.taken.v1"]
        desk.clock.advance(HOUR)
        assert desk.types(since=NOON + HOUR) == ["case.closed.v1"]

    def test_is_what_had_happened_by_then_of_it(self, desk: Desk):
        """On the clock of the statements one instant counts for both."""
        desk.take_in(
            registered(1),
            did(1, HUANG, "ownership.taken.v1", time=NOON, recordedtime=NOON + HOUR),
            did(2, HUANG, "case.closed.v1", time=NOON + HOUR, recordedtime=NOON + HOUR),
        )
        assert desk.types(since=NOON, occurred_until=NOON) == ["ownership.taken.v1"]

    def test_is_all_of_what_has_joined(self, desk: Desk):
        """What was on record of it before as well."""
        desk.take_in(registered(1), registered(2, 2), did(1, HUANG, "ownership.taken.v1", 2))
        desk.take_in(linked(3, 2, 1))
        entries, left = changed(desk, 1, 2, 3)
        assert [each[0] for each in entries] == [
            "petition.registered.v1",
            "ownership.taken.v1",
            "repeat.linked.v1",
        ]
        assert ({number for _, number in entries}, left) == ({number(2)}, [])

    def test_is_all_of_what_has_left(self, desk: Desk):
        """To what has left itself, what it was part of has gone."""
        desk.take_in(registered(1), registered(2, 2), linked(3, 2, 1), unlinked(4, 2, 1))
        kinds = ["petition.registered.v1", "repeat.linked.v1"]
        assert changed(desk, 1, 3, 4) == ([], [(kind, number(2)) for kind in kinds])
        assert changed(desk, 2, 3, 4) == (
            [("repeat.unlinked.v1", number(2))],
            [("petition.registered.v1", number(1))],
        )
        # It came and went between the two, so that nothing has changed.
        assert changed(desk, 1, 2, 4) == ([], [])

    def test_is_on_record_with_what_has_left_too(self, desk: Desk):
        """Its facts were shown."""
        desk.take_in(registered(1), registered(2, 2), linked(3, 2, 1), unlinked(4, 2, 1))
        changed(desk, 1, 3, 4)
        desk.follow_itself()
        assert looks(desk, number(2)) == [("case.replayed.v1", AUDITOR.subject)]

    def test_is_not_told_to_whom_the_case_of_then_is_not_told(self, desk: Desk):
        """He would see what has left it."""
        desk.take_in(registered(1, office=OTHER_COUNTY), registered(2, 2))
        desk.take_in(linked(3, 2, 1), unlinked(4, 2, 1))
        desk.clock.advance(10 * HOUR)
        head = Reader(actor("D1", COUNTY), auditing=False)
        with pytest.raises(OfficeNotAllowed):
            desk.application.replay(head, number(2), Period(NOON + 3 * HOUR), None, {})


def changed(
    desk: Desk, serial: int, since: int, until: int
) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Return kind and number of what came between two hours, and of what left."""
    desk.clock.now = max(desk.clock(), NOON + 10 * HOUR) + HOUR
    given = {"of": number(serial), "since": NOON + since * HOUR, "as_of": NOON + until * HOUR}
    answer = desk.replay(**given)
    come, gone = (
        [(each.type, each.data["number"]) for each in answer[name]] for name in ("entries", "left")
    )
    return come, gone
