"""Events of all logs delivered twice, shuffled and with pieces missing give the same timelines."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.audit.application import Audit
from tests.builders import Clock, cloud_event, number, petition_id, registered
from tests.unit.audit.desk import SOURCES, audit, inbox_of
from tests.unit.deliveries import Delivery, deliveries, in_order_once
from tests.unit.stores import SourceLog, Stores, rows

TYPES = {"responsibility": "reception.recorded.v1", "notify": "reminder.planned.v1"}


@st.composite
def all_logs(draw: st.DrawFn) -> SourceLog:
    """Petitions and repeats in one log, what happened to their matters in the others."""
    log = SourceLog()
    originals: list[int] = []
    for serial in range(1, draw(st.integers(1, 8)) + 1):
        original = draw(st.none() | st.sampled_from(originals)) if originals else None
        log.events.append(registered(serial, serial, original))
        if original is None:
            originals.append(serial)
    for source, type_ in TYPES.items():
        about = draw(st.lists(st.sampled_from(originals), max_size=8))
        for position, serial in enumerate(about, start=1):
            data = {"petition_id": petition_id(serial), "number": number(serial)}
            log.events.append(cloud_event(source, position, type_, data))
    return log


def state_of(application: Audit, log: SourceLog) -> dict[str, Any]:
    names = ("timeline", "matter", "applied_position", "parked_event")
    return {name: rows(application, name) for name in names}


@given(log=all_logs(), delivery=deliveries(SOURCES))
@settings(max_examples=25)
def test_any_delivery_gives_the_timelines_of_the_orderly_one(
    stores: Stores, log: SourceLog, delivery: Delivery
):
    """Whichever log is ahead of the others, and however often anything comes."""
    with (
        stores.opened("audit", lambda environment: audit(environment, Clock())) as orderly,
        stores.opened("audit", lambda environment: audit(environment, Clock())) as disturbed,
    ):
        in_order_once(log, inbox_of(orderly, log))
        delivery.carry(log, inbox_of(disturbed, log))
        assert state_of(disturbed, log) == state_of(orderly, log)
