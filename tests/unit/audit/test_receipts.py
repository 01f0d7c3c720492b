"""Receipts: leaves with their events and proofs, one or a folder of them, checked by themselves."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.audit.application.ledger import Ledger
from services.audit.domain.merkle import inclusion_proof, leaf_hash, root_over
from services.audit.readmodels.evidence import EvidenceTables
from services.audit.verifier import Terms, Tree, Wrong, root_from_inclusion
from shouwen.follow_through import write_receipts
from shouwen.report_files import Line
from tests.builders import cloud_event, number, petition_id
from tests.unit.audit.desk import Desk
from tests.unit.audit.ledgers import LedgerDesk, attempts, case, said


@pytest.fixture
def ledger(desk: Desk, tmp_path: Path) -> LedgerDesk:
    ledger = LedgerDesk(desk, tmp_path / "ledger")
    ledger.take_in(*case(events=30))
    ledger.sign()
    return ledger


@pytest.fixture
def folder(ledger: LedgerDesk, tmp_path: Path) -> Path:
    return written(ledger, tmp_path / "november.proofs", [0, 2, 3, 17, 30])


def written(ledger: LedgerDesk, folder: Path, leaves: list[int]) -> Path:
    """Write receipts as a report does."""
    audited = Ledger(ledger.log, ledger.trees, EvidenceTables(), ledger.keys)
    write_receipts(
        lambda _service, _method, given: audited.receipts(given["positions"]),
        folder,
        [Line("L1", leaves=leaves)],
    )
    return folder


def test_a_folder_of_them_holds(ledger: LedgerDesk, folder: Path):
    status, told = said(str(folder), ledger.terms)
    assert status == 0
    assert "5 leaves are in the ledger" in told
    assert "5 events are those that their leaves bind" in told


def test_it_is_compared_with_the_checkpoint_that_was_kept(ledger: LedgerDesk, folder: Path):
    keys = ledger.terms.keys
    assert "that you kept, of 31" in said(str(folder), Terms(keys, ledger.note()))[1]
    ledger.take_in(*attempts(1, first=31))
    ledger.sign()
    assert said(str(folder), Terms(keys, ledger.note()))[0] == 2


def test_those_of_several_visits_lie_in_one_folder(ledger: LedgerDesk, folder: Path):
    ledger.take_in(*attempts(3, first=31))
    ledger.sign()
    written(ledger, folder, [1, 32])
    assert said(str(folder), ledger.terms)[0] == 0


def changed(name: str, old: bytes, new: bytes) -> Callable[[Path], object]:
    def change(folder: Path) -> None:
        content = (folder / name).read_bytes()
        assert old in content
        (folder / name).write_bytes(content.replace(old, new, 1))

    return change


def moved(folder: Path) -> None:
    """Give a leaf, whole, under the number of another one."""
    for kind in ("leaf", "event", "tlog-proof"):
        (folder / f"3.{kind}").replace(folder / f"2.{kind}")


@pytest.mark.parametrize(
    ("change", "status", "found"),
    [
        (changed("17.event", b"330424", b"330425"), 1, "was changed after it was entered"),
        (changed("17.leaf", b'"seq":17', b'"seq":18'), 1, "is not in the ledger at 17"),
        (changed("17.tlog-proof", b"index 17", b"index 16"), 1, "is not in the ledger at 16"),
        (changed("17.tlog-proof", b"index 17\n", b"index 17\n" + b"A" * 43 + b"=\n"), 1, "leaf 17"),
        (moved, 1, "2.tlog-proof is the receipt of leaf 3"),
        (lambda folder: (folder / "0.leaf").unlink(), 2, "FileNotFoundError"),
        (lambda folder: (folder / "0.event").write_bytes(b""), 1, "was changed"),
    ],
)
def test_what_was_changed_in_it_is_named(
    ledger: LedgerDesk,
    folder: Path,
    change: Callable[[Path], object],
    status: int,
    found: str,
):
    change(folder)
    exit_status, told = said(str(folder), ledger.terms)
    assert (exit_status, found in told) == (status, True), told


def test_an_event_that_is_not_there_is_told(ledger: LedgerDesk, folder: Path):
    (folder / "17.event").unlink()
    status, told = said(str(folder), ledger.terms)
    assert (status, "of 1 leaves the event does not lie beside" in told) == (0, True)


def test_one_alone_is_checked_with_its_event(ledger: LedgerDesk, folder: Path):
    receipt = str(folder / "17.tlog-proof")
    assert "the event is the one that the leaf binds" in said(receipt, ledger.terms)[1]
    changed("17.event", b"330424", b"330425")(folder)
    assert said(receipt, ledger.terms)[0] == 1


def test_of_an_event_that_is_parked_there_is_none(ledger: LedgerDesk, tmp_path: Path):
    data = {"petition_id": petition_id(2), "number": number(2)}
    ledger.take_in(cloud_event("notify", 31, "future.thing.v9", data))
    ledger.sign()
    folder = written(ledger, tmp_path / "parked", [31])
    assert not (folder / "31.event").exists()
    assert said(str(folder), ledger.terms)[0] == 0


@pytest.mark.parametrize(
    "damage",
    [
        "data = '{'",
        "data = x'ff'",
        "recorded_at = 'x'",
        "occurred_at = ''",
        "occurred_at = '0001-01-01T00:00:00+08:00'",
    ],
)
def test_a_leaf_whose_event_cannot_be_read_is_proved_without_it(
    ledger: LedgerDesk, tmp_path: Path, damage: str
):
    """The leaf is sound, and so are the others that are asked for with it."""
    ledger.change(f"UPDATE timeline SET {damage} WHERE source = 'notify' AND position = 17")
    folder = written(ledger, tmp_path / "damaged", [16, 17, 18])
    assert len(list(folder.glob("*.leaf"))) == 3
    assert sum(each.stat().st_size > 0 for each in folder.glob("*.event")) == 2
    assert said(str(folder), ledger.terms)[0] == 0


SIZES = st.integers(1, 70)
KINDS = ["", "", "", "leaf", "path", "cut", "more", "index", "octets"]


@given(size=SIZES, data=st.data())
def test_what_many_paths_share_changes_nothing_of_what_holds(size: int, data: st.DataObject):
    """In any order, changed in any place: a path holds as it would alone."""
    leaves = [bytes([at]) for at in range(size)]
    hashes = list(map(leaf_hash, leaves))
    tree = Tree(size, root_over(leaves))
    stored = Stored(hashes)
    for _ in range(data.draw(st.integers(1, 12))):
        index = data.draw(st.integers(0, size - 1))
        path = inclusion_proof(stored, index, size)
        hash_ = hashes[index]
        match data.draw(st.sampled_from(KINDS)):
            case "leaf":
                hash_ = data.draw(st.sampled_from(hashes))
            case "path" if path:
                path[data.draw(st.integers(0, len(path) - 1))] = data.draw(st.sampled_from(hashes))
            case "cut":
                path = path[: data.draw(st.integers(0, len(path)))]
            case "more":
                path = [*path, *data.draw(st.lists(st.sampled_from(hashes), max_size=3))]
            case "index":
                index = data.draw(st.integers(-2, 2 * size + 2))
            case "octets" if path and index & 1:
                hash_, path = path[0][31:] + hash_, [path[0][:31], *path[1:]]
            case "octets" if path:
                hash_, path = hash_[:31], [hash_[31:] + path[0], *path[1:]]
        assert tree.has(index, hash_, path) == holds_alone(index, size, hash_, path, tree.root)


def holds_alone(index: int, size: int, hash_: bytes, path: list[bytes], root: bytes) -> bool:
    try:
        return root_from_inclusion(index, size, hash_, path) == root
    except Wrong:
        return False


class Stored:
    """The hashes of a tree of fewer than 256 leaves."""

    def __init__(self, leaves: list[bytes]) -> None:
        self.leaves = leaves

    def hashes(self, _level: int, start: int, stop: int) -> list[bytes]:
        return self.leaves[start:stop]
