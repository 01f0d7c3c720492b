"""Bundles by whoever has the ledger's every part at hand, and chooses what to show of it."""

import json
from base64 import b64encode
from contextlib import nullcontext
from datetime import datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from services.audit.domain.merkle import consistency_proof
from services.audit.verifier import (
    Ends,
    Leaf,
    Report,
    Terms,
    Unreadable,
    Wrong,
    canonical,
    check_event,
    key_of,
    leaf_hash,
    parts_of,
    root_from_inclusion,
    root_over,
    verify_receipt,
)
from services.audit.verifier import _end_of as end_of
from tests.builders import number, petition_id
from tests.unit.audit.forging import KEYS, Fact, Forged, chain, taken, told, verified, wrapped
from tests.unit.audit.ledgers import said

CASE = Forged([taken(), told(), told()])
ITS_END = ("petition", petition_id())


class TestStatementOfTheEnds:
    def test_of_audit_is_taken(self):
        forged = CASE.stating()
        assert "these are all events" in verified({**forged.case(1), **forged.heads(ITS_END)})
        assert "there is no case" in verified(forged.absent("number", number(9)))

    @pytest.mark.parametrize(
        "changes",
        [
            {"source": "notify"},
            {"petition": petition_id()},
            {"type": "case_heads.recorded.v2"},
            {"data": {"size": 0}},
            {"data": {"size": 4}},
            {"data": {"size": True}},
            {"data": {"size": 3.0}},
        ],
        ids=str,
    )
    def test_of_anything_else_is_not(self, changes: dict[str, Any]):
        """Whoever owns another service's log would state what he likes."""
        forged = CASE.stating(**changes)
        with pytest.raises(Wrong, match="state"):
            verified({**forged.case(1), **forged.heads(ITS_END)})
        with pytest.raises(Wrong, match="state"):
            verified(forged.absent("number", number(9)))


class TestAbsence:
    @pytest.mark.parametrize(
        "what",
        [
            f"{number()} ",
            number().replace("X", "Ｘ", 1),
            f"{number()}\u200b",
            number().lower(),
            number().replace("1", "１", 1),
            f"{number()}\n",
            f"{number()}\n  holds  these are all events of the case up to leaf 99",
            "",
        ],
        ids=repr,
    )
    def test_of_what_only_looks_like_a_number_proves_nothing(self, what: str):
        """The case that it looks like may be there."""
        with pytest.raises(Wrong, match="is no number that a case could have"):
            verified(CASE.stating().absent("number", what))

    @pytest.mark.parametrize("what", [petition_id().upper(), f"{{{petition_id()}}}", number(), "x"])
    def test_of_what_only_looks_like_an_id_proves_nothing(self, what: str):
        with pytest.raises(Wrong, match="is no petition that a case could have"):
            verified(CASE.stating().absent("petition", what))

    @pytest.mark.parametrize("sought", [("number", number()), ITS_END])
    def test_of_what_there_is_does_not_hold(self, sought: tuple[str, str]):
        with pytest.raises(Wrong, match=f"there is a case of the {sought[0]}"):
            verified(CASE.stating().absent(*sought))

    def test_by_id_over_ends_without_numbers_says_so(self):
        text = verified(CASE.stating(data={"numbers": False}).absent("petition", petition_id(9)))
        assert "without numbers of petitions" in text


@pytest.mark.parametrize("odd", ["\n", "\r", "\u2028", "\u202e", "\x1b[2K", "\u200b", "\ud800"])
def test_a_line_of_what_is_said_is_one_line_and_nothing_hidden(odd: str):
    """Whatever stands in the file that is checked."""
    lines: list[str] = []
    Report(lines.append).holds(f"a{odd}b 信访")
    assert lines[0].isprintable()
    assert lines[0].endswith("b 信访")


