"""Petitions as the system tests raise them."""

import uuid
from datetime import timedelta
from typing import Any

import eventlet

from chassis.eventstore.instants import utc_now
from contracts.failures import RETRY_AFTER, Failure
from tests.system.running_platform import Platform

OFFICE = "330424-01"
# Received just now: nothing of what is registered is late.
RAISED_AT = (utc_now() - timedelta(hours=1)).isoformat()


def request_id() -> str:
    return str(uuid.uuid4())


def registration(**given: Any) -> dict[str, Any]:
    return {
        "request_id": request_id(),
        "office": OFFICE,
        "channel": "visit",
        "petition_class": "appeal",
        "category": "城乡建设/物业管理",
        "title": "电梯停运",
        "body": "电梯停运三周,老人上下楼困难。",
        "occurred_at": RAISED_AT,
        "petitioner": {"name": "沈某"},
        **given,
    }


def registered(platform: Platform, count: int = 1, **given: Any) -> list[str]:
    """Register petitions of different matters; return their numbers."""
    items = [registration(petitioner={"name": f"沈{request_id()}"}, **given) for _ in range(count)]
    answer = platform.call("K1", "clerk", OFFICE, "intake.register_many", items=items)
    assert not answer["refused"]
    return [item["petition"]["number"] for item in answer["registered"]]


def receive(platform: Platform, leader: str, number: str, **given: Any) -> Any:
    """Receive, and come again with the same request when the service is too busy to begin."""
    given = {"request_id": request_id(), "number": number, **given}
    while True:
        try:
            return platform.call(leader, "leader", OFFICE, "responsibility.receive", **given)
        except Failure as failure:
            if failure.code != "busy":
                raise
            eventlet.sleep(failure.fields[RETRY_AFTER])


def owner_of(platform: Platform, number: str) -> Any:
    return platform.call("A1", "auditor", "", "responsibility.owner_of", number=number)
