"""What audit took in from other logs and lost is taken in again, without anybody's asking."""

import pytest

from chassis.messaging.inbox import Inbox
from chassis.runtime.losses import WINDOW, Followed, LossWatch
from contracts.envelope import CloudEvent
from contracts.events import MESSAGES
from contracts.failures import Failure
from services.audit.readmodels.timelines import TimelineTables
from tests.builders import cloud_event, petition_id, registered
from tests.unit.audit.desk import Desk, inbox_of
from tests.unit.audit.test_merging import linked
from tests.unit.stores import SourceLog, delete_rows, rows

FOLLOWED = Followed(TimelineTables.tables, frozenset(MESSAGES), TimelineTables.made_by)
MANY = [
    *(registered(serial, serial) for serial in range(1, 4 * WINDOW)),
    linked(4 * WINDOW, 2, 1),
    cloud_event(
        "audit",
        1,
        "sealed_cases.shown.v1",
        {"petition_id": "", "method": "audit.feed", "petition_ids": [petition_id(3)]},
    ),
]


class Away(SourceLog):
    """A source that fails."""

    def __init__(self, fault: Exception) -> None:
        super().__init__()
        self.fault = fault

    def events_after(self, source: str, position: int, limit: int) -> list[CloudEvent]:
        raise self.fault


def watch_of(desk: Desk, inbox: Inbox) -> LossWatch:
    def follow_anew(followed: Followed) -> None:
        for table in (*followed.tables, "applied_position"):
            delete_rows(desk.application, table)

    return LossWatch(desk.application, inbox, FOLLOWED, follow_anew)


@pytest.mark.parametrize("table", TimelineTables.tables)
def test_each_table_is_followed_anew(desk: Desk, table: str):
    inbox = inbox_of(desk.application, SourceLog(MANY))
    inbox.catch_up()
    before = {name: rows(desk.application, name) for name in TimelineTables.tables}
    delete_rows(desk.application, table)
    assert watch_of(desk, inbox).look() == 1
    inbox.catch_up()
    assert {name: rows(desk.application, name) for name in TimelineTables.tables} == before


def test_what_was_not_taken_in_yet_is_no_loss(desk: Desk):
    inbox = inbox_of(desk.application, SourceLog(MANY))
    inbox.receive(MANY[:3])
    assert watch_of(desk, inbox).look() == 0


@pytest.mark.parametrize("code", ["unavailable", "busy", "token_expired", "method_unknown"])
def test_a_source_that_does_not_answer_is_asked_again_later(desk: Desk, code: str):
    """Whatever a source refuses, it is no reason to end here."""
    assert watch_of(desk, inbox_of(desk.application, Away(Failure(code)))).look() == 0


def test_what_is_no_passing_fault_is_not_hidden(desk: Desk):
    """It ends the process, as everywhere."""
    with pytest.raises(KeyError):
        watch_of(desk, inbox_of(desk.application, Away(KeyError("events")))).look()
