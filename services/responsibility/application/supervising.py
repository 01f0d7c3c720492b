"""The events that show a reason for supervision: what a head looks at before he orders one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from chassis.eventstore.application import Answer
from chassis.eventstore.instants import text_of
from services.responsibility.application import Responsibility
from services.responsibility.application.delays import Fact, LateTerm, late_terms
from services.responsibility.domain.course import Course
from services.responsibility.domain.evidence import Matter
from services.responsibility.domain.ownership import Ownership
from services.responsibility.domain.policy import PASSING_ON
from services.responsibility.domain.under_way import CARRYING_OUT
from statute.terms import TERMS

# Without a course the first step is due from one of them.
RECEIVED: Final = (Ownership.Awaited, Ownership.ReceiptCorrected, Ownership.Reopened)


@dataclass(frozen=True)
class Supervising:
    """Reads what stands behind a list of matters that the record shows a reason for."""

    responsibility: Responsibility

    def with_events(self, items: Sequence[Mapping[str, Any]], today: date) -> list[Answer]:
        """Return the items, each with the events that its reason was found from."""
        matters = self.responsibility.matters_of([item["number"] for item in items])
        return [self._with_events(item, matters.get(item["number"]), today) for item in items]

    def _with_events(self, item: Mapping[str, Any], matter: Matter | None, today: date) -> Answer:
        facts = self._facts(matter) if matter is not None else []
        trigger = item["trigger"]
        shown = {"found_from": [_shown(fact) for fact in _SHOWS[trigger](facts, today)]}
        late = [_late_term(each) for each in _delays(facts, today)] if trigger == "delay" else []
        return {**item, **shown, **({"late_terms": late} if late else {})}

    def _facts(self, matter: Matter) -> list[Fact]:
        ids = (Ownership.create_id(matter.petition_id), Course.create_id(matter.petition_id))
        recorded = self.responsibility.log_of_events.select_recorded_of(*ids)
        to_event = self.responsibility.mapper.to_domain_event
        return sorted(
            (Fact(to_event(each), each) for each in recorded), key=lambda fact: fact.recorded.id
        )


def _shown(fact: Fact) -> Answer:
    return {
        "event_id": str(fact.recorded.event_id),
        "position": fact.recorded.id,
        "type": fact.recorded.topic,
        "happened_at": text_of(fact.event.timestamp),
    }


def _late_term(late: LateTerm) -> Answer:
    return {
        "term": late.term,
        "due_on": late.due_on.isoformat(),
        "ended_on": late.ended_on and late.ended_on.isoformat(),
        "late_days": late.late_days,
    }


def _delays(facts: Sequence[Fact], today: date) -> list[LateTerm]:
    return late_terms(facts, today, lambda term: term != CARRYING_OUT and not TERMS[term].lapses)


def _delayed(facts: Sequence[Fact], today: date) -> Sequence[Fact]:
    begun = [fact for fact in facts if isinstance(fact.event, Course.Begun)]
    if not begun:
        return [fact for fact in facts if isinstance(fact.event, RECEIVED)][-1:]
    shown = [fact for late in _delays(facts, today) for fact in late.shown_by]
    return sorted(shown, key=lambda fact: fact.recorded.id)


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
        shown = [*(steps[place - 1] for place in places), *reasons]
        if trigger == "opinion_not_carried_out":
            shown += _overdue(facts, today)
        return sorted(shown, key=lambda fact: fact.recorded.id)

    return found


def _overdue(facts: Sequence[Fact], today: date) -> list[Fact]:
    """Return by what an opinion is to be carried out on a day that is over, while that runs."""
    late = late_terms(facts, today, lambda term: term == CARRYING_OUT)
    return [fact for each in late if each.ended_on is None for fact in each.shown_by]


def _steps(facts: Sequence[Fact]) -> list[Fact]:
    return [fact for fact in facts if isinstance(fact.event, Course.StepTaken)]


_SHOWS: Final[Mapping[str, Callable[[Sequence[Fact], date], Sequence[Fact]]]] = {
    "delay": _delayed,
    "buck_passing": _passed_on,
    "false_report": _found("false_report"),
    "opinion_not_carried_out": _found("opinion_not_carried_out"),
}
