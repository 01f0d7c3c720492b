"""Registration, content and search."""

from typing import Annotated, Any, ClassVar, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType

from contracts.envelope import Utc
from contracts.fields import (
    VISIBLE,
    Channel,
    Cursor,
    Document,
    ExpectedVersion,
    KnownBy,
    Limit,
    Line,
    Nearness,
    Number,
    Office,
    OptionalLine,
    PetitionClass,
    PetitionState,
    Reason,
    Region,
    RequestId,
    Staff,
    Withdrawal,
)
from contracts.rpc.method import NOBODY_NEEDED, STAFF, Answer, Method, Request
from contracts.rpc.upkeep import EventList

REGISTER_MANY_MAX: Final = 1_000
REPRESENTATIVES_MAX: Final = 5
CO_SIGNERS_MAX: Final = 100
BODY_MAX: Final = 100_000
Body = Annotated[str, Meta(pattern=VISIBLE, max_length=BODY_MAX)]
Headcount = Annotated[int, Meta(ge=1, le=100_000)]
Accused = Annotated[list[Line], Meta(max_length=20)]
AccusedStaff = Annotated[list[Staff], Meta(max_length=20)]
AccusedUnits = Annotated[list[Office], Meta(max_length=20)]


class Person(Request, frozen=True):
    """A petitioner, co-signer, representative or agent. Personal data: it never leaves intake.

    Attributes:
        name: full name.
        phone: as written down; empty if not known.
        id_number: of the identity card or another document; empty if not known.
        address: as written down; empty if not known.
    """

    name: Line
    phone: OptionalLine = ""
    id_number: OptionalLine = ""
    address: OptionalLine = ""


Representatives = Annotated[list[Person], Meta(max_length=REPRESENTATIVES_MAX)]
CoSigners = Annotated[list[Person], Meta(max_length=CO_SIGNERS_MAX)]


class RegisterPetition(Request, frozen=True):
    """Put one petition on record.

    Attributes:
        occurred_at: when it was raised: the letter's receipt, the visit, the call. From then on the
            office's first step is due, unless it came from another office or a platform.
        received_at: when the office received it, where that is not when it was raised: from then
            on its first step is due, by whichever channel it came.
        headcount: how many people raise it, the petitioner included.
        accused: persons or units accused, for accusations.
        repeat_of: number of the petition that it repeats, where the clerk knows.
        external_number: its number in the system that it came from.
    """

    INSTEAD: ClassVar = {"happened_at": "state when it was raised as occurred_at"}

    request_id: RequestId
    office: Office
    channel: Channel
    petition_class: PetitionClass
    category: Line
    title: Line
    body: Body
    occurred_at: Utc
    petitioner: Person
    place: OptionalLine = ""
    representatives: Representatives = msgspec.field(default_factory=list)
    headcount: Headcount = 1
    agent: Person | None = None
    accused: Accused = msgspec.field(default_factory=list)
    repeat_of: Number | None = None
    external_number: OptionalLine = ""
    accused_staff: AccusedStaff | UnsetType = UNSET
    accused_units: AccusedUnits | UnsetType = UNSET
    co_signers: CoSigners | UnsetType = UNSET
    received_at: Utc | UnsetType = UNSET


class Registered(Answer, frozen=True):
    """The petition is on record.

    Attributes:
        repeat_of: number of the original when the petition repeats one.
        may_repeat: number of a petition that it is like; absent unless a clerk is to decide.
    """

    petition_id: str
    number: Number
    query_code: str
    registered_at: Utc
    repeat_of: Number | None = None
    may_repeat: Number | UnsetType = UNSET


class RegisterMany(Request, frozen=True):
    """Put up to 1,000 petitions on record.

    Attributes:
        items: each is one request of `intake.register`, checked on its own.
    """

    EACH_ON_ITS_OWN: ClassVar = frozenset({"items"})

    items: Annotated[
        list[Annotated[Any, Meta(extra_json_schema={"type": "object"})]], Meta(min_length=1)
    ]


class RegisteredItem(Answer, frozen=True):
    """One item that is on record now.

    Attributes:
        petition: as `intake.register` would have answered.
    """

    index: int
    petition: Registered


