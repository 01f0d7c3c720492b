"""A change of keys: the one before is good for what it has signed then, and for nothing today."""

import dataclasses
from base64 import b64encode

import pytest

from services.audit.domain.merkle import consistency_proof
from services.audit.domain.notes import Checkpoint, signed, verifier_key
from services.audit.gateways.signing import signers_from
from services.audit.verifier import Key, Terms, Wrong, checkpoint_from
from tests.unit.audit.forging import KEYS, SIGNERS, Forged, taken, told, verified
from tests.unit.audit.ledgers import keys_text

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


def test_a_key_signs_for_its_own_name_only():
    """Two ledgers whose keys a reader trusts both: neither states what is the other's."""
    a, b = signers_from("a.example/l", keys_text("3")), signers_from("b.example/l", keys_text("4"))
    keys = [Key.read(verifier_key(each)) for each in (*a, *b)]
    text = Checkpoint("a.example/l", 7, b"r" * 32).text
    assert checkpoint_from(signed(text, a), keys, "it").size == 7
    assert checkpoint_from(signed(text, [*b, *a]), keys, "it").size == 7
    with pytest.raises(Wrong, match="is of another ledger, a"):
        checkpoint_from(signed(text, b), keys, "it")
