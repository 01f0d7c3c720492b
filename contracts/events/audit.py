"""What audit tells."""

from typing import ClassVar, Final

from msgspec import UNSET, UnsetType

from contracts.envelope import Utc
from contracts.events.message import Message


class CaseAccessBegunV1(Message, frozen=True):
    """Audit keeps accesses to a case from here on."""

    TYPE: ClassVar[str] = "case_access.begun.v1"

    number: str


class CaseReplayedV1(Message, frozen=True):
    """Somebody was shown facts of a case in a replay; the actor of the event says who.

    One event for each case whose facts were shown, also where they were part of another case at
    the instant that was asked for.

    Attributes:
        entries: how many facts of it were shown.
        petition_ids: of the petitions whose facts these were, sorted; the first replays are
            without.
    """

    TYPE: ClassVar[str] = "case.replayed.v1"

    number: str
    as_of: Utc
    entries: int
    petition_ids: list[str] | UnsetType = UNSET


class CaseExportedV1(Message, frozen=True):
    """Somebody took a case away with its proofs; the actor of the event says who.

    Attributes:
        size: of the ledger, in leaves, at the checkpoint that the proofs lead to.
        entries: how many events were taken away.
        petition_ids: of the petitions whose events these were, sorted; the first exports are
            without.
    """

    TYPE: ClassVar[str] = "case.exported.v1"

    number: str
    size: int
    entries: int
    petition_ids: list[str] | UnsetType = UNSET


class CaseHeadsRecordedV1(Message, frozen=True):
    """The ends of all chains in the ledger, in one root.

    Attributes:
        petition_id: the ledger's own, always the same: it is about no petition.
        size: of the ledger, in leaves, at which these were the ends.
        root: of the tree over the ends, in hex.
        numbers: the numbers of petitions are in the tree beside their ids.
    """

    TYPE: ClassVar[str] = "case_heads.recorded.v1"

    size: int
    root: str
    numbers: bool | UnsetType = UNSET


class SealedCasesShownV1(Message, frozen=True):
    """An answer over many cases showed somebody sealed ones; the actor of the event says whom.

    Attributes:
        petition_id: the reader's own, always the same for one: it is about no single petition.
        method: that was asked, `service.method`.
        petition_ids: of the sealed petitions in the answer, sorted.
    """

    TYPE: ClassVar[str] = "sealed_cases.shown.v1"

    method: str
    petition_ids: list[str]


MESSAGES: Final[tuple[type[Message], ...]] = (
    CaseAccessBegunV1,
    CaseReplayedV1,
    CaseExportedV1,
    CaseHeadsRecordedV1,
    SealedCasesShownV1,
)
