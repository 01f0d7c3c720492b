"""Replay."""

from typing import Any, Final

from contracts.envelope import Utc
from contracts.fields import Number
from contracts.rpc.method import Answer, Method, Request


class ReplayCase(Request, frozen=True):
    """The history of one case, as it stood on record at one instant.

    Attributes:
        as_of: leave out what was recorded later; now unless given.
        occurred_until: also leave out what is stated to have happened later.
    """

    number: Number
    as_of: Utc | None = None
    occurred_until: Utc | None = None


class HistoryEntry(Answer, frozen=True):
    """One fact of the history.

    Attributes:
        event_id: UUID of the event.
        source: name of the service whose fact it is.
        position: in the log of the source, from 1.
        type: written name with version.
        recorded_at: when it was appended to the log.
        actor: staff number or `service:<name>`.
        cause: id of the event or request that led to it.
        correlation_id: the same for all that one request led to.
        data: the message, of the shape that `type` names.
    """

    event_id: str
    source: str
    position: int
    type: str
    occurred_at: Utc
    recorded_at: Utc
    actor: str
    cause: str
    correlation_id: str
    data: dict[str, Any]


class History(Answer, frozen=True):
    """The history of one case across all services.

    Attributes:
        entries: the facts as they were recorded, none before its cause.
        complete_up_to: service to position in its log up to which this is all.
    """

    number: Number
    as_of: Utc
    entries: list[HistoryEntry]
    complete_up_to: dict[str, int]


REPLAY: Final = Method(
    "audit",
    "replay",
    ReplayCase,
    History,
    frozenset({"auditor", "office_head"}),
    "The history of a case across all services, as of any instant; the replay goes on record.",
)

METHODS: Final[tuple[Method[Any, Any], ...]] = (REPLAY,)
