"""Ledgers of any facts, signed with the ledger's own key, and bundles of anything in them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Any, NamedTuple

from services.audit.domain.chains import Bound, Entered, chained
from services.audit.domain.heads import LEDGER_ID
from services.audit.domain.merkle import LEVEL_BITS, folded, inclusion_proof, leaf_hash, root_of
from services.audit.domain.notes import Checkpoint, proof_text, signed, verifier_key
from services.audit.gateways.signing import Ed25519Signer, signers_from
from services.audit.verifier import (
    Ends,
    Key,
    Report,
    Terms,
    canonical,
    key_of,
    manifest_of,
    packed,
    verify_bundle,
)
from tests.builders import number, petition_id
from tests.unit.audit.ledgers import ORIGIN, keys_text

AT = "2026-11-24T04:00:00Z"
SIGNERS = signers_from(ORIGIN, keys_text("1"))
KEYS = [Key.read(verifier_key(each)) for each in SIGNERS]


class Fact(NamedTuple):
    """An event as whoever owns a service's log may write it."""

    source: str
    petition: str
    type: str
    data: Mapping[str, Any]


def taken(serial: int = 1, **data: Any) -> Fact:
    """A petition is put on record."""
    given = {"petition_id": petition_id(serial), "number": number(serial), **data}
    return Fact("intake", petition_id(serial), "petition.registered.v1", given)


def told(
    serial: int = 1, type_: str = "reminder.delivered.v1", source: str = "notify", **data: Any
) -> Fact:
    """Something else about it."""
    given = {"petition_id": petition_id(serial), "number": number(serial), **data}
    return Fact(source, petition_id(serial), type_, given)


@dataclass(frozen=True)
class Forged:
    """A ledger of facts; each change of it is another one."""

    facts: Sequence[Fact]
    signers: Sequence[Ed25519Signer] = field(default_factory=lambda: SIGNERS)

    def stating(self, **changes: Any) -> "Forged":
        """State the ends of all cases behind the facts, as audit would unless changed."""
        data = {
            "petition_id": str(LEDGER_ID),
            "size": len(self.facts),
            "root": self.ends(len(self.facts)).root().hex(),
            "numbers": True,
            **changes.pop("data", {}),
        }
        fact = Fact("audit", str(LEDGER_ID), "case_heads.recorded.v1", data)._replace(**changes)
        return Forged([*self.facts, fact], self.signers)

    def and_then(self, *facts: Fact) -> "Forged":
        return Forged([*self.facts, *facts], self.signers)

    @cached_property
    def events(self) -> list[bytes]:
        seqs: dict[str, int] = {}
        made = []
        for fact in self.facts:
            seqs[fact.source] = seqs.get(fact.source, 0) + 1
            event = {
                "source": f"/shouwen/{fact.source}",
                "sequence": f"{seqs[fact.source]:020}",
                "subject": fact.petition,
                "type": fact.type,
                "time": AT,
                "recordedtime": AT,
                "actor": "C330424001",
                "data": fact.data,
            }
            made.append(canonical(event))
        return made

    @cached_property
    def leaves(self) -> Sequence[Entered]:
        seqs: dict[str, int] = {}
        bound = []
        for fact, event in zip(self.facts, self.events, strict=True):
            seqs[fact.source] = seqs.get(fact.source, 0) + 1
            hash_ = sha256(event).hexdigest()
            bound.append(Bound(fact.source, seqs[fact.source], fact.petition, fact.type, AT, hash_))
        return list(chained(bound, 0, {}))

    def hashes(self, level: int, start: int, stop: int) -> list[bytes]:
        """Return hashes of a level, as the tree's tables do."""
        width = 1 << LEVEL_BITS * level
        leaves = [leaf_hash(each.encoded) for each in self.leaves]
        return [folded(leaves[at * width : (at + 1) * width]) for at in range(start, stop)]

    @cached_property
    def note(self) -> str:
        size = len(self.facts)
        return signed(Checkpoint(ORIGIN, size, root_of(self, size)).text, self.signers)

    def ends(self, size: int) -> Ends:
        made = Ends()
        for entered, fact in zip(self.leaves[:size], self.facts[:size], strict=True):
            leaf = entered.leaf
            made.put("petition", leaf.petition, leaf.petition_seq, entered.hash)
            if leaf.type == "petition.registered.v1":
                made.put("number", fact.data["number"], leaf.petition_seq, entered.hash)
        return made

    def proof(self, position: int) -> bytes:
        path = inclusion_proof(self, position, len(self.facts))
        return proof_text(position, path, self.note).encode()

    def grown(self) -> dict[str, bytes]:
        keys = "".join(f"{verifier_key(each)}\n" for each in self.signers)
        return {
            "checkpoint": self.note.encode(),
            "checkpoint.before": b"",
            "consistency": b"",
            "keys": keys.encode(),
        }

    def heads(self, *sought: tuple[str, str], at: int = -1, size: int = -1) -> dict[str, bytes]:
        """Return what shows the ends of some, by the statement that is the fact `at`."""
        at %= len(self.facts)
        ends = self.ends(at if size < 0 else size)
        ends.root()
        return {
            "heads.event": self.events[at],
            "heads.leaf": self.leaves[at].encoded,
            "heads.tlog-proof": self.proof(at),
            "heads.json": canonical({"chains": [chain(ends, *each) for each in sought]}),
        }

    def case(self, *serials: int, stop: int | None = None) -> dict[str, bytes]:
        """Return the facts of some petitions, each with its proof."""
        ids = {petition_id(serial) for serial in serials}
        places = [at for at, fact in enumerate(self.facts) if fact.petition in ids][:stop]
        return {
            "README.txt": b"",
            "history.html": b"",
            "events.jsonl": b"".join(self.events[at] + b"\n" for at in places),
            "leaves.jsonl": b"".join(self.leaves[at].encoded + b"\n" for at in places),
            **self.grown(),
            "calendars.json": b"[]",
            **{f"proofs/{at}.tlog-proof": self.proof(at) for at in places},
        }

    def absent(self, by: str, what: str) -> dict[str, bytes]:
        absent = f"{by} {what}\n".encode()
        return {"README.txt": b"", "absent": absent, **self.grown(), **self.heads((by, what))}


def chain(ends: Ends, by: str, what: str) -> dict[str, Any]:
    """Return the bucket of one with its path, as a bundle has them."""
    bucket = int.from_bytes(key_of(by, what)[:2], "big")
    path = [level[(bucket >> up) ^ 1].hex() for up, level in enumerate(ends._levels[:-1])]
    entries = sorted(ends._buckets.get(bucket, {}).values())
    return {by: what, "entries": [each.hex() for each in entries], "path": path}


def wrapped(parts: Mapping[str, bytes]) -> bytes:
    return packed({**parts, "manifest": manifest_of(parts)})


def verified(parts: Mapping[str, bytes], terms: Terms | None = None) -> str:
    """Return what the verifier says of parts that whoever forged them has wrapped.

    Raises:
        Wrong: it does not hold.
    """
    lines: list[str] = []
    verify_bundle(wrapped(parts), terms or Terms(KEYS), Report(lines.append))
    return "\n".join(lines)