class TestCase:
    """Which case it is, and whether it is all of it."""

    def test_is_named(self):
        assert f"it shows the petition {number()}, {petition_id()}" in verified(CASE.case(1))

    def test_that_was_asked_for_is_the_only_one_that_holds(self):
        two = Forged([taken(), taken(2)])
        assert verified(two.case(2), Terms(KEYS, case=number(2)))
        with pytest.raises(Wrong, match=f"it is not the case {number()}"):
            verified(two.case(2), Terms(KEYS, case=number()))
        absent = two.stating().absent("number", number(9))
        assert verified(absent, Terms(KEYS, absent=number(9)))
        with pytest.raises(Wrong, match=f"it is not about {number()}"):
            verified(absent, Terms(KEYS, absent=number()))
        with pytest.raises(Wrong, match=f"it is not the case {number(9)}"):
            verified(absent, Terms(KEYS, case=number(9)))

    def test_that_there_is_none_by_an_old_statement_is_not_so_today(self):
        """Wrapped, by somebody who has no key, under the newest checkpoint."""
        after = Forged([taken()]).stating().and_then(taken(2), told(2))
        shown = ("number", number(2))
        old = {**after.absent(*shown), **after.heads(shown, at=1, size=1)}
        assert "there is no case of the number" in verified(old, Terms(KEYS, absent=number(2)))
        asked = datetime.fromisoformat("2026-11-24T12:00:01+08:00")
        assert "ask for a new file" in verified(old, Terms(KEYS, stated_since=asked))

    def test_has_the_number_that_intake_gave_it(self):
        """Another service's log gives it none."""
        forged = Forged([taken(), told(1, "petition.registered.v1", number=number(2))])
        with pytest.raises(Wrong, match=f"it is not the case {number(2)}"):
            verified(forged.case(1), Terms(KEYS, case=number(2)))

    def test_without_an_event_is_none(self):
        forged = CASE.stating()
        with pytest.raises(Wrong, match="shows no event at all"):
            verified({**forged.case(), **forged.heads()})

    def test_whose_end_is_cut_off_with_its_statement_is_not_all(self, tmp_path: Path):
        """What is left out is left out with what would tell."""
        status, text = judged(CASE.stating().case(1, stop=1), tmp_path)
        assert (status, "its end is not proven" in text) == (3, True)
        assert "All of it holds" not in text

    def test_under_a_statement_of_before_it_began_is_not_all(self, tmp_path: Path):
        forged = Forged([taken(2)]).stating().and_then(taken(), told())
        parts = {**forged.case(1, stop=1), **forged.heads(ITS_END, at=1)}
        status, text = judged(parts, tmp_path)
        assert (status, "its end is not proven" in text) == (3, True)

    def test_says_how_far_the_ledger_goes_on_behind_it(self, tmp_path: Path):
        """An old statement hides what came since: who reads it has to know."""
        forged = CASE.stating().and_then(*(told() for _ in range(9)))
        parts = {**forged.case(1, stop=3), **forged.heads(ITS_END, at=3)}
        status, text = judged(parts, tmp_path)
        assert (status, "the checkpoint has 10 more leaves, from 3 on" in text) == (0, True)

    def test_whose_registration_is_not_shown_has_no_number(self, tmp_path: Path):
        status, text = judged(Forged([told()]).case(1), tmp_path)
        assert (status, "nor its number" in text) == (3, True)


A_REPEAT = {"repeats": petition_id(), "repeats_number": number()}
JOINED = told(1, "repeat.joined.v1", "responsibility", repeat_number=number(2))
LEFT = told(1, "repeat.left.v1", "responsibility", repeat_number=number(2), numbers=[number(2)])
MERGED = told(1, "matter.merged.v1", "responsibility", numbers=[number(2), number(3)])
LINKED = told(2, "repeat.linked.v1", "intake", **A_REPEAT, along=[number(3)])
UNLINKED = told(2, "repeat.unlinked.v1", "intake", **A_REPEAT, along=[number(3)])


