"""What bootstrap built, on its way to the nameko service class."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from nameko.extensions import DependencyProvider

from chassis.identity import Caller
from contracts.envelope import CloudEvent

CONFIG_KEY: Final = "shouwen"


class Verifier(Protocol):
    """Tells who bears a token."""

    def verify(self, token: str | None) -> Caller:
        """Return the bearer; raises `Failure` with a token code."""


class Inbox(Protocol):
    """Takes in the events of other services."""

    def receive(self, batch: Sequence[CloudEvent]) -> None:
        """Apply events of one source, in the order of their positions."""

    def catch_up(self) -> int:
        """Ask the sources for what has not arrived; return the number of events that they had."""

    def close(self) -> None:
        """Ask no source any more; what is asked just now fails at once."""


class Background(Protocol):
    """Work of a process that no message starts, such as a relay or a ticker."""

    def run(self) -> None:
        """Work until told to stop; called once, on a green thread of its own."""

    def stop(self) -> None:
        """Ask `run` to come to its end soon."""


def _nothing() -> None:
    return


@dataclass(frozen=True)
class Wiring:
    """What one service is made of.

    Attributes:
        rooms: given to the service class by `Wired`.
        background: started after the entrypoints; stopped after them, one after the other in
            this order: tickers before the relay, which sends what they appended.
        close: called last, when nothing uses the stores any more.
    """

    rooms: Any
    verifier: Verifier
    inbox: Inbox | None = None
    background: Sequence[Background] = ()
    close: Callable[[], None] = _nothing


def with_wirings(config: Mapping[str, Any], wirings: Mapping[str, Wiring]) -> dict[str, Any]:
    """Return a nameko configuration that carries the wiring of each service by its name."""
    return {**config, CONFIG_KEY: dict(wirings)}


def wiring_of(container: Any) -> Wiring:
    """Return the wiring of the service in a nameko container."""
    wiring: Wiring = container.config[CONFIG_KEY][container.service_name]
    return wiring


class Wired(DependencyProvider):  # type: ignore[misc] # nameko has no types
    """Gives a service class the rooms that its bootstrap built."""

    def get_dependency(self, worker_ctx: Any) -> Any:  # noqa: ARG002 - nameko's signature
        return wiring_of(self.container).rooms
