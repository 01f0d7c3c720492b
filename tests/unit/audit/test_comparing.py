"""All logs compared with the ledger: what it states of the ends of all cases as well."""

from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from chassis.eventstore.application import Answer, Provenance, Unit
from chassis.messaging.faults import refusal_of
from chassis.messaging.telling import teller
from contracts.envelope import CloudEvent
from contracts.failures import Failure
from services.audit.application.disclosing import Disclosing
from services.audit.application.ledger import Ledger
from services.audit.application.sight import Reader
from services.audit.domain.case_heads import CaseHeads
from services.audit.domain.heads import LEDGER_ID
from services.audit.domain.leaves import petition_of
from services.audit.publishing import TELLINGS
from services.audit.readmodels.evidence import EvidenceTables
from services.audit.readmodels.feed import FeedTables
from services.audit.readmodels.lists import FactLists
from services.audit.verifier import Ends, Leaf
from shouwen.comparing import Comparison
from tests.builders import cloud_event, registered
from tests.unit.audit.desk import AUDITOR, Desk
from tests.unit.audit.ledgers import LedgerDesk, attempts, case


def compared(ledger: LedgerDesk) -> tuple[int, str]:
    lines: list[str] = []
    return Comparison(partial(ask, ledger), lines.append).run([]), "\n".join(lines)


def ask(ledger: LedgerDesk, service: str, method: str, given: Any) -> Any:
    """Answer as the services do, a fault included."""
    try:
        return msgspec.to_builtins(answer(ledger, service, method, given))
    except Exception as fault:
        raise refusal_of(fault) or Failure("internal") from fault


def answer(ledger: LedgerDesk, service: str, method: str, given: Any) -> Any:
    audited = Ledger(ledger.log, ledger.trees, EvidenceTables(), ledger.keys)
    if method == "checkpoint":
        return audited.checkpoint(None)
    if method == "leaves":
        leaves, size = audited.leaves(given["after"], given["limit"])
        Disclosing(ledger.desk.application, FactLists()).shown(
            Reader(AUDITOR, auditing=True), "audit.leaves", map(petition_of, leaves)
        )
        return {"leaves": leaves, "size": size}
    if method == "feed":
        return feed_of(ledger, given)
    if method == "health":
        return {"head": head_of(ledger, service)}
    return {"events": log_of(ledger, service, given["after"], given["limit"])}


def log_of(ledger: LedgerDesk, service: str, after: int, limit: int) -> list[CloudEvent]:
    if service == "audit":
        recorded = ledger.log.select_recorded(after, limit)
        return list(map(teller("audit", TELLINGS), recorded))
    return list(ledger.desk.log.events_after(service, after, limit))


def head_of(ledger: LedgerDesk, service: str) -> int:
    if service == "audit":
        return int(ledger.log.head())
    return sum(each.service == service for each in ledger.desk.log.events)


def feed_of(ledger: LedgerDesk, given: Any) -> dict[str, Any]:
    with ledger.log.reading() as questions:
        page = FeedTables().page(questions, given["after"], [], given["limit"])
    return page._asdict()


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


UNREADABLE = {
    "timeline": [
        "UPDATE timeline SET {} WHERE source = 'notify' AND position = 3",
        ["data = '{'", "recorded_at = 'x'", "actor = CAST(x'ff' AS TEXT)"],
        "notify 3 (reminder.delivered.v1) cannot be read where replay reads it",
    ],
    "registration": [
        "UPDATE timeline SET {} WHERE source = 'intake' AND position = 1",
        ["data = '{'", "data = CAST(x'ff' AS TEXT)"],
        "intake 1 (petition.registered.v1) cannot be read where replay reads it",
    ],
    "leaves": [
        "UPDATE ledger_leaf SET {} WHERE position = 3",
        ["leaf = x'ff'", "leaf = CAST('{}' AS BLOB)", "leaf = CAST('[' AS BLOB)"],
        "it is that of notify 2 (reminder.delivered.v1)",
    ],
    "log": [
        "UPDATE event_log SET {} WHERE position = 1",
        ["state = x'ff'", "topic = 'x'", "recorded_at = 'x'", "event_id = 'zz'"],
        "audit 1 (case_heads.recorded.v1) cannot be read in the log of audit",
    ],
}


@pytest.mark.parametrize(
    ("sql", "damage", "said"),
    [(sql, each, said) for sql, damages, said in UNREADABLE.values() for each in damages],
)
def test_what_cannot_be_read_is_named_and_hides_nothing(
    ledger: LedgerDesk, sql: str, damage: str, said: str
):
    """In a log, in the timeline, among the leaves: what was changed behind it is found too."""
    ledger.state_heads()
    ledger.take_in(*attempts(1, 2, first=9))
    ledger.sign()
    ledger.change(sql.format(damage))
    wrong, text = compared(ledger)
    assert (wrong, said in text) == (1, True), text
    ledger.change("UPDATE timeline SET actor = 'somebody' WHERE source = 'notify' AND position = 9")
    wrong, text = compared(ledger)
    assert (wrong, "notify 9 (reminder.delivered.v1) was changed where" in text) == (2, True), text


def test_a_leaf_that_is_gone_is_named_and_hides_nothing(ledger: LedgerDesk):
    """The ones behind it are compared with what they are the leaves of."""
    ledger.state_heads()
    ledger.change("DELETE FROM ledger_leaf WHERE position = 3")
    ledger.change("UPDATE timeline SET actor = 'somebody' WHERE source = 'notify' AND position = 8")
    _, text = compared(ledger)
    assert "leaf 3 cannot be read in the ledger" in text
    assert "notify 8 (reminder.delivered.v1) was changed where" in text
    assert "notify 7 (reminder.delivered.v1)" not in text


def test_leaves_that_are_gone_from_the_end_are_no_fault_of_the_call(ledger: LedgerDesk):
    ledger.state_heads()
    ledger.change("DELETE FROM ledger_leaf WHERE position > 5")
    wrong, text = compared(ledger)
    assert (wrong > 0, "not those that the checkpoint was signed over" in text) == (True, True)


def test_an_event_that_is_not_entered_yet_and_cannot_be_read_is_named(ledger: LedgerDesk):
    """Audit gets no further in this log."""
    ledger.sign()
    ledger.state_heads()
    ledger.desk.application.record_heads(9, b"\0" * 32)
    ledger.change("UPDATE event_log SET state = x'ff' WHERE position = 2")
    wrong, text = compared(ledger)
    assert (wrong, "event 2 of audit cannot be read in its log" in text) == (1, True), text


def test_a_service_that_is_away_is_no_damage(ledger: LedgerDesk):
    """Nothing is said of its events."""

    def away(service: str, method: str, given: Any) -> Any:
        if service == "notify" and method in {"log", "health"}:
            raise Failure("unavailable")
        return ask(ledger, service, method, given)

    ledger.state_heads()
    lines: list[str] = []
    with pytest.raises(Failure, match="unavailable"):
        Comparison(away, lines.append).run([])
    assert not [line for line in lines if "WRONG" in line]
