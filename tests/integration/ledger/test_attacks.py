"""Attacks by a superuser of the database who owns the files as well: each is found, and where."""

import random
import shutil
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from services.audit.application.disclosing import Disclosing
from services.audit.application.notary import Notary
from services.audit.application.sight import Reader
from services.audit.domain.chains import Bound, chained
from services.audit.domain.heads import BUCKETS, bucket_of, key_of
from services.audit.domain.leaves import Leaf, leaf_of
from services.audit.domain.merkle import inclusion_proof, leaf_hash
from services.audit.gateways.signing import signers_from
from services.audit.gateways.tilefiles import TileFiles
from services.audit.readmodels.ends import EndTables
from services.audit.readmodels.lists import FactLists
from services.audit.verifier import (
    Report,
    Terms,
    Unreadable,
    Wrong,
    _end_of,
    manifest_of,
    packed,
    parts_of,
    verify_bundle,
)
from tests.builders import number, petition_id, registered
from tests.integration.ledger.conftest import Change
from tests.unit.audit.desk import AUDITOR
from tests.unit.audit.ledgers import ORIGIN, LedgerDesk, attempts, keys_text, repacked
from tests.unit.audit.test_comparing import STRAY, compared
from tests.unit.audit.test_disclosing import sealed
from tests.unit.audit.test_merging import linked

BITS = 10_000


@pytest.fixture
def kept(ledger: LedgerDesk) -> str:
    """A ledger of ten events that an auditor has seen, and of twelve since."""
    ledger.take_in(registered(1), *attempts(9))
    ledger.sign()
    kept = ledger.note()
    ledger.take_in(*attempts(2, first=10))
    ledger.sign()
    return kept


def published(ledger: LedgerDesk) -> None:
    """Write the files anew from the tables as they are now."""
    shutil.rmtree(ledger.folder, ignore_errors=True)
    notary_of(ledger).publish()


def notary_of(ledger: LedgerDesk, letter: str = "1") -> Notary:
    signers = signers_from(ORIGIN, keys_text(letter))
    return Notary(ledger.log, ledger.trees, signers, TileFiles(ledger.folder), ledger.desk.clock)


def signed_anew(ledger: LedgerDesk, change: Change, letter: str = "1") -> None:
    """Forget all signatures and sign the tables as they are now: who has the key can."""
    change("DELETE FROM ledger_checkpoint")
    change("DELETE FROM ledger_subtree")
    shutil.rmtree(ledger.folder, ignore_errors=True)
    notary_of(ledger, letter).work()


def leaf_at(ledger: LedgerDesk, position: int) -> Leaf:
    return leaf_of(ledger.parts()[position])


def put_leaf(change: Change, position: int, leaf: Leaf) -> None:
    encoded = leaf.encoded()
    change(
        f"UPDATE ledger_leaf SET leaf = {literal(encoded)}, hash = {literal(leaf_hash(encoded))}"
        f" WHERE position = {position}"
    )


def literal(octets: bytes) -> str:
    return f"decode('{octets.hex()}', 'hex')" if POSTGRES else f"x'{octets.hex()}'"


POSTGRES = False


@pytest.fixture(autouse=True)
def dialect(database_url: str) -> None:
    global POSTGRES  # noqa: PLW0603 - one database a test
    POSTGRES = database_url.startswith("postgresql")