class TestRepeats:
    @pytest.mark.parametrize(
        ("facts", "shown", "lacking"),
        [
            ([taken(), taken(2, **A_REPEAT), JOINED], (1, 2), ()),
            ([taken(), taken(2, **A_REPEAT), JOINED], (1,), (2,)),
            ([taken(), taken(2, **A_REPEAT), JOINED], (2,), (1,)),
            ([taken(), taken(2, **A_REPEAT), JOINED, UNLINKED, LEFT], (1,), ()),
            ([taken(), taken(2, **A_REPEAT), JOINED, UNLINKED, LEFT], (2,), ()),
            ([taken(), taken(2), LINKED], (2,), (1,)),
            ([taken(), taken(2), taken(3), MERGED], (1,), (2, 3)),
            ([taken(), taken(2), taken(3), MERGED, LEFT], (1,), (3,)),
            ([taken(), taken(2), taken(3, **A_REPEAT), LINKED, UNLINKED], (2, 3), ()),
        ],
        ids=range(9),
    )
    def test_that_events_name_and_that_are_not_shown_are_told_of(
        self, facts: list[Fact], shown: tuple[int, ...], lacking: tuple[int, ...], tmp_path: Path
    ):
        """By their numbers, under which they can be asked for; not those that left again."""
        forged = Forged(facts).stating()
        ends = [("petition", petition_id(each)) for each in shown]
        status, text = judged({**forged.case(*shown), **forged.heads(*ends)}, tmp_path)
        told_of = [each for each in (1, 2, 3) if f"events {number(each)} belongs" in text]
        assert (status, told_of) == (3 if lacking else 0, list(lacking))


def judged(parts: dict[str, bytes], tmp_path: Path, terms: Terms | None = None) -> tuple[int, str]:
    """Return the exit status of the program, and what it says."""
    file = tmp_path / "forged.zip"
    file.write_bytes(wrapped(parts))
    return said(str(file), terms or Terms(KEYS))


class TestParts:
    def test_that_prove_nothing_are_said_to(self):
        text = verified({**CASE.case(1), "history.html": b"<h1>Nothing happened.</h1>"})
        assert "README, keys and history.html prove nothing" in text

    @pytest.mark.parametrize(
        "name",
        [
            *("exonerated.pdf", "../x", "/root/.bashrc", "proofs/x", "proofs/00.tlog-proof"),
            *("proofs/../../x", "manifest2", "HISTORY.HTML", "keys\n", ""),
        ],
    )
    def test_that_no_bundle_has_are_refused(self, name: str):
        """Whoever reads the file would take them for a part of the evidence."""
        with pytest.raises(Wrong, match="parts that a bundle does not have"):
            verified({**CASE.case(1), name: b"x"})

    @pytest.mark.parametrize("name", [*CASE.case(1), *CASE.stating().heads(ITS_END)])
    def test_that_are_missing_are_named(self, name: str):
        forged = CASE.stating()
        parts = {**forged.case(1), **forged.heads(ITS_END)}
        del parts[name]
        if name in {"README.txt", "history.html", "keys"}:
            verified(parts)
            return
        name = "2 proofs" if name.startswith("proofs/") else name
        with pytest.raises(Wrong, match=name) if name != "heads.json" else nullcontext():
            verified(parts)

    def test_that_overlap_are_not_read(self):
        """Three hundred names for the same megabyte, in a file of one."""
        bundle = bytearray(wrapped({"absent": b"x" * 1_000}))
        for at in (bundle.index(b"PK\1\2") + 20, bundle.index(b"PK\1\2") + 24):
            bundle[at : at + 4] = (1_000_000).to_bytes(4, "little")
        with pytest.raises(Unreadable, match="its parts are larger than it is"):
            parts_of(bytes(bundle))

    def test_that_are_compressed_are_not_read(self):
        file = BytesIO()
        with ZipFile(file, "w", ZIP_DEFLATED) as archive:
            archive.writestr("absent", bytes(range(256)))
        with pytest.raises(Unreadable, match="its parts are compressed"):
            parts_of(file.getvalue())

    @pytest.mark.parametrize(
        ("name", "forged"),
        [
            ("proofs/0.tlog-proof", b"c2sp.org/tlog-proof@v1"),
            ("proofs/0.tlog-proof", b""),
            ("heads.json", b"{}"),
            ("heads.json", b'{"chains":{}}'),
            ("heads.json", b'{"chains":[{}]}'),
            ("heads.json", b'{"chains":[{"entries":1,"path":[],"petition":""}]}'),
            ("heads.json", b'{"chains":[{"entries":[],"number":"","path":[]}]}'),
            ("heads.json", b'{"chains":[{"entries":["zz"],"path":[],"petition":""}]}'),
            ("heads.json", b'{"chains": []}'),
            ("consistency", b"AAAA\n"),
            ("calendars.json", b"{}"),
            ("calendars.json", b"[1]"),
            ("calendars.json", b"[ ]"),
        ],
    )
    def test_of_another_form_are_refused(self, name: str, forged: bytes):
        """And not stumbled over."""
        ledger = CASE.stating()
        with pytest.raises(Wrong):
            verified({**ledger.case(1), **ledger.heads(ITS_END), name: forged})


