"""What thousands of repeats cost: a matter with a long history is read no slower than a new one."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from chassis.eventstore.facts import FactMapper
from chassis.eventstore.remembering import EVERY, KEPT, LONG_FROM, LongStreams
from services.responsibility.application import Responsibility
from services.responsibility.domain.ownership import Ownership
from services.responsibility.readmodels.caseloads import Caseloads
from services.responsibility.readmodels.matters import Matters
from services.responsibility.readmodels.terms import TermTables
from tests.builders import FOLLOWER, HUANG, SHEN, Clock, number, petition_id, registration
from tests.unit.responsibility.casebook import Casebook, FakeArrivals, close, receive
from tests.unit.stores import Stores

REPEATS = 2 * LONG_FROM


class CountingMapper(FactMapper):
    """Attributes: read: facts read so far."""

    read = 0

    def to_domain_event(self, stored_event: Any) -> Any:
        self.read += 1
        return super().to_domain_event(stored_event)


class Counted(Responsibility):
    def construct_mapper(self) -> CountingMapper:
        return CountingMapper()

    @property
    def facts_read(self) -> int:
        return self.mapper.read  # type: ignore[attr-defined]


@pytest.fixture
def case(stores: Stores, clock: Clock) -> Iterator[Casebook]:
    def build(environment: dict[str, str]) -> Counted:
        matters = Matters()
        read_models = [matters, Caseloads(), TermTables()]
        return Counted(environment, clock, read_models, matters, FakeArrivals())

    with stores.opened("responsibility", build) as application:
        case = Casebook(application, clock, FakeArrivals())
        case.when_registered(registration())
        case.when(receive(HUANG))
        repeats = [registration(serial, repeats=petition_id()) for serial in range(2, REPEATS)]
        case.when_registered(*repeats)
        assert case.refusal is None
        yield case


def ownership(application: Responsibility) -> Any:
    return application.find(Ownership, Ownership.create_id(petition_id()))


class TestAMatterWithManyRepeats:
    def test_is_read_from_where_it_was_read_last(self, case: Casebook):
        """The thousandth repeat costs what the first did."""
        application: Any = case.application
        ownership(application)
        before = application.facts_read
        case.when_registered(registration(REPEATS, repeats=petition_id()))
        case.when(receive(SHEN, of=number(REPEATS)))
        assert case.answer["owner"] == HUANG
        assert application.owner_of(number(), FOLLOWER)["repeats"][-1] == number(REPEATS)
        assert application.facts_read - before < 4 * EVERY

    def test_is_what_its_facts_add_up_to(self, case: Casebook):
        """Remembered, and read from the beginning."""
        case.when(close())
        remembered = ownership(case.application)
        case.application._long_streams.forget(remembered.id)
        assert vars(ownership(case.application)) == vars(remembered)

    def test_is_not_changed_by_what_is_decided_and_refused(self, case: Casebook):
        """Whoever has it in hand has his own."""
        ownership(case.application).record.repeats.clear()
        assert len(ownership(case.application).record.repeats) == REPEATS - 2

    def test_is_read_from_the_beginning_where_the_record_is_another(self, case: Casebook):
        """A database that was restored to an earlier state has not the event that was the last."""
        known = ownership(case.application)
        last = case.application.log_of_events.select_recorded_of(known.id)[-1]
        known.record.repeats.clear()
        known._version += EVERY
        case.application._long_streams.keep(known, replace(last, event_id=uuid4()))
        assert len(ownership(case.application).record.repeats) == REPEATS - 2


class TestWhatIsRemembered:
    def test_is_long_and_was_asked_for_lately(self, case: Casebook):
        """So much and no more, however many matters there are."""
        streams = LongStreams()
        matter = ownership(case.application)
        last = case.application.log_of_events.select_recorded_of(matter.id)[-1]
        ids = [uuid4() for _ in range(KEPT + 1)]
        for id_ in ids:
            matter._id = id_
            streams.keep(matter, last)
            streams.of(ids[:1])
        assert set(ids) - set(streams.of(ids)) == {ids[1]}
        matter._version = LONG_FROM - 1
        streams = LongStreams()
        streams.keep(matter, last)
        assert streams.of([matter.id]) == {}