class RefusedItem(Answer, frozen=True):
    """One item that was refused.

    Attributes:
        code: failure code.
        message: a sentence for people.
        fields: field to what is wrong with it.
    """

    index: int
    code: str
    message: str
    fields: dict[str, Any]


class RegisteredMany(Answer, frozen=True):
    """What became of each item: its index stands in one of the two lists.

    Attributes:
        registered: items on record, by index.
        refused: items refused, by index.
    """

    registered: list[RegisteredItem]
    refused: list[RefusedItem]


class FindPetition(Request, frozen=True):
    """Which petition, and how much of it.

    Attributes:
        content: also return text and persons; that reading goes on record.
        content_version: which version of them, from 1; the one in force unless given.
    """

    number: Number
    content: bool = False
    content_version: Annotated[int, Meta(ge=1, le=2**31 - 1)] | UnsetType = UNSET


class PetitionContent(Answer, frozen=True):
    """Text and persons of a petition: personal data.

    Attributes:
        petitioner: name, phone, id_number and address.
        representatives: the same of each.
        co_signers: the same of each; absent where nobody signed with the petitioner.
        agent: the same; null if there is none.
        version: of the content, from 1; grows when it is corrected or parties are named.
        committed: this version as canonical JSON, which the commitment in its event is over.
        salt: of the commitment, in hex: SHA-256 over the salt and what is committed.
    """

    title: str
    body: str
    place: str
    petitioner: dict[str, str]
    representatives: list[dict[str, str]]
    agent: dict[str, str] | None
    accused: list[str]
    accused_staff: list[Staff] | UnsetType = UNSET
    accused_units: list[Office] | UnsetType = UNSET
    version: int | UnsetType = UNSET
    committed: str | UnsetType = UNSET
    salt: str | UnsetType = UNSET
    co_signers: list[dict[str, str]] | UnsetType = UNSET


class PetitionView(Answer, frozen=True):
    """One petition.

    Attributes:
        occurred_at: when it was raised: the letter's receipt, the visit, the call.
        repeat_of: number of the original; null for a first-time petition.
        content: text and persons, where they were asked for.
        corrected_at: when it was corrected last; absent where it never was.
        version: of what is on record, from 1; grows with corrections, parties and withdrawal.
    """

    petition_id: str
    number: Number
    office: Office
    region: Region
    channel: Channel
    petition_class: PetitionClass
    category: str
    headcount: int
    state: PetitionState
    occurred_at: Utc
    registered_at: Utc
    sealed: bool
    repeat_of: Number | None = None
    external_number: str = ""
    content: PetitionContent | None = None
    corrected_at: Utc | UnsetType = UNSET
    version: int | UnsetType = UNSET


class AskStatus(Request, frozen=True):
    """What the petitioner was given at registration."""

    number: Number
    query_code: Annotated[str, Meta(min_length=1, max_length=32)]


class PetitionStatus(Answer, frozen=True):
    """Where a petition stands.

    Attributes:
        changed_at: when its state changed last.
        withdrawn_at: when the petitioner withdrew it; absent unless he did.
    """

    number: Number
    state: PetitionState
    office: Office
    registered_at: Utc
    changed_at: Utc
    withdrawn_at: Utc | UnsetType = UNSET


class SearchPetitions(Request, frozen=True):
    """Newest first; the pages of one search do not shift when petitions are added.

    Attributes:
        office: only those of this office.
        region: only those of this region.
        channel: only those that came this way.
        petition_class: only those of this class.
        category: only those of exactly this category.
        state: only those in this state.
        external_number: only those with this number in the system that they came from.
        registered_from: only those registered at this instant or later.
        registered_until: only those registered before this instant.
    """

    office: Office | None = None
    region: Region | None = None
    channel: Channel | None = None
    petition_class: PetitionClass | None = None
    category: OptionalLine | None = None
    state: PetitionState | None = None
    external_number: OptionalLine | None = None
    registered_from: Utc | None = None
    registered_until: Utc | None = None
    limit: Limit = 50
    cursor: Cursor = ""


class PetitionPage(Answer, frozen=True):
    """Petitions, newest first, without their content."""

    items: list[PetitionView]
    next_cursor: str


