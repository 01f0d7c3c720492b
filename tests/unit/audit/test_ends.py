"""The ends of all chains: stated as the leaves have them, and made again where they are lost."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from bench.long_ledger import ends_at
from chassis.eventstore.transaction import Questions
from services.audit.domain.leaves import leaf_of
from services.audit.readmodels.ends import TABLES, EndTables
from services.audit.verifier import Ends, leaf_hash
from tests.builders import cloud_event, number, petition_id, registered
from tests.unit.audit.desk import Desk
from tests.unit.audit.ledgers import LedgerDesk, attempts
from tests.unit.stores import rows


@pytest.fixture
def ledger(desk: Desk, tmp_path: Path) -> LedgerDesk:
    made = LedgerDesk(desk, tmp_path / "ledger")
    made.take_in(*(registered(serial, serial) for serial in range(1, 40)), *attempts(5, 3))
    made.state_heads()
    return made


def recomputed(ledger: LedgerDesk, numbers: Sequence[str], size: int) -> bytes:
    """Return the root over all ends, by the verifier, from the leaves."""
    ends, given = Ends(), iter(numbers)
    for part in ledger.parts()[:size]:
        leaf, hash_ = leaf_of(part), leaf_hash(part)
        ends.put("petition", leaf.petition, leaf.petition_seq, hash_)
        if leaf.type == "petition.registered.v1":
            ends.put("number", next(given), leaf.petition_seq, hash_)
    return ends.root()


def stated(ledger: LedgerDesk) -> tuple[int, str]:
    fact = ledger.desk.facts()[-1]
    return fact.size, fact.root


def test_the_root_is_what_an_outsider_makes_of_the_leaves(ledger: LedgerDesk):
    """Of each petition, and of each number."""
    numbers = [number(serial) for serial in range(1, 60)]
    size, root = stated(ledger)
    assert root == recomputed(ledger, numbers, size).hex()
    ledger.take_in(*(registered(serial, serial) for serial in range(40, 60)))
    ledger.state_heads()
    size, root = stated(ledger)
    assert root == recomputed(ledger, numbers, size).hex()


def test_an_outsider_finds_none_in_an_empty_ledger(desk: Desk):
    assert Ends().root() == EndTables().state(desk.application.log_of_events).root


@pytest.mark.parametrize("table", TABLES)
def test_a_table_that_is_lost_is_made_again_before_anything_is_stated(
    ledger: LedgerDesk, table: str
):
    """Though nothing was recorded since."""
    log = ledger.desk.application
    before = {name: rows(log, name) for name in TABLES}
    facts = len(ledger.desk.facts())
    ledger.change(f"DELETE FROM {table}")
    with capture_logs() as lines:
        ledger.heads.work()
    assert [line["event"] for line in lines] == ["ends_of_chains_lost"]
    # The statement itself is a leaf by now, so the ends are further than they were.
    ledger.heads.work()
    after = {name: rows(log, name) for name in TABLES}
    assert {key: row for key, *row in before["ledger_end"]}.items() <= {
        key: row for key, *row in after["ledger_end"]
    }.items()
    assert len(ledger.desk.facts()) <= facts + 1


def test_single_ends_that_are_lost_are_found_when_they_grow(ledger: LedgerDesk):
    ledger.change("DELETE FROM ledger_end WHERE petition_seq = 6")
    ledger.take_in(*attempts(1, 3, first=6))
    with capture_logs() as lines:
        ledger.state_heads()
    assert "ends_of_chains_lost" in [line["event"] for line in lines]
    size, root = stated(ledger)
    assert root == recomputed(ledger, [number(at) for at in range(1, 40)], size).hex()


def test_single_ends_that_are_lost_are_found_in_turn(ledger: LedgerDesk):
    """Wherever they are: each turn looks at one part in 256."""
    keeper = ledger.heads
    keeper.every_s = 0
    ledger.change("DELETE FROM ledger_end WHERE petition_seq = 6")
    with capture_logs() as lines:
        for _ in range(256):
            keeper.work()
    assert [line["event"] for line in lines] == ["ends_of_chains_lost"]


def test_nothing_is_stated_while_the_timeline_is_filled_again(ledger: LedgerDesk):
    """What was stated long ago is not stated anew, and no number is left out."""
    facts = len(ledger.desk.facts())
    for table in (*TABLES, "timeline"):
        ledger.change(f"DELETE FROM {table}")
    ledger.heads.work()
    assert (EndTables().state(ledger.log).size, len(ledger.desk.facts())) == (0, facts)


@pytest.mark.parametrize("tables", [(*TABLES, "timeline"), ("timeline",)])
def test_nothing_is_stated_that_was_lost_between_two_questions(
    ledger: LedgerDesk, monkeypatch: pytest.MonkeyPatch, tables: Sequence[str]
):
    """The end of what grows would stand for all of it, and be proof that the rest is not there."""
    facts, reach = len(ledger.desk.facts()), EndTables.reach

    def lose_what_was_reached(made: EndTables, questions: Questions, start: int, stop: int) -> Any:
        reached = reach(made, questions, start, stop)
        monkeypatch.undo()
        for table in tables:
            ledger.change(f"DELETE FROM {table}")
        return reached

    ledger.take_in(*(registered(serial, serial) for serial in range(40, 60)))
    ledger.sign()
    monkeypatch.setattr(EndTables, "reach", lose_what_was_reached)
    ledger.heads.every_s = 0
    ledger.heads.work()
    assert (EndTables().state(ledger.log).size, len(ledger.desk.facts())) == (0, facts)


def test_the_bench_makes_a_ledger_long_without_losing_its_ends(ledger: LedgerDesk):
    """Or audit would make millions of them again while it is measured."""
    for statement in ends_at(len(ledger.parts())).replace("audit.", "").split(";"):
        for made in statement.replace("TRUNCATE ", "").split(", ") if "TRUNC" in statement else ():
            ledger.change(f"DELETE FROM {made.strip()}")
        if "TRUNC" not in statement:
            ledger.change(re.sub(r"decode\('(\w+)', 'hex'\)", r"x'\1'", statement))
    for parent in (0, 7):
        EndTables().check(ledger.log, parent)


def test_nothing_is_stated_past_a_registration_that_is_parked(ledger: LedgerDesk):
    """Its number is not known yet: it would be proof that there is no such case."""
    data = {"petition_id": petition_id(99), "number": number(99)}
    parked = len(ledger.parts())
    ledger.take_in(cloud_event("intake", 40, "petition.registered.v9", data), registered(41, 50))
    ledger.sign()
    ledger.heads.work()
    assert EndTables().state(ledger.log).size <= parked
