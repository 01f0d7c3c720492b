"""The way out after an older backup had to do: another name, another folder, nothing hidden."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from chassis.eventstore.location import environment_for
from services.audit.gateways.signing import signers_from
from services.audit.verifier import Terms, verify_bundle
from tests.builders import DAY, Clock, registered
from tests.unit.audit.desk import Desk, audit
from tests.unit.audit.ledgers import LedgerDesk, attempts, case, keys_text, said
from tests.unit.audit.test_ledger import QUIET, report

SECOND = "ledger.example/shouwen-2"


@pytest.fixture
def database_url(migrated_file: Path, tmp_path: Path) -> str:
    return f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'audit.db')}"


@pytest.fixture
def restored(ledger: LedgerDesk, tmp_path: Path) -> Iterator[LedgerDesk]:
    """A ledger of nine, a backup of it, then twelve leaves signed and published; the backup is put
    back."""
    ledger.take_in(*case(events=5), registered(2, 2), *attempts(2, 2, first=6))
    ledger.state_heads()
    backup = tmp_path / "backup.db"
    with (
        closing(sqlite3.connect(tmp_path / "audit.db")) as source,
        closing(sqlite3.connect(backup)) as target,
    ):
        source.backup(target)
    ledger.take_in(*attempts(3, first=8))
    ledger.sign()
    clock = Clock()
    clock.advance(2 * DAY)
    url = f"sqlite:///{backup}"
    with closing(audit(environment_for(url, "audit"), clock)) as application:
        # What audit follows is as it was: its own database alone was lost.
        desk = Desk(application, clock, ledger.desk.log, ledger.desk.followed)
        yield LedgerDesk(desk, ledger.folder)


def gone_on(restored: LedgerDesk, tmp_path: Path) -> LedgerDesk:
    signers = signers_from(SECOND, keys_text("1"))
    return LedgerDesk(restored.desk, tmp_path / "second", signers)


def test_under_the_old_name_nothing_is_signed(restored: LedgerDesk):
    """Though everything that was lost has been followed again."""
    before = (restored.folder / "checkpoint").read_text()
    restored.take_in()
    with capture_logs() as lines:
        restored.sign()
    assert [line["event"] for line in lines] == ["published_checkpoint_not_on_record"]
    assert (restored.folder / "checkpoint").read_text() == before


def test_under_another_name_it_goes_on(restored: LedgerDesk, tmp_path: Path):
    """The whole of it verifies, and what is not there any more is nobody's claim."""
    second = gone_on(restored, tmp_path)
    second.take_in()
    second.sign()
    status, text = said(str(second.folder), second.terms)
    assert status == 0, text
    assert "leaves of ledger.example/shouwen-2" in text
    assert "notify: events 1 to 10, without a gap" in text


def test_before_it_has_grown_it_publishes_nothing_of_the_old_name(
    restored: LedgerDesk, tmp_path: Path
):
    second = gone_on(restored, tmp_path)
    second.sign()
    assert not (second.folder / "checkpoint").exists()


def test_a_case_from_before_is_shown_under_the_new_name_alone(restored: LedgerDesk, tmp_path: Path):
    """Whoever has only the new key can check it."""
    second = gone_on(restored, tmp_path)
    second.take_in(*attempts(1, first=11))
    second.state_heads()
    events = verify_bundle(second.bundle(), second.terms, report())
    assert [event["type"] for event in events][:1] == ["petition.registered.v1"]
    second.take_in(*attempts(1, first=12))
    second.sign()
    verify_bundle(second.bundle(), second.terms, report())
    assert any("grew from" in line for line in QUIET)


def test_a_checkpoint_from_before_the_backup_is_grown_out_of(
    restored: LedgerDesk, ledger: LedgerDesk, tmp_path: Path
):
    """With both keys: what was kept before the loss still binds."""
    kept = restored.note()
    second = gone_on(restored, tmp_path)
    second.take_in()
    second.sign()
    both = [*restored.terms.keys, *second.terms.keys]
    status, text = said(str(second.folder), Terms(both, kept))
    assert (status, "it is the same ledger as the checkpoint that you kept" in text) == (0, True)


def test_one_from_after_it_shows_the_loss(restored: LedgerDesk, ledger: LedgerDesk, tmp_path: Path):
    """An auditor who kept one is not told that nothing happened."""
    kept = ledger.note()
    shutil.rmtree(tmp_path / "second", ignore_errors=True)
    second = gone_on(restored, tmp_path)
    # What was lost comes back in another order than it was entered in.
    second.take_in(registered(3, 3), *attempts(1, first=11))
    second.sign()
    both = [*restored.terms.keys, *second.terms.keys]
    status, text = said(str(second.folder), Terms(both, kept))
    assert (status, "it was forked" in text) == (1, True), text
