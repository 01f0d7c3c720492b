"""What every service answers: its log, its health."""

from collections.abc import Mapping
from typing import Annotated, Final

from msgspec import Meta

from contracts.envelope import CloudEvent
from contracts.fields import Position
from contracts.rpc.method import FOLLOWERS, NOBODY_NEEDED, Answer, Method, Request


class EventList(Answer, frozen=True):
    """Events of one log.

    Attributes:
        head: position of the last event in the log when the answer was made.
    """

    events: list[CloudEvent]
    head: int


class ReadLog(Request, frozen=True):
    """Which part of the log.

    Attributes:
        after: position of the last event that is known; 0 for all.
    """

    after: Position = 0
    limit: Annotated[int, Meta(ge=1, le=1_000)] = 500


class AskHealth(Request, frozen=True):
    pass


class Health(Answer, frozen=True):
    """How a service is.

    Attributes:
        version: of the software.
        ok: the service can do its work now.
        head: position of the last event in its log.
        published: position up to which its log was published.
        applied: service to position up to which its events were applied here.
        parked: events that wait for an operator.
    """

    service: str
    version: str
    ok: bool
    head: int
    published: int
    applied: dict[str, int]
    parked: int


SERVICES: Final = ("intake", "responsibility", "notify", "audit")

LOG: Final[Mapping[str, Method[ReadLog, EventList]]] = {
    service: Method(
        service, "log", ReadLog, EventList, FOLLOWERS, "Events of the service's own log, in order."
    )
    for service in SERVICES
}
HEALTH: Final[Mapping[str, Method[AskHealth, Health]]] = {
    service: Method(service, "health", AskHealth, Health, NOBODY_NEEDED, "How the service is.")
    for service in SERVICES
}