class TestWithoutTheKey:
    def test_an_edited_leaf(self, ledger: LedgerDesk, kept: str, change: Change):
        """Another actor's hash in the place of the true one; hash and tiles made to fit."""
        put_leaf(change, 4, leaf_at(ledger, 4)._replace(payload_sha256="0" * 64))
        published(ledger)
        status, text = ledger.verified(kept)
        assert status == 1
        assert "notify 5 (reminder.delivered.v1) does not follow the leaf before it" in text
        assert "leaf 5 of it was changed" in text

    def test_an_edited_leaf_whose_hash_stays(self, ledger: LedgerDesk, kept: str, change: Change):
        """It is named."""
        encoded = leaf_at(ledger, 4)._replace(at="2020-01-01T00:00:00.000000Z").encoded()
        change(f"UPDATE ledger_leaf SET leaf = {literal(encoded)} WHERE position = 4")
        published(ledger)
        status, text = ledger.verified()
        assert status == 1
        assert "leaf 4, notify 4 (reminder.delivered.v1), was changed" in text

    def test_a_dropped_leaf(self, ledger: LedgerDesk, kept: str, change: Change):
        """The ones behind it move up."""
        change("DELETE FROM ledger_leaf WHERE position = 4")
        for position in range(5, 12):
            change(f"UPDATE ledger_leaf SET position = {position - 1} WHERE position = {position}")
        change(
            "UPDATE ledger_checkpoint SET size = 11, note = replace(note, '12', '11')"
            " WHERE size = 12"
        )
        published(ledger)
        assert ledger.verified()[0] == 1

    def test_a_dropped_leaf_under_the_old_signature(
        self, ledger: LedgerDesk, kept: str, change: Change
    ):
        """What is missing is named, wherever the files come from."""
        ledger.sign()
        tile = ledger.folder / "tile/entries/000.p/12"
        entries = ledger.parts()
        del entries[4]
        tile.write_bytes(b"".join(len(each).to_bytes(2, "big") + each for each in entries))
        status, text = ledger.verified()
        assert (status, "has not 12 of them" in text) == (1, True), text

    def test_two_leaves_swapped(self, ledger: LedgerDesk, kept: str, change: Change):
        change("UPDATE ledger_leaf SET position = 99 WHERE position = 4")
        change("UPDATE ledger_leaf SET position = 4 WHERE position = 5")
        change("UPDATE ledger_leaf SET position = 5 WHERE position = 99")
        published(ledger)
        status, text = ledger.verified()
        assert status == 1
        assert "event 4 of notify is missing: notify 5" in text

    def test_the_end_cut_off(self, ledger: LedgerDesk, kept: str, change: Change):
        """Down to before what the auditor has seen: only he can tell, and he can."""
        change("DELETE FROM ledger_leaf WHERE position >= 10")
        change("DELETE FROM ledger_checkpoint WHERE size > 10")
        published(ledger)
        newer = kept
        assert ledger.verified(newer)[0] == 0
        change("DELETE FROM ledger_leaf WHERE position >= 4")
        change("DELETE FROM ledger_checkpoint")
        shutil.rmtree(ledger.folder)
        notary_of(ledger).work()
        status, text = ledger.verified(newer)
        assert (status, "it was cut" in text) == (1, True), text

    def test_an_older_database_in_the_place_of_the_newer(
        self, ledger: LedgerDesk, kept: str, change: Change
    ):
        """What was published is not in it: nothing is signed any more, and it says why."""
        change("DELETE FROM ledger_leaf WHERE position >= 10")
        change("DELETE FROM ledger_checkpoint WHERE size > 10")
        change("UPDATE applied_position SET position = 9 WHERE source = 'notify'")
        ledger.take_in(*attempts(1, first=12))
        again = notary_of(ledger)
        with capture_logs() as lines:
            assert again.work() == 0
        assert [line["event"] for line in lines] == ["published_checkpoint_not_on_record"]
        assert ledger.trees.last_signed(ledger.log).size == 10

    def test_another_key(self, ledger: LedgerDesk, kept: str, change: Change):
        signed_anew(ledger, change, "9")
        status, text = ledger.verified()
        assert (status, "is not signed by the key" in text) == (1, True)

    def test_a_whole_case_rewritten(self, ledger: LedgerDesk, kept: str, change: Change):
        """Every leaf, every hash, every link: all but the signature."""
        rewritten(ledger, change)
        published(ledger)
        status, text = ledger.verified()
        assert (status, "not those that the checkpoint was signed over" in text) == (1, True), text

    def test_a_whole_case_rewritten_is_not_signed_by_the_running_service(
        self, ledger: LedgerDesk, kept: str, change: Change
    ):
        """It signs nothing that has not grown out of what it signed last, and says why."""
        rewritten(ledger, change)
        ledger.take_in(*attempts(1, first=12))
        with capture_logs() as lines:
            assert ledger.notary.work() == 0
        assert [line["event"] for line in lines] == ["ledger_damaged"]
        assert ledger.trees.last_signed(ledger.log).size == 12

    def test_a_hash_of_a_subtree_exchanged_is_not_signed_over(
        self, ledger: LedgerDesk, kept: str, change: Change
    ):
        """What is signed once cannot be taken back, and would match nothing."""
        ledger.take_in(*attempts(300, first=12))
        ledger.sign()
        signed = ledger.note()
        other = literal(b"1" * 32)
        change(f"UPDATE ledger_subtree SET hash = {other} WHERE level = 1 AND position = 0")
        ledger.take_in(*attempts(1, first=312))
        ledger.sign()
        assert ledger.note() == signed


