"""Readers of the feed who stop, start again and read on while the ledger grows and events wait.

Each gets each event of his exactly once, in the order of the ledger.
"""

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from chassis.messaging.inbox import Inbox
from contracts.events import MESSAGES
from services.audit.domain.leaves import leaf_of
from services.audit.reactions import reactions
from services.audit.readmodels.entering import enter
from services.audit.readmodels.feed import TO_AGENCIES, FeedTables, Page
from services.audit.readmodels.timelines import TimelineTables
from tests.builders import Clock, cloud_event, number, petition_id, registered
from tests.unit.audit.desk import SOURCES, Desk, audit
from tests.unit.stores import Stores

AGENCY, FUTURE = "H12345", "future.thing.v9"
REGISTERED, CLOSED, DELIVERED = (
    "petition.registered.v1",
    "case.closed.v1",
    "reminder.delivered.v1",
)
KNOWN = frozenset((*MESSAGES, FUTURE))


@dataclass
class Reader:
    """Somebody who follows the feed, and writes down how far he is, and what he has.

    Attributes:
        agency: who he is; empty for one that sees all.
        after: what he has written down; what he has read since is lost when he stops.
    """

    agency: str
    types: tuple[str, ...]
    after: int = 0
    read: list[str] = field(default_factory=list)

    def page(self, log: Any, limit: int, stretch: int) -> Page:
        """Read one page, as a reader that has just been started."""
        tables = FeedTables(stretch)
        if self.agency:
            return tables.page_of_agency(log, self.after, self.types, limit, self.agency)
        return tables.page(log, self.after, self.types, limit)

    def keep(self, page: Page) -> None:
        self.read += [event.id for event in page.events]
        self.after = page.next

    def wants(self, event: Any, own: set[str]) -> bool:
        types = self.types or ((*TO_AGENCIES,) if self.agency else ())
        seen = event.subject in own and event.type in TO_AGENCIES if self.agency else True
        return seen and (not types or event.type in types)


class Following(RuleBasedStateMachine):
    """Attributes: stores, where the audits are kept; set by the test."""

    stores: Stores
    made: Any

    @initialize(stretch=st.integers(1, 9))
    def begin(self, stretch: int) -> None:
        self.opened = self.stores.opened("audit", lambda environment: audit(environment, Clock()))
        self.desk, self.stretch = Desk(self.opened.__enter__(), Clock()), stretch
        self.seqs = dict.fromkeys(SOURCES, 0)
        self.petitions = 0
        self.own: set[str] = set()
        self.readers = [
            Reader(agency, types)
            for agency in ("", AGENCY)
            for types in ((), (REGISTERED,), (CLOSED, DELIVERED))
        ]

    def seq(self, source: str) -> int:
        self.seqs[source] += 1
        return self.seqs[source]

    @rule(its_own=st.booleans())
    def is_registered(self, its_own: bool) -> None:  # noqa: FBT001 - drawn
        self.petitions += 1
        who = {"actor": AGENCY} if its_own else {}
        event = registered(self.seq("intake"), self.petitions, **who)
        if its_own:
            self.own.add(event.subject)
        self.desk.take_in(event)

    @rule(kinds=st.lists(st.sampled_from([CLOSED, DELIVERED, FUTURE]), min_size=1, max_size=5),
          serial=st.integers(1, 4))  # fmt: skip
    def goes_on(self, kinds: list[str], serial: int) -> None:
        """Also what waits for a newer release, and its petition with it."""
        data = {"petition_id": petition_id(serial), "number": number(serial)}
        events = []
        for kind in kinds if serial <= self.petitions else []:
            source = "responsibility" if kind == CLOSED else "notify"
            events.append(cloud_event(source, self.seq(source), kind, data))
        self.desk.take_in(*events)

    @rule()
    def is_released(self) -> None:
        """What waited is applied."""
        Inbox(
            application=self.desk.application,
            service="audit",
            reactions=reactions(KNOWN, TimelineTables().take_in),
            keeping=enter,
            known=KNOWN,
            sources=(*SOURCES, "audit"),
            reader=self.desk.log,
        ).redrive()

    @rule(who=st.integers(0, 5), limit=st.integers(1, 6))
    def reads(self, who: int, limit: int) -> None:
        reader = self.readers[who]
        reader.keep(reader.page(self.log, limit, self.stretch))

    @rule(who=st.integers(0, 5), limit=st.integers(1, 6))
    def reads_and_stops(self, who: int, limit: int) -> None:
        """Before he has written down what he read: he will read it again."""
        self.readers[who].page(self.log, limit, self.stretch)

    @property
    def log(self) -> Any:
        return self.desk.application.log_of_events

    def in_order(self) -> list[Any]:
        """Return all events in the order of the ledger."""
        by_place = {(event.service, event.position): event for event in self.desk.log.events}
        leaves = self.log.query("SELECT leaf FROM ledger_leaf ORDER BY position")
        found = [leaf_of(bytes(row[0])) for row in leaves]
        return [by_place[leaf.source, leaf.seq] for leaf in found]

    def wanted(self, reader: Reader) -> list[str]:
        return [event.id for event in self.in_order() if reader.wants(event, self.own)]

    @invariant()
    def nobody_has_what_is_not_next(self) -> None:
        for reader in getattr(self, "readers", []):
            assert self.wanted(reader)[: len(reader.read)] == reader.read

    def teardown(self) -> None:
        """All that waited comes, and everybody reads to the end."""
        self.is_released()
        for reader in self.readers:
            while reader.after < (page := reader.page(self.log, 3, self.stretch)).size:
                assert page.next > reader.after
                assert not page.held
                reader.keep(page)
            assert reader.read == self.wanted(reader)
        self.opened.__exit__(None, None, None)


def test_each_gets_each_event_once_and_in_order(stores: Stores):
    """With pages of any size, of any types, from wherever he was."""
    machine = type("FollowingHere", (Following,), {"stores": stores})
    run_state_machine_as_test(
        machine, settings=settings(max_examples=40, stateful_step_count=25, deadline=None)
    )


@pytest.mark.parametrize("stretch", [1, 3, 5_000])
def test_a_page_that_waits_says_so_and_where(stores: Stores, stretch: int):
    """To everybody alike: nobody knows yet whose it is."""
    with stores.opened("audit", lambda environment: audit(environment, Clock())) as made:
        desk, data = Desk(made, Clock()), {"petition_id": petition_id(9), "number": number(9)}
        desk.take_in(cloud_event("notify", 1, FUTURE, data), registered(1, actor=AGENCY))
        for reader in (Reader("", ()), Reader("", (CLOSED,)), Reader(AGENCY, ())):
            while not (page := reader.page(made.log_of_events, 5, stretch)).held:
                assert page.next > reader.after
                reader.keep(page)
            assert page.next == 1
