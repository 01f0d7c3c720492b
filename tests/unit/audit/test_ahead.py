"""A long log is read on while its last page is applied; nothing of it is skipped or lost."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from chassis.messaging.inbox import PULL_PAGE, LogIncomplete
from contracts.envelope import CloudEvent
from tests.unit.audit.desk import Desk, inbox_of
from tests.unit.audit.ledgers import LedgerDesk, attempts


@dataclass
class Reader:
    """One long log, in pages; from some position on its service is away."""

    events: Sequence[CloudEvent]
    away_from: int = 1 << 62
    asked: list[int] = field(default_factory=list)

    def events_after(self, source: str, position: int, limit: int) -> Sequence[CloudEvent]:
        if source != "notify":
            return []
        self.asked.append(position)
        if position >= self.away_from:
            raise LogIncomplete
        return self.events[position : position + limit]

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def ledger(desk: Desk, tmp_path: Path) -> LedgerDesk:
    return LedgerDesk(desk, tmp_path)


def test_a_log_of_many_pages_is_entered_whole_and_in_order(ledger: LedgerDesk):
    reader = Reader(attempts(2 * PULL_PAGE + 10))
    inbox = inbox_of(ledger.desk.application, reader)
    assert inbox.catch_up() == 2 * PULL_PAGE + 10
    assert reader.asked == [0, PULL_PAGE, 2 * PULL_PAGE, 2 * PULL_PAGE + 10]
    assert ledger.trees.size(ledger.log) == 2 * PULL_PAGE + 10


def test_the_page_before_the_one_that_fails_stays_applied(ledger: LedgerDesk):
    """And whoever catches up is told, as before; the next time goes on from there."""
    reader = Reader(attempts(PULL_PAGE + 10), away_from=PULL_PAGE)
    inbox = inbox_of(ledger.desk.application, reader)
    with pytest.raises(LogIncomplete):
        inbox.catch_up()
    assert inbox.applied("notify") == PULL_PAGE
    reader.away_from = 1 << 62
    assert inbox.catch_up() == 10


def test_what_was_applied_elsewhere_meanwhile_is_skipped(ledger: LedgerDesk):
    reader = Reader(attempts(2 * PULL_PAGE))
    other = inbox_of(ledger.desk.application, Reader(reader.events))
    inbox = inbox_of(ledger.desk.application, reader)
    assert other.catch_up() == 2 * PULL_PAGE
    inbox.receive(reader.events[:PULL_PAGE])
    assert inbox.catch_up() == 0
    assert ledger.trees.size(ledger.log) == 2 * PULL_PAGE