class NameAccused(Request, frozen=True):
    """Name parties that became known after registration.

    Attributes:
        expected_version: `version` of the petition as the caller saw it; refused if it changed.
    """

    request_id: RequestId
    number: Number
    reason: Reason
    document: Document
    accused_staff: AccusedStaff = msgspec.field(default_factory=list)
    accused_units: AccusedUnits = msgspec.field(default_factory=list)
    expected_version: ExpectedVersion = UNSET


class CorrectPetition(Request, frozen=True):
    """Correct what was put on record of a petition; what is not given stays as it is.

    Attributes:
        petition_class: among suggestion and appeal while the course has not begun; into accusation
            at any time, which seals the matter; never out of it.
        occurred_at: when it was raised; by it the office's first step is due, to a later day only
            while that is not over.
        received_at: when the office received it; by that the first step is due, where it is stated.
        expected_version: `version` of the petition as the caller saw it; refused if it changed.
    """

    request_id: RequestId
    number: Number
    reason: Reason
    channel: Channel | UnsetType = UNSET
    petition_class: PetitionClass | UnsetType = UNSET
    category: Line | UnsetType = UNSET
    headcount: Headcount | UnsetType = UNSET
    occurred_at: Utc | UnsetType = UNSET
    external_number: OptionalLine | UnsetType = UNSET
    title: Line | UnsetType = UNSET
    body: Body | UnsetType = UNSET
    place: OptionalLine | UnsetType = UNSET
    petitioner: Person | UnsetType = UNSET
    representatives: Representatives | UnsetType = UNSET
    agent: Person | UnsetType | None = UNSET
    accused: Accused | UnsetType = UNSET
    expected_version: ExpectedVersion = UNSET
    co_signers: CoSigners | UnsetType = UNSET
    received_at: Utc | UnsetType = UNSET


class Revised(Answer, frozen=True):
    """What is on record now.

    Attributes:
        version: of the petition.
        content_version: of its content.
    """

    number: Number
    version: int
    content_version: int


class WithdrawPetition(Request, frozen=True):
    """What the petitioner was given at registration, and why he withdraws.

    Attributes:
        ground: settled 已解决, not_pursued 不再反映, by_mistake 误报, other 其他.
    """

    request_id: RequestId
    number: Number
    query_code: Annotated[str, Meta(min_length=1, max_length=32)]
    ground: Withdrawal


class Withdrawn(Answer, frozen=True):
    """The petition is withdrawn.

    Attributes:
        withdrawn_at: since when.
    """

    number: Number
    withdrawn_at: Utc


class ListProposals(Request, frozen=True):
    """Which office's.

    Attributes:
        office: the caller's office unless given.
    """

    office: Office | None = None
    limit: Limit = 50
    cursor: Cursor = ""


class ProposedRepeat(Answer, frozen=True):
    """A petition that may repeat another.

    Attributes:
        repeat_of: number of the matter that it may belong to.
        score: what text, category and place add up to, 0 to 100.
        text: how like title and text are, 0 to 100.
        same_category: whether both have the same category.
        place: how near the two offices are.
        proposed_at: when that was.
        known_by: by what it is one person; absent where that was not kept yet.
    """

    number: Number
    repeat_of: Number
    score: int
    text: int
    same_category: bool
    place: Nearness
    proposed_at: Utc
    known_by: KnownBy | UnsetType = UNSET


class ProposalPage(Answer, frozen=True):
    """What an office has to decide on, oldest first."""

    items: list[ProposedRepeat]
    next_cursor: str


class LinkRepeat(Request, frozen=True):
    """Link a petition to the matter of an earlier one, as proposed or by one's own finding.

    Attributes:
        repeat_of: number of any petition of the earlier matter.
        document: reference of a written document, where there is one.
        expected_version: `version` of the petition as the caller saw it; refused if it changed.
    """

    request_id: RequestId
    number: Number
    repeat_of: Number
    reason: Reason
    document: OptionalLine = ""
    expected_version: ExpectedVersion = UNSET


class DeclineRepeat(Request, frozen=True):
    """Which petition does not repeat what was proposed, and why.

    Attributes:
        expected_version: `version` of the petition as the caller saw it; refused if it changed.
    """

    request_id: RequestId
    number: Number
    reason: Reason
    expected_version: ExpectedVersion = UNSET


