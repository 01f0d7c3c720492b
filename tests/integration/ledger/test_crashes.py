"""A process that ends between any two steps: no second checkpoint, none over what is not kept."""

import errno
import os
import time
from dataclasses import dataclass, field
from typing import Any

import pytest
from eventsourcing.persistence import OperationalError

from chassis.messaging.inbox import Inbox
from services.audit.application.notary import Notary
from services.audit.gateways.tilefiles import DRAFT_LEFT_AFTER_S, DRAFTS, TileFiles
from services.audit.readmodels.entering import enter
from services.audit.readmodels.trees import TreeTables
from tests.builders import registered
from tests.unit.audit.desk import inbox_of
from tests.unit.audit.ledgers import LedgerDesk, attempts
from tests.unit.stores import rows


class Ended(Exception):  # noqa: N818 - it says what is the case
    """The process is gone; nobody catches that."""


@dataclass
class Steps:
    """Ends the process at one of its steps."""

    last: int
    done: int = 0

    def step(self) -> None:
        self.done += 1
        if self.done == self.last:
            raise Ended


@dataclass
class EndingFiles:
    files: TileFiles
    steps: Steps

    def read(self, path: str) -> str:
        return self.files.read(path)

    def has(self, path: str) -> bool:
        return self.files.has(path)

    def write(self, path: str, content: bytes) -> None:
        self.steps.step()
        self.files.write(path, content)
        self.steps.step()


@dataclass
class EndingTrees(TreeTables):
    steps: Steps = field(default_factory=lambda: Steps(0))

    def grow(self, *arguments: Any) -> None:
        self.steps.step()
        super().grow(*arguments)
        self.steps.step()

    def add_signed(self, *arguments: Any) -> None:
        super().add_signed(*arguments)
        self.steps.step()


def ending(ledger: LedgerDesk, steps: Steps) -> Notary:
    files = EndingFiles(TileFiles(ledger.folder), steps)
    return Notary(ledger.log, EndingTrees(steps), ledger.signers, files, ledger.desk.clock)


@pytest.mark.parametrize("last", range(1, 12))
def test_a_notary_that_ends_at_any_step_is_followed_by_one_that_goes_on(
    ledger: LedgerDesk, last: int
):
    """What was signed stays as it was signed; the files come to the same."""
    ledger.take_in(registered(1), *attempts(260))
    ledger.sign()
    ledger.take_in(*attempts(5, first=261))
    steps = Steps(last)
    try:
        ending(ledger, steps).work()
    except Ended:
        signed = dict(row[:2] for row in rows(ledger.desk.application, "ledger_checkpoint"))
        assert all(size <= ledger.trees.size(ledger.log) for size in signed)
        ledger.take_in(*attempts(3, first=266))
        ledger.sign()
        now = dict(row[:2] for row in rows(ledger.desk.application, "ledger_checkpoint"))
        assert signed.items() <= now.items()
    status, text = ledger.verified()
    assert status == 0, text


def test_every_step_was_tried(ledger: LedgerDesk):
    """One more than there are: the notary comes to its end."""
    ledger.take_in(registered(1), *attempts(260))
    ledger.sign()
    ledger.take_in(*attempts(5, first=261))
    steps = Steps(14)
    ending(ledger, steps).work()
    assert steps.done < 14


def test_files_that_are_lost_are_written_again_by_the_next_process(ledger: LedgerDesk):
    """Full ones and those of the right edge, also while the ledger grows."""
    ledger.take_in(registered(1), *attempts(700))
    ledger.sign()
    lost = ["tile/0/001", "tile/entries/000", "tile/0/002.p/189", "tile/1/000.p/2"]
    before = {path: (ledger.folder / path).read_bytes() for path in lost}
    for path in lost:
        (ledger.folder / path).unlink()
    del ledger.notary
    ledger.sign()
    assert {path: (ledger.folder / path).read_bytes() for path in lost} == before
    ledger.take_in(*attempts(100, first=701))
    (ledger.folder / "tile/0/000").unlink()
    del ledger.notary
    ledger.sign()
    status, text = ledger.verified()
    assert status == 0, text


