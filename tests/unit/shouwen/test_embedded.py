"""Embedded installations in one process."""

from pathlib import Path

from chassis.environment import Variables
from shouwen.embedded import embedded


def test_each_has_queues_of_its_own(tmp_path: Path):
    """A message left by one would be taken for an event of the other's log of the same name."""
    uris = [
        embedded(tmp_path / name, Variables({})).surroundings.amqp_uri for name in ("a", "b", "a")
    ]
    assert uris[0] == uris[2] != uris[1]
