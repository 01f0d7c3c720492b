"""Dead letters: messages that a service could not read, answer or keep.

A service that gives a message up sends a copy with the reason to the dead-letter exchange; what
RabbitMQ itself buries, such as a message given back too often, carries only the broker's reason.
"""

# mypy: allow-untyped-calls
# kombu annotates only parts of itself.

from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

import msgspec
from kombu.connection import Connection

from chassis.messaging import topology
from chassis.messaging.post import PostError, post_json

REASON: Final = "shouwen-reason"
SENT_TO: Final = "shouwen-sent-to"
BURIAL_LIMIT_S: Final = 5.0
LOOKED_AT_MAX: Final = 50
SECRET: Final = frozenset({"nameko.auth_token"})


@dataclass
class DeadLetters:
    """Attributes: reasons: of the first ones, at most `LOOKED_AT_MAX`."""

    count: int
    reasons: Counter[str] = field(default_factory=Counter)


def bury(amqp_uri: str, service: str, message: Any, reason: str, *, with_body: bool) -> bool:
    """Send a copy to the dead letters with the reason; False when the broker did not take it.

    Args:
        with_body: else only its size and digest: the body may hold names, and nobody will need it.
    """
    body = message.body.encode() if isinstance(message.body, str) else bytes(message.body)
    kept = {name: value for name, value in message.headers.items() if name not in SECRET}
    headers = {**kept, REASON: reason, SENT_TO: message.delivery_info.get("routing_key")}
    try:
        post_json(
            amqp_uri,
            body if with_body else _described(body),
            exchange=topology.DEAD.name,
            routing_key=service,
            time_limit_s=BURIAL_LIMIT_S,
            mandatory=True,
            headers=headers,
        )
    except PostError:
        return False
    return True


def _described(body: bytes) -> bytes:
    return msgspec.json.encode({"bytes": len(body), "sha256": sha256(body).hexdigest()})


def dead_letters(amqp_uri: str, service: str) -> DeadLetters:
    """Count the dead letters of a service and read why they are there; they stay."""
    with Connection(amqp_uri) as connection:
        channel = connection.channel()
        queue = topology.dead_queue(service).bind(channel)
        queue.declare()
        found = DeadLetters(int(channel.queue_declare(queue.name, passive=True).message_count))
        looked_at = [queue.get() for _ in range(min(found.count, LOOKED_AT_MAX))]
        for message in filter(None, looked_at):
            found.reasons[_reason(message.headers)] += 1
        for message in filter(None, reversed(looked_at)):
            message.requeue()
    return found


def _reason(headers: dict[str, Any]) -> str:
    deaths = headers.get("x-death") or [{}]
    return str(headers.get(REASON) or deaths[0].get("reason", "unknown"))
