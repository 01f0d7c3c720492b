"""The check of the ledger under the fault rounds finds what it is there to find."""

from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from chassis.messaging.telling import teller
from services.audit.publishing import TELLINGS
from services.audit.readmodels.ends import TABLES
from services.audit.verifier import Key
from tests.builders import registered
from tests.system.faults.ledger import LedgerBeside, published_otherwise
from tests.unit.audit.conftest import desk  # noqa: F401 - the fixture
from tests.unit.audit.desk import Desk
from tests.unit.audit.ledgers import LedgerDesk, attempts, case


@pytest.fixture
def ledger(desk: Desk, tmp_path: Path) -> LedgerDesk:  # noqa: F811 - a fixture asks for one
    made = LedgerDesk(desk, tmp_path / "ledger")
    made.take_in(*case(events=300), registered(2, 2))
    made.state_heads()
    return made


def sql(ledger: LedgerDesk) -> Any:
    """Ask as the fault rounds do; SQLite has no schemas."""
    return lambda statement: ledger.log.query(
        statement.replace("audit.", "").replace("ON true", "ON 1")
    )


def found(ledger: LedgerDesk, beside: LedgerBeside | None = None) -> list[str]:
    beside = beside or LedgerBeside()
    own = map(teller("audit", TELLINGS), ledger.desk.recorded())
    for event in (*ledger.desk.log.events, *own):
        beside.take(event)
    keys = [Key.read(key) for key in ledger.keys]
    return [*beside.read_on(sql(ledger), keys), *beside.wrongs()]


def test_a_ledger_that_is_as_it_should_be_holds(ledger: LedgerDesk):
    assert found(ledger) == []


def test_read_on_it_holds_as_well(ledger: LedgerDesk):
    """Also when a checkpoint comes after its leaves were read."""
    beside, keys = LedgerBeside(), [Key.read(key) for key in ledger.keys]
    assert found(ledger, beside) == []
    events = attempts(5, first=301)
    ledger.take_in(*events)
    for event in events:
        beside.take(event)
    assert list(beside.read_on(sql(ledger), keys)) == ["of 308 leaves not all are signed"]
    ledger.sign()
    assert [*beside.read_on(sql(ledger), keys), *beside.wrongs()] == []


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("UPDATE ledger_leaf SET hash = zeroblob(32) WHERE position = 7", "the columns of leaf 7"),
        ("UPDATE ledger_leaf SET petition_seq = 9999 WHERE position = 7", "the columns of leaf 7"),
        ("DELETE FROM ledger_leaf WHERE position = 302", "is in its log and not in the ledger"),
        ("UPDATE ledger_subtree SET hash = zeroblob(32)", "the subtrees of level 1"),
        ("DELETE FROM ledger_subtree", "the subtrees of level 1"),
        ("DELETE FROM ledger_checkpoint", "not all are signed"),
        ("UPDATE ledger_checkpoint SET note = replace(note, 'A', 'B')", "a checkpoint on record"),
        ("DELETE FROM ledger_end WHERE petition_seq = 1", "ends at"),
        ("UPDATE ledger_ends SET root = zeroblob(32)", "the root over the ends"),
        *[(f"DELETE FROM {TABLES[at]}", "ends") for at in (0, 2)],
    ],
)
def test_what_was_changed_is_found(ledger: LedgerDesk, statement: str, what: str):
    ledger.change(statement)
    assert any(what in wrong for wrong in found(ledger)), found(ledger)


def test_an_event_that_was_changed_in_its_log_is_found(ledger: LedgerDesk):
    events = ledger.desk.log.events
    events[3] = structs.replace(events[3], actor="K9")
    assert "is not of the event notify 3 as the log has it" in found(ledger)[0]


def test_a_false_statement_of_the_ends_is_found(desk: Desk, tmp_path: Path):  # noqa: F811 - as above
    record = desk.application.record_heads
    ledger = LedgerDesk(desk, tmp_path / "l", record=lambda size, _root: record(size, b"\0" * 32))
    ledger.take_in(*case())
    ledger.state_heads()
    assert "the ends stated at 6 are not those of the cases" in found(ledger)


def test_published_files_that_were_changed_are_found(ledger: LedgerDesk, tmp_path: Path):
    keys = [Key.read(key) for key in ledger.keys]
    assert list(published_otherwise(tmp_path, keys, ledger.note())) == []
    tile = ledger.folder / "tile/entries/000"
    tile.write_bytes(tile.read_bytes().replace(b"notify", b"motify", 1))
    assert "was changed in the files" in next(published_otherwise(tmp_path, keys, ""))
