"""What intake tells."""

from typing import ClassVar, Final, Literal

import msgspec
from msgspec import UNSET, UnsetType

from contracts.envelope import Utc
from contracts.events.message import Message
from contracts.fields import Channel, KnownBy, Mark, Nearness, PetitionClass, Withdrawal


class PetitionRegisteredV1(Message, frozen=True):
    """A petition is on record (登记).

    Attributes:
        sealed: accusation material, open only to named people (Arts 27 to 30).
        occurred_at: when it was raised: the letter's receipt, the visit, the call.
        received_at: when the office received it, where that was stated apart.
        repeats: petition_id of the original, null for a first-time petition.
        repeats_number: number of the original.
        named: petition_id of the petition that it was found to repeat, the original or another of
            its matter; should that one leave the matter, this one goes with it.
        named_number: number of that petition.
        repeat_ground: how the repetition was found: clerk or same_person_and_matter.
        commitment: SHA-256 in hex over a secret salt and the content kept in intake's vault.
    """

    TYPE: ClassVar[str] = "petition.registered.v1"

    number: str
    office: str
    region: str
    channel: Channel
    petition_class: PetitionClass
    category: str
    headcount: int
    sealed: bool
    commitment: str
    occurred_at: Utc
    repeats: str | None = None
    repeats_number: str | None = None
    repeat_ground: str | None = None
    external_number: str = ""
    kept_out: list[Mark] | UnsetType = UNSET
    named: str | UnsetType | None = UNSET
    named_number: str | UnsetType | None = UNSET
    received_at: Utc | UnsetType | None = UNSET


class ContentReadV1(Message, frozen=True):
    """Somebody read the text and persons of a petition; the actor of the event says who."""

    TYPE: ClassVar[str] = "content.read.v1"

    number: str


class LikenessFound(msgspec.Struct, frozen=True, kw_only=True):
    """What it rests on that two petitions are one matter of one person. No personal data.

    Attributes:
        policy: version of the policy that weighs it.
        person: keyed mark of the person whom both have, made for this pair alone.
        text: how like title and text are, 0 to 100.
        letters: of the shorter text, as far as it was compared; 0 where title and category were
            enough.
        same_category: whether both have the same category.
        place: how near the two offices are.
        score: what all of it adds up to, 0 to 100.
        known_by: by what it is one person: both gave the id number; neither gave one, and name and
            phone are the same; or one gave name and phone only, the other both (phone_to_id), which
            is only ever proposed.
    """

    policy: str
    person: str
    text: int
    letters: int
    same_category: bool
    place: Nearness
    score: int
    known_by: KnownBy | UnsetType = UNSET


class RepeatMatchedV1(Message, frozen=True):
    """What the platform found the original of a petition by, when it was registered.

    Attributes:
        repeats: petition_id of the original.
        repeats_number: number of the original.
        likeness: what that rests on.
    """

    TYPE: ClassVar[str] = "repeat.matched.v1"

    number: str
    repeats: str
    repeats_number: str
    likeness: LikenessFound


class RepeatProposedV1(Message, frozen=True):
    """A petition may repeat another; a clerk decides.

    Attributes:
        repeats: petition_id of the original.
        repeats_number: number of the original.
        likeness: what that rests on.
        named: petition_id of the petition that it is like, the original or another of its matter.
        named_number: number of that petition.
    """

    TYPE: ClassVar[str] = "repeat.proposed.v1"

    number: str
    repeats: str
    repeats_number: str
    likeness: LikenessFound
    named: str | UnsetType | None = UNSET
    named_number: str | UnsetType | None = UNSET


class RepeatDeclinedV1(Message, frozen=True):
    """A clerk decided that a petition does not repeat the one that it was proposed to.

    Attributes:
        repeats: petition_id of that one.
        repeats_number: its number.
    """

    TYPE: ClassVar[str] = "repeat.declined.v1"

    number: str
    repeats: str
    repeats_number: str
    reason: str


