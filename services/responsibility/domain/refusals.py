"""What the rules of responsibility refuse.

Refusal
├── NotOwned                 nobody owns the petition yet
├── NotTheOwner              a step that only the owner may take
├── SameOwner                the successor is the owner already
├── CaseClosed, CaseNotClosed
├── ClosingConditionsUnmet   what is missing stands in `fields`
├── DisputeOpen, DisputeUnknown, DisputeRuled
├── StepNotOpen              the course does not lead there from here; says where it leads
├── ClassNotFitting          the step is for other classes of petitions
├── StepOutOfOrder           dated before the step before it
├── TermUnknown              the matter has no such term
├── ConditionUnmet           names the condition of the step that does not hold
├── VersionChanged           the caller decided on an older state of the matter
├── PartyToTheMatter         a party would take part in the handling
├── StepUnknown              the course has no such step on record
├── NothingChanged           a correction of what the record says already
├── StatedByIntake           a correction of what follows from a fact of intake
├── OwnClaim                 a party would decide its own cause
├── CalendarUnfit            a calendar that knows no more than the one in use
├── DayTwice                 a roster with two leaders for one day
└── PetitionUnknown, OfficeNotAllowed
    └── Hidden               there is one, and it is sealed: nobody may tell it from none
"""

from collections.abc import Mapping
from typing import ClassVar


class Refusal(Exception):  # noqa: N818 - the word of the glossary
    """A rule says no.

    Attributes:
        code: written name of the refusal, a key of the failure codes in the contracts.
        fields: what concerns which field, or facts that help the caller.
    """

    code: ClassVar[str]

    def __init__(self, **fields: str | None) -> None:
        self.fields: Mapping[str, str | None] = fields
        super().__init__(self.code)


class CalendarUnfit(Refusal):
    code = "bad_value"


class DayTwice(Refusal):
    code = "bad_value"


class NotOwned(Refusal):
    code = "not_owned"


class NotTheOwner(Refusal):
    code = "not_the_owner"


class SameOwner(Refusal):
    code = "same_owner"


class CaseClosed(Refusal):
    code = "case_closed"


class CaseNotClosed(Refusal):
    code = "case_not_closed"


class ClosingConditionsUnmet(Refusal):
    code = "closing_conditions_unmet"


class DisputeOpen(Refusal):
    code = "dispute_open"


class DisputeUnknown(Refusal):
    code = "dispute_unknown"


class DisputeRuled(Refusal):
    code = "dispute_ruled"


class PartyToTheMatter(Refusal):
    code = "party_to_the_matter"


class StepUnknown(Refusal):
    code = "step_unknown"


class NothingChanged(Refusal):
    code = "bad_value"


class StatedByIntake(Refusal):
    code = "bad_value"


class OwnClaim(Refusal):
    code = "own_claim"


class StepNotOpen(Refusal):
    code = "step_not_open"


class ClassNotFitting(Refusal):
    code = "class_not_fitting"


class StepOutOfOrder(Refusal):
    code = "step_out_of_order"


class ConditionUnmet(Refusal):
    code = "condition_unmet"


class TermUnknown(Refusal):
    code = "term_unknown"


class VersionChanged(Refusal):
    code = "version_changed"


class PetitionUnknown(Refusal):
    code = "petition_unknown"


class Hidden(PetitionUnknown):
    pass


class OfficeNotAllowed(Refusal):
    code = "office_not_allowed"


class InTheFuture(Refusal):
    code = "in_the_future"
