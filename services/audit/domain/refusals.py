"""What audit refuses.

Refusal
├── PetitionUnknown
├── OfficeNotAllowed    the matter is not the reader's to see
└── InTheFuture    nobody knows yet what will be on record
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


class OfficeNotAllowed(Refusal):
    code = "office_not_allowed"


class InTheFuture(Refusal):
    code = "in_the_future"
