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


class CaseExportedV1(Message, frozen=True):
    """Somebody took a case away with its proofs; the actor of the event says who.

    Attributes:
        size: of the ledger, in leaves, at the checkpoint that the proofs lead to.
        entries: how many events were taken away.
    """

    TYPE: ClassVar[str] = "case.exported.v1"

    number: str
    size: int
    entries: int


class CaseHeadsRecordedV1(Message, frozen=True):
    """The ends of all chains in the ledger, in one root.

    Attributes:
        petition_id: the ledger's own, always the same: it is about no petition.
        size: of the ledger, in leaves, at which these were the ends.
        root: of the tree over the ends, in hex.
    """

    TYPE: ClassVar[str] = "case_heads.recorded.v1"

    size: int
    root: str


MESSAGES: Final[tuple[type[Message], ...]] = (
    CaseAccessBegunV1,
    CaseReplayedV1,
    CaseExportedV1,
    CaseHeadsRecordedV1,
)
