"""Notify is killed before receivers that fail; 200 rounds: `-m tests.system.reminder_rounds`."""

import subprocess
from collections.abc import Iterator

import pytest

from tests.system.reminder_rounds import run_round, start_starter
from tests.unit.stores import Stores

# A round in which the receiver is down that everything goes over.
CUT_OFF_ALL = 10


@pytest.fixture(scope="module")
def starter() -> Iterator[subprocess.Popen[str]]:
    with start_starter() as started:
        yield started
        started.terminate()


@pytest.mark.parametrize("seed", [1, 4, 7])
def test_each_reminder_arrives_once_by_its_key_and_none_after_closure(
    seed: int, starter: subprocess.Popen[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Dropped, reset, slow, refused, told to wait, taken and lost; killed at any moment."""
    seen = run_round(seed, Stores(tmp_path_factory.mktemp("stores")), starter)
    assert list(seen.wrongs()) == []
    assert seen.mortal.kills > 1
    assert seen.everybody.requests
    assert seen.given_up == []


def test_what_a_receiver_did_not_take_for_days_is_given_up_and_nothing_else(
    starter: subprocess.Popen[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Everybody's is down: all that was left is given up, and arrives when somebody redrives it."""
    seen = run_round(CUT_OFF_ALL, Stores(tmp_path_factory.mktemp("stores")), starter)
    assert seen.down == "everybody"
    assert list(seen.wrongs()) == []
    assert seen.given_up
