"""Exchanges and queues, the same on both transports.

    service ──routing key: its name──▶ shouwen.events ──▶ shouwen.<follower>.events
    caller ──<service>.<method>──▶ nameko-rpc ──▶ rpc-<service>
    rejected, or given back too often ──▶ shouwen.dead ──<service>──▶ shouwen.<service>.dead

Every argument is taken by RabbitMQ 3.10 and 4.x alike. Arguments of a declared queue cannot be
changed: a change here needs another queue name.
"""

# mypy: allow-untyped-calls
# kombu annotates only parts of itself.

from collections.abc import Sequence
from typing import Any, Final

from kombu.entity import Exchange, Queue, binding

DELIVERY_LIMIT: Final = 5

EVENTS: Final = Exchange("shouwen.events", type="topic", durable=True)
DEAD: Final = Exchange("shouwen.dead", type="topic", durable=True)
RPC: Final = Exchange("nameko-rpc", type="topic", durable=True)


def events_queue(service: str, sources: Sequence[str]) -> Queue:
    """Return the queue in which a service receives the events of other services."""
    return Queue(
        f"shouwen.{service}.events",
        bindings=[binding(EVENTS, routing_key=source) for source in sources],
        durable=True,
        queue_arguments={
            "x-queue-type": "quorum",
            "x-delivery-limit": DELIVERY_LIMIT,
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
            **_buried_as(service),
        },
    )


def dead_queue(service: str) -> Queue:
    """Return the queue that keeps what a service could not handle."""
    return Queue(
        f"shouwen.{service}.dead",
        exchange=DEAD,
        routing_key=service,
        durable=True,
        queue_arguments={"x-queue-type": "quorum"},
    )


def rpc_queue(service: str) -> Queue:
    """Return the queue of a service's requests, under the name that nameko gives it."""
    return Queue(
        f"rpc-{service}",
        exchange=RPC,
        routing_key=f"{service}.*",
        durable=True,
        queue_arguments=_buried_as(service),
    )


def _buried_as(service: str) -> dict[str, Any]:
    return {"x-dead-letter-exchange": DEAD.name, "x-dead-letter-routing-key": service}
