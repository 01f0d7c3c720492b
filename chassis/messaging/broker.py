"""Exchanges, queues and messages inside the process; `memory` puts kombu's face on them."""

# mypy: allow-untyped-calls
# kombu annotates only parts of itself.

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Any, Protocol

from kombu.exceptions import ChannelError
from kombu.transport import virtual
from kombu.transport.virtual.exchange import STANDARD_EXCHANGE_TYPES


@dataclass(frozen=True, slots=True)
class Letter:
    """One message as a queue holds it.

    Attributes:
        returns: how often a consumer gave it back.
        redelivered: a consumer had it in hand before.
    """

    body: bytes
    headers: Mapping[str, Any]
    properties: Mapping[str, Any]
    exchange: str
    routing_key: str
    returns: int = 0
    redelivered: bool = False


class Wakeable(Protocol):
    """A connection that drains messages."""

    def wake(self) -> None:
        """Let it look again."""


@dataclass(eq=False)
class StoredQueue:
    name: str
    arguments: Mapping[str, Any]
    auto_delete: bool
    letters: deque[Letter] = field(default_factory=deque)
    size: int = 0
    consumers: "list[Wakeable]" = field(default_factory=list)
    unused_since: float = field(default_factory=monotonic)

    def put(self, letter: Letter) -> None:
        self.letters.append(letter)
        self.size += len(letter.body)
        self.wake()

    def put_back(self, letter: Letter) -> None:
        self.letters.appendleft(letter)
        self.size += len(letter.body)
        self.wake()

    def take(self) -> Letter:
        letter = self.letters.popleft()
        self.size -= len(letter.body)
        return letter

    def clear(self) -> None:
        self.letters.clear()
        self.size = 0

    def has_room_for(self, letter: Letter) -> bool:
        """Tell whether the queue may grow by the message, by its `x-max-length` and `-bytes`."""
        length_max: float = self.arguments.get("x-max-length", math.inf)
        bytes_max: float = self.arguments.get("x-max-length-bytes", math.inf)
        return len(self.letters) < length_max and self.size + len(letter.body) <= bytes_max

    def wake(self) -> None:
        for consumer in self.consumers:
            consumer.wake()

    def expired(self) -> bool:
        limit_ms = self.arguments.get("x-expires")
        if limit_ms is None or self.consumers:
            return False
        return monotonic() - self.unused_since > float(limit_ms) / 1000


class Broker:
    """Exchanges, queues and bindings of one address."""

    def __init__(self) -> None:
        self.exchanges: dict[str, Any] = {}
        self.state = virtual.BrokerState(self.exchanges)
        self.queues: dict[str, StoredQueue] = {}
        self._types = {name: kind(None) for name, kind in STANDARD_EXCHANGE_TYPES.items()}

    def declare(self, name: str, arguments: Mapping[str, Any], *, auto_delete: bool) -> StoredQueue:
        for expired in [queue.name for queue in self.queues.values() if queue.expired()]:
            self.delete(expired)
        queue = self.queues.setdefault(name, StoredQueue(name, arguments, auto_delete))
        if dict(queue.arguments) != dict(arguments):
            raise ChannelError(f"PRECONDITION_FAILED - queue {name!r} has other arguments")
        return queue

    def delete(self, name: str) -> None:
        self.queues.pop(name, None)
        self.state.queue_bindings_delete(name)
        for exchange in self.exchanges.values():
            exchange["table"] = [row for row in exchange["table"] if row[2] != name]

    def route(self, exchange: str, routing_key: str) -> list[StoredQueue]:
        """Return the queues that a message would reach; the nameless exchange names the queue."""
        if not exchange:
            names = {routing_key}
        else:
            declared = self._exchange(exchange)
            kind = self._types[declared["type"]]
            names = set(kind.lookup(declared["table"], exchange, routing_key, None))
        return [self.queues[name] for name in names if name in self.queues]

    def give_back(self, queue: StoredQueue, letter: Letter) -> None:
        """Put a message back at the head, or bury it when its delivery limit is reached."""
        letter = replace(letter, returns=letter.returns + 1, redelivered=True)
        limit = queue.arguments.get("x-delivery-limit")
        if limit is not None and letter.returns > limit:
            self.bury(queue, letter, "delivery_limit")
        else:
            queue.put_back(letter)

    def bury(self, queue: StoredQueue, letter: Letter, reason: str) -> None:
        """Send a message to the dead-letter exchange of its queue; dropped where it has none."""
        exchange = queue.arguments.get("x-dead-letter-exchange")
        if exchange is None:
            return
        routing_key = queue.arguments.get("x-dead-letter-routing-key", letter.routing_key)
        death = {
            "queue": queue.name,
            "reason": reason,
            "count": 1,
            "exchange": letter.exchange,
            "routing-keys": [letter.routing_key],
        }
        headers = {
            "x-first-death-queue": queue.name,
            "x-first-death-reason": reason,
            "x-first-death-exchange": letter.exchange,
            **letter.headers,
            "x-death": [death, *letter.headers.get("x-death", [])],
        }
        dead = Letter(letter.body, headers, letter.properties, exchange, routing_key)
        for grave in self.route(exchange, routing_key):
            grave.put(dead)

    def _exchange(self, name: str) -> Mapping[str, Any]:
        try:
            declared: Mapping[str, Any] = self.exchanges[name]
        except KeyError:
            raise ChannelError(f"NOT_FOUND - no exchange {name!r}") from None
        return declared


_brokers: dict[tuple[str, str], Broker] = {}


def broker_at(hostname: str, virtual_host: str) -> Broker:
    """Return the broker of an address, made when first asked for."""
    return _brokers.setdefault((hostname, virtual_host), Broker())