def test_a_disk_that_is_full_leaves_no_drafts(ledger: LedgerDesk, monkeypatch: pytest.MonkeyPatch):
    """However often it is tried; what was published stays, and goes on when there is room."""
    ledger.take_in(registered(1))
    ledger.sign()
    ledger.take_in(*attempts(3))
    with monkeypatch.context() as full:
        full.setattr(os, "fsync", no_space)
        assert [ledger.notary.work() for _ in range(5)] == [0] * 5
    assert [*(ledger.folder / DRAFTS).iterdir()] == []
    ledger.sign()
    status, text = ledger.verified()
    assert (status, "4 leaves" in text) == (0, True), text


def test_drafts_of_a_process_that_was_killed_go_when_they_are_old(ledger: LedgerDesk):
    """Those of another process that is at work do not."""
    ledger.take_in(registered(1))
    ledger.sign()
    drafts = ledger.folder / DRAFTS
    for name, age_s in (("old", 2 * DRAFT_LEFT_AFTER_S), ("new", 0.0)):
        (drafts / name).write_bytes(b"half")
        at = time.time() - age_s
        os.utime(drafts / name, (at, at))
    TileFiles(ledger.folder)
    assert [draft.name for draft in drafts.iterdir()] == ["new"]


def no_space(_descriptor: int) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_of_two_notaries_at_once_one_signs(ledger: LedgerDesk):
    """A lead that ended unnoticed: both have read the same, and write."""

    class Overtaken(TreeTables):
        def grow(self, *arguments: Any) -> None:
            pass

        def add_signed(self, transaction: Any, size: int, note: str, at: str) -> None:
            # The other one, in between, on the same database.
            super().add_signed(transaction, size, note, at)
            super().add_signed(transaction, size, f"{note}other", at)

    ledger.take_in(registered(1))
    files = TileFiles(ledger.folder)
    late = Notary(ledger.log, Overtaken(), ledger.signers, files, ledger.desk.clock)
    assert late.work() == 1
    ledger.sign()
    assert len(rows(ledger.desk.application, "ledger_checkpoint")) == 1
    assert ledger.verified()[0] == 0


def test_a_batch_is_entered_whole_or_not_at_all(ledger: LedgerDesk):
    """Leaves, timeline and the position taken note of are one transaction."""

    def entered_and_ended(transaction: Any, events: Any) -> None:
        enter(transaction, events)
        transaction.query("SELECT count(*) FROM ledger_leaf")
        raise OperationalError("the connection is gone")

    ledger.desk.log.events.extend([registered(1), registered(2, 2)])
    inbox = inbox_of(ledger.desk.application, ledger.desk.log)
    dying = Inbox(
        inbox.application,
        inbox.service,
        inbox.reactions,
        inbox.known,
        inbox.sources,
        inbox.reader,
        keeping=entered_and_ended,
    )
    with pytest.raises(OperationalError):
        dying.catch_up()
    for table in ("ledger_leaf", "timeline"):
        assert rows(ledger.desk.application, table) == []
    inbox.catch_up()
    assert len(ledger.parts()) == 2


def test_ends_that_were_moved_and_not_stated_are_stated_next(ledger: LedgerDesk):
    """A process that ended between the tables and the fact."""

    def nobody(size: int, root: bytes) -> None:
        raise Ended

    ledger.take_in(registered(1))
    ledger.sign()
    keeper = ledger.heads
    keeper.record = nobody
    with pytest.raises(Ended):
        keeper.work()
    assert ledger.desk.facts() == []
    ledger.heads.work()
    ledger.heads.work()
    assert [fact.size for fact in ledger.desk.facts()] == [1]
