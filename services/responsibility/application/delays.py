"""Which terms of a matter are late, or were, and which events show it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final

from chassis.eventstore.log import RecordedEvent
from services.responsibility.domain.course import Course
from services.responsibility.domain.ownership import Ownership
from services.responsibility.domain.policy import day_of

SETS_THE_DAY: Final = (
    Course.TermBegun,
    Course.TermExtended,
    Course.TermResumed,
    Course.TermRecounted,
)


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact of a matter, and where the log has it."""

    event: Any
    recorded: RecordedEvent


@dataclass(frozen=True, slots=True)
class LateTerm:
    """A term that somebody was to take a step within, and did not.

    Attributes:
        due_on: its last day.
        ended_on: None while it runs, or a hearing holds it up.
        late_days: until it ended, until the hearing began, or until today.
        shown_by: the fact that its last day stands in, and the one that it ended or is held up by.
    """

    term: str
    due_on: date
    ended_on: date | None
    late_days: int
    shown_by: Sequence[Fact]


@dataclass
class _Walk:
    """What the facts of a course have said of its terms so far.

    Attributes:
        running: term to the fact that its last day stands in.
        merged: those that ended with a merging.
        over: what is late and does not run, by term; an ended one until another begins late too.
        answered: terms late when an order was made for it; they are a reason no more once they end.
        closed: whether the matter is; of one that is, what runs is a reason and nothing else.
    """

    running: dict[str, Fact] = field(default_factory=dict)
    merged: dict[str, Fact] = field(default_factory=dict)
    held_up: dict[str, LateTerm] = field(default_factory=dict)
    ended: list[LateTerm] = field(default_factory=list)
    answered: set[str] = field(default_factory=set)
    closed: bool = False

    def take(self, fact: Fact) -> None:
        for kinds, take in _TAKES.items():
            if isinstance(fact.event, kinds):
                take(self, fact)

    def set_day(self, fact: Fact) -> None:
        term = fact.event.term
        if isinstance(fact.event, Course.TermBegun | Course.TermResumed):
            self.answered.discard(term)
        self.running[term] = fact
        self.held_up.pop(term, None)

    def pause(self, fact: Fact) -> None:
        late = _late(self.running.pop(fact.event.term), date.fromisoformat(fact.event.first_day))
        if late.late_days > 0:
            self.held_up[late.term] = replace(late, shown_by=[*late.shown_by, fact])

    def end(self, fact: Fact) -> None:
        term, ended_on = fact.event.term, date.fromisoformat(fact.event.ended_on)
        late = self.held_up.pop(term, None)
        if late is None and term in self.running:
            late = _late(self.running[term], ended_on)
        self.running.pop(term, None)
        if late is not None and fact.event.late_days > 0 and term not in self.answered:
            shown_by = [*late.shown_by, fact]
            self.ended.append(replace(late, ended_on=ended_on, shown_by=shown_by))

    def merge(self, _fact: Fact) -> None:
        self.running, self.merged = {}, self.running

    def split(self, fact: Fact) -> None:
        merged = self.merged
        self.running = {term: merged[term] for term in fact.event.terms if term in merged}

    def order(self, fact: Fact) -> None:
        if (fact.event.step, fact.event.given.get("trigger")) != ("order_supervision", "delay"):
            return
        day = day_of(fact.event.timestamp)
        late = [term for term, begun in self.running.items() if _late(begun, day).late_days > 0]
        self.answered |= {*late, *self.held_up}
        self.ended.clear()

    def close(self, _fact: Fact) -> None:
        self.closed = True

    def reopen(self, _fact: Fact) -> None:
        self.closed = False

    def late_by(self, today: date) -> Iterator[LateTerm]:
        if not self.closed:
            yield from self.ended
            yield from (late for term, late in self.held_up.items() if term not in self.answered)
        running = (_late(fact, today) for fact in self.running.values())
        yield from (late for late in running if late.late_days > 0)


_TAKES: Final[Mapping[Any, Callable[[_Walk, Fact], None]]] = {
    SETS_THE_DAY: _Walk.set_day,
    Course.TermPaused: _Walk.pause,
    Course.TermEnded: _Walk.end,
    Course.Merged: _Walk.merge,
    Course.Split: _Walk.split,
    Course.StepTaken: _Walk.order,
    (Ownership.Closed, Ownership.ReopeningVoided): _Walk.close,
    Ownership.Reopened: _Walk.reopen,
}


def late_terms(facts: Sequence[Fact], today: date, counts: Callable[[str], bool]) -> list[LateTerm]:
    """Return the terms that are late or were, until an order was made for it; the running last.

    Args:
        counts: tells of a term, by its code, whether it is asked about.
    """
    walk = _Walk()
    for fact in facts:
        walk.take(fact)
    return [late for late in walk.late_by(today) if counts(late.term)]


def _late(fact: Fact, day: date) -> LateTerm:
    due_on = date.fromisoformat(fact.event.due["on"])
    return LateTerm(fact.event.term, due_on, None, (day - due_on).days, [fact])
