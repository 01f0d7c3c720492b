"""All logs compared with the ledger: what it states of the ends of all cases as well."""

from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from chassis.messaging.telling import teller
from services.audit.application.ledger import Ledger
from services.audit.publishing import TELLINGS
from shouwen.comparing import Comparison
from tests.builders import registered
from tests.unit.audit.desk import Desk
from tests.unit.audit.ledgers import LedgerDesk, attempts, case


def compared(ledger: LedgerDesk) -> tuple[int, str]:
    lines: list[str] = []
    return Comparison(partial(ask, ledger), lines.append).run([]), "\n".join(lines)


def ask(ledger: LedgerDesk, service: str, method: str, given: Any) -> Any:
    """Answer as the services do."""
    audited = Ledger(ledger.log, ledger.trees, ledger.keys)
    if method == "checkpoint":
        return audited.checkpoint(None)
    if method == "leaves":
        return {"leaves": audited.leaves(given["after"], given["limit"])[0]}
    own = map(teller("audit", TELLINGS), ledger.desk.recorded())
    events = list(own) if service == "audit" else ledger.desk.log.events
    told = [each for each in events if each.service == service][given["after"] :]
    return {"events": msgspec.to_builtins(told)}


@pytest.fixture
def ledger(desk: Desk, tmp_path: Path) -> LedgerDesk:
    made = LedgerDesk(desk, tmp_path / "ledger")
    made.take_in(*case(), registered(2, 2), *attempts(3, 2, first=6))
    return made


def test_ends_that_were_stated_as_they_are_hold(ledger: LedgerDesk):
    for at in (9, 10):
        ledger.state_heads()
        ledger.take_in(*attempts(1, 2, first=at))
    ledger.state_heads()
    assert compared(ledger)[0] == 0, compared(ledger)


def test_ends_of_which_one_was_left_out_are_found_and_named(ledger: LedgerDesk):
    """By who has the key, so that he could show that there is no such case."""
    record = ledger.desk.application.record_heads
    ledger.record = lambda size, _root: record(size, b"\0" * 32)
    ledger.state_heads()
    wrong, text = compared(ledger)
    assert wrong == 1
    assert "audit 1 (case_heads.recorded.v1) states other ends" in text
