"""All logs compared with the ledger: what it states of the ends of all cases as well."""

from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from chassis.eventstore.application import Answer, Provenance, Unit
from chassis.eventstore.paging import CursorInvalid
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
from services.audit.readmodels.matters import Damaged, MatterPage, MatterTables
from services.audit.verifier import Ends, Leaf
from shouwen.comparing import Comparison
from tests.builders import HOUR, cloud_event, number, petition_id, registered
from tests.unit.audit.desk import AUDITOR, Desk
from tests.unit.audit.ledgers import LedgerDesk, attempts, case
from tests.unit.audit.test_disclosing import sealed
from tests.unit.audit.test_merging import linked, naming, unlinked


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
    if method == "matters":
        return matters_of(ledger, given)
    if method == "health":
        return {"head": head_of(ledger, service)}
    return {"events": log_of(ledger, service, given["after"], given["limit"])}


def log_of(ledger: LedgerDesk, service: str, after: int, limit: int) -> list[CloudEvent]:
    if service == "audit":
        recorded = ledger.log.select_recorded(after, limit)
        return list(map(teller("audit", TELLINGS), recorded))
    return list(ledger.desk.log.events_after(service, after, limit))


def matters_of(ledger: LedgerDesk, given: Any) -> dict[str, Any]:
    limit = min(given["limit"], 2)
    with ledger.log.reading() as questions:
        page = MatterTables(stretch=2).page(questions, given["cursor"], limit)
    return {**page._asdict(), "strays": [name for name, _ in page.strays]}


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


@pytest.fixture
def woven(ledger: LedgerDesk) -> LedgerDesk:
    """A ledger of petitions that were linked, taken along and let go; sealed ones were shown."""
    ledger.take_in(registered(3, 3, 2), naming(registered(4, 4, 2), 3), sealed(5, 5))
    ledger.take_in(linked(6, 2, 1, 3, 4), unlinked(7, 3, 1, 4), linked(8, 5, 1))
    Disclosing(ledger.desk.application, FactLists()).shown(
        Reader(AUDITOR, auditing=True), "audit.feed", [petition_id(5)]
    )
    ledger.desk.clock.advance(HOUR)
    ledger.desk.replay(of=number(2))
    ledger.state_heads()
    return ledger


def test_petitions_that_move_belong_where_the_facts_have_put_them(woven: LedgerDesk):
    wrong, text = compared(woven)
    assert (wrong, "5 petitions compared" in text) == (0, True), text
    assert compared(woven)[0] == 0


def test_a_petition_that_cannot_be_read_is_named_and_hides_nothing(woven: LedgerDesk):
    woven.change(f"UPDATE matter SET matter_id = CAST(x'ff' AS TEXT) WHERE number = '{number(2)}'")
    woven.change(f"UPDATE matter SET matter_id = 'x' WHERE number = '{number(4)}'")
    wrong, text = compared(woven)
    assert f"{number(2)} cannot be read where audit finds petitions" in text
    assert f"{number(4)} belongs to another matter" in text
    assert wrong == 2, text


def test_a_text_that_is_none_is_told_from_a_database_that_is_away(woven: LedgerDesk):
    """SQLite's driver does not tell them apart, and who asks would try for ever."""
    woven.change(f"UPDATE matter SET matter_id = CAST(x'ff' AS TEXT) WHERE number = '{number(2)}'")
    with pytest.raises(Damaged), woven.log.reading() as questions:
        MatterTables().page(questions, "", 50)


