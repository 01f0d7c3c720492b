"""Faults come together as they may, and what cannot be done is said."""

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

import pytest

from tests.system.faults import nemesis

MANY = 300


def test_every_fault_is_mixed_with_others():
    mixed = [nemesis.parts_of(nemesis.MIXED, Random(seed)) for seed in range(MANY)]
    assert set().union(*mixed) == nemesis.FAULTS.keys() - {"none"}
    assert all(2 <= len(parts) == len(set(parts)) for parts in mixed)


def test_a_server_is_hurt_in_one_way_at_a_time():
    for seed in range(MANY):
        parts = nemesis.parts_of(nemesis.MIXED, Random(seed))
        assert all(len({*parts} & {*group}) <= 1 for group in nemesis.MIXABLE)


def test_what_is_healed_last_begins_first():
    for seed in range(MANY):
        parts = nemesis.parts_of(nemesis.MIXED, Random(seed))
        first = [part in nemesis.BEGUN_FIRST for part in parts]
        assert first == sorted(first, reverse=True)


def test_what_cannot_be_done_is_told_from_what_was(monkeypatch: pytest.MonkeyPatch):
    @contextmanager
    def impossible(_installation: Any, _rng: Random) -> Iterator[str]:
        raise nemesis.NoMeans("no disk to fill")
        yield ""

    faults = {"none": nemesis.nothing, "disk": impossible}
    monkeypatch.setattr(nemesis, "FAULTS", faults)
    installation: Any = None
    with nemesis.suffered(["none", "disk"], installation, Random(1)) as harm:
        assert harm.done == ["nothing"]
        assert str(harm) == "nothing + not done: no disk to fill"
