"""What a course is made of, for what has to hold and for what moves its terms."""

from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from typing import Final

from services.responsibility.domain.course_facts import Course as Facts
from services.responsibility.domain.course_terms import CourseTerm
from services.responsibility.domain.taken import Taken
from services.responsibility.domain.work import Work

CARRYING_OUT: Final = "carrying_out"
# With each of them the handling begins anew, and what was stated before is about what was before.
BEGINS_HANDLING: Final = frozenset({"handle", "re_examine", "remand", "drop_review", "reopen"})


class UnderWay(Facts):
    """The course of one matter as it stands."""

    petition_id: str
    number: str
    office: str
    petition_class: str
    previous_class: str | None
    state: str
    since: datetime
    received_at: datetime
    terms: dict[str, CourseTerm]
    past_terms: list[CourseTerm]
    work: Work
    steps: list[Taken]
    closed_from: str
    reasons: set[str]
    replacement_due: list[str]

    # Each records one fact; see `domain.course.Course`.
    _record_term: Callable[..., None]
    _record_extension: Callable[..., None]
    _record_pause: Callable[..., None]
    _record_resumption: Callable[..., None]
    _record_recount: Callable[..., None]
    _record_end: Callable[..., None]

    @property
    def not_before(self) -> datetime:
        """Before which no step happens: the first one may come before the registration."""
        return self.since if self.steps else self.received_at

    @property
    def all_terms(self) -> list[CourseTerm]:
        """All terms that ever began; the latest of each kind behind those before."""
        return [*self.past_terms, *self.terms.values()]

    @property
    def has_ended(self) -> bool:
        """Whether the matter ended after re-review, closed since or not."""
        return "ended" in {self.state, self.closed_from}

    def runs(self, code: str) -> bool:
        """Tell whether a term of this kind runs."""
        running = self.terms.get(code)
        return running is not None and running.ended_on is None

    def last(self, step: str) -> Taken | None:
        """Return what was stated when a step was last taken since the matter was last handled."""
        return next((taken for taken in self.since_handled() if taken.step == step), None)

    def since_handled(self) -> Iterator[Taken]:
        """Yield the steps back to the one by which the matter was last handled, that included."""
        for taken in reversed(self.steps):
            yield taken
            if taken.step in BEGINS_HANDLING:
                return

    def last_of(self, steps: Collection[str]) -> Taken | None:
        """Return the last step on record of several kinds, whatever was handled since."""
        return next((taken for taken in reversed(self.steps) if taken.step in steps), None)
