"""What audit tells."""

from typing import ClassVar, Final

from contracts.envelope import Utc
from contracts.events.message import Message


class CaseAccessBegunV1(Message, frozen=True):
    """Audit keeps accesses to a case from here on."""

    TYPE: ClassVar[str] = "case_access.begun.v1"

    number: str


class CaseReplayedV1(Message, frozen=True):
    """Somebody replayed a case; the actor of the event says who.

    Attributes:
        entries: how many facts the history had.
    """

    TYPE: ClassVar[str] = "case.replayed.v1"

    number: str
    as_of: Utc
    entries: int


MESSAGES: Final[tuple[type[Message], ...]] = (CaseAccessBegunV1, CaseReplayedV1)
