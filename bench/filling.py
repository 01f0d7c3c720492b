"""Registers petitions by the hundreds, and waits until all have gone through the platform."""

from typing import Any, Final

import eventlet

from bench.services import Running, registration
from chassis.eventstore.instants import text_of, utc_now

BATCH: Final = 500
SERVICES_AUDITED: Final = ("intake", "responsibility", "notify")
SETTLE_WITHIN_S: Final = 1_800.0
LOOK_EVERY_S: Final = 0.2


def register(running: Running, petitions: int, **given: Any) -> None:
    for first in range(0, petitions, BATCH):
        size = min(BATCH, petitions - first)
        items = [registration(first + n, **given) for n in range(size)]
        answer = running.call("clerk", "intake.register_many", items=items)
        if answer["refused"]:
            raise RuntimeError(f"refused: {answer['refused'][:1]}")


def wait_until_settled(running: Running) -> None:
    """Wait until everybody has applied all that those whom he follows have recorded."""
    with eventlet.Timeout(SETTLE_WITHIN_S):
        while not settled(running):
            eventlet.sleep(LOOK_EVERY_S)


def settled(running: Running) -> bool:
    """Tell whether nothing is on its way: events applied, reminders that are due delivered."""
    return _applied_all(running.health()) and not reminders(running, "planned")


def reminders(running: Running, state: str) -> int:
    """Return how many reminders that are due by now stand in that state."""
    due = f"state = '{state}' AND due_at <= '{text_of(utc_now())}'"
    return int(running.query(f"SELECT count(*) FROM notify.reminder WHERE {due}")[0][0])


def _applied_all(health: dict[str, Any]) -> bool:
    heads = {service: each["head"] for service, each in health.items()}
    followed = {**dict.fromkeys(SERVICES_AUDITED, 0), **health["audit"]["applied"]}
    everywhere = [followed, *(each["applied"] for each in health.values())]
    return all(
        position >= heads[source] for applied in everywhere for source, position in applied.items()
    )