class TestWithTheKey:
    """The operator himself: found by whoever kept a checkpoint, and by nobody else."""

    def test_a_whole_case_rewritten(self, ledger: LedgerDesk, kept: str, change: Change):
        rewritten(ledger, change)
        signed_anew(ledger, change)
        assert ledger.verified()[0] == 0
        status, text = ledger.verified(kept)
        assert (status, "it was forked" in text) == (1, True), text

    def test_a_ledger_forked_for_one_auditor(
        self, ledger: LedgerDesk, kept: str, change: Change, tmp_path: Path
    ):
        """Two auditors compare what they kept; one checkpoint is enough."""
        true = ledger.note()
        rewritten(ledger, change)
        signed_anew(ledger, change)
        forked = ledger.note()
        assert true.split("\n")[1] == forked.split("\n")[1]
        assert ledger.verified(true)[0] == 1
        assert ledger.verified(forked)[0] == 0

    def test_a_forged_bundle(self, ledger: LedgerDesk, kept: str, change: Change):
        """Of the rewritten ledger, for somebody who has kept a checkpoint of the true one."""
        true = ledger.note()
        rewritten(ledger, change)
        signed_anew(ledger, change)
        bundle = ledger.bundle()
        for note, why in ((true, "it was forked"), (kept, "proves nothing about the checkpoint")):
            with pytest.raises((Wrong, Unreadable), match=why):
                verify_bundle(bundle, Terms(ledger.terms.keys, note), Report(print))


def rewritten(ledger: LedgerDesk, change: Change) -> None:
    """Give event 2 of the case another content, and make everything behind it fit."""
    leaves = [leaf_of(part) for part in ledger.parts()]
    bound = [
        Bound(each.source, each.seq, each.petition, each.type, each.at, each.payload_sha256)
        for each in leaves
    ]
    bound[2] = bound[2]._replace(payload_sha256="f" * 64)
    for entered in chained(bound, 0, {}):
        put_leaf(change, entered.position, entered.leaf)


class TestWhatReplayReads:
    """Logs and ledger are as they were; what people are shown is not: found by `shouwen fsck`."""

    @pytest.mark.parametrize(
        ("attack", "said"),
        [
            (
                STRAY.format(source="'notify'", position=4711),
                "notify 4711 (case.closed.v1) is where replay reads, and not in the ledger",
            ),
            (
                "DELETE FROM timeline WHERE source = 'notify' AND position = 3",
                "notify 3 (reminder.delivered.v1) is in the ledger and not where replay reads it",
            ),
            (
                "UPDATE timeline SET data = '{' WHERE source = 'notify' AND position = 3",
                "notify 3 (reminder.delivered.v1) cannot be read where replay reads it",
            ),
            (
                "UPDATE matter SET matter_id = petition_id, matter_number = number",
                f"{number(2)} belongs to another matter where replay reads it",
            ),
            (
                "DELETE FROM matter_moved",
                f"{number(2)} belonged to other matters before where replay reads it",
            ),
            ("DELETE FROM case_shown", f"{number(3)} was shown in other answers"),
        ],
    )
    def test_is_not_what_the_facts_say(
        self, ledger: LedgerDesk, change: Change, attack: str, said: str
    ):
        ledger.take_in(registered(1), *attempts(4), registered(2, 2), sealed(3, 3), linked(4, 2, 1))
        shown = [petition_id(3)]
        Disclosing(ledger.desk.application, FactLists()).shown(
            Reader(AUDITOR, auditing=True), "audit.feed", shown
        )
        ledger.state_heads()
        assert compared(ledger)[0] == 0, compared(ledger)
        change(attack)
        wrong, text = compared(ledger)
        assert (wrong > 0, said in text) == (True, True), text