OF_1, OF_2 = f"number = '{number(1)}'", f"number = '{number(2)}'"
FORGED = {
    f"UPDATE matter SET matter_id = 'x' WHERE {OF_1}": f"{number(1)} belongs to another matter",
    f"UPDATE matter SET repeats_id = '' WHERE {OF_2}": f"{number(2)} repeats another petition",
    f"DELETE FROM matter WHERE {OF_2}": f"{number(2)} is not among the petitions",
    "INSERT INTO matter VALUES ('XF-0', 'x', 'x', 'XF-0', '')": (
        "XF-0 is among the petitions, and no fact puts it on record"
    ),
    f"DELETE FROM matter_moved WHERE {OF_2}": f"{number(2)} belonged to other matters before",
    "UPDATE matter_moved SET moved_at = '2020' WHERE position = 7": (
        f"{number(4)} belonged to other matters before where replay reads it; see intake 7"
    ),
    "DELETE FROM case_shown WHERE rowid IN (SELECT min(rowid) FROM case_shown)": (
        f"{number(5)} was shown in other answers"
    ),
    "UPDATE case_shown SET position = position + 1": f"{number(5)} was shown in other answers",
}


@pytest.mark.parametrize(("sql", "said"), FORGED.items())
def test_what_replay_finds_cases_by_is_compared_with_the_facts(
    woven: LedgerDesk, sql: str, said: str
):
    """The logs, the ledger and every fact are as they were."""
    woven.change(sql)
    wrong, text = compared(woven)
    assert (wrong > 0, said in text) == (True, True), text


STRAY = (
    "INSERT INTO timeline (source, position, petition_id, event_id, type, occurred_at,"
    " recorded_at, actor, cause, correlation_id, data, stream, stream_version)"
    " SELECT {source}, {position}, petition_id, 'forged', 'case.closed.v1', occurred_at,"
    " recorded_at, actor, cause, correlation_id, data, stream, stream_version"
    " FROM timeline WHERE source = 'notify' AND position = 3"
)


@pytest.mark.parametrize(
    ("source", "position"),
    [
        ("notify", "4711"),
        ("notify", "0"),
        ("notify", "3.5"),
        ("notify", "9223372036854775807"),
        ("nobody", "1"),
        ("intake", "99"),
        ("", "-7"),
    ],
)
def test_a_fact_that_no_log_has_is_found_and_named(woven: LedgerDesk, source: str, position: str):
    """Behind all others, before them, between them, or of a service that there is not."""
    woven.change(STRAY.format(source=f"'{source}'", position=position))
    wrong, text = compared(woven)
    assert wrong == 1
    assert f"{source} {position} (case.closed.v1) is where replay reads, and not in" in text


def test_many_facts_that_no_log_has_are_all_found(woven: LedgerDesk):
    """More between two others than are looked at together: the comparison ends all the same."""
    for position in ("3.25", "3.5", "3.75", "4711", "4712", "-1"):
        woven.change(STRAY.format(source="'notify'", position=position))
    woven.change(STRAY.format(source="'responsibility'", position="1"))
    _, text = compared(woven)
    for fact in ("notify 3.25", "notify 3.5", "notify 4711", "notify 4712", "responsibility 1"):
        assert f"{fact} (case.closed.v1) is where replay reads, and not in" in text


@pytest.mark.parametrize("position", ["'x'", "x'ff'"])
def test_a_fact_at_no_place_at_all_is_found(woven: LedgerDesk, position: str):
    woven.change(STRAY.format(source="'notify'", position=position))
    wrong, text = compared(woven)
    assert (wrong > 0, "(case.closed.v1) is where replay reads" in text) == (True, True), text


def test_a_fact_that_no_log_has_and_that_cannot_be_read_is_no_damaged_petition(woven: LedgerDesk):
    woven.change(STRAY.format(source="'notify'", position="4711"))
    woven.change("UPDATE timeline SET type = CAST(x'ff' AS TEXT) WHERE position = 4711")
    wrong, text = compared(woven)
    assert (wrong, "facts that are not in the ledger cannot be read" in text) == (1, True), text


