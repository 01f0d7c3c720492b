"""Witnesses: a server of the standard, and a folder, sign what grew and nothing else."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest
from structlog.testing import capture_logs

from services.audit.application.witnessing import (
    WITNESSED,
    SawOther,
    Witness,
    WitnessAway,
    Witnessing,
    WitnessRefuses,
)
from services.audit.domain.notes import Checkpoint, signed
from services.audit.gateways.signing import signers_from
from services.audit.gateways.tilefiles import TileFiles
from services.audit.gateways.witnesses import (
    FileWitness,
    HttpWitness,
    WitnessInvalid,
    WitnessKey,
    witnesses_from,
)
from services.audit.readmodels.cosignatures import CosignatureTable
from services.audit.verifier import COSIGNS, Key, Terms
from tests.unit.audit.desk import Desk
from tests.unit.audit.ledgers import ORIGIN, LedgerDesk, attempts, case, keys_text, said
from tests.unit.audit.witness_server import WitnessServer, serving
from tests.unit.stores import rows


@pytest.fixture
def ledger(desk: Desk, tmp_path: Path) -> LedgerDesk:
    made = LedgerDesk(desk, tmp_path / "ledger")
    made.take_in(*case())
    made.sign()
    return made


@pytest.fixture
def server(ledger: LedgerDesk) -> Iterator[tuple[WitnessServer, HttpWitness]]:
    made = WitnessServer(ORIGIN, ledger.signers[0].public)
    http, url = serving(made)
    with httpx.Client(timeout=5) as client:
        yield made, HttpWitness(WitnessKey.read(made.public), url, client)
    http.shutdown()
    http.server_close()


def witnessing(ledger: LedgerDesk, *witnesses: Witness) -> Witnessing:
    return Witnessing(
        ledger.log,
        ledger.trees,
        witnesses,
        CosignatureTable(),
        TileFiles(ledger.folder),
        ledger.desk.clock,
    )


def grow(ledger: LedgerDesk, count: int, first: int) -> None:
    ledger.take_in(*attempts(count, first=first))
    ledger.sign()


def witnessed(ledger: LedgerDesk) -> str:
    return (ledger.folder / WITNESSED).read_text()


def verified(ledger: LedgerDesk, key: str) -> tuple[int, str]:
    """Verify the published files against the checkpoint that the witness has signed."""
    terms = Terms(ledger.terms.keys, witnessed(ledger), [Key.read(key, COSIGNS)])
    return said(str(ledger.folder), terms)


class TestAServerOfTheStandard:
    def test_signs_each_growth(self, ledger: LedgerDesk, server):
        """And the verifier says so, with the time."""
        made, witness = server
        asking = witnessing(ledger, witness)
        for first in (6, 13, 300):
            asking.work()
            status, text = verified(ledger, made.public)
            assert status == 0, text
            assert "witness.example/w1 has witnessed" in text
            count = 294 - 7 if first == 13 else 7
            grow(ledger, count, first)
        asking.work()
        kept = rows(ledger.desk.application, "ledger_cosignature")
        assert len(kept) == 4
        assert made.size == ledger.trees.size(ledger.log)

    def test_is_not_asked_twice_for_one_size(self, ledger: LedgerDesk, server):
        made, witness = server
        for _ in range(3):
            witnessing(ledger, witness).work()
        assert len(made.asked) == 1

    def test_is_asked_again_from_where_it_was(self, ledger: LedgerDesk, server):
        """A crash before its signature was kept: it tells how far it has seen."""
        made, witness = server
        note = ledger.note()
        assert witness.cosign(0, [], note)
        grow(ledger, 9, 6)
        witnessing(ledger, witness).work()
        assert made.size == ledger.trees.size(ledger.log)
        assert [body.partition("\n")[0] for body in made.asked] == ["old 0", "old 0", "old 6"]

    @pytest.mark.parametrize(
        ("fault", "said"),
        [
            ("away", "witness_away"),
            ("refuses", "witness_refuses"),
            ("says nothing", "witness_refuses"),
        ],
    )
    def test_that_does_not_sign_is_told_of_once(
        self, ledger: LedgerDesk, server, fault: str, said: str
    ):
        """And asked again; nothing is published as witnessed."""
        made, witness = server
        made.fault, asking = fault, witnessing(ledger, witness)
        with capture_logs() as lines:
            asking.work()
            asking.work()
        assert [line["event"] for line in lines] == [said]
        assert not (ledger.folder / WITNESSED).exists()
        made.fault = ""
        asking.work()
        assert verified(ledger, made.public)[0] == 0

    def test_that_nobody_answers_for_is_away(self, ledger: LedgerDesk, server):
        made, _ = server
        with httpx.Client(timeout=1) as client:
            nobody = HttpWitness(WitnessKey.read(made.public), "http://127.0.0.1:9", client)
            with capture_logs() as lines:
                witnessing(ledger, nobody).work()
        assert [line["event"] for line in lines] == ["witness_away"]

    def test_that_has_seen_another_ledger_refuses_ours(
        self, ledger: LedgerDesk, server, desk: Desk, tmp_path: Path
    ):
        """Of the same key: a fork, or an old backup."""
        made, witness = server
        witnessing(ledger, witness).work()
        made.root = b"\0" * 32
        grow(ledger, 9, 6)
        with capture_logs() as lines:
            witnessing(ledger, witness).work()
        assert [line["event"] for line in lines] == ["witness_refuses"]
        made.size = 1_000
        with capture_logs() as lines:
            witnessing(ledger, witness).work()
        assert [(line["event"], line["reason"]) for line in lines] == [
            ("witness_saw_other_ledger", "of 1000 leaves")
        ]

    def test_that_has_forgotten_what_it_signed_is_told_of_and_shown_ours(
        self, ledger: LedgerDesk, server
    ):
        """It was put back to an older state: it could be shown another history from there."""
        made, witness = server
        witnessing(ledger, witness).work()
        older = made.size, made.root
        grow(ledger, 9, 6)
        witnessing(ledger, witness).work()
        made.size, made.root = older
        grow(ledger, 4, 15)
        asking = witnessing(ledger, witness)
        with capture_logs() as lines:
            asking.work()
            asking.work()
        assert [(line["event"], line["size"]) for line in lines] == [("witness_forgot", 6)]
        assert made.size == ledger.trees.size(ledger.log)
        assert verified(ledger, made.public)[0] == 0

    def test_is_not_believed_when_its_signature_is_anothers(self, ledger: LedgerDesk, server):
        _, witness = server
        other = WitnessServer(ORIGIN, ledger.signers[0].public)
        posing = HttpWitness(WitnessKey.read(other.public), witness.url, witness.client)
        with pytest.raises(WitnessRefuses, match="not good"):
            posing.cosign(0, [], ledger.note())


@dataclass
class Fixed:
    """Its clock stands still."""

    at: float = 1_764_000_000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def folder(ledger: LedgerDesk, tmp_path: Path) -> FileWitness:
    return FileWitness("file-witness", tmp_path / "witness", ledger.signers, Fixed())


class TestAFolder:
    def test_signs_each_growth(self, ledger: LedgerDesk, folder: FileWitness):
        asking = witnessing(ledger, folder)
        for first in (6, 9):
            asking.work()
            key = (folder.folder / "key.public").read_text().strip()
            status, text = verified(ledger, key)
            assert (status, "at 2025-11-24T16:00:00+00:00" in text) == (0, True), text
            grow(ledger, 3, first)
        assert (folder.folder / "key").stat().st_mode & 0o777 == 0o600

    def test_does_not_sign_an_older_or_another_ledger(
        self, ledger: LedgerDesk, folder: FileWitness, tmp_path: Path
    ):
        """Whoever puts an old backup back does not get its signature."""
        grow(ledger, 5, 6)
        folder.cosign(0, [], ledger.note())
        with pytest.raises(SawOther):
            folder.cosign(0, [], ledger.note())
        grow(ledger, 5, 11)
        with pytest.raises(WitnessRefuses, match=r"nothing shows|did not grow"):
            folder.cosign(11, [], ledger.note())

    def test_goes_on_when_the_key_that_signed_what_it_saw_is_gone(
        self, ledger: LedgerDesk, folder: FileWitness
    ):
        """It has checked that then; growth of it is checked all the same."""
        folder.cosign(0, [], ledger.note())
        renewed = replace(ledger, signers=signers_from(ORIGIN, keys_text("2")))
        later = replace(folder, signers=renewed.signers)
        grow(renewed, 5, 6)
        with pytest.raises(WitnessRefuses, match=r"nothing shows|did not grow"):
            later.cosign(6, [], renewed.note())
        witnessing(renewed, later).work()
        key = (folder.folder / "key.public").read_text().strip()
        assert verified(renewed, key)[0] == 0

    def test_has_one_ledger(self, ledger: LedgerDesk, folder: FileWitness):
        folder.cosign(0, [], ledger.note())
        other = signers_from("other.example/ledger", keys_text("1"))
        note = signed(Checkpoint(other[0].name, 6, b"r" * 32).text, other)
        with pytest.raises(WitnessRefuses, match="what it saw last is of another ledger"):
            replace(folder, signers=other).cosign(6, [], note)

    def test_is_asked_by_one_process_at_a_time(self, ledger: LedgerDesk, folder: FileWitness):
        """Two that have read the same could be signed two histories."""
        with folder._alone(), pytest.raises(WitnessAway):
            folder.cosign(0, [], ledger.note())
        assert folder.cosign(0, [], ledger.note())

    @pytest.mark.parametrize("name", ["key", "seen"])
    def test_that_is_damaged_is_away_and_stops_nothing(
        self, ledger: LedgerDesk, folder: FileWitness, name: str
    ):
        folder.cosign(0, [], ledger.note())
        (folder.folder / name).write_bytes(b"{")
        grow(ledger, 1, 6)
        with capture_logs() as lines:
            witnessing(ledger, folder).work()
        assert [line["event"] for line in lines] == ["witness_away"]

    def test_that_cannot_be_written_is_away(self, ledger: LedgerDesk, folder: FileWitness):
        folder.folder.write_text("a file in the place of the folder")
        with capture_logs() as lines:
            witnessing(ledger, folder).work()
        assert [line["event"] for line in lines] == ["witness_away"]

    def test_signs_for_no_other_key(self, ledger: LedgerDesk, folder: FileWitness):
        with pytest.raises(WitnessRefuses, match="not signed by the key"):
            folder.cosign(0, [], ledger.note().replace("\n6\n", "\n7\n"))


def test_several_stand_under_one_checkpoint(ledger: LedgerDesk, server, folder: FileWitness):
    made, witness = server
    witnessing(ledger, witness, folder).work()
    key = (folder.folder / "key.public").read_text().strip()
    assert verified(ledger, made.public)[0] == verified(ledger, key)[0] == 0


def test_a_checkpoint_that_a_witness_has_not_signed_is_refused(ledger: LedgerDesk, server):
    made, witness = server
    witnessing(ledger, witness).work()
    other = WitnessServer(ORIGIN, b"")
    status, text = verified(ledger, other.public)
    assert (status, "is not signed by the witness" in text) == (1, True)
    terms = Terms(ledger.terms.keys, "", [Key.read(made.public, COSIGNS)])
    assert said(str(ledger.folder), terms)[0] == 2


def test_the_bundle_of_a_case_grows_out_of_what_a_witness_saw(
    ledger: LedgerDesk, server, tmp_path: Path
):
    made, witness = server
    witnessing(ledger, witness).work()
    grow(ledger, 5, 6)
    ledger.state_heads()
    path = tmp_path / "case.zip"
    path.write_bytes(ledger.bundle(known_size=6))
    terms = Terms(ledger.terms.keys, witnessed(ledger), [Key.read(made.public, COSIGNS)])
    status, text = said(str(path), terms)
    assert (status, "has witnessed 6 leaves" in text) == (0, True), text


def bad_settings() -> Sequence[str]:
    key = WitnessServer(ORIGIN, b"").public
    return (
        "nonsense",
        key,
        f"{key} ftp://w.example",
        f"{key} http://",
        f"{key} http://[::1",
        f"x{key} https://w.example",
        f"{key[:-4]} https://w.example",
    )


@pytest.mark.parametrize("setting", bad_settings())
def test_a_setting_that_names_no_witness_is_refused(setting: str):
    with pytest.raises(WitnessInvalid):
        witnesses_from(setting)


def test_a_setting_names_any_number_of_them():
    keys = [WitnessServer(ORIGIN, b"").public for _ in range(2)]
    found = witnesses_from(f"{keys[0]} https://a.example/x, {keys[1]} http://b.example")
    assert [(each.name, each.url) for each in found] == [
        ("witness.example/w1", "https://a.example/x"),
        ("witness.example/w1", "http://b.example"),
    ]
    assert witnesses_from("") == []
