"""What every service answers: its log, its health, what waits for an operator."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from msgspec import Meta

from contracts.envelope import CloudEvent, Utc
from contracts.fields import Position
from contracts.rpc.method import FOLLOWERS, NOBODY_NEEDED, OPERATORS, Answer, Method, Request

# The question for health costs no more, whatever was given up.
GIVEN_UP_COUNTED: Final = 10_000


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
        after: position of the last event that is known; 0 for all. Behind the head there is
            nothing: who knows more than `head` has followed a log that was put back.
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


class GivenUpReminders(Answer, frozen=True):
    """Reminders whose delivery was given up, and that nobody has seen to since.

    Attributes:
        count: how many, as far as ten thousand.
        since: when the first of them was given up; null for none.
        shown_by: the command that lists them.
    """

    count: Annotated[int, Meta(ge=0, le=GIVEN_UP_COUNTED)]
    since: Utc | None
    shown_by: str


class NotifyHealth(Health, frozen=True):
    """How notify is.

    Attributes:
        given_up: what no channel took; it is well all the same, its recipients are not told.
    """

    given_up: GivenUpReminders


class ListParked(Request, frozen=True):
    """Events that could not be applied, and those that wait behind them.

    Attributes:
        limit: how many of them to return at most.
    """

    limit: Annotated[int, Meta(ge=1, le=1_000)] = 100


class ParkedEvent(Answer, frozen=True):
    """One event that waits for an operator.

    Attributes:
        source: the service whose log it is in.
        position: in that log, from 1.
        type: written name with version.
        subject: the petition that it is about; other petitions are not held up by it.
        parked_at: when it was put aside.
        reason: what went wrong, or that it waits behind an earlier event of its petition.
    """

    source: str
    position: int
    type: str
    subject: str
    reason: str
    parked_at: Utc


class ParkedList(Answer, frozen=True):
    """What waits for an operator.

    Attributes:
        events: the first ones, by source and position.
        total: number of all events parked.
        dead_letters: number of messages that could not be read or answered at all.
        dead_reasons: reason to how many of the dead letters looked at have it.
    """

    events: list[ParkedEvent]
    total: int
    dead_letters: int
    dead_reasons: dict[str, int]


class RedriveParked(Request, frozen=True):
    """Apply parked events again, those of each petition in order.

    Attributes:
        subject: only those of this petition; all unless given.
    """

    subject: Annotated[str, Meta(min_length=1, max_length=64)] | None = None


class Redriven(Answer, frozen=True):
    """What came of a redrive.

    Attributes:
        applied: number of events that took effect now.
        left: number of events still parked.
    """

    applied: int
    left: int


SERVICES: Final = ("intake", "responsibility", "notify", "audit")

LOG: Final[Mapping[str, Method[ReadLog, EventList]]] = {
    service: Method(
        service, "log", ReadLog, EventList, FOLLOWERS, "Events of the service's own log, in order."
    )
    for service in SERVICES
}
HEALTH: Final[Mapping[str, Method[AskHealth, Any]]] = {
    service: Method(
        service,
        "health",
        AskHealth,
        NotifyHealth if service == "notify" else Health,
        NOBODY_NEEDED,
        "How the service is.",
    )
    for service in SERVICES
}
PARKED: Final[Mapping[str, Method[ListParked, ParkedList]]] = {
    service: Method(
        service, "parked", ListParked, ParkedList, OPERATORS, "What waits for an operator."
    )
    for service in SERVICES
}
REDRIVE: Final[Mapping[str, Method[RedriveParked, Redriven]]] = {
    service: Method(
        service, "redrive", RedriveParked, Redriven, OPERATORS, "Apply parked events again."
    )
    for service in SERVICES
}
