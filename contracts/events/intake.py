"""What intake tells."""

from typing import ClassVar, Final

from contracts.envelope import Utc
from contracts.events.message import Message
from contracts.fields import Channel, PetitionClass


class PetitionRegisteredV1(Message, frozen=True):
    """A petition is on record (登记).

    Attributes:
        sealed: accusation material, open only to named people (Arts 27 to 30).
        occurred_at: when it was raised: the letter's receipt, the visit, the call.
        repeats: petition_id of the original, null for a first-time petition.
        repeats_number: number of the original.
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


class ContentReadV1(Message, frozen=True):
    """Somebody read the text and persons of a petition; the actor of the event says who."""

    TYPE: ClassVar[str] = "content.read.v1"

    number: str


MESSAGES: Final[tuple[type[Message], ...]] = (PetitionRegisteredV1, ContentReadV1)
