"""Ownership, roster, caseloads."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, ClassVar, Final, Literal

from msgspec import UNSET, Meta, UnsetType

from contracts.envelope import Utc
from contracts.fields import (
    Channel,
    Cursor,
    Document,
    ExpectedVersion,
    Limit,
    Number,
    Office,
    OptionalLine,
    PetitionClass,
    Reason,
    RequestId,
    Staff,
    Standing,
)
from contracts.rpc.method import HEADS, READERS, STAFF, Answer, Method, Request

# What happens when it is put on record, and is never dated.
NOT_DATED: Final[Mapping[str, str]] = {
    "happened_at": "it happens when it is put on record; leave it out"
}


class ReceivePetition(Request, frozen=True):
    """Record that a leader received the petitioner.

    Attributes:
        leader: who received; the caller unless a clerk records it for a leader.
        received_at: when, as stated, in the past; now unless given. Evidence, not the decision: it
            makes nobody the owner, and after closure it contests nothing (that takes a reopening).
        office: where; the caller's office unless given.
    """

    INSTEAD: ClassVar = {"happened_at": "state when it was received as received_at"}

    request_id: RequestId
    number: Number
    leader: Staff | None = None
    received_at: Utc | None = None
    office: Office | None = None
    expected_version: ExpectedVersion = UNSET


class Reception(Answer, frozen=True):
    """What the record decided.

    Attributes:
        standing: first (the leader owns it now), owner (owned it already), rival (somebody else
            owns it), disputed (somebody else owns it and the reception is dated before that).
        number: the petition that was received.
        matter: number under which the matter is owned: the original's, for a repeat.
        owner: the one owner of the matter.
        office: for which the owner owns it.
    """

    number: Number
    matter: Number
    standing: Standing
    owner: Staff
    office: Office
    owned_since: Utc
    reception_id: str
    dispute_id: str | None = None
    version: int | UnsetType = UNSET


class AskOwner(Request, frozen=True):
    """Which petition: an original or a repeat."""

    number: Number


class OwnerLink(Answer, frozen=True):
    """One holder of the ownership: who, from when, by what.

    Attributes:
        office: for which the holder owned it.
        since: from when.
        ground: reception, open_list or roster for the first contact; then left_post, long_leave,
            dispute_upheld or direct_interest.
        approver: staff number of the person who approved a step after the first; else empty.
    """

    owner: Staff
    office: Office
    since: Utc
    ground: str
    document: str = ""
    approver: str = ""


class Claim(Answer, frozen=True):
    """A reception that did not make the owner.

    Attributes:
        ruling: upheld or rejected, once a dispute was ruled on.
    """

    reception_id: str
    leader: Staff
    office: Office
    received_at: Utc
    standing: Standing
    dispute_id: str | None = None
    ruling: str | None = None


class Reply(Answer, frozen=True):
    """The written reply that was delivered to the petitioner.

    Attributes:
        document: reference of the reply.
    """

    document: Document
    delivered_by: Staff
    delivered_at: Utc


class MergedMatter(Answer, frozen=True):
    """A matter that is part of another now (并案).

    Attributes:
        number: of its first petition.
        since: when it was merged.
        unit: who handled it until then; empty where nobody did. Its work was not taken over.
        state: how far its course had got; empty where no step was taken. Its steps are shown by
            `course_of` under its number.
    """

    number: Number
    since: Utc
    unit: str
    state: str


class Ownership(Answer, frozen=True, omit_defaults=True):
    """Who owns a petition and how that was decided.

    Attributes:
        number: the petition that was asked about.
        matter: number under which the matter is owned: the original's, for a repeat.
        state: awaited (nobody owns it yet), owned or closed.
        owner: null while nobody owns it.
        office: for which the owner owns it, or which waits for one.
        first_contact: the link that began the ownership; stays for ever.
        chain: all holders, oldest first.
        evidence: what decided the first contact: `ground`, and `reception_id` or `roster_day`
            with `roster_version`.
        rivals: receptions that lost.
        repeats: numbers of the petitions that repeat it.
        reply: the written reply delivered since the matter was last opened; absent while there is
            none.
        merged: later matters that are part of it; absent where there is none.
        kept: what stays of a link that was undone, since something was done on it by then: that it
            is open, its owner. Absent where nothing does.
    """

    number: Number
    matter: Number
    state: Literal["awaited", "owned", "closed"]
    owner: Staff | None
    office: Office
    first_contact: OwnerLink | None
    chain: list[OwnerLink]
    evidence: dict[str, Any]
    rivals: list[Claim]
    repeats: list[Number]
    reply: Reply | None = None
    version: int | UnsetType = UNSET
    merged: list[MergedMatter] | UnsetType = UNSET
    kept: list[Literal["owner", "open"]] | UnsetType = UNSET


class RosterLine(Request, frozen=True):
    """Who is on duty on one day."""

    day: date
    leader: Staff


class SetRoster(Request, frozen=True):
    """Set who is on duty; a line for a day that has one replaces it.

    Attributes:
        lines: one a day.
    """

    request_id: RequestId
    office: Office
    lines: Annotated[list[RosterLine], Meta(min_length=1, max_length=366)]
    document: Document


class RosterSet(Answer, frozen=True):
    """The roster is on record.

    Attributes:
        lines: how many lines were given.
    """

    office: Office
    lines: int


class AskDuty(Request, frozen=True):
    """Which office, which day.

    Attributes:
        day: today in Shanghai unless given.
    """

    office: Office
    day: date | None = None


class Duty(Answer, frozen=True):
    """Who is on duty.

    Attributes:
        leader: staff number; null when the roster has no line for that day.
    """

    office: Office
    day: date
    leader: Staff | None


class ListOpen(Request, frozen=True):
    """Which office's list.

    Attributes:
        office: the caller's office unless given.
    """

    office: Office | None = None
    limit: Limit = 50
    cursor: Cursor = ""


class OpenItem(Answer, frozen=True):
    """One petition that nobody owns yet."""

    number: Number
    office: Office
    channel: Channel
    petition_class: PetitionClass
    awaits: Literal["reception", "first_leader"]
    registered_at: Utc


class OpenPage(Answer, frozen=True):
    """Petitions that nobody owns yet, oldest first."""

    items: list[OpenItem]
    next_cursor: str


class ListCaseload(Request, frozen=True):
    """Whose caseload.

    Attributes:
        owner: staff number; the caller unless given.
        closed: the closed matters instead of the open ones.
    """

    owner: Staff | None = None
    closed: bool = False
    limit: Limit = 50
    cursor: Cursor = ""


class CaseloadItem(Answer, frozen=True):
    """One matter that a leader owns.

    Attributes:
        repeats: how many petitions repeat it.
    """

    number: Number
    office: Office
    channel: Channel
    petition_class: PetitionClass
    state: Literal["owned", "closed"]
    owned_since: Utc
    repeats: int


class CaseloadPage(Answer, frozen=True):
    """Matters that a leader owns, longest owned first.

    Attributes:
        owner: staff number of that leader.
    """

    owner: Staff
    items: list[CaseloadItem]
    next_cursor: str


class SucceedOwner(Request, frozen=True, omit_defaults=True):
    """Pass the ownership on; the caller approves it.

    Attributes:
        to: staff number of the successor.
        ground: why the owner leaves the duty.
        office: of the successor; the matter's office unless given. The caller must act for it.
    """

    INSTEAD: ClassVar = NOT_DATED

    request_id: RequestId
    number: Number
    to: Staff
    ground: Literal["left_post", "long_leave"]
    document: Document
    office: Office | None = None
    expected_version: ExpectedVersion = UNSET


class RecuseOwner(Request, frozen=True, omit_defaults=True):
    """Pass the ownership on; the caller approves it.

    Attributes:
        to: staff number of the successor.
        ground: why the owner cannot keep the duty.
        office: of the successor; the matter's office unless given. The caller must act for it.
    """

    INSTEAD: ClassVar = NOT_DATED

    request_id: RequestId
    number: Number
    to: Staff
    ground: Literal["direct_interest"]
    document: Document
    office: Office | None = None
    expected_version: ExpectedVersion = UNSET


class RuleDispute(Request, frozen=True):
    """Decide a dispute.

    Attributes:
        ruling: upheld passes the ownership to the claimant, by succession.
    """

    INSTEAD: ClassVar = NOT_DATED

    request_id: RequestId
    number: Number
    dispute_id: Annotated[str, Meta(min_length=1, max_length=64)]
    ruling: Literal["upheld", "rejected"]
    reason: Reason
    document: Document
    expected_version: ExpectedVersion = UNSET


class DeliverReply(Request, frozen=True):
    """Record that the written reply was delivered; the owner, or who acts for his office, may.

    Attributes:
        document: reference of the reply.
        delivered_at: when, as stated; now unless given. A reply from before the matter was last
            reopened goes on record and does not count for closing.
        carry_out_by: the day by which what it promises is carried out; that is reported by
            `report_carrying_out`.
    """

    INSTEAD: ClassVar = {"happened_at": "state when it was delivered as delivered_at"}

    request_id: RequestId
    number: Number
    document: Document
    delivered_at: Utc | None = None
    expected_version: ExpectedVersion = UNSET
    carry_out_by: date | UnsetType = UNSET


class ClosePetition(Request, frozen=True):
    """Close the matter; only its owner may.

    Attributes:
        outcome: settled and explained need the three statements below; routed_elsewhere and
            withdrawn do not.
        reply_document: the written reply delivered to the petitioner; not needed when it is on
            record by `reply`.
        follow_up_visit_at: when the petitioner was visited after the reply.
        evaluation_asked_at: when the petitioner was asked for an evaluation.
    """

    INSTEAD: ClassVar = NOT_DATED

    request_id: RequestId
    number: Number
    outcome: Literal["settled", "explained", "routed_elsewhere", "withdrawn"]
    reply_document: OptionalLine = ""
    follow_up_visit_at: Utc | None = None
    evaluation_asked_at: Utc | None = None
    expected_version: ExpectedVersion = UNSET


class ReopenPetition(Request, frozen=True):
    """Open a closed matter again, by order."""

    INSTEAD: ClassVar = NOT_DATED

    request_id: RequestId
    number: Number
    reason: Reason
    document: Document
    expected_version: ExpectedVersion = UNSET


RECEIVE: Final = Method(
    "responsibility",
    "receive",
    ReceivePetition,
    Reception,
    frozenset({"leader", "office_head", "clerk"}),
    "Record a reception; the first on record owns the petition until closure.",
)

OWNER_OF: Final = Method(
    "responsibility",
    "owner_of",
    AskOwner,
    Ownership,
    READERS,
    "Who owns a petition, since when, and how that was decided.",
)

SET_ROSTER: Final = Method(
    "responsibility",
    "set_roster",
    SetRoster,
    RosterSet,
    frozenset({"office_head", "clerk"}),
    "Set which leader is on duty at an office, day by day.",
)

ON_DUTY: Final = Method(
    "responsibility", "on_duty", AskDuty, Duty, READERS, "Which leader is on duty at an office."
)

OPEN_LIST: Final = Method(
    "responsibility",
    "open_list",
    ListOpen,
    OpenPage,
    READERS,
    "Petitions of an office that nobody owns yet, oldest first.",
)

CASELOAD: Final = Method(
    "responsibility",
    "caseload",
    ListCaseload,
    CaseloadPage,
    READERS,
    "Petitions that a leader owns, longest owned first.",
)

SUCCEED: Final = Method(
    "responsibility",
    "succeed",
    SucceedOwner,
    Ownership,
    HEADS,
    "Pass an ownership on because the owner leaves the post or is on long leave.",
)

RECUSE: Final = Method(
    "responsibility",
    "recuse",
    RecuseOwner,
    Ownership,
    HEADS,
    "Pass an ownership on because the owner has a direct interest.",
)

RULE: Final = Method(
    "responsibility",
    "rule",
    RuleDispute,
    Ownership,
    HEADS,
    "Rule on a dispute about first contact.",
)

REPLY: Final = Method(
    "responsibility",
    "reply",
    DeliverReply,
    Ownership,
    STAFF,
    "Record that the written reply was delivered to the petitioner.",
)

CLOSE: Final = Method(
    "responsibility",
    "close",
    ClosePetition,
    Ownership,
    frozenset({"leader", "office_head"}),
    "Close a petition; only its owner may, when the closing conditions hold.",
)

REOPEN: Final = Method(
    "responsibility",
    "reopen",
    ReopenPetition,
    Ownership,
    HEADS,
    "Reopen a closed petition; it goes back to its owner.",
)

METHODS: Final[tuple[Method[Any, Any], ...]] = (
    RECEIVE,
    OWNER_OF,
    SET_ROSTER,
    ON_DUTY,
    OPEN_LIST,
    CASELOAD,
    SUCCEED,
    RECUSE,
    RULE,
    REPLY,
    CLOSE,
    REOPEN,
)
