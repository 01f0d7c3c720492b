"""Every event into the ledger, in the transaction in which its position is taken note of.

In the order of each source and without gaps, whatever else becomes of an event: one that cannot be
applied and is parked is in the ledger all the same. Entered is for ever: an event that comes again
is compared with its leaf.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC
from hashlib import sha256
from typing import Final

import msgspec
import structlog
from msgspec import structs

from chassis.eventstore.instants import text_of
from chassis.eventstore.transaction import Questions, Writing
from contracts.envelope import CloudEvent
from services.audit.domain.chains import Bound, Entered, Head, chained
from services.audit.domain.damage import LedgerDamaged
from services.audit.domain.leaves import leaf_of

# Sorted and compact is the canonical form of RFC 8785 for what events hold: text, whole numbers,
# truth values and names in ASCII. A library for all of JSON takes sixty times as long (ADR 14).
_canonical: Final = msgspec.json.Encoder(order="sorted")

_SIZE, _SEQ = ":size", ":seq"
# Of a petition's id, and of a type; a leaf has to fit into 65,535 bytes.
TEXT_MAX: Final = 200

log = structlog.get_logger(__name__)


def canonical(event: CloudEvent) -> bytes:
    """Return an event as the bytes whose hash its leaf binds, its own two times in UTC."""
    stated, recorded = event.time.astimezone(UTC), event.recordedtime.astimezone(UTC)
    return _canonical.encode(structs.replace(event, time=stated, recordedtime=recorded))


def enter(transaction: Writing, events: Sequence[CloudEvent]) -> None:
    """Enter events of one source that follow one another without a gap.

    Raises:
        LedgerDamaged: the leaf of the event before them is missing.
    """
    ends = _ends(transaction, events)
    entered_up_to = ends.pop(_SEQ).petition_seq
    size = ends.pop(_SIZE).petition_seq
    new = [event for event in events if event.position > entered_up_to]
    if len(new) < len(events):
        _compare(transaction, [event for event in events if event.position <= entered_up_to])
    if new and new[0].position != entered_up_to + 1:
        raise LedgerDamaged(f"{new[0].service} {entered_up_to + 1} is not in the ledger")
    for entered in chained(map(bound_of, new), size, ends):
        _insert(transaction, entered)


def _ends(transaction: Questions, events: Sequence[CloudEvent]) -> dict[str, Head]:
    """Return each petition's last leaf; as well the tree's size, and the source's last seq."""
    petitions = list({_sound(event.subject) for event in events})
    marks = ", ".join("?" * len(petitions))
    # The typed column comes first: what follows takes its type for NULL.
    rows = transaction.query(
        "SELECT petition, petition_seq, hash FROM ledger_leaf"  # noqa: S608 - our own names
        " WHERE (petition, petition_seq) IN (SELECT petition, max(petition_seq) FROM ledger_leaf"
        f" WHERE petition IN ({marks}) GROUP BY petition)"
        f" UNION ALL SELECT '{_SIZE}', coalesce(max(position) + 1, 0), NULL FROM ledger_leaf"
        f" UNION ALL SELECT '{_SEQ}', coalesce(max(seq), 0), NULL FROM ledger_leaf"
        " WHERE source = ?",
        (*petitions, events[0].service),
    )
    return {name: Head(count, bytes(hash_ or b"")) for name, count, hash_ in rows}


def bound_of(event: CloudEvent) -> Bound:
    """Return what the leaf of an event binds."""
    return Bound(
        source=event.service,
        seq=event.position,
        petition=_sound(event.subject),
        type=_sound(event.type),
        at=text_of(event.recordedtime),
        payload_sha256=sha256(canonical(event)).hexdigest(),
    )


def _sound(text: str) -> str:
    """Return a text as a leaf can have it; a service that was broken into may send any."""
    if len(text) <= TEXT_MAX and "\0" not in text:
        return text
    return f"sha256:{sha256(text.encode()).hexdigest()}"


def _insert(transaction: Writing, entered: Entered) -> None:
    leaf = entered.leaf
    transaction.insert(
        "ledger_leaf",
        {
            "position": entered.position,
            "source": leaf.source,
            "seq": leaf.seq,
            "petition": leaf.petition,
            "petition_seq": leaf.petition_seq,
            "leaf": entered.encoded,
            "hash": entered.hash,
        },
    )


def _compare(transaction: Questions, known: Sequence[CloudEvent]) -> None:
    """Say so when an event that comes again is not the one that was entered."""
    for event in _changed(transaction, known):
        log.error("event_contradicts_ledger", source=event.service, position=event.position)


def _changed(transaction: Questions, known: Sequence[CloudEvent]) -> Iterator[CloudEvent]:
    rows = transaction.query(
        "SELECT seq, leaf FROM ledger_leaf WHERE source = ? AND seq >= ? AND seq <= ?",
        (known[0].service, known[0].position, known[-1].position),
    )
    hashes = {seq: leaf_of(bytes(leaf)).payload_sha256 for seq, leaf in rows}
    for event in known:
        if hashes.get(event.position) != sha256(canonical(event)).hexdigest():
            yield event
