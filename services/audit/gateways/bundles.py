"""The evidence of a case as one file, byte for byte what the verifier expects."""

import json
from base64 import b64encode
from collections.abc import Iterable
from typing import Final

from services.audit.domain.evidence import Absence, CaseEvidence, Growth, Heads
from services.audit.domain.notes import proof_text
from services.audit.gateways.page import page_of
from services.audit.verifier import canonical, manifest_of, packed

README: Final = """\
首问 Shouwen: the evidence of one case

history.html          the history, to be read and printed 供阅读与打印; it proves nothing
events.jsonl          the events, in the order of the ledger
leaves.jsonl          what the ledger binds of each: its place, and the hash of the event
proofs/               that each leaf is in the ledger (C2SP tlog-proof)
checkpoint            the ledger's signature over all of it (C2SP tlog-checkpoint)
checkpoint.before     an older one, and in `consistency` that the ledger only grew since
heads.*               that these are all events of the case
keys                  the ledger's public keys; compare them with those that you were given
calendars.json        the working calendars by which terms were counted, day by day
manifest              sha256sum --check manifest

To verify, without us and without a network: shouwen verify FILE --key KEY,
or `python verifier.py FILE --key KEY` with nothing of Shouwen but that one file.
"""

ABSENT: Final = """\
首问 Shouwen: that there is no such case

absent                what was looked for: a number, or the id of a petition
heads.*               the ends of all cases beside its place, and that the ledger stated them
checkpoint            the ledger's signature over all of it (C2SP tlog-checkpoint)
checkpoint.before     an older one, and in `consistency` that the ledger only grew since
keys                  the ledger's public keys; compare them with those that you were given
manifest              sha256sum --check manifest

To verify: shouwen verify FILE --key KEY, or `python verifier.py FILE --key KEY`.
"""


def bundle_of(evidence: CaseEvidence, keys: Iterable[str]) -> bytes:
    """Return the bundle.

    Args:
        keys: the public keys of the ledger, one line each.
    """
    events = [json.loads(fact.event) for fact in evidence.facts]
    parts = {
        "README.txt": README.encode(),
        "history.html": page_of(evidence.number, events).encode(),
        "events.jsonl": _lines([fact.event for fact in evidence.facts]),
        "leaves.jsonl": _lines([fact.leaf for fact in evidence.facts]),
        **_grown(evidence.growth, keys),
        "calendars.json": canonical(list(evidence.calendars)),
    }
    for fact in evidence.facts:
        name = f"proofs/{fact.position}.tlog-proof"
        parts[name] = proof_text(fact.position, fact.path, evidence.growth.note).encode()
    if evidence.heads is not None:
        parts |= _heads(evidence.heads, evidence.growth.note)
    return packed({**parts, "manifest": manifest_of(parts)})


def absence_of(absence: Absence, keys: Iterable[str]) -> bytes:
    """Return the bundle that shows that there is no such case."""
    parts = {
        "README.txt": ABSENT.encode(),
        "absent": f"{absence.sought.by} {absence.sought.what}\n".encode(),
        **_grown(absence.growth, keys),
        **_heads(absence.heads, absence.growth.note),
    }
    return packed({**parts, "manifest": manifest_of(parts)})


def _grown(growth: Growth, keys: Iterable[str]) -> dict[str, bytes]:
    return {
        "checkpoint": growth.note.encode(),
        "checkpoint.before": growth.note_before.encode(),
        "consistency": _lines([b64encode(each) for each in growth.proof]),
        "keys": _lines([key.encode() for key in keys]),
    }


def _heads(heads: Heads, note: str) -> dict[str, bytes]:
    chains = [
        {
            chain.sought.by: chain.sought.what,
            "entries": [end.encoded.hex() for end in chain.ends],
            "path": [each.hex() for each in chain.path],
        }
        for chain in heads.chains
    ]
    stated = heads.stated
    return {
        "heads.event": stated.event,
        "heads.leaf": stated.leaf,
        "heads.tlog-proof": proof_text(stated.position, stated.path, note).encode(),
        "heads.json": canonical({"chains": chains}),
    }


def _lines(lines: Iterable[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)
