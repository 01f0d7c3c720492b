"""Refusals as they travel: a written code, a sentence, the fields concerned.

A refusal crosses RPC as `{"exc_type": code, "exc_path": "shouwen/<code>", "exc_args": [],
"value": {"message": …, "fields": {…}}}`: never a module path, never a traceback. A plain nameko
client sees a `RemoteError` whose `exc_type` is the code and whose `value` is that mapping.

Codes are never renamed and never change their meaning; new ones are added.
"""

from collections.abc import Mapping
from typing import Any, Final

CODES: Final[Mapping[str, str]] = {
    # The call itself
    "malformed": "The call is not of the form that the method takes.",
    "bad_value": "A field has the wrong type, length, form or characters.",
    "in_the_future": "A time that should be past lies in the future.",
    "method_unknown": "The service has no such method.",
    "request_id_reused": "The request id was used before for another command.",
    "too_many": "More items than one call takes.",
    "busy": "The service has more to do than it can; nothing was done, try again later.",
    "unavailable": "A service that is needed for the answer cannot be reached; try again.",
    "internal": "A fault of ours; quote the correlation id.",
    # Who is calling
    "token_missing": "The call carries no token.",
    "token_invalid": "The token is not one of ours, or was altered.",
    "token_expired": "The token's time is over.",
    "token_foreign": "The token was issued by or for somebody else.",
    "role_not_allowed": "None of the caller's roles may take this step.",
    "office_not_allowed": "The matter belongs to an office that the caller does not act for.",
    # Intake
    "petition_unknown": "There is no petition with this number.",
    "number_malformed": "The number or its check character is wrong.",
    "query_code_wrong": "The query code does not belong to this number.",
    "content_erased": "The content was erased with a petitioner's key; the record stays.",
    "sealed": "The matter is sealed; only named people may open it.",
    "original_unknown": "The petition that this one is said to repeat is not on record.",
    "repeat_of_itself": "A petition cannot repeat itself.",
    "original_is_later": "A petition repeats an earlier one; the one named was registered later.",
    "already_linked": "The petition belongs to that matter, or to another, already.",
    "not_linked": "The petition repeats no other.",
    "proposal_unknown": "Nothing is proposed for the petition, or not any more.",
    "course_begun": "The course of the matter has begun; its class stays among the open ones.",
    "sealed_stays": "A matter that was sealed stays sealed: others have relied on it.",
    "withdrawn": "The petitioner has withdrawn the petition already.",
    # Responsibility
    "version_changed": "The matter is not as the caller saw it; look at it again and decide.",
    "step_not_open": "The course of the matter does not lead there from where it is.",
    "class_not_fitting": "The step is not for petitions of this class.",
    "step_out_of_order": "The step is dated before the one before it, or before the receipt.",
    "condition_unmet": "A condition of the step does not hold.",
    "term_unknown": "The matter has no such term.",
    "not_owned": "Nobody owns the petition yet.",
    "not_the_owner": "Only the owner may take this step.",
    "same_owner": "The successor is the owner already.",
    "case_closed": "The matter is closed.",
    "case_not_closed": "The matter is not closed.",
    "closing_conditions_unmet": "The conditions for closing do not all hold.",
    "dispute_open": "A dispute about first contact is open; it must be ruled on first.",
    "dispute_unknown": "There is no such dispute.",
    "dispute_ruled": "The dispute has been ruled on.",
    "party_to_the_matter": "A party to the matter takes no part in its handling; name another.",
    "step_unknown": "The course has no such step on record.",
    "own_claim": "Nobody rules on a dispute, succession or recusal of which he is a party.",
    # Notify
    "reminder_unknown": "There is no such reminder, or it is somebody else's.",
    "not_of_a_term": "The reminder is about no term that runs; only such a one can be put off.",
    "beyond_the_term": "A reminder can be put off within its term only.",
    "not_given_up": "The reminder was not given up; there is nothing to deliver again.",
    "channel_unavailable": "Nothing is set up here that tells over such a channel.",
    # Audit
    "history_incomplete": "A service whose log is needed cannot be reached.",
    "checkpoint_unknown": "The ledger was never signed at this size.",
    "petition_on_record": "There is such a petition; its absence cannot be shown.",
}

RETRY_AFTER: Final = "retry_after_s"
"""Field of `busy`: whole seconds after which the same request may be sent again."""

QUEUE_FULL_RETRY_AFTER_S: Final = 5


class Failure(Exception):  # noqa: N818 - the word of the glossary
    """A call that was refused or could not be done.

    Attributes:
        code: a key of `CODES`.
        fields: names of fields (dotted path, `[n]` for a position) to what is wrong with each, or
            facts that help, such as the owner's staff number.
    """

    def __init__(
        self, code: str, message: str = "", fields: Mapping[str, Any] | None = None
    ) -> None:
        if code not in CODES:
            raise ValueError(f"{code!r} is not a failure code")
        self.code = code
        self.message = message or CODES[code]
        self.fields = dict(fields or {})
        super().__init__(f"{code}: {self.message}")

    def to_wire(self) -> dict[str, Any]:
        """Return the `error` member of an RPC answer."""
        return {
            "exc_type": self.code,
            "exc_path": f"shouwen/{self.code}",
            "exc_args": [],
            "value": {"message": self.message, "fields": self.fields},
        }

    @classmethod
    def from_wire(cls, exc_type: str, value: Any) -> "Failure":
        """Read a refusal as nameko's `RemoteError` carries it; unknown codes become `internal`."""
        known = exc_type in CODES and isinstance(value, Mapping)
        if not known:
            return cls("internal", f"{exc_type}: {value}")
        return cls(exc_type, str(value.get("message", "")), value.get("fields") or {})
