"""Terms that ran before there were plans are planned once, at the first start after the upgrade."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, time

import pytest

from services.notify.application.ports import CasesAway
from services.notify.application.taking_over import RunningTerm, TakingOver
from services.notify.domain.planning import instant
from services.notify.domain.reminders import PetitionReminders
from services.notify.gateways.earlier import EarlierTerms
from tests.builders import COUNTY, HUANG, TODAY, number
from tests.unit.notify.desk import Desk, FakeChannel

DUE_ON = date(2026, 12, 24)
REVIEW = RunningTerm(number(), COUNTY, "review", DUE_ON)
HEARD = RunningTerm(number(), COUNTY, "re_review", None)
UNKNOWN = RunningTerm(number(99), COUNTY, "handling", DUE_ON)


@dataclass
class FakeTerms:
    """What runs, in pages of two; `meanwhile` happens after the first answer."""

    terms: list[RunningTerm]
    meanwhile: Callable[[], None] = lambda: None
    asked: list[str] = field(default_factory=list)
    away: bool = False

    def page(self, cursor: str) -> tuple[Sequence[RunningTerm], str]:
        if self.away:
            raise CasesAway
        self.asked.append(cursor)
        first = int(cursor or 0)
        answer = self.terms[first : first + 2]
        more = str(first + 2) if len(self.terms) > first + 2 else ""
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()
        return answer, more

    def runs(self, number: str, term: str) -> bool:
        return any((each.number, each.term) == (number, term) for each in self.terms)


@pytest.fixture
def upgraded(desk: Desk, channel: FakeChannel) -> Desk:
    """A matter that HUANG owns; of its terms nothing was planned."""
    desk.tell("ownership.taken.v1")
    desk.deliver()
    channel.told.clear()
    with desk.application.log_of_events.writing() as transaction:
        transaction.execute("INSERT INTO earlier_terms (id, page) VALUES (1, '')")
    return desk


def taking_over(desk: Desk, terms: FakeTerms) -> TakingOver:
    return TakingOver(desk.application, terms, EarlierTerms(desk.application.log_of_events))


def plans(desk: Desk) -> list[PetitionReminders.PlanMade]:
    return [fact for fact in desk.facts() if isinstance(fact, PetitionReminders.PlanMade)]


class TestWhatRanBefore:
    def test_is_planned_and_told(self, upgraded: Desk, channel: FakeChannel):
        """To the owner; not that it begins, nor its half: from when on it ran nobody has told."""
        over = taking_over(upgraded, FakeTerms([REVIEW]))
        assert over.go_on() == 1
        upgraded.run_until(instant(DUE_ON, time(20)))
        assert [(each.recipient, each.reason) for each in channel.told] == [
            *[(HUANG, "term_near")] * 3,
            (HUANG, "term_due"),
        ]
        assert plans(upgraded)[0].why == "found_running"

    def test_is_planned_once(self, upgraded: Desk):
        """However often one starts; when all is done, nobody is asked."""
        terms = FakeTerms([REVIEW])
        assert [taking_over(upgraded, terms).go_on() for _ in range(3)] == [1, 0, 0]
        assert len(plans(upgraded)) == 1
        assert len(terms.asked) == 2

    def test_is_gone_through_page_by_page(self, upgraded: Desk):
        """Whoever ends in between goes on with the page that he was at."""
        terms = FakeTerms([UNKNOWN, HEARD, REVIEW])
        assert taking_over(upgraded, terms).go_on() == 2
        terms.away = True
        assert taking_over(upgraded, terms).go_on() == 0
        terms.away = False
        assert taking_over(upgraded, terms).go_on() == 1
        assert [plan.term for plan in plans(upgraded)] == ["review"]

    def test_is_left_as_it_was_planned_or_dropped_since(self, upgraded: Desk):
        due = {"on": "2026-12-30"}
        upgraded.tell("term.begun.v1", term="review", runs_from=TODAY.isoformat(), due=due)
        taking_over(upgraded, FakeTerms([REVIEW])).go_on()
        assert [plan.due_on for plan in plans(upgraded)] == ["2026-12-30"]

    def test_that_ended_before_it_was_planned_is_dropped(
        self, upgraded: Desk, channel: FakeChannel
    ):
        """Notify heard of the end when there was no plan to drop yet."""
        terms = FakeTerms([REVIEW])

        def end() -> None:
            terms.terms.clear()
            upgraded.tell("term.ended.v1", term="review", ended_on=TODAY.isoformat(), late_days=0)

        terms.meanwhile = end
        taking_over(upgraded, terms).go_on()
        upgraded.run_until(instant(DUE_ON, time(20)))
        assert channel.told == []


def test_a_new_installation_asks_nobody(desk: Desk) -> None:
    terms = FakeTerms([REVIEW])
    assert taking_over(desk, terms).go_on() == 0
    assert terms.asked == []