def test_no_question_for_facts_without_a_leaf_is_about_more_than_a_stretch(woven: LedgerDesk):
    woven.change(STRAY.format(source="'notify'", position="4711"))
    pages = list[MatterPage]()
    with woven.log.reading() as questions:
        rows = questions.query("SELECT count(*) FROM timeline", ())[0][0]
        while not pages or pages[-1].next_cursor:
            cursor = pages[-1].next_cursor if pages else "facts "
            pages.append(MatterTables(stretch=2).page(questions, cursor, 50))
    strays = [name for page in pages for name, _ in page.strays]
    assert (strays, len(pages)) == (["notify 4711 (case.closed.v1)"], rows // 2 + 1)


@pytest.mark.parametrize("cursor", ["facts x notify", "facts 1", f"facts {2**63} notify"])
def test_a_cursor_that_no_page_gave_is_refused(woven: LedgerDesk, cursor: str):
    with woven.log.reading() as questions, pytest.raises(CursorInvalid):
        MatterTables().page(questions, cursor, 50)


@pytest.mark.parametrize("first", [0, 1, 3])
def test_an_answer_that_does_not_come_in_time_is_no_damaged_petition(woven: LedgerDesk, first: int):
    """From the first page on, from a later one, from the facts on: it is said as it is."""
    asked = list[str]()

    def late(service: str, method: str, given: Any) -> Any:
        if method == "matters":
            asked.append(given["cursor"])
            if len(asked) > first:
                raise Failure("unavailable", fields={"service": "audit"})
        return ask(woven, service, method, given)

    lines = list[str]()
    with pytest.raises(Failure, match="unavailable"):
        Comparison(late, lines.append).run([])
    assert not [line for line in lines if "WRONG" in line]


def test_a_fact_that_is_gone_where_replay_reads_is_found_and_named(woven: LedgerDesk):
    """Though nothing is parked; those behind it are compared all the same."""
    woven.change("DELETE FROM timeline WHERE source = 'notify' AND position = 3")
    woven.change("UPDATE timeline SET actor = 'x' WHERE source = 'notify' AND position = 6")
    wrong, text = compared(woven)
    assert wrong == 2, text
    assert "notify 3 (reminder.delivered.v1) is in the ledger and not where replay" in text
    assert "notify 6 (reminder.delivered.v1) was changed where replay reads it" in text


def test_by_the_keys_that_the_ledger_names_not_all_is_shown(ledger: LedgerDesk):
    """Whoever rewrote it may have made them."""
    ledger.sign()
    for keys in ([], ledger.terms.keys):
        comparison = Comparison(partial(ask, ledger), lambda _: None)
        assert (comparison.run(keys), comparison.complete) == (0, bool(keys))


def test_a_ledger_that_was_emptied_is_found_by_the_logs(ledger: LedgerDesk):
    """As one that was never signed: there is no checkpoint, and all has happened."""
    ledger.desk.application.record_heads(9, b"\0" * 32)
    wrong, text = compared(ledger)
    assert wrong == 3, text
    for service, count in (("intake", 2), ("notify", 8), ("audit", 1)):
        assert f"WRONG  {service} has {count} events in its log, and the ledger none" in text


def test_where_nothing_has_happened_yet_nothing_is_wrong(desk: Desk, tmp_path: Path):
    """Without a key not all is shown, there as everywhere."""
    empty = LedgerDesk(desk, tmp_path / "ledger")
    for keys in ([], empty.terms.keys):
        comparison = Comparison(partial(ask, empty), lambda _: None)
        assert (comparison.run(keys), comparison.complete) == (0, bool(keys))


def test_what_is_parked_is_said_to_wait_and_is_no_fault(ledger: LedgerDesk):
    """It is in the ledger, and to be redriven; until then it is not known what it has done."""
    data = {"petition_id": petition_id(9), "number": number(9)}
    ledger.take_in(cloud_event("notify", 9, "future.thing.v9", data), *attempts(1, first=10))
    ledger.sign()
    lines: list[str] = []
    comparison = Comparison(partial(ask, ledger), lines.append)
    keys = ledger.terms.keys
    assert (comparison.run(keys), comparison.waiting, comparison.complete) == (0, 1, False)
    text = "\n".join(lines)
    assert "LACKS  notify 9 (future.thing.v9) is parked" in text
    assert "which matter each petition belongs to was not compared" in text
