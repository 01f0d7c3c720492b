"""Registrations delivered twice, shuffled and with pieces missing end in the same state."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.messaging.inbox import Inbox, provenance_of
from contracts.events import MESSAGES
from services.responsibility.application import Responsibility
from services.responsibility.bootstrap import READING
from services.responsibility.reactions import reactions
from tests.builders import COUNTY, FOLLOWER, HUANG, OTHER_COUNTY, TODAY, Clock, registered
from tests.unit.deliveries import Delivery, deliveries, in_order_once
from tests.unit.responsibility.casebook import FakeArrivals, responsibility, set_roster
from tests.unit.stores import SourceLog, Stores, rows, tables

OFFICES = (COUNTY, OTHER_COUNTY)


@st.composite
def logs_of_intake(draw: st.DrawFn) -> SourceLog:
    """Up to twelve petitions, some of them repeats of earlier ones, some of them letters."""
    log = SourceLog()
    offices: dict[int, str] = {}
    for serial in range(1, draw(st.integers(1, 12)) + 1):
        office, channel = draw(st.sampled_from(OFFICES)), draw(st.sampled_from(["visit", "qr"]))
        original = draw(st.none() | st.sampled_from(sorted(offices))) if offices else None
        event = registered(
            serial,
            serial,
            original,
            office=office,
            channel=channel,
            original_office=offices.get(original, COUNTY),
        )
        log.events.append(event)
        if original is None:
            offices[serial] = office
    return log


def inbox_of(application: Responsibility, log: SourceLog) -> Inbox:
    return Inbox(
        application=application,
        service="responsibility",
        reactions=reactions(application, READING),
        known=frozenset(MESSAGES),
        sources=("intake",),
        reader=log,
    )


def state_of(application: Responsibility, log: SourceLog) -> dict[str, Any]:
    """Tables and aggregates; not the order in which different matters stand in the log."""
    return {
        "tables": tables(application),
        "applied": rows(application, "applied_position"),
        "parked": rows(application, "parked_event"),
        "owners": [application.owner_of(event.data["number"], FOLLOWER) for event in log.events],
    }


@given(log=logs_of_intake(), delivery=deliveries(["intake"]))
@settings(max_examples=25)
def test_any_delivery_ends_in_the_state_of_the_orderly_one(
    stores: Stores, log: SourceLog, delivery: Delivery
):
    """The logs are alike to the byte: the same events at the same positions."""
    with opened(stores) as orderly, opened(stores) as disturbed:
        in_order_once(log, inbox_of(orderly, log))
        delivery.carry(log, inbox_of(disturbed, log))
        assert state_of(disturbed, log) == state_of(orderly, log)
        assert rows(disturbed, "event_log") == rows(orderly, "event_log")


@given(
    log=logs_of_intake(),
    delivery=deliveries(["intake"]),
    fetched=st.lists(st.integers(0, 11), min_size=1, max_size=4),
)
@settings(max_examples=25)
def test_what_was_fetched_ahead_ends_in_the_same_state(
    stores: Stores, log: SourceLog, delivery: Delivery, fetched: list[int]
):
    """Some petitions are asked for before their events arrive."""
    arrivals = FakeArrivals()
    by_id = {event.data["petition_id"]: event for event in log.events}
    for event in log.events:
        behind = [by_id[event.data["repeats"]]] if event.data["repeats"] else []
        arrivals.on_record[event.data["number"]] = [
            (READING.registration_of(each), provenance_of(each, "responsibility"))
            for each in (*behind, event)
        ]
    with opened(stores) as orderly, opened(stores, arrivals) as disturbed:
        in_order_once(log, inbox_of(orderly, log))
        for index in fetched:
            disturbed.owner_of(log.events[index % len(log.events)].data["number"], FOLLOWER)
        delivery.carry(log, inbox_of(disturbed, log))
        expected, found = state_of(orderly, log), state_of(disturbed, log)
        # Which repeat is named first is the order of arrival.
        assert _unordered(found) == _unordered(expected)


def _unordered(state: dict[str, Any]) -> dict[str, Any]:
    owners = [{**owner, "repeats": sorted(owner["repeats"])} for owner in state["owners"]]
    return {**state, "owners": owners}


def opened(stores: Stores, arrivals: FakeArrivals | None = None) -> Any:
    def build(environment: dict[str, str]) -> Responsibility:
        made = responsibility(environment, Clock(), arrivals or FakeArrivals())
        set_roster((TODAY, HUANG), request_id="roster-1")(made)
        return made

    return stores.opened("responsibility", build)
