"""A change of keys: the one before is good for what it has signed then, and for nothing today."""

import dataclasses
from base64 import b64encode
from pathlib import Path

import pytest

from services.audit.domain.merkle import consistency_proof
from services.audit.domain.notes import Checkpoint, signed, verifier_key
from services.audit.gateways.signing import signers_from
from services.audit.verifier import Key, Report, Terms, Wrong, checkpoint_from, verify_bundle
from tests.unit.audit.desk import Desk
from tests.unit.audit.forging import KEYS, SIGNERS, Forged, taken, told, verified
from tests.unit.audit.ledgers import ORIGIN, LedgerDesk, attempts, case, keys_text

NEW = signers_from(SIGNERS[0].name, keys_text("2"))
NEW_KEYS = [Key.read(verifier_key(each)) for each in NEW]
BEFORE = Forged([taken(), told()])
AFTER = dataclasses.replace(BEFORE.and_then(told()), signers=NEW)
BUNDLE = {
    **AFTER.case(1),
    "checkpoint.before": BEFORE.note.encode(),
    "consistency": b"".join(b64encode(each) + b"\n" for each in consistency_proof(AFTER, 2, 3)),
}


def test_what_it_signed_before_holds():
    """The older checkpoint of the bundle, and the one that was kept."""
    terms = Terms(NEW_KEYS, BEFORE.note, old_keys=KEYS)
    assert "the same ledger as the checkpoint that you kept, of 2" in verified(BUNDLE, terms)


def test_what_it_signs_today_does_not():
    """Whoever has stolen it forges nothing for those who were told."""
    with pytest.raises(Wrong, match="the newer checkpoint is not signed by the key"):
        verified(BEFORE.case(1), Terms(NEW_KEYS, old_keys=KEYS))


def test_without_it_the_reader_is_told_that_a_key_may_be_missing():
    with pytest.raises(Wrong, match="or is signed by a key that you did not give"):
        verified(BUNDLE, Terms(NEW_KEYS))


def test_a_bundle_without_the_part_for_an_older_one_is_none():
    parts = {name: content for name, content in BUNDLE.items() if name != "checkpoint.before"}
    with pytest.raises(Wrong, match=r"checkpoint\.before"):
        verified(parts, Terms(NEW_KEYS))


def test_a_key_signs_for_its_own_name_only():
    """Two ledgers whose keys a reader trusts both: neither states what is the other's."""
    a, b = signers_from("a.example/l", keys_text("3")), signers_from("b.example/l", keys_text("4"))
    keys = [Key.read(verifier_key(each)) for each in (*a, *b)]
    text = Checkpoint("a.example/l", 7, b"r" * 32).text
    assert checkpoint_from(signed(text, a), keys, "it").size == 7
    assert checkpoint_from(signed(text, [*b, *a]), keys, "it").size == 7
    with pytest.raises(Wrong, match="is of another ledger, a"):
        checkpoint_from(signed(text, b), keys, "it")


def test_a_new_key_signs_soon_however_quiet_the_office_is(desk: Desk, tmp_path: Path):
    """No size is signed twice: the ends are stated once more, and all keys sign that."""
    before = LedgerDesk(desk, tmp_path / "ledger")
    before.take_in(*case())
    before.state_heads()
    size = len(before.parts())
    before.state_heads()
    assert len(before.parts()) == size
    both = dataclasses.replace(before, signers=signers_from(ORIGIN, keys_text("2", "1")))
    both.state_heads()
    assert len(both.parts()) == size + 1
    assert both.verified()[0] == before.verified()[0] == 0
    both.state_heads()
    assert len(both.parts()) == size + 1
    alone = dataclasses.replace(before, signers=signers_from(ORIGIN, keys_text("2")))
    assert alone.verified()[0] == 0


def test_the_new_key_alone_is_enough_for_the_bundle_of_an_old_case(desk: Desk, tmp_path: Path):
    """It grows out of the first checkpoint that all keys of today have signed."""
    before = LedgerDesk(desk, tmp_path / "ledger")
    before.take_in(*case())
    before.sign()
    before.take_in(*attempts(1, first=6))
    before.state_heads()
    both = dataclasses.replace(before, signers=signers_from(ORIGIN, keys_text("2", "1")))
    both.state_heads()
    both.take_in(*attempts(1, first=7))
    both.state_heads()
    alone = dataclasses.replace(before, signers=signers_from(ORIGIN, keys_text("2")))
    for ledger in (both, alone, before):
        told: list[str] = []
        verify_bundle(both.bundle(), ledger.terms, Report(told.append))
        assert any("the ledger grew from" in line for line in told)
