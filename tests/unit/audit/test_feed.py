"""The feed: whoever goes on from where he was misses nothing and gets nothing twice."""

from hypothesis import given
from hypothesis import strategies as st

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