class RepeatLinkedV1(Message, frozen=True):
    """A clerk linked a petition, which was the first of a matter, to an earlier matter (并案).

    Attributes:
        repeats: petition_id of the first petition of the earlier matter.
        repeats_number: its number.
        along: numbers of what repeats the petition; they go with it.
        ground: a proposal that was confirmed, or the clerk's own finding.
        likeness: what the proposal rested on; null without one.
        named: petition_id of the petition that it repeats, the first of its matter or another;
            should that one leave the matter, this one goes with it.
        named_number: number of that petition.
    """

    TYPE: ClassVar[str] = "repeat.linked.v1"

    number: str
    repeats: str
    repeats_number: str
    along: list[str]
    ground: Literal["clerk", "proposal"]
    likeness: LikenessFound | None
    reason: str
    document: str
    named: str | UnsetType | None = UNSET
    named_number: str | UnsetType | None = UNSET


class RepeatUnlinkedV1(Message, frozen=True):
    """A petition is the first of a matter of its own again (分案).

    Attributes:
        repeats: petition_id of the petition that it was linked to.
        repeats_number: number of that petition.
        along: numbers of what repeats the petition itself; they go with it.
        occurred_at: when it was raised: the letter's receipt, the visit, the call.
        received_at: when the office received it, where that was stated apart.
    """

    TYPE: ClassVar[str] = "repeat.unlinked.v1"

    number: str
    repeats: str
    repeats_number: str
    along: list[str]
    office: str
    channel: Channel
    petition_class: PetitionClass
    registered_at: Utc
    reason: str
    document: str
    occurred_at: Utc | UnsetType | None = UNSET
    received_at: Utc | UnsetType | None = UNSET


class PartyNamedV1(Message, frozen=True):
    """Parties became known after registration; they are kept out from now on (回避).

    Attributes:
        kept_out: marks of those named now, each with the number of the petition; never the codes.
        content_version: of the content that names them, from 1.
        commitment: SHA-256 in hex over a secret salt and that content.
    """

    TYPE: ClassVar[str] = "party.named.v1"

    number: str
    matter_id: str
    matter_number: str
    kept_out: list[Mark]
    content_version: int
    commitment: str
    reason: str
    document: str


class Codes(msgspec.Struct, frozen=True, kw_only=True):
    """What a registration states in codes; in a correction those that it changes.

    Attributes:
        category: what it is about.
        headcount: how many people raise it.
        occurred_at: when it was raised.
        external_number: its number in the system that it came from.
        received_at: when the office received it; null where that was not stated apart.
    """

    channel: Channel | UnsetType = UNSET
    petition_class: PetitionClass | UnsetType = UNSET
    category: str | UnsetType = UNSET
    headcount: int | UnsetType = UNSET
    occurred_at: Utc | UnsetType = UNSET
    external_number: str | UnsetType = UNSET
    received_at: Utc | UnsetType | None = UNSET


class PetitionCorrectedV1(Message, frozen=True):
    """What was put on record of a petition was wrong (更正); what it said stays on record.

    Attributes:
        before: codes as they were.
        after: the same codes as they are from now on.
        sealed: whether the petition is sealed from now on.
        content_version: of the content in force, from 1.
        commitment: of the corrected content; null where text and persons were right.
        received_at: when the office received it, as it is stated from now on; null or absent where
            that is when it was raised, or its registration.
    """

    TYPE: ClassVar[str] = "petition.corrected.v1"

    number: str
    matter_id: str
    matter_number: str
    before: Codes
    after: Codes
    sealed: bool
    content_version: int
    commitment: str | None
    reason: str
    received_at: Utc | UnsetType | None = UNSET


class PetitionWithdrawnV1(Message, frozen=True):
    """The petitioner withdrew his petition, by its number and query code (撤回).

    Attributes:
        ground: as he stated it.
    """

    TYPE: ClassVar[str] = "petition.withdrawn.v1"

    number: str
    matter_id: str
    matter_number: str
    ground: Withdrawal


MESSAGES: Final[tuple[type[Message], ...]] = (
    PetitionRegisteredV1,
    ContentReadV1,
    RepeatMatchedV1,
    RepeatProposedV1,
    RepeatDeclinedV1,
    RepeatLinkedV1,
    RepeatUnlinkedV1,
    PartyNamedV1,
    PetitionCorrectedV1,
    PetitionWithdrawnV1,
)
