"""What a row of the table is given: servers, time, and whether its peers run too."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from bench.measuring import Measurement
from bench.profiling import profiled
from bench.servers import Servers
from bench.services import Running, platform_on


@dataclass(frozen=True)
class Run:
    """Attributes: seconds: how long each figure is taken; petitions: how many a full store has."""

    servers: Servers
    seconds: float
    with_peers: bool
    petitions: int
    profile: bool

    @contextmanager
    def platform(self) -> Iterator[Running]:
        with platform_on(self.servers) as running:
            yield running

    @contextmanager
    def watched(self, running: Running, purpose: str) -> Iterator[None]:
        """Profile the services while this lasts, where that was asked for."""
        if not self.profile:
            yield
            return
        with profiled(running.platform.processes, purpose):
            yield


Row = Callable[[Run], Iterator[Measurement]]
Arguments = dict[str, Any]
