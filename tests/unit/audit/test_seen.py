"""Whoever was shown facts of a case is found by that case, whatever it was part of at the time."""

from pathlib import Path
from typing import Any

import pytest

from services.audit.application.looking import Looking
from services.audit.application.sight import Reader
from services.audit.domain.timeline import Period
from services.audit.readmodels.lists import FactLists
from statute.parties import mark_of
from tests.builders import HOUR, NOON, actor, cloud_event, number, petition_id, registered
from tests.unit.audit.desk import AUDITOR, Desk
from tests.unit.audit.ledgers import LedgerDesk
from tests.unit.audit.test_merging import linked, unlinked

REPLAYED, EXPORTED = "case.replayed.v1", "case.exported.v1"
OTHER = actor("A330000002", "")


def looks(desk: Desk, serial: int, by: Any = AUDITOR) -> list[tuple[str, list[str]]]:
    """Return of each look at a case its kind, and the petitions that it says were shown."""
    desk.follow_itself()
    looking = Looking(desk.application.log_of_events, FactLists(), desk.clock)
    reader = Reader(by, auditing=True)
    found, _ = looking.looks(reader, number(serial), "", Period(), "", 50)
    return [(each.fact.type, each.fact.data.get("petition_ids", [])) for each in found]


def ids(*serials: int) -> list[str]:
    return sorted(map(petition_id, serials))


class TestAReplay:
    def test_of_the_whole_is_found_by_what_has_left_since(self, desk: Desk):
        desk.take_in(registered(1), registered(2, 2), linked(3, 2, 1))
        desk.replay()
        desk.take_in(unlinked(4, 2, 1))
        assert looks(desk, 1) == looks(desk, 2) == [(REPLAYED, ids(1, 2))]

    def test_as_of_then_is_found_by_each_that_was_part_of_it(self, desk: Desk):
        """One fact for each case that it is of now, which says how much of it was shown."""
        desk.take_in(registered(1), registered(2, 2), linked(3, 2, 1), unlinked(4, 2, 1))
        desk.replay(of=number(2), as_of=NOON + 3 * HOUR)
        assert looks(desk, 1) == [(REPLAYED, ids(1))]
        assert looks(desk, 2) == [(REPLAYED, ids(2))]
        replayed = [each for each in desk.facts() if hasattr(each, "entries")]
        assert {each.number: each.entries for each in replayed} == {number(1): 1, number(2): 2}

    def test_is_not_found_by_what_came_later(self, desk: Desk):
        """It was not shown, though it is part of the case by now, or was for a while."""
        desk.take_in(registered(1))
        desk.replay()
        desk.take_in(registered(2, 2), linked(3, 2, 1))
        assert looks(desk, 2) == [(REPLAYED, ids(1))]
        desk.take_in(unlinked(4, 2, 1))
        assert looks(desk, 2) == []

    def test_of_what_had_joined_another_case_since_is_found_by_it_afterwards(self, desk: Desk):
        """1 was part of 2 when it was shown, as it had been by itself."""
        desk.take_in(registered(1), registered(2, 2), linked(3, 1, 2))
        desk.replay(of=number(1), as_of=NOON + HOUR)
        desk.take_in(unlinked(4, 1, 2))
        assert looks(desk, 1) == [(REPLAYED, ids(1))]

    def test_that_showed_nothing_is_on_record_with_what_was_asked_for(self, desk: Desk):
        desk.take_in(registered(1))
        desk.replay(as_of=NOON - HOUR)
        assert looks(desk, 1) == [(REPLAYED, [])]

    def test_of_a_case_with_a_sealed_one_in_it_is_not_shown_to_a_party_of_that(self, desk: Desk):
        """He would be told the id of it."""
        sealed = registered(1)
        sealed.data.update(sealed=True, kept_out=[mark_of(number(1), OTHER.subject)])
        desk.take_in(sealed, registered(2, 2), linked(3, 2, 1))
        desk.replay(of=number(2))
        desk.take_in(unlinked(4, 2, 1))
        assert looks(desk, 2) == [(REPLAYED, ids(1, 2))]
        assert looks(desk, 2, by=OTHER) == []


class TestAReplayOfOld:
    """The first ones do not say what they showed: what was part of the case when it was opened."""

    @pytest.mark.parametrize("type_", [REPLAYED, EXPORTED])
    def test_is_found_by_what_was_part_of_it_then(self, desk: Desk, type_: str):
        desk.take_in(registered(1), registered(2, 2), registered(3, 3), registered(4, 4))
        desk.take_in(linked(5, 2, 1), linked(6, 3, 1), unlinked(7, 3, 1))
        desk.take_in(opened(1, type_, NOON + 7.5 * HOUR), linked(8, 4, 1), unlinked(9, 4, 1))
        assert looks(desk, 2) == [(type_, [])]
        desk.take_in(unlinked(10, 2, 1), linked(11, 2, 4), unlinked(12, 2, 4))
        assert [looks(desk, serial) for serial in (1, 2)] == [[(type_, [])]] * 2
        assert [looks(desk, serial) for serial in (3, 4)] == [[], []]

    def test_is_not_found_by_a_repeat_that_came_later(self, desk: Desk):
        desk.take_in(registered(1), opened(1, REPLAYED, NOON + HOUR))
        desk.take_in(registered(2, 2, 1, recordedtime=NOON + 2 * HOUR), unlinked(3, 2, 1))
        assert looks(desk, 2) == []


def opened(position: int, type_: str, at: Any) -> Any:
    data = {"petition_id": petition_id(1), "number": number(1), "entries": 1}
    return cloud_event("audit", position, type_, data, recordedtime=at)


class TestAnExport:
    def test_is_found_by_what_has_left_since(self, desk: Desk, tmp_path: Path):
        ledger = LedgerDesk(desk, tmp_path)
        ledger.take_in(registered(1), registered(2, 2), linked(3, 2, 1))
        ledger.state_heads()
        ledger.bundle(2)
        desk.take_in(unlinked(4, 2, 1))
        assert looks(desk, 1) == looks(desk, 2) == [(EXPORTED, ids(1, 2))]
