"""What audit refuses.

Refusal
├── PetitionUnknown
├── PetitionOnRecord    whose absence was to be shown
├── OfficeNotAllowed    the matter is not the reader's to see
├── InTheFuture    nobody knows yet what will be on record
├── BeyondTheLedger    the place to go on from lies behind the last leaf
├── HistoryIncomplete    an event of the case waits for an operator, or nothing is signed yet
└── CheckpointUnknown    the ledger was never signed at this size
"""

from collections.abc import Mapping
from typing import ClassVar


class Refusal(Exception):  # noqa: N818 - the word of the glossary
    """A rule says no; see the failure codes in the contracts for `code`."""

    code: ClassVar[str]

    def __init__(self, **fields: str) -> None:
        self.fields: Mapping[str, str] = fields
        super().__init__(self.code)


class PetitionUnknown(Refusal):
    code = "petition_unknown"


class PetitionOnRecord(Refusal):
    code = "petition_on_record"


class OfficeNotAllowed(Refusal):
    code = "office_not_allowed"


class InTheFuture(Refusal):
    code = "in_the_future"


class BeyondTheLedger(Refusal):
    code = "bad_value"

    def __init__(self, size: int) -> None:
        super().__init__(after=f"lies beyond the ledger, which has {size} leaves")


class HistoryIncomplete(Refusal):
    code = "history_incomplete"


class CheckpointUnknown(Refusal):
    code = "checkpoint_unknown"
