"""What is answered about an ownership."""

from typing import Any

from chassis.eventstore.application import Answer
from chassis.eventstore.instants import text_of
from services.responsibility.domain.evidence import (
    Claim,
    Link,
    MergedMatter,
    OwnershipRecord,
    Received,
    Reply,
)
from services.responsibility.domain.ownership import Ownership


def reception_answer(ownership: Ownership, received: Received, claim: Claim | None) -> Answer:
    holder = ownership.record.chain[-1]
    return {
        "number": received.received_number,
        "matter": ownership.number,
        "standing": claim.standing if claim else "first",
        "owner": holder.owner,
        "office": holder.office,
        "owned_since": text_of(holder.since),
        "reception_id": received.reception_id,
        "dispute_id": claim and claim.dispute_id,
        "version": ownership.version,
    }


def ownership_answer(ownership: Ownership, number: str) -> Answer:
    record = ownership.record
    chain = [_link(link) for link in record.chain]
    return {
        "number": number,
        "matter": ownership.number,
        "state": ownership.state,
        "owner": ownership.owner,
        "office": record.chain[-1].office if record.chain else ownership.office,
        "first_contact": chain[0] if chain else None,
        "chain": chain,
        "evidence": {name: value for name, value in record.evidence.items() if value is not None},
        "rivals": [_claim(claim) for claim in ownership.claims if claim.standing != "owner"],
        "repeats": list(record.repeats),
        "reply": ownership.reply and _reply(ownership.reply),
        "version": ownership.version,
        **_linked(record),
    }


def _linked(record: OwnershipRecord) -> dict[str, Any]:
    """Return what is part of the matter, and what stays of links that were undone, where any is."""
    merged = [_merged(each) for each in record.merged.values()]
    found = {"merged": merged, "kept": list(record.kept)}
    return {name: values for name, values in found.items() if values}


def _reply(reply: Reply) -> dict[str, Any]:
    return {
        "document": reply.document,
        "delivered_by": reply.delivered_by,
        "delivered_at": text_of(reply.delivered_at),
    }


def _link(link: Link) -> dict[str, Any]:
    return {
        "owner": link.owner,
        "office": link.office,
        "since": text_of(link.since),
        "ground": link.ground,
        "approver": link.approver,
        "document": link.document,
    }


def _merged(merged: MergedMatter) -> dict[str, Any]:
    return {
        "number": merged.number,
        "since": text_of(merged.since),
        "unit": merged.unit,
        "state": merged.course_state,
    }


def _claim(claim: Claim) -> dict[str, Any]:
    return {
        "reception_id": claim.reception_id,
        "leader": claim.leader,
        "office": claim.office,
        "received_at": text_of(claim.received_at),
        "standing": claim.standing,
        "dispute_id": claim.dispute_id,
        "ruling": claim.ruling,
    }