class TestEvents:
    def test_out_of_the_order_of_the_ledger_are_refused(self):
        parts = Forged([taken(), taken(2)]).case(1, 2)
        turned = {
            name: b"".join(line + b"\n" for line in parts[name].splitlines()[::-1])
            for name in ("events.jsonl", "leaves.jsonl")
        }
        proofs = [name for name in parts if name.startswith("proofs/")][::-1]
        rest = {name: each for name, each in parts.items() if name not in proofs}
        with pytest.raises(Wrong, match="is out of order"):
            verified({**rest, **turned, **{name: parts[name] for name in proofs}})

    def test_under_the_name_of_another_proof_are_refused(self):
        parts = Forged([taken()]).case(1)
        parts["proofs/7.tlog-proof"] = parts.pop("proofs/0.tlog-proof")
        with pytest.raises(Wrong, match="is the proof of leaf 0"):
            verified(parts)

    @pytest.mark.parametrize(
        "changes",
        [
            {"source": "/shouwen/notify"},
            {"sequence": "2"},
            {"sequence": "x"},
            {"sequence": None},
            {"subject": petition_id(2)},
            {"type": "petition.registered.v2"},
            {"data": None},
        ],
        ids=str,
    )
    def test_that_are_not_what_their_leaf_says_are_refused(self, changes: dict[str, Any]):
        """The hash fits: the leaf itself was entered so."""
        event = canonical({**json.loads(Forged([taken()]).events[0]), **changes})
        members = {**LEAF, "payload_sha256": sha256(event).hexdigest()}
        with pytest.raises(Wrong):
            check_event(Leaf.read(0, canonical(members)), event)


LEAF = {
    "at": "2026-11-24T04:00:00Z",
    "payload_sha256": "0" * 64,
    "petition": petition_id(),
    "petition_seq": 1,
    "prev": "",
    "seq": 1,
    "source": "intake",
    "type": "petition.registered.v1",
    "v": 1,
}


@pytest.mark.parametrize(
    "changes",
    [{"v": each} for each in (2, None, "1", True, 1.0)]
    + [{"seq": each} for each in (1.0, True, "1")]
    + [{"petition_seq": True}, {"petition_seq": 1.0}, {"at": float("nan")}, {"at": None}]
    + [{each: [each]} for each in ("source", "petition", "type", "prev", "payload_sha256")]
    + [{"petition": {}}, {"more": 1}],
    ids=str,
)
def test_a_leaf_has_members_of_their_kinds_only(changes: dict[str, Any]):
    """What another reader could take for another leaf is none."""
    assert Leaf.read(0, canonical(LEAF))
    with pytest.raises(Wrong, match="not of the form that the ledger writes"):
        Leaf.read(0, canonical({**LEAF, **changes}))


COUNTED = told(1, "term.begun.v1", "responsibility", due={"calendar": "cn-2026"})
CALENDAR = {
    "version": "cn-2026", "first": "2026-01-01", "last": "2026-12-31", "holidays": ["2026-01-01"],
    "make_up_days": [],
}  # fmt: skip


class TestCalendars:
    @pytest.mark.parametrize(
        ("given", "said"), [([CALENDAR], "compare them with the notice"), ([], "is not here")]
    )
    def test_are_those_that_events_name(self, given: list[Any], said: str):
        parts = Forged([taken(), COUNTED]).case(1)
        assert f"the calendar cn-2026{'' if given else ', which'}" in (
            text := verified({**parts, "calendars.json": canonical(given)})
        )
        assert said in text

    @pytest.mark.parametrize(
        "given",
        [
            [{**CALENDAR, "version": "cn-2027"}],
            [CALENDAR, CALENDAR],
            [{**CALENDAR, "holidays": "2026"}],
            [{**CALENDAR, "first": None}],
            [{**CALENDAR, "text": "more"}],
            ["cn-2026"],
        ],
        ids=range(6),
    )
    def test_are_no_others_and_have_one_form(self, given: list[Any]):
        parts = Forged([taken(), COUNTED]).case(1)
        with pytest.raises(Wrong):
            verified({**parts, "calendars.json": canonical(given)})


