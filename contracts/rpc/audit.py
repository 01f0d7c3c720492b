"""Replay, and the ledger."""

from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from contracts.envelope import CloudEvent, Utc
from contracts.fields import (
    END,
    Cursor,
    Limit,
    Number,
    Office,
    PetitionClass,
    Position,
    Staff,
)
from contracts.rpc.method import FOLLOWERS, READERS, Answer, Method, Request

TypeName = Annotated[str, Meta(min_length=1, max_length=64)]
Types = Annotated[list[TypeName], Meta(max_length=50)]
RegionDigits = Annotated[str, Meta(pattern=r"^([0-9]{2}){0,3}" + END)]
AUDITORS: Final = frozenset({"auditor"})
PetitionId = Annotated[str, Meta(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}" + END)]
KnownSize = Annotated[int, Meta(ge=1, le=2**63 - 1)]


class ReplayCase(Request, frozen=True):
    """The history of one case, as it stood on record at one instant.

    Attributes:
        as_of: leave out what was recorded later; now unless given.
        occurred_until: also leave out what is stated to have happened later.
        since: only what has come since then, and what has left; no later than `as_of`. With
            `occurred_until`, both of what is stated to have happened by then.
    """

    number: Number
    as_of: Utc | None = None
    occurred_until: Utc | None = None
    since: Utc | None = None


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
        entries: the facts as they were recorded, none before its cause. With `since`, those that
            the history had not then: recorded later, or of a repeat that has joined.
        complete_up_to: service to position in its log up to which this is all.
        left: with `since`, those that the history had then and has no more: of a repeat that has
            left, or of what the petition itself has left. What it had, without `left` and with
            `entries`, is what it has.
    """

    number: Number
    as_of: Utc
    entries: list[HistoryEntry]
    complete_up_to: dict[str, int]
    left: list[HistoryEntry] = msgspec.field(default_factory=list)


REPLAY: Final = Method(
    "audit",
    "replay",
    ReplayCase,
    History,
    frozenset({"auditor", "office_head"}),
    "The history of a case across all services, as of any instant; the replay goes on record.",
)


class ListDeeds(Request, frozen=True):
    """What one person did, in all cases.

    Attributes:
        actor: staff number, or `service:<name>`.
        since: only what was recorded after that.
        until: only what was recorded up to then.
        occurred_since: only what is stated to have happened after that.
        occurred_until: only what is stated to have happened up to then.
        types: only events of these types; all unless given.
    """

    actor: Staff
    since: Utc | None = None
    until: Utc | None = None
    occurred_since: Utc | None = None
    occurred_until: Utc | None = None
    types: Types = msgspec.field(default_factory=list)
    cursor: Cursor = ""
    limit: Limit = 50


class Deed(HistoryEntry, frozen=True):
    """One fact, and what it is about.

    Attributes:
        petition_id: UUID of the petition; of the stream where it is about none.
    """

    petition_id: str


class DeedList(Answer, frozen=True):
    """Facts as they were recorded, oldest first.

    Attributes:
        next_cursor: for the next page; empty behind the last fact.
    """

    items: list[Deed]
    next_cursor: str


DEEDS: Final = Method(
    "audit",
    "deeds",
    ListDeeds,
    DeedList,
    AUDITORS,
    "What a person did, in all cases, as it was recorded.",
)


class ListLooks(Request, frozen=True):
    """Who saw a case, or what a person saw.

    Contents read, histories replayed, evidence exported; sealed cases shown among others.

    Attributes:
        number: of the case; one of the two has to be named, or both.
        actor: staff number.
        since: only what was recorded after that.
        until: only what was recorded up to then.
    """

    number: Number | None = None
    actor: Staff | None = None
    since: Utc | None = None
    until: Utc | None = None
    cursor: Cursor = ""
    limit: Limit = 50


LOOKS: Final = Method(
    "audit",
    "looks",
    ListLooks,
    DeedList,
    AUDITORS,
    "What was seen by whom: contents read, histories replayed, evidence exported, sealed cases"
    " shown.",
)


class ListStandings(Request, frozen=True):
    """How the cases of a county, or of all, stood at an instant.

    Attributes:
        region: its leading digits: of a province, a city or a county; all unless given.
        office: only petitions that this office put on record.
        as_of: what was on record then; now unless given. Give with a cursor that of the first
            page, so that all pages are of one instant.
        occurred_until: by what is stated to have happened by then, as far as it was on record; a
            petition that is stated to have been raised later is left out.
    """

    region: RegionDigits = ""
    office: Office | None = None
    as_of: Utc | None = None
    occurred_until: Utc | None = None
    cursor: Cursor = ""
    limit: Limit = 50


class CaseStanding(Answer, frozen=True):
    """One petition at an instant.

    Attributes:
        state: a repeat, or one that was merged, stands where the matter `into` does.
        owner: null while nobody owned it, or where another matter has taken it up.
        changed_at: when the last fact about its ownership was recorded.
        into: number of the matter that it belongs to, where that is another.
    """

    number: Number
    petition_id: str
    office: Office
    petition_class: PetitionClass
    registered_at: Utc
    state: Literal["registered", "repeat", "awaited", "owned", "closed", "merged"]
    owner: str | None
    changed_at: Utc
    into: Number | None


class StandingList(Answer, frozen=True):
    """Petitions by number; those that were not on record yet are left out.

    Attributes:
        next_cursor: for the next page; empty behind the last petition.
    """

    as_of: Utc
    items: list[CaseStanding]
    next_cursor: str


STANDINGS: Final = Method(
    "audit",
    "standings",
    ListStandings,
    StandingList,
    AUDITORS,
    "How the cases of an office, a county or a city stood at any instant.",
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


class ProveAbsence(Request, frozen=True):
    """That there is no such case; named in one of two ways.

    Attributes:
        number: of a petition.
        petition_id: UUID by which events name a petition.
        known_size: of an older checkpoint that you kept, from which the ledger is shown to have
            grown.
    """

    number: Number | None = None
    petition_id: PetitionId | None = None
    known_size: KnownSize | None = None


class Absence(Answer, frozen=True):
    """One file that shows by itself that there was no such case.

    Attributes:
        size: of the ledger at the checkpoint that the proofs lead to.
        stated_size: of the ledger when the ends of all cases were stated; up to there it is shown.
        content: a ZIP file in base64, for `shouwen verify`.
    """

    size: int
    stated_size: int
    content: str


ABSENCE: Final = Method(
    "audit",
    "absence",
    ProveAbsence,
    Absence,
    AUDITORS,
    "That there is no case of a number or an id, to be verified without us.",
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
        after: how many leaves to pass over; 0 for none, at most as many as there are.
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


class AskReceipts(Request, frozen=True):
    """Proofs that leaves are in the ledger.

    Attributes:
        positions: indices of leaves in the tree, from 0.
    """

    positions: Annotated[list[Position], Meta(min_length=1, max_length=200)]


class Receipt(Answer, frozen=True):
    """One leaf, and that it is in the ledger.

    Attributes:
        position: index of the leaf in the tree, from 0.
        leaf: its canonical bytes, in UTF-8.
        proof: C2SP tlog-proof, with the newest checkpoint.
        event: what the leaf binds, in canonical form (RFC 8785); empty where audit could not take
            it in yet, and has it parked, or cannot read it any more.
    """

    position: int
    leaf: str
    proof: str
    event: str


class ReceiptList(Answer, frozen=True):
    """Receipts, each of which stands for itself.

    Attributes:
        items: in the order that they were asked for.
        size: of the ledger at the checkpoint that they lead to.
    """

    items: list[Receipt]
    size: int


RECEIPTS: Final = Method(
    "audit",
    "receipts",
    AskReceipts,
    ReceiptList,
    FOLLOWERS,
    "That leaves are in the ledger, each to be verified without us.",
)


class ReadFeed(Request, frozen=True):
    """What has happened since, in all services.

    Attributes:
        after: `next` of the page before; 0 for all. More than the ledger has is refused: it was
            given by another ledger, or before an older backup was put back.
        types: only events of these types; all unless given.
    """

    after: Position = 0
    types: Types = msgspec.field(default_factory=list)
    limit: Annotated[int, Meta(ge=1, le=1_000)] = 200


class FeedPage(Answer, frozen=True):
    """Events in the order of the ledger; who goes on from `next` misses none and gets none twice.

    Attributes:
        events: none where none of the types came within the stretch that was looked at.
        next: where to go on.
        size: of the ledger; there is nothing new while `next` is this.
        held: the event at `next` waits for an operator, and the feed with it.
        lost: there, and true, where it does not wait: audit has lost it, or somebody has taken it
            away.
    """

    events: list[CloudEvent]
    next: int
    size: int
    held: bool
    lost: bool | UnsetType = UNSET


FEED: Final = Method(
    "audit",
    "feed",
    ReadFeed,
    FeedPage,
    FOLLOWERS | {"agency"},
    "What has happened since a place in the ledger, complete and resumable; to an agency, in the"
    " open petitions that it put on record.",
)


class ReadMatters(Request, frozen=True):
    """What audit keeps of which petitions.

    Attributes:
        cursor: `next_cursor` of the page before; empty for the first.
    """

    cursor: Cursor = ""
    limit: Limit = 50


class Move(Answer, frozen=True):
    """Where a petition belonged before it was linked, unlinked or taken along.

    Attributes:
        position: of the fact in the log of intake.
        moved_at: when that was recorded.
    """

    position: int
    moved_at: str
    matter_id: str
    matter_number: str


class KeptMatter(Answer, frozen=True):
    """One petition, as replay, lists and exports find it.

    Attributes:
        repeats_id: of the petition that it was found to repeat; empty if none.
        moves: the oldest first.
        shown: how many facts say that somebody was shown it.
        shown_hash: SHA-256 in hex over those, by service and position, each
            `<service> <position>` and a line feed.
    """

    number: str
    petition_id: str
    matter_id: str
    matter_number: str
    repeats_id: str
    moves: list[Move]
    shown: int
    shown_hash: str


class MatterList(Answer, frozen=True):
    """Petitions by number; behind the last of them, the facts where replay reads.

    Attributes:
        strays: with a page of facts, those that have no leaf, each by service, position and type.
            There are none, unless somebody has put them there.
        size: of the ledger at the same moment: all of it is in the answer, but what is parked.
        next_cursor: for the next page; empty behind the last fact.
    """

    items: list[KeptMatter]
    strays: list[str]
    size: int
    next_cursor: str


MATTERS: Final = Method(
    "audit",
    "matters",
    ReadMatters,
    MatterList,
    FOLLOWERS,
    "Which matter each petition belongs to, as audit answers from it; to be compared with the"
    " facts.",
)

METHODS: Final[tuple[Method[Any, Any], ...]] = (
    REPLAY,
    DEEDS,
    LOOKS,
    STANDINGS,
    EXPORT,
    ABSENCE,
    CHECKPOINT,
    LEAVES,
    RECEIPTS,
    FEED,
    MATTERS,
)
