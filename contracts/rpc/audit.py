"""Replay, and the ledger."""

from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from contracts.envelope import CloudEvent, Utc
from contracts.fields import Number, Position
from contracts.rpc.method import FOLLOWERS, READERS, Answer, Method, Request

TypeName = Annotated[str, Meta(min_length=1, max_length=64)]
KnownSize = Annotated[int, Meta(ge=1, le=2**63 - 1)]


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


class ExportCase(Request, frozen=True):
    """The evidence of one case, as one file.

    Attributes:
        known_size: of an older checkpoint that you kept, from which the ledger is shown to have
            grown; the one before the case began unless given.
    """

    number: Number
    known_size: KnownSize | None = None


class Bundle(Answer, frozen=True):
    """One file that shows by itself what happened in a case.

    Attributes:
        size: of the ledger at the checkpoint that the proofs lead to.
        content: a ZIP file in base64, for `shouwen verify`.
    """

    number: Number
    size: int
    content: str


EXPORT: Final = Method(
    "audit",
    "export",
    ExportCase,
    Bundle,
    frozenset({"auditor", "office_head"}),
    "The evidence of a case, to be verified without us; the export goes on record.",
)


class AskCheckpoint(Request, frozen=True):
    """The newest checkpoint of the ledger.

    Attributes:
        known_size: of an older checkpoint that you kept, from which it is shown to have grown.
    """

    known_size: KnownSize | None = None


class SignedCheckpoint(Answer, frozen=True):
    """A checkpoint, signed.

    Attributes:
        note: C2SP signed note; empty while nothing is in the ledger.
        size: how many leaves it is over.
        keys: the public keys that it can be checked with.
        consistency: the proof of RFC 6962 from the older checkpoint, in base64.
    """

    note: str
    size: int
    keys: list[str]
    consistency: list[str]


CHECKPOINT: Final = Method(
    "audit",
    "checkpoint",
    AskCheckpoint,
    SignedCheckpoint,
    READERS,
    "The newest checkpoint of the ledger, and that it grew out of an older one.",
)


class ReadLeaves(Request, frozen=True):
    """Which leaves.

    Attributes:
        after: how many leaves to pass over; 0 for none.
    """

    after: Position = 0
    limit: Annotated[int, Meta(ge=1, le=1_000)] = 500


class LeafList(Answer, frozen=True):
    """Leaves of the ledger.

    Attributes:
        leaves: each as its canonical bytes, in UTF-8.
        size: how many leaves there are.
    """

    leaves: list[str]
    size: int


LEAVES: Final = Method(
    "audit", "leaves", ReadLeaves, LeafList, FOLLOWERS, "Leaves of the ledger, in order."
)


class ReadFeed(Request, frozen=True):
    """What has happened since, in all services.

    Attributes:
        after: `next` of the page before; 0 for all.
        types: only events of these types; all unless given.
    """

    after: Position = 0
    types: Annotated[list[TypeName], Meta(max_length=50)] = msgspec.field(default_factory=list)
    limit: Annotated[int, Meta(ge=1, le=1_000)] = 200


class FeedPage(Answer, frozen=True):
    """Events in the order of the ledger; who goes on from `next` misses none and gets none twice.

    Attributes:
        events: none where none of the types came within the stretch that was looked at.
        next: where to go on.
        size: of the ledger; there is nothing new while `next` is this.
        held: the event at `next` waits for an operator, and the feed with it.
    """

    events: list[CloudEvent]
    next: int
    size: int
    held: bool


FEED: Final = Method(
    "audit",
    "feed",
    ReadFeed,
    FeedPage,
    FOLLOWERS,
    "What has happened in all services since a place in the ledger, complete and resumable.",
)

METHODS: Final[tuple[Method[Any, Any], ...]] = (REPLAY, EXPORT, CHECKPOINT, LEAVES, FEED)
