"""Notify is killed before receivers that fail; 200 rounds: `-m tests.system.reminder_rounds`."""

import subprocess
from collections.abc import Iterator

import pytest

from tests.system.reminder_rounds import run_round, start_starter
from tests.unit.stores import Stores


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
