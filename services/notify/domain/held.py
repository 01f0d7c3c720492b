"""What the reminders of a petition are made of, for the rules about each of their sides."""

from collections.abc import Callable, Iterator
from datetime import date
from uuid import UUID

from services.notify.domain.facts import PetitionReminders as Facts
from services.notify.domain.offices import OFFICE_HEAD, head_of
from services.notify.domain.plan import SEALED, Plan
from services.notify.domain.reminder import Reminder
from statute.parties import Parties


class Held(Facts):
    """All reminders about one petition, and the plans that they come from.

    Attributes:
        owner: who was last told that he owns it; None while nobody was.
        petition_class: empty where it is not known.
        plans: term to its plan, while it runs.
        latest: term to its latest plan, also when it does not run any more.
        dropped_because: term to why its plan was last dropped.
    """

    id: UUID
    version: int
    petition_id: str
    number: str
    office: str
    petition_class: str
    plans: dict[str, Plan]
    latest: dict[str, Plan]
    dropped_because: dict[str, str]
    owner: str | None
    reminders: dict[str, Reminder]
    parties: Parties
    withheld: set[str]

    # Each records one fact; see `domain.reminders.PetitionReminders`.
    _record_plan: Callable[..., None]
    _record_plan_of_term: Callable[..., None]
    _record_drop: Callable[..., None]
    _record_fall: Callable[..., None]
    _record_attempt: Callable[..., None]
    _record_delivery: Callable[..., None]
    _record_cancellation: Callable[..., None]
    _record_parties: Callable[..., None]
    _record_forgetting: Callable[..., None]
    _record_class: Callable[..., None]
    _record_withholding: Callable[..., None]
    _record_giving_up: Callable[..., None]
    _record_acknowledgement: Callable[..., None]
    _record_snooze: Callable[..., None]
    _record_redrive: Callable[..., None]

    @property
    def sealed(self) -> bool:
        """Whether nobody outside its office hears of it; what is not known is taken for that."""
        return self.petition_class in {SEALED, ""}

    def _is_outside(self, recipient: str) -> bool:
        return recipient not in {self.owner, head_of(self.office)}

    def keeps_out(self, recipient: str) -> bool:
        """Tell whether a recipient is a party to what is sealed, or head of an office that is."""
        return self.parties.include(recipient.removeprefix(OFFICE_HEAD))

    def _of_term(self, term: str, recipient: str) -> Iterator[tuple[str, Reminder]]:
        """Yield what somebody was told of a term, each with the kind of its point."""
        for each in self.reminders.values():
            if each.point and (each.point.term, each.recipient) == (term, recipient):
                yield each.point.kind, each

    def dropped(self, term: str) -> bool:
        """Tell whether people were told of a term and are not any more."""
        return term in self.latest and term not in self.plans

    def runs_from(self, term: str) -> date | None:
        """Return the day that a term was last counted from; None where it is not known."""
        return self.latest[term].runs_from if term in self.latest else None
