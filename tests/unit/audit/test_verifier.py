"""The verifier, check by check: each refuses what it is there for, by itself."""

from collections.abc import Sequence

import pytest

from services.audit.domain.chains import Bound, Entered, chained
from services.audit.domain.notes import Checkpoint, signed, verifier_key
from services.audit.gateways.signing import signers_from
from services.audit.verifier import (
    Chains,
    Key,
    Leaf,
    Logs,
    Unreadable,
    Wrong,
    check_event,
    checkpoint_from,
    kept_in,
)
from tests.unit.audit.ledgers import ORIGIN, keys_text

AT = "2026-11-24T04:00:00.000000Z"
(SIGNER,) = signers_from(ORIGIN, keys_text("1"))
KEY = Key.read(verifier_key(SIGNER))
TEXT = Checkpoint(ORIGIN, 7, b"r" * 32).text


def entered(*sources: str) -> list[Entered]:
    """Leaves of one petition, an event of each source after the other."""
    seqs: dict[str, int] = {}
    bound = []
    for source in sources:
        seqs[source] = seqs.get(source, 0) + 1
        bound.append(Bound(source, seqs[source], "P", "thing.happened.v1", AT, "0" * 64))
    return list(chained(bound, 0, {}))


def leaves(made: Sequence[Entered]) -> list[Leaf]:
    return [Leaf.read(each.position, each.encoded) for each in made]


class TestChain:
    def test_unbroken_holds(self):
        chains = Chains()
        for leaf in leaves(entered("a", "b", "a")):
            chains.add(leaf)
        assert chains.last["P"][0] == 3

    def test_with_a_leaf_missing_is_refused(self):
        first, _, third = leaves(entered("a", "b", "a"))
        chains = Chains()
        chains.add(first)
        with pytest.raises(Wrong, match="leaf 2 of petition P is missing"):
            chains.add(third)

    def test_with_another_leaf_in_between_is_refused(self):
        """The counts fit; the hash of the one before does not."""
        chains, (first, second) = Chains(), entered("a", "b")
        other = first.leaf._replace(at="2026-11-24T05:00:00.000000Z").encoded()
        chains.add(Leaf.read(0, other))
        with pytest.raises(Wrong, match=r"does not follow the leaf before it.*: leaf 1 of it was"):
            chains.add(Leaf.read(1, second.encoded))


class TestLog:
    @pytest.mark.parametrize(
        ("before", "next_"), [([0], 2), ([], 1), ([0], 0)], ids=["gap", "begins late", "twice"]
    )
    def test_that_is_not_gapless_is_refused(self, before, next_):
        made, logs = leaves(entered("a", "a", "a")), Logs()
        for at in before:
            logs.add(made[at])
        with pytest.raises(Wrong, match="of a is missing"):
            logs.add(made[next_])


class TestLeaf:
    @pytest.mark.parametrize(
        "encoded",
        [b"", b"[]", b"{}", b"{", b'{"v":1}', b'{"v":1} ', b"\xff", b"[" * 100_000],
        ids=range(8),
    )
    def test_of_another_form_is_refused(self, encoded):
        with pytest.raises(Wrong):
            Leaf.read(0, encoded)

    def test_that_is_written_otherwise_is_refused(self):
        """The same members with a space, twice, or in another order."""
        (made,) = entered("a")
        for changed in (
            made.encoded.replace(b",", b", ", 1),
            made.encoded.replace(b'"v":1', b'"v":1,"v":1'),
            b'{"v":1,' + made.encoded[1:].replace(b',"v":1', b""),
        ):
            with pytest.raises(Wrong):
                Leaf.read(0, changed)

    def test_binds_its_event_and_no_other(self):
        (leaf,) = leaves(entered("a"))
        with pytest.raises(Wrong, match="was changed after it was entered"):
            check_event(leaf, b"{}")


class TestCheckpoint:
    def test_that_is_signed_holds(self):
        assert checkpoint_from(signed(TEXT, [SIGNER]), [KEY], "it").size == 7

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("\n7\n", "\n8\n"),
            (ORIGIN, "other.example/ledger"),
            ("— ", "- "),
            ("=\n\n", "=\nmore\n\n"),
            ("\n\n—", "\n—"),
        ],
    )
    def test_that_was_changed_is_refused(self, old, new):
        note = signed(TEXT, [SIGNER]).replace(old, new, 1)
        with pytest.raises(Wrong):
            checkpoint_from(note, [KEY], "it")

    def test_under_our_keys_name_with_a_bad_signature_is_refused(self):
        """Though a good one stands beside it."""
        note = signed(TEXT, [SIGNER])
        line = signed("another\n1\nAAAA\n", [SIGNER]).partition("\n\n")[2]
        with pytest.raises(Wrong, match="is not signed by the key"):
            checkpoint_from(note + line, [KEY], "it")

    def test_of_another_ledger_is_refused(self):
        """Signed by the right key: a key signs for its own name only."""
        note = signed(Checkpoint("other.example/ledger", 7, b"r" * 32).text, [SIGNER])
        with pytest.raises(Wrong, match="is of another ledger"):
            checkpoint_from(note, [KEY], "it")

    @pytest.mark.parametrize("size", ["07", "-1", "٧", "", "7 "])
    def test_with_a_size_that_is_none_is_refused(self, size):
        note = signed(TEXT.replace("\n7\n", f"\n{size}\n"), [SIGNER])
        with pytest.raises(Wrong):
            checkpoint_from(note, [KEY], "it")


class TestKey:
    @pytest.mark.parametrize("line", ["", "a+b", "a+00000000+AAAA", "a+zz+é"])
    def test_that_is_none_is_refused(self, line):
        with pytest.raises(Unreadable):
            Key.read(line)

    def test_that_was_copied_wrongly_is_refused(self):
        """One character: the hash in its middle tells."""
        line = verifier_key(SIGNER)
        with pytest.raises(Unreadable):
            Key.read(line[:-3] + ("A" if line[-3] != "A" else "B") + line[-2:])


def test_two_kept_checkpoints_that_differ_are_one_too_many(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).write_text(name)
    with pytest.raises(Unreadable):
        kept_in(tmp_path / "one", tmp_path / "two")
