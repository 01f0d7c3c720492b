"""The events that show a reason for supervision: what a head looks at before he orders one."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from chassis.eventstore.application import Answer
from chassis.eventstore.instants import text_of
from chassis.eventstore.log import RecordedEvent
from services.responsibility.application import Responsibility
from services.responsibility.domain.course import Course
from services.responsibility.domain.evidence import Matter
from services.responsibility.domain.ownership import Ownership
from services.responsibility.domain.policy import PASSING_ON
from services.responsibility.domain.under_way import CARRYING_OUT
from statute.terms import TERMS

# Without a course the first step is due from one of them.
RECEIVED: Final = (Ownership.Awaited, Ownership.Reopened)
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


@dataclass(frozen=True)
class Supervising:
    """Reads what stands behind a list of matters that the record shows a reason for."""

    responsibility: Responsibility

    def with_events(self, items: Sequence[Mapping[str, Any]], today: date) -> list[Answer]:
        """Return the items, each with the events that its reason was found from."""
        matters = self.responsibility.matters_of([item["number"] for item in items])
        return [
            {**item, "found_from": self._found_from(matters.get(item["number"]), item, today)}
            for item in items
        ]

    def _found_from(
        self, matter: Matter | None, item: Mapping[str, Any], today: date
    ) -> list[Answer]:
        if matter is None:
            return []
        ids = (Ownership.create_id(matter.petition_id), Course.create_id(matter.petition_id))
        recorded = self.responsibility.log_of_events.select_recorded_of(*ids)
        to_event = self.responsibility.mapper.to_domain_event
        facts = sorted(
            (Fact(to_event(each), each) for each in recorded), key=lambda fact: fact.recorded.id
        )
        return [_shown(fact) for fact in _SHOWS[item["trigger"]](facts, today)]


def _shown(fact: Fact) -> Answer:
    return {
        "event_id": str(fact.recorded.event_id),
        "position": fact.recorded.id,
        "type": fact.recorded.topic,
        "happened_at": text_of(fact.event.timestamp),
    }


def _over(facts: Sequence[Fact], today: date, codes: Callable[[str], bool]) -> Iterator[Fact]:
    """Yield by what each term that runs and is over ends on the day that it does."""
    running: dict[str, Fact] = {}
    merged: dict[str, Fact] = {}
    for fact in facts:
        event = fact.event
        if isinstance(event, SETS_THE_DAY):
            running[event.term] = fact
        elif isinstance(event, Course.TermPaused | Course.TermEnded):
            running.pop(event.term, None)
        elif isinstance(event, Course.Merged):
            running, merged = {}, running
        elif isinstance(event, Course.Split):
            running = {term: merged[term] for term in event.terms if term in merged}
    for term, fact in running.items():
        if codes(term) and fact.event.due["on"] < today.isoformat():
            yield fact


def _delayed(facts: Sequence[Fact], today: date) -> Sequence[Fact]:
    begun = [fact for fact in facts if isinstance(fact.event, Course.Begun)]
    if not begun:
        return [fact for fact in facts if isinstance(fact.event, RECEIVED)][-1:]
    return list(_over(facts, today, lambda term: term != CARRYING_OUT and not TERMS[term].lapses))


def _passed_on(facts: Sequence[Fact], _today: date) -> Sequence[Fact]:
    return [fact for fact in _steps(facts) if fact.event.step in PASSING_ON]


def _found(trigger: str) -> Callable[[Sequence[Fact], date], Sequence[Fact]]:
    def found(facts: Sequence[Fact], today: date) -> Sequence[Fact]:
        steps = _steps(facts)
        reasons = [
            fact
            for fact in facts
            if isinstance(fact.event, Course.SupervisionFound) and fact.event.trigger == trigger
        ]
        places = sorted({place for fact in reasons for place in fact.event.steps})
        overdue = _over(facts, today, lambda term: term == CARRYING_OUT)
        late = list(overdue) if trigger == "opinion_not_carried_out" else []
        shown = [*(steps[place - 1] for place in places), *reasons, *late]
        return sorted(shown, key=lambda fact: fact.recorded.id)

    return found


def _steps(facts: Sequence[Fact]) -> list[Fact]:
    return [fact for fact in facts if isinstance(fact.event, Course.StepTaken)]


_SHOWS: Final[Mapping[str, Callable[[Sequence[Fact], date], Sequence[Fact]]]] = {
    "delay": _delayed,
    "buck_passing": _passed_on,
    "false_report": _found("false_report"),
    "opinion_not_carried_out": _found("opinion_not_carried_out"),
}
