"""The feed: whoever goes on from where he was misses nothing and gets nothing twice."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.envelope import CloudEvent
from services.audit.domain.refusals import BeyondTheLedger
from services.audit.readmodels.feed import FeedTables, Page
from tests.builders import Clock, cloud_event, number, petition_id, registered
from tests.unit.audit.desk import Desk, audit
from tests.unit.audit.ledgers import attempts
from tests.unit.stores import Stores

REGISTERED, DELIVERED = "petition.registered.v1", "reminder.delivered.v1"


def page(desk: Desk, after: int, *types: str, limit: int = 200) -> Page:
    return FeedTables().page(desk.application.log_of_events, after, types, limit)


@given(
    limits=st.lists(st.integers(1, 7), min_size=1, max_size=8),
    types=st.sampled_from([(), (REGISTERED,), (DELIVERED,), (REGISTERED, DELIVERED)]),
)
def test_pages_of_any_size_make_up_the_whole(stores: Stores, limits, types):
    """While it grows."""
    with stores.opened("audit", lambda environment: audit(environment, Clock())) as application:
        desk, read, after = Desk(application, Clock()), [], 0
        for at, limit in enumerate(limits):
            desk.take_in(registered(at + 1, at + 1), *attempts(3, first=1 + 3 * at))
            found = page(desk, after, *types, limit=limit)
            read += found.events
            after = found.next
        while after < (found := page(desk, after, *types)).size:
            read += found.events
            after = found.next
        told = [event for event in desk.log.events if not types or event.type in types]
        assert sorted(event.id for event in read) == sorted(event.id for event in told)


def test_nothing_new_is_an_empty_page_at_the_same_place(desk: Desk):
    desk.take_in(registered(1))
    assert page(desk, 1) == Page([], 1, 1, held=False)


@pytest.mark.parametrize("agency", [(), ("H1",)])
def test_a_place_beyond_the_last_leaf_is_refused(desk: Desk, agency: tuple[str, ...]):
    """Whoever kept it from before an older backup was put back would miss what comes up to it."""
    desk.take_in(registered(1))
    read = FeedTables().page_of_agency if agency else FeedTables().page
    with pytest.raises(BeyondTheLedger) as refused:
        read(desk.application.log_of_events, 2, (), 9, *agency)
    assert refused.value.fields == {"after": "lies beyond the ledger, which has 1 leaves"}


def test_an_event_comes_as_it_was_told(desk: Desk):
    desk.take_in(registered(1))
    assert page(desk, 0).events == desk.log.events


def test_it_waits_for_what_is_parked(desk: Desk):
    """Rather than leave it out: after a redrive it goes on from there."""
    data = {"petition_id": petition_id(9), "number": number(9)}
    desk.take_in(registered(1), cloud_event("notify", 1, "future.thing.v9", data))
    desk.take_in(*attempts(1, first=2))
    found = page(desk, 0)
    assert ([event.type for event in found.events], found.next, found.held) == (
        [REGISTERED],
        1,
        True,
    )


AGENCY = "H12345"


def of_agency(desk: Desk, limit: int = 200, types: tuple[str, ...] = ()) -> list[CloudEvent]:
    """Read all that an agency may see, in pages."""
    log, read, after = desk.application.log_of_events, list[CloudEvent](), 0
    while True:
        found = FeedTables().page_of_agency(log, after, types, limit, AGENCY)
        read += found.events
        if found.next == found.size:
            return read
        after = found.next


def own(position: int, serial: int, **changes: Any) -> CloudEvent:
    """A petition that the agency put on record."""
    event = registered(position, serial, actor=AGENCY)
    event.data.update(changes)
    return event


def told(position: int, serial: int, type_: str, **data: Any) -> CloudEvent:
    about = {"petition_id": petition_id(serial), "number": number(serial)}
    return cloud_event("responsibility", position, type_, {**about, **data})


class TestAnAgency:
    @given(
        whose=st.lists(st.booleans(), min_size=1, max_size=12),
        limit=st.integers(1, 5),
        types=st.sampled_from([(), (REGISTERED,), ("case.closed.v1", DELIVERED)]),
    )
    def test_gets_all_of_its_own_and_nothing_else(self, stores: Stores, whose, limit, types):
        """In pages of any size, of whatever types it asks for."""
        with stores.opened("audit", lambda environment: audit(environment, Clock())) as made:
            desk, events = Desk(made, Clock()), []
            for at, its_own in enumerate(whose, start=1):
                events.append(own(at, at) if its_own else registered(at, at))
                events.append(told(at, at, "case.closed.v1"))
            desk.take_in(*events, *attempts(3))
            expected = [
                event.id
                for event in events
                if whose[event.position - 1] and (not types or event.type in types)
            ]
            read = of_agency(desk, limit, types)
            assert sorted(event.id for event in read) == sorted(expected)

    def test_gets_nothing_of_what_is_sealed(self, desk: Desk):
        """Nor of what was sealed later."""
        data = {"petition_id": petition_id(2), "number": number(2), "sealed": True}
        desk.take_in(
            own(1, 1, sealed=True),
            own(2, 2),
            own(3, 3),
            cloud_event("intake", 4, "petition.corrected.v1", data),
            told(1, 1, "ownership.awaited.v1"),
            told(2, 2, "ownership.awaited.v1"),
            told(3, 3, "ownership.awaited.v1"),
        )
        assert {event.subject for event in of_agency(desk)} == {petition_id(3)}

    def test_is_told_of_no_sealed_repeat(self, desk: Desk):
        """That one reopened its case it learns when the case goes on."""
        sealed = registered(2, 2, original=1)
        sealed.data.update(sealed=True)
        desk.take_in(
            own(1, 1),
            sealed,
            registered(3, 3, original=1),
            told(1, 1, "case.reopened.v1", repeat_number=number(2)),
            told(2, 1, "case.reopened.v1", repeat_number=number(3)),
        )
        assert [event.position for event in of_agency(desk, types=("case.reopened.v1",))] == [2]

    def test_is_not_told_who_looks_at_its_cases(self, desk: Desk):
        data = {"petition_id": petition_id(1), "number": number(1)}
        desk.take_in(own(1, 1), cloud_event("intake", 2, "content.read.v1", data))
        assert [event.type for event in of_agency(desk)] == [REGISTERED]
        assert of_agency(desk, types=("content.read.v1",)) == []
