"""That there is no such case: shown by a file that verifies without us, for a number or an id."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from chassis.eventstore.application import Provenance
from services.audit.application.sight import Reader
from services.audit.domain.case_heads import CaseHeads
from services.audit.domain.evidence import Sought
from services.audit.domain.heads import LEDGER_ID
from services.audit.domain.refusals import (
    CheckpointUnknown,
    HistoryIncomplete,
    PetitionOnRecord,
    PetitionUnknown,
)
from services.audit.gateways.bundles import absence_of
from services.audit.verifier import parts_of
from statute.parties import mark_of
from tests.builders import number, petition_id, registered
from tests.unit.audit.desk import AUDITOR, Desk
from tests.unit.audit.ledgers import LedgerDesk, case, repacked, said

NOBODYS = [Sought("number", number(9)), Sought("petition", petition_id(9))]
ITS_OWN = [Sought("number", number(1)), Sought("petition", petition_id(1))]


@pytest.fixture
def ledger(desk: Desk, tmp_path: Path) -> LedgerDesk:
    made = LedgerDesk(desk, tmp_path / "ledger")
    made.take_in(*case())
    made.state_heads()
    return made


def absence(ledger: LedgerDesk, sought: Sought, known_size: int | None = None) -> bytes:
    reader = Reader(AUDITOR, auditing=True)
    shown = ledger.desk.application.absence(reader, sought, known_size)
    return absence_of(shown, ledger.keys)


def verified(ledger: LedgerDesk, bundle: bytes, tmp_path: Path) -> tuple[int, str]:
    path = tmp_path / "absent.zip"
    path.write_bytes(bundle)
    return said(str(path), ledger.terms)


@pytest.mark.parametrize("sought", NOBODYS, ids=lambda sought: sought.by)
def test_it_is_shown_and_says_up_to_where(ledger: LedgerDesk, sought: Sought, tmp_path: Path):
    status, text = verified(ledger, absence(ledger, sought), tmp_path)
    assert status == 0, text
    assert f"up to leaf 5, 2026-11-25T04:00:00Z, there is no case of the {sought.by}" in text
    assert sought.what in text


@pytest.mark.parametrize("sought", ITS_OWN, ids=lambda sought: sought.by)
def test_of_a_case_that_there_is_it_is_refused(ledger: LedgerDesk, sought: Sought):
    with pytest.raises(PetitionOnRecord):
        absence(ledger, sought)


def lose(ledger: LedgerDesk, *tables: str) -> None:
    for table in tables:
        ledger.change(f"DELETE FROM {table}")


@pytest.mark.parametrize("sought", ITS_OWN, ids=lambda sought: sought.by)
def test_what_the_timeline_has_lost_the_ledger_has_all_the_same(ledger: LedgerDesk, sought: Sought):
    """No absence is shown of what was ever entered."""
    lose(ledger, "matter")
    with pytest.raises(PetitionOnRecord):
        absence(ledger, sought)


@pytest.mark.parametrize("table", ["ledger_end", "ledger_ends_hash", "ledger_ends"])
@pytest.mark.parametrize("sought", ITS_OWN, ids=lambda sought: sought.by)
def test_nothing_is_shown_over_ends_of_which_some_are_lost(
    ledger: LedgerDesk, sought: Sought, table: str
):
    """Or a lost end would be proof that there is no such case."""
    lose(ledger, "matter", table)
    with pytest.raises(HistoryIncomplete):
        absence(ledger, sought)


def test_a_case_that_is_not_stated_yet_is_on_record(ledger: LedgerDesk):
    ledger.take_in(registered(2, 9))
    with pytest.raises(PetitionOnRecord):
        absence(ledger, NOBODYS[0])


def test_to_a_party_of_what_is_sealed_there_is_no_such_petition(ledger: LedgerDesk):
    event = registered(2, 9)
    event.data.update(sealed=True, kept_out=[mark_of(number(9), AUDITOR.subject)])
    ledger.take_in(event)
    with pytest.raises(PetitionUnknown):
        absence(ledger, NOBODYS[0])


def test_nothing_is_shown_before_the_ends_were_stated(desk: Desk, tmp_path: Path):
    ledger = LedgerDesk(desk, tmp_path / "ledger")
    ledger.take_in(*case())
    ledger.sign()
    with pytest.raises(HistoryIncomplete):
        absence(ledger, NOBODYS[0])


def test_it_grows_out_of_a_checkpoint_that_was_kept(ledger: LedgerDesk, tmp_path: Path):
    bundle = absence(ledger, NOBODYS[0], known_size=6)
    assert "grew from 6 leaves" in verified(ledger, bundle, tmp_path)[1]
    with pytest.raises(CheckpointUnknown):
        absence(ledger, NOBODYS[0], known_size=99)


class TestForged:
    def test_of_another_number(self, ledger: LedgerDesk, tmp_path: Path):
        bundle = repacked(absence(ledger, NOBODYS[0]), absent=f"number {number(1)}\n".encode())
        assert "does not show what became of number" in verified(ledger, bundle, tmp_path)[1]

    @pytest.mark.parametrize("by", ["number", "petition"])
    def test_with_the_bucket_of_another(self, ledger: LedgerDesk, by: str, tmp_path: Path):
        bundle = absence(ledger, NOBODYS[0])
        there = {"number": number(1), "petition": petition_id(1)}[by]
        heads = parts_of(bundle)["heads.json"].replace(
            f'"number":"{number(9)}"'.encode(), f'"{by}":"{there}"'.encode()
        )
        ordered = sorted_members(heads)
        forged = repacked(bundle, **{"absent": f"{by} {there}\n".encode(), "heads.json": ordered})
        assert "is not the one in the ledger" in verified(ledger, forged, tmp_path)[1]

    def test_of_a_case_that_there_is(self, ledger: LedgerDesk, tmp_path: Path):
        """With its true ends, which say otherwise."""
        parts = parts_of(ledger.bundle())
        absent = f"petition {petition_id(1)}\n".encode()
        forged = repacked(absence(ledger, NOBODYS[0]), absent=absent, **{
            name: parts[name] for name in parts if name.startswith(("heads", "checkpoint"))
        }, consistency=parts["consistency"])  # fmt: skip
        assert "there is a case of the petition" in verified(ledger, forged, tmp_path)[1]

    def test_of_no_kind_that_there_is(self, ledger: LedgerDesk, tmp_path: Path):
        bundle = absence(ledger, NOBODYS[0])
        heads = parts_of(bundle)["heads.json"].replace(b'"number"', b'"nummer"')
        absent = f"nummer {number(9)}\n".encode()
        forged = repacked(bundle, **{"absent": absent, "heads.json": sorted_members(heads)})
        assert verified(ledger, forged, tmp_path)[0] == 1

    def test_over_ends_that_were_stated_without_numbers(self, desk: Desk, tmp_path: Path):
        """Of those no absence of a number follows: the first statements were so."""
        ledger = LedgerDesk(desk, tmp_path / "ledger", record=partial(record_as_once, desk))
        ledger.take_in(*case())
        ledger.state_heads()
        status, text = verified(ledger, absence(ledger, NOBODYS[0]), tmp_path)
        assert (status, "do not have the numbers of petitions" in text) == (1, True)
        assert verified(ledger, absence(ledger, NOBODYS[1]), tmp_path)[0] == 0


def record_as_once(desk: Desk, size: int, root: bytes) -> None:
    """State the ends as the first release did."""
    fields = {"petition_id": str(LEDGER_ID), "size": size, "root": root.hex()}
    id_, at = CaseHeads.create_id(size), desk.clock()

    def decide(unit: Any) -> dict[str, Any]:
        unit.add(CaseHeads._create(CaseHeads.Recorded, id=id_, timestamp=at, **fields))
        return {}

    desk.application.run(Provenance("service:audit", "once", "once"), decide)


def sorted_members(heads: bytes) -> bytes:
    return json.dumps(json.loads(heads), sort_keys=True, separators=(",", ":")).encode()
