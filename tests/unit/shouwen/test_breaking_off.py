"""Ctrl-C ends work where it waits, and what the work opened is closed in good order."""

import os
import signal

import eventlet
import pytest
from eventlet.event import Event

from shouwen.calling import BrokenOff, until_signal


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_work_that_waits_and_lets_it_close(number: int) -> None:
    closed: list[bool] = []
    eventlet.spawn(os.kill, os.getpid(), number)
    with eventlet.Timeout(5), pytest.raises(BrokenOff), until_signal():
        wait_for_ever(closed)
    assert closed == [True]


def wait_for_ever(closed: list[bool]) -> None:
    try:
        Event().wait()
    finally:
        eventlet.sleep(0)  # what closes may wait: the hub still serves
        closed.append(True)


def test_afterwards_signals_are_as_before() -> None:
    before = signal.getsignal(signal.SIGINT)
    with until_signal():
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before
