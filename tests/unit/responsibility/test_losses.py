"""Read models that were lost come back from the own log, without anybody's asking."""

import eventlet
import pytest
from eventlet import GreenPool
from eventlet.event import Event

from chassis.runtime.losses import WINDOW, LossWatch
from tests.builders import number, registered, registration
from tests.unit.responsibility.casebook import Casebook
from tests.unit.responsibility.paths import TO_CLEARANCE, register, walk
from tests.unit.responsibility.test_same_state import inbox_of
from tests.unit.stores import SourceLog, delete_rows, tables


def watch_of(case: Casebook, log: SourceLog) -> LossWatch:
    application = case.application
    return LossWatch(application, inbox_of(application, log), None, pytest.fail)


@pytest.fixture
def many() -> SourceLog:
    """More petitions than one look reads at a place."""
    return SourceLog([registered(serial, serial) for serial in range(1, 4 * WINDOW)])


def test_a_reason_for_supervision_is_filled_again(case: Casebook):
    """Whether it was answered since, too: nobody loses it from the list by losing a table."""
    for serial in (1, 2):
        register(case, serial)
        walk(case, *TO_CLEARANCE[:7], serial=serial, check={"untrue_steps": [4]})
    walk(case, "order_supervision", serial=2, order_supervision={"trigger": "false_report"})
    before = tables(case.application)
    delete_rows(case.application, "supervision_reason")
    assert watch_of(case, SourceLog()).look() == 1
    assert tables(case.application) == before


@pytest.mark.parametrize("table", ["matter", "caseload"])
def test_each_is_filled_again(case: Casebook, many: SourceLog, table: str):
    inbox_of(case.application, many).catch_up()
    before = tables(case.application)
    delete_rows(case.application, table)
    assert watch_of(case, many).look() == 1
    assert tables(case.application) == before


def test_also_when_new_rows_came_after_the_loss(case: Casebook, many: SourceLog):
    """A table that is not empty may be lost all the same."""
    inbox = inbox_of(case.application, many)
    inbox.receive(many.events[:-WINDOW])
    delete_rows(case.application, "matter")
    inbox.receive(many.events[-WINDOW:])
    assert watch_of(case, many).look() == 1
    assert case.ownership(number(1))["state"] == "awaited"


def test_also_when_an_old_backup_took_their_place(case: Casebook, many: SourceLog):
    inbox_of(case.application, many).catch_up()
    delete_rows(case.application, "caseload", f"number = '{number(len(many.events))}'")
    assert watch_of(case, many).look() == 1


def test_what_is_whole_is_left_alone(case: Casebook, many: SourceLog):
    watch = watch_of(case, many)
    assert watch.look() == 0
    inbox_of(case.application, many).catch_up()
    assert watch.look() == 0


def test_a_refill_keeps_what_is_recorded_in_the_same_group(case: Casebook, many: SourceLog):
    """Others append in the transaction that it would share; their events cannot be read yet."""
    inbox_of(case.application, many).catch_up()
    fresh = registration(900)
    began, go_on = Event(), Event()

    def hold_the_appender(_: object) -> None:
        began.send()
        go_on.wait()

    pool = GreenPool()
    pool.spawn(case.application.log_of_events.transact, hold_the_appender)
    began.wait()
    pool.spawn(case.when_registered, fresh)
    eventlet.sleep(0)
    pool.spawn(case.application.rebuild)
    eventlet.sleep(0)
    go_on.send()
    pool.waitall()
    assert case.ownership(fresh.number)["state"] == "awaited"
    before = tables(case.application)
    case.application.rebuild()
    assert tables(case.application) == before