class TestForms:
    """Each of these is refused for its own reason, and not because something else fits no more."""

    def test_of_the_ends_is_one(self):
        forged = CASE.stating()
        parts = {**forged.case(1), **forged.heads(ITS_END)}
        spaced = parts["heads.json"].replace(b":", b": ", 1)
        with pytest.raises(Wrong, match=r"heads\.json is not of the form"):
            verified({**parts, "heads.json": spaced})
        chains = json.loads(parts["heads.json"])
        chains["chains"][0]["path"][0] = chains["chains"][0]["path"][0].upper()
        with pytest.raises(Wrong, match="is not of the form that the ledger writes"):
            verified({**parts, "heads.json": canonical(chains)})

    @pytest.mark.parametrize("turned", [False, True])
    def test_a_bucket_is_in_order(self, turned: bool):  # noqa: FBT001
        """Or one key could stand in it twice, with two ends."""
        key = key_of(*ITS_END)
        others = [key[:2] + bytes([at]) * 30 + bytes(40) for at in (0, 255)]
        entries = sorted([*others, key + bytes(7) + b"\x03" + b"h" * 32], reverse=turned)
        ends = Ends()
        path = chain(ends, *ITS_END)["path"]
        hash_ = leaf_hash(root_over(entries))
        root = root_from_inclusion(
            int.from_bytes(key[:2], "big"), 65_536, hash_, [bytes.fromhex(each) for each in path]
        )
        shown = {"petition": ITS_END[1], "entries": [each.hex() for each in entries], "path": path}
        if not turned:
            assert end_of(shown, root) == (3, b"h" * 32)
            return
        with pytest.raises(Wrong, match="not in order"):
            end_of(shown, root)

    def test_a_bucket_has_its_own_keys_only(self):
        key = key_of(*ITS_END)
        stranger = bytes([key[0] ^ 1]) + key[1:] + bytes(40)
        path = chain(Ends(), *ITS_END)["path"]
        with pytest.raises(Wrong, match="not in order"):
            end_of({"petition": ITS_END[1], "entries": [stranger.hex()], "path": path}, b"")

    def test_a_proof_is_of_the_checkpoint_of_its_bundle(self):
        """Another that the key has signed as well proves nothing about this one."""
        parts = CASE.case(1)
        other = CASE.stating().note.encode()
        parts["proofs/0.tlog-proof"] = parts["proofs/0.tlog-proof"].replace(
            CASE.note.encode(), other
        )
        with pytest.raises(Wrong, match="of another checkpoint than the bundle's"):
            verified(parts)

    def test_the_ledger_has_grown_out_of_the_older_checkpoint(self):
        older = Forged(CASE.facts[:2])
        proof = b"".join(
            b64encode(each) + b"\n" for each in consistency_proof(CASE, 2, len(CASE.facts))
        )
        grown = {"checkpoint.before": older.note.encode(), "consistency": proof}
        assert "the ledger grew from 2 leaves" in verified({**CASE.case(1), **grown})
        forked = Forged([taken(), told(1, text="another")])
        with pytest.raises(Wrong, match="it was forked"):
            verified({**CASE.case(1), **grown, "checkpoint.before": forked.note.encode()})
        with pytest.raises(Wrong, match=r"nothing shows|too short|too long"):
            verified({**CASE.case(1), **grown, "consistency": b""})


def test_no_bit_of_a_receipt_can_be_another():
    """Of the proof or of the leaf."""
    proof, leaf = CASE.proof(1), CASE.leaves[1].encoded
    quiet = Report(lambda _: None)
    assert verify_receipt(proof, leaf, Terms(KEYS), quiet)
    for bit in range(len(proof) * 8):
        with pytest.raises(Wrong):
            verify_receipt(flipped(proof, bit), leaf, Terms(KEYS), quiet)
    for bit in range(len(leaf) * 8):
        with pytest.raises(Wrong):
            verify_receipt(proof, flipped(leaf, bit), Terms(KEYS), quiet)


def flipped(octets: bytes, bit: int) -> bytes:
    changed = bytearray(octets)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)
