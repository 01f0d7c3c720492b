"""All logs compared with the ledger: what it states of the ends of all cases as well."""

from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from chassis.eventstore.application import Answer, Provenance, Unit
from chassis.messaging.telling import teller
from contracts.envelope import CloudEvent
from services.audit.application.ledger import Ledger
from services.audit.domain.case_heads import CaseHeads
from services.audit.domain.heads import LEDGER_ID
from services.audit.publishing import TELLINGS
from services.audit.readmodels.evidence import EvidenceTables
from services.audit.readmodels.feed import FeedTables
from services.audit.verifier import Ends, Leaf
from shouwen.comparing import Comparison
from tests.builders import cloud_event, registered
from tests.unit.audit.desk import Desk
from tests.unit.audit.ledgers import LedgerDesk, attempts, case


def compared(ledger: LedgerDesk) -> tuple[int, str]:
    lines: list[str] = []
    return Comparison(partial(ask, ledger), lines.append).run([]), "\n".join(lines)


def ask(ledger: LedgerDesk, service: str, method: str, given: Any) -> Any:
    """Answer as the services do."""
    audited = Ledger(ledger.log, ledger.trees, EvidenceTables(), ledger.keys)
    if method == "checkpoint":
        return audited.checkpoint(None)
    if method == "leaves":
        return {"leaves": audited.leaves(given["after"], given["limit"])[0]}
    if method == "feed":
        return feed_of(ledger, given)
    own = map(teller("audit", TELLINGS), ledger.desk.recorded())
    events = list(own) if service == "audit" else ledger.desk.log.events
    told = [each for each in events if each.service == service][given["after"] :]
    return {"events": msgspec.to_builtins(told)}


def feed_of(ledger: LedgerDesk, given: Any) -> dict[str, Any]:
    page = FeedTables().page(ledger.log, given["after"], [], given["limit"])
    return {**page._asdict(), "events": msgspec.to_builtins(page.events)}


def ends_by_id(ledger: LedgerDesk, size: int) -> bytes:
    """Return the root over the ends of the first leaves, without the numbers of petitions."""
    ends = Ends()
    for position, encoded in enumerate(ledger.parts()[:size]):
        leaf = Leaf.read(position, encoded)
        members = leaf.members
        ends.put("petition", members["petition"], members["petition_seq"], leaf.hash)
    return ends.root()


def record_without_numbers(ledger: LedgerDesk, root: bytes, size: int = 5) -> None:
    """State the ends as the first version did, and take the fact in."""
    stated = CaseHeads._create(
        CaseHeads.Recorded,
        id=CaseHeads.create_id(size),
        timestamp=ledger.desk.clock(),
        petition_id=str(LEDGER_ID),
        size=size,
        root=root.hex(),
    )

    def decide(unit: Unit) -> Answer:
        unit.add(stated)
        return {}

    ledger.desk.application.run(Provenance("service:audit", "heads", str(size)), decide)
    ledger.take_in_own()
    ledger.sign()


def stated_by(service: str, position: int, size: int) -> CloudEvent:
    """Return ends stated in a log that is not audit's."""
    data = {"petition_id": str(LEDGER_ID), "size": size, "root": "00" * 32, "numbers": True}
    return cloud_event(service, position, "case_heads.recorded.v1", data)


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


def test_ends_that_another_service_states_are_found_and_named(ledger: LedgerDesk):
    """Whoever writes to the database of one service can have audit enter what he likes."""
    ledger.state_heads()
    ledger.take_in(stated_by("notify", 9, 5))
    ledger.sign()
    wrong, text = compared(ledger)
    assert wrong == 1
    assert "notify 9 (case_heads.recorded.v1) is of a type that audit alone publishes" in text


def test_ends_without_numbers_are_compared_too(ledger: LedgerDesk):
    """The first statements were without; after those with numbers there is none any more."""
    record_without_numbers(ledger, ends_by_id(ledger, 5))
    assert compared(ledger)[0] == 0, compared(ledger)
    record_without_numbers(ledger, b"\0" * 32, size=6)
    wrong, text = compared(ledger)
    assert (wrong, "audit 2 (case_heads.recorded.v1) states other ends" in text) == (1, True)


def test_ends_without_numbers_after_those_with_them_are_found(ledger: LedgerDesk):
    ledger.state_heads()
    record_without_numbers(ledger, ends_by_id(ledger, 5))
    wrong, text = compared(ledger)
    assert (wrong, "states the ends without numbers" in text) == (1, True)


def test_ends_of_leaves_to_come_are_found(ledger: LedgerDesk):
    ledger.desk.application.record_heads(99, b"\0" * 32)
    ledger.take_in_own()
    ledger.sign()
    wrong, text = compared(ledger)
    assert (wrong, "do not lie before it" in text) == (1, True)


def test_a_fact_that_was_changed_where_replay_reads_it_is_found_and_named(ledger: LedgerDesk):
    """The logs and the ledger are as they were: only what people are shown is not."""
    ledger.sign()
    assert compared(ledger)[0] == 0
    ledger.change("UPDATE timeline SET actor = 'somebody' WHERE source = 'notify' AND position = 3")
    wrong, text = compared(ledger)
    assert (wrong, "notify 3 (reminder.delivered.v1) was changed where replay" in text) == (1, True)