class UnlinkRepeat(Request, frozen=True):
    """Which petition is a matter of its own after all, and why.

    Attributes:
        expected_version: `version` of the petition as the caller saw it; refused if it changed.
    """

    request_id: RequestId
    number: Number
    reason: Reason
    document: Document
    expected_version: ExpectedVersion = UNSET


class RepeatStanding(Answer, frozen=True):
    """What a petition repeats now.

    Attributes:
        repeat_of: number of the original; null for the first petition of a matter.
        along: numbers of what repeats the petition and went with it.
    """

    number: Number
    repeat_of: Number | None
    along: list[Number]


class FindRegistration(Request, frozen=True):
    """Which petition."""

    number: Number


REGISTER: Final = Method(
    "intake",
    "register",
    RegisterPetition,
    Registered,
    frozenset({"clerk", "leader", "office_head", "agency"}),
    "Put one petition on record.",
)

REGISTER_MANY: Final = Method(
    "intake",
    "register_many",
    RegisterMany,
    RegisteredMany,
    REGISTER.roles,
    "Put up to 1,000 petitions on record; a bad one is refused by its index, the others stand.",
)

PETITION: Final = Method(
    "intake",
    "petition",
    FindPetition,
    PetitionView,
    STAFF | {"auditor", "agency"},
    "Find one petition; reading its content goes on record.",
)

STATUS: Final = Method(
    "intake",
    "status",
    AskStatus,
    PetitionStatus,
    NOBODY_NEEDED,
    "Tell a petitioner where his petition stands, by number and query code.",
)

SEARCH: Final = Method(
    "intake",
    "search",
    SearchPetitions,
    PetitionPage,
    STAFF | {"auditor", "agency"},
    "Search petitions, newest first.",
)

NAME_ACCUSED: Final = Method(
    "intake",
    "name_accused",
    NameAccused,
    Revised,
    frozenset({"clerk", "leader", "office_head"}),
    "Name parties that became known after registration; they are kept out from then on.",
)

CORRECT: Final = Method(
    "intake",
    "correct",
    CorrectPetition,
    Revised,
    frozenset({"clerk", "office_head"}),
    "Correct what was put on record of a petition, with a reason; what it said stays on record.",
)

WITHDRAW: Final = Method(
    "intake",
    "withdraw",
    WithdrawPetition,
    Withdrawn,
    NOBODY_NEEDED,
    "Withdraw a petition as its petitioner, by number and query code.",
)

CLERKS: Final = frozenset({"clerk", "office_head"})

REPEAT_PROPOSALS: Final = Method(
    "intake",
    "repeat_proposals",
    ListProposals,
    ProposalPage,
    CLERKS,
    "List petitions of an office that may repeat another, for a clerk to decide on.",
)

LINK_REPEAT: Final = Method(
    "intake",
    "link_repeat",
    LinkRepeat,
    RepeatStanding,
    CLERKS,
    "Link a petition to the matter of an earlier one; the two are one matter from then on.",
)

DECLINE_REPEAT: Final = Method(
    "intake",
    "decline_repeat",
    DeclineRepeat,
    RepeatStanding,
    CLERKS,
    "Put on record that a petition does not repeat the one that was proposed.",
)

UNLINK_REPEAT: Final = Method(
    "intake",
    "unlink_repeat",
    UnlinkRepeat,
    RepeatStanding,
    CLERKS,
    "Make a petition a matter of its own again; what repeats it goes with it.",
)

REGISTRATION: Final = Method(
    "intake",
    "registration",
    FindRegistration,
    EventList,
    frozenset({"service"}),
    "The registration of one petition and of the one it repeats, for a service that is behind.",
)

METHODS: Final[tuple[Method[Any, Any], ...]] = (
    REGISTER,
    REGISTER_MANY,
    PETITION,
    STATUS,
    SEARCH,
    REPEAT_PROPOSALS,
    LINK_REPEAT,
    DECLINE_REPEAT,
    UNLINK_REPEAT,
    NAME_ACCUSED,
    CORRECT,
    WITHDRAW,
    REGISTRATION,
)
