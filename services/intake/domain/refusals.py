"""What the rules of intake refuse.

Refusal
├── PetitionUnknown, OriginalUnknown
├── RepeatOfItself, AlreadyLinked, NotLinked
├── OriginalLater            a petition repeats an earlier one, never the other way round
├── ProposalUnknown          nothing is proposed for the petition, or not any more
├── NumberMalformed          the check character does not fit
├── QueryCodeWrong           also for numbers that do not exist
├── Sealed                   accusation material, open to named people only
├── ContentErased            the key of a petitioner was destroyed
├── RegionUnknown, OfficeNotAllowed
├── HeadcountTooSmall        fewer heads than people named
├── ReceivedTooEarly         nobody receives what was not raised yet
├── NothingChanged           a correction of what the record says already
├── CourseBegun, SealedStays the class cannot be corrected any more, or so
├── AlreadyWithdrawn
├── VersionChanged           the caller decided on an older state of the petition
├── VersionUnknown           the content has no such version
└── InTheFuture
"""

from collections.abc import Mapping
from typing import ClassVar


class Refusal(Exception):  # noqa: N818 - the word of the glossary
    """A rule says no.

    Attributes:
        code: written name of the refusal, a key of the failure codes in the contracts.
        fields: what concerns which field.
    """

    code: ClassVar[str]

    def __init__(self, **fields: str) -> None:
        self.fields: Mapping[str, str] = fields
        super().__init__(self.code)


class PetitionUnknown(Refusal):
    code = "petition_unknown"


class OriginalUnknown(Refusal):
    code = "original_unknown"


class RepeatOfItself(Refusal):
    code = "repeat_of_itself"


class AlreadyLinked(Refusal):
    code = "already_linked"


class NotLinked(Refusal):
    code = "not_linked"


class OriginalLater(Refusal):
    code = "original_is_later"


class ProposalUnknown(Refusal):
    code = "proposal_unknown"


class NumberMalformed(Refusal):
    code = "number_malformed"


class QueryCodeWrong(Refusal):
    code = "query_code_wrong"


class Sealed(Refusal):
    code = "sealed"


class ContentErased(Refusal):
    code = "content_erased"


class RegionUnknown(Refusal):
    code = "bad_value"


class ReceivedTooEarly(Refusal):
    code = "bad_value"


class HeadcountTooSmall(Refusal):
    code = "bad_value"


class OfficeNotAllowed(Refusal):
    code = "office_not_allowed"


class NothingChanged(Refusal):
    code = "bad_value"


class CourseBegun(Refusal):
    code = "course_begun"


class SealedStays(Refusal):
    code = "sealed_stays"


class AlreadyWithdrawn(Refusal):
    code = "withdrawn"


class VersionChanged(Refusal):
    code = "version_changed"


class VersionUnknown(Refusal):
    code = "bad_value"


class InTheFuture(Refusal):
    code = "in_the_future"