class TestBundles:
    @pytest.fixture
    def bundle(self, ledger: LedgerDesk) -> bytes:
        ledger.take_in(registered(1), *attempts(3))
        ledger.take_in(registered(2, 2))
        ledger.state_heads()
        return ledger.bundle()

    def test_any_bit(self, ledger: LedgerDesk, bundle: bytes):
        """Ten thousand single bits of the file, each by itself."""
        chance = random.Random(6962)
        for _ in range(BITS):
            bit = chance.randrange(len(bundle) * 8)
            assert refused(flipped(bundle, bit), ledger.terms), bit

    def test_any_bit_by_somebody_who_wraps_it_anew(self, ledger: LedgerDesk, bundle: bytes):
        """Of each part that proves something: the wrapping then fits again."""
        chance = random.Random(8785)
        parts = parts_of(bundle)
        proving = [name for name in parts if name not in NOT_EVIDENCE and parts[name]]
        for _ in range(BITS // 10):
            name = chance.choice(proving)
            changed = flipped(parts[name], chance.randrange(len(parts[name]) * 8))
            assert refused(repacked(bundle, **{name: changed}), ledger.terms), name

    def test_an_event_left_out(self, ledger: LedgerDesk, bundle: bytes):
        """The last one: nothing but the ends of the chains tells."""
        parts = parts_of(bundle)
        last = [name for name in parts if name.startswith("proofs/")][-1]
        shorter = without_last(bundle, last)
        with pytest.raises(Wrong, match="had other events at"):
            verify_bundle(shorter, ledger.terms, Report(print))

    def test_what_is_caught_is_named(self, ledger: LedgerDesk, bundle: bytes):
        events = parts_of(bundle)["events.jsonl"].replace(b"notify", b"nobody")
        with pytest.raises(
            Wrong, match=r"the event notify 1 \(reminder.delivered.v1\) was changed"
        ):
            verify_bundle(repacked(bundle, **{"events.jsonl": events}), ledger.terms, Report(print))

    def test_a_case_that_is_not_there_can_be_shown_not_to_be(self, ledger: LedgerDesk):
        """The ends of all chains that could be beside it, without it."""
        ledger.take_in(registered(1), registered(2, 2))
        ledger.state_heads()
        ends, state = EndTables(), EndTables().state(ledger.log)
        for petition, expected in ((petition_id(1), 1), (petition_id(77), 0)):
            bucket = bucket_of(key_of(petition))
            chain = {
                "petition": petition,
                "entries": [e.encoded.hex() for e in ends.ends_in(ledger.log, [bucket])[bucket]],
                "path": [
                    each.hex() for each in inclusion_proof(ends.hashes(ledger.log), bucket, BUCKETS)
                ],
            }
            assert _end_of(chain, state.root)[0] == expected


NOT_EVIDENCE = ("README.txt", "history.html", "calendars.json", "keys", "manifest")


def flipped(octets: bytes, bit: int) -> bytes:
    changed = bytearray(octets)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def refused(bundle: bytes, terms: Terms) -> bool:
    try:
        verify_bundle(bundle, terms, Report(lambda _: None))
    except Exception:  # noqa: BLE001 - as the program takes it
        return True
    return False


def without_last(bundle: bytes, proof: str) -> bytes:
    parts = parts_of(bundle)
    for name in ("events.jsonl", "leaves.jsonl"):
        parts[name] = b"".join(line + b"\n" for line in parts[name].splitlines()[:-1])
    for name in (proof, "manifest"):
        del parts[name]
    return packed({**parts, "manifest": manifest_of(parts)})
