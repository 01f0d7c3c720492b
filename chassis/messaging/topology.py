"""Exchanges and queues, the same on both transports.

    service ──routing key: its name──▶ shouwen.events ──▶ shouwen.<follower>.events
    caller ──<service>.<method>──▶ nameko-rpc ──▶ rpc-<service>
    more than a queue holds ──▶ not confirmed (`basic.nack`)
    rejected, or given back too often ──▶ shouwen.dead ──<service>──▶ shouwen.<service>.dead

Every argument is taken by RabbitMQ 3.10 and 4.x alike. Arguments of a declared queue cannot be
changed: a change here needs another queue name.
"""

# mypy: allow-untyped-calls
# kombu annotates only parts of itself.

from collections.abc import Sequence
from typing import Any, Final, Literal

from kombu.entity import Exchange, Queue, binding

# Each crash of a follower and each lost connection counts as one. A message that cannot be applied
# is parked long before, by the follower itself and with its reason.
DELIVERY_LIMIT: Final = 20
RequestQueues = Literal["classic", "quorum"]
REQUESTS_MAX: Final = 10_000
REQUEST_BYTES_MAX: Final = 64 * 1024**2
EVENT_BYTES_MAX: Final = 512 * 1024**2

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
            **_bounded(**{"x-max-length-bytes": EVENT_BYTES_MAX}),
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


def rpc_queue(service: str, kind: RequestQueues = "classic") -> Queue:
    """Return the queue of a service's requests, under the name that nameko gives it.

    A classic queue keeps requests, which hold names, in memory and on one node of a cluster; a
    quorum queue outlives that node, and has them on the disks of several (ADR 8).

    A running service takes requests off at once and refuses what it cannot do; the bound is for
    one that is away, or so overwhelmed that it cannot even refuse.
    """
    bounds = {"x-max-length": REQUESTS_MAX, "x-max-length-bytes": REQUEST_BYTES_MAX}
    return Queue(
        f"rpc-{service}",
        exchange=RPC,
        routing_key=f"{service}.*",
        durable=True,
        queue_arguments={**_bounded(**bounds), **_lasting(service, kind)},
    )


def _lasting(service: str, kind: RequestQueues) -> dict[str, Any]:
    if kind == "classic":
        return _buried_as(service)
    # What kills a process again and again is dropped, not buried: it may hold names.
    return {"x-queue-type": "quorum", "x-delivery-limit": DELIVERY_LIMIT}


def _bounded(**limits: int) -> dict[str, Any]:
    """Beyond its limits a queue takes nothing more, and whoever publishes with confirms learns."""
    return {"x-overflow": "reject-publish", **limits}


def _buried_as(service: str) -> dict[str, Any]:
    return {"x-dead-letter-exchange": DEAD.name, "x-dead-letter-routing-key": service}
