"""A broker inside the process: kombu's `memory://` transport, made to work with nameko.

It keeps the promises of RabbitMQ that the chassis builds on: consumers are woken at once, prefetch
holds per consumer, what is not acknowledged goes back to the head of its queue, rejected messages
and those over `x-delivery-limit` go to the dead-letter exchange, an unroutable mandatory message
is refused, a queue at its bound takes nothing more (and a connection with `confirm_publish` learns
of it by `MessageNacked`), queues outlive their connections. It does not expire messages and
forgets everything with the process, which costs nothing: every event is in a log, and relays send
again.

`memory://name` addresses a broker of that name; brokers share nothing. Green threads only.
"""

# mypy: allow-untyped-calls
# kombu annotates only parts of itself.

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import count
from time import monotonic
from typing import Any, Final

from amqp.exceptions import MessageNacked
from amqp.protocol import queue_declare_ok_t
from eventlet.event import Event
from kombu import transport as kombu_transports
from kombu.exceptions import ChannelError, ConnectionError  # noqa: A004 - kombu's own
from kombu.message import Message
from kombu.transport import virtual

from chassis.messaging.broker import Letter, StoredQueue, broker_at

PATH: Final = "chassis.messaging.memory:MemoryTransport"


def install() -> None:
    """Let `memory://` addresses lead here; harmless when repeated."""
    if kombu_transports.TRANSPORT_ALIASES["memory"] != PATH:
        kombu_transports.TRANSPORT_ALIASES["memory"] = PATH
        kombu_transports._transport_cache.pop("memory", None)  # noqa: SLF001 - no public way


@dataclass(eq=False)
class _Taker:
    """One consumer of one channel."""

    tag: str
    queue: StoredQueue
    callback: Callable[[Any], None]
    no_ack: bool
    prefetch: int
    in_hand: int = 0

    def may_take(self) -> bool:
        return bool(self.queue.letters) and not (0 < self.prefetch <= self.in_hand)


class MemoryChannel(virtual.Channel):
    """One channel: its consumers, and what they have in hand."""

    do_restore = False

    def __init__(self, connection: "MemoryTransport", **kwargs: Any) -> None:
        super().__init__(connection, **kwargs)
        self._broker = connection.broker
        self._prefetch = 0
        self._takers: dict[str, _Taker] = {}
        self._in_hand: dict[int, tuple[_Taker | None, StoredQueue, Letter]] = {}
        self._next_tag = count(1)

    def queue_declare(
        self,
        queue: str | None = None,
        passive: bool = False,  # noqa: FBT001, FBT002 - kombu's signature
        arguments: Mapping[str, Any] | None = None,
        auto_delete: bool = False,  # noqa: FBT001, FBT002 - kombu's signature
        **_kwargs: Any,
    ) -> Any:
        name = queue or f"amq.gen-{self.channel_id}-{id(self)}"
        if passive and name not in self._broker.queues:
            raise ChannelError(f"NOT_FOUND - no queue {name!r}")
        stored = (
            self._broker.queues[name]
            if passive
            else self._broker.declare(name, arguments or {}, auto_delete=auto_delete)
        )
        return queue_declare_ok_t(name, len(stored.letters), len(stored.consumers))

    def queue_delete(
        self,
        queue: str,
        if_unused: bool = False,  # noqa: FBT001, FBT002 - kombu's signature
        if_empty: bool = False,  # noqa: FBT001, FBT002 - kombu's signature
        **_kwargs: Any,
    ) -> None:
        stored = self._broker.queues.get(queue)
        if stored is None or (if_empty and stored.letters) or (if_unused and stored.consumers):
            return
        self._broker.delete(queue)

    def queue_purge(self, queue: str, **_kwargs: Any) -> int:
        stored = self._broker.queues[queue]
        purged = len(stored.letters)
        stored.clear()
        return purged

    def basic_publish(
        self,
        message: dict[str, Any],
        exchange: str,
        routing_key: str,
        mandatory: bool = False,  # noqa: FBT001, FBT002 - kombu's signature
        **_kwargs: Any,
    ) -> None:
        queues = self._broker.route(exchange, routing_key)
        if mandatory and not queues:
            raise ChannelError(f"(312) NO_ROUTE from {exchange!r} for {routing_key!r}")
        letter = _letter(message, exchange, routing_key)
        with_room = [queue for queue in queues if queue.has_room_for(letter)]
        for queue in with_room:
            queue.put(letter)
        if len(with_room) < len(queues) and self.connection.confirms:
            raise MessageNacked

    def basic_qos(
        self,
        prefetch_size: int = 0,  # noqa: ARG002 - kombu's signature
        prefetch_count: int = 0,
        apply_global: bool = False,  # noqa: FBT001, FBT002, ARG002 - kombu's signature
    ) -> None:
        self._prefetch = prefetch_count

    def basic_consume(
        self,
        queue: str,
        no_ack: bool,  # noqa: FBT001 - kombu's signature
        callback: Callable[[Any], None],
        consumer_tag: str,
        **_kwargs: Any,
    ) -> None:
        stored = self._broker.queues[queue]
        stored.consumers.append(self.connection)
        self._takers[consumer_tag] = _Taker(consumer_tag, stored, callback, no_ack, self._prefetch)
        self.connection.wake()

    def basic_cancel(self, consumer_tag: str) -> None:
        taker = self._takers.pop(consumer_tag, None)
        if taker is None:
            return
        queue = taker.queue
        queue.consumers.remove(self.connection)
        queue.unused_since = monotonic()
        if queue.auto_delete and not queue.consumers:
            self._broker.delete(queue.name)

    def basic_get(
        self,
        queue: str,
        no_ack: bool = False,  # noqa: FBT001, FBT002 - kombu's signature
        **_kwargs: Any,
    ) -> Message | None:
        stored = self._broker.queues[queue]
        if not stored.letters:
            return None
        return self._delivery(stored, taker=None, no_ack=no_ack)

    def basic_ack(self, delivery_tag: int, multiple: bool = False) -> None:  # noqa: FBT001, FBT002 - kombu's signature
        tags = [tag for tag in self._in_hand if tag <= delivery_tag] if multiple else [delivery_tag]
        for tag in tags:
            self._settle(tag)

    def basic_reject(self, delivery_tag: int, requeue: bool = False) -> None:  # noqa: FBT001, FBT002 - kombu's signature
        queue, letter = self._settle(delivery_tag)
        if requeue:
            self._broker.give_back(queue, letter)
        else:
            self._broker.bury(queue, letter, "rejected")

    def basic_recover(self, requeue: bool = True) -> None:  # noqa: FBT001, FBT002, ARG002 - kombu's signature
        for tag in sorted(self._in_hand, reverse=True):
            queue, letter = self._settle(tag)
            queue.put_back(replace(letter, redelivered=True))

    def message_to_python(self, raw_message: Message) -> Message:
        return raw_message

    def deliver_one(self) -> bool:
        """Hand one message to the consumer whose turn it is; False when none can take any."""
        for taker in list(self._takers.values()):
            if taker.may_take():
                self._takers[taker.tag] = self._takers.pop(taker.tag)
                taker.callback(self._delivery(taker.queue, taker=taker, no_ack=taker.no_ack))
                return True
        return False

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            for tag in list(self._takers):
                self.basic_cancel(tag)
            self.basic_recover()
            self.connection.close_channel(self)

    def _delivery(self, queue: StoredQueue, *, taker: _Taker | None, no_ack: bool) -> Message:
        letter, tag = queue.take(), next(self._next_tag)
        if not no_ack:
            self._in_hand[tag] = (taker, queue, letter)
            if taker is not None:
                taker.in_hand += 1
        return _message(self, letter, tag, taker.tag if taker else "")

    def _settle(self, tag: int) -> tuple[StoredQueue, Letter]:
        if tag not in self._in_hand:
            raise ChannelError(f"PRECONDITION_FAILED - unknown delivery tag {tag}")
        taker, queue, letter = self._in_hand.pop(tag)
        if taker is not None:
            taker.in_hand -= 1
        self.connection.wake()
        return queue, letter


def _letter(message: Mapping[str, Any], exchange: str, routing_key: str) -> Letter:
    body, encoding = message["body"], message["content-encoding"]
    described = {
        "content_type": message["content-type"],
        "content_encoding": encoding,
        **message["properties"],
    }
    described.pop("delivery_info", None)
    as_bytes = body if isinstance(body, bytes) else str(body).encode(encoding or "utf-8")
    return Letter(as_bytes, dict(message["headers"]), described, exchange, routing_key)


def _message(channel: MemoryChannel, letter: Letter, tag: int, consumer_tag: str) -> Message:
    counted = {"x-delivery-count": letter.returns} if letter.returns else {}
    return Message(
        body=letter.body,
        channel=channel,
        delivery_tag=tag,
        content_type=letter.properties["content_type"],
        content_encoding=letter.properties["content_encoding"],
        headers={**letter.headers, **counted},
        properties=dict(letter.properties),
        delivery_info={
            "consumer_tag": consumer_tag,
            "delivery_tag": tag,
            "redelivered": letter.redelivered,
            "exchange": letter.exchange,
            "routing_key": letter.routing_key,
        },
    )


class MemoryTransport(virtual.Transport):
    """One connection to the broker of an address."""

    Channel = MemoryChannel
    driver_type = "memory"
    driver_name = "memory"

    # kombu takes every error of a transport that does not tell them apart for a lost connection,
    # and would publish an unroutable message again and again.
    connection_errors = (ConnectionError,)
    channel_errors = (ChannelError,)
    recoverable_connection_errors = (ConnectionError,)
    recoverable_channel_errors: tuple[type[Exception], ...] = ()

    def __init__(self, client: Any, **kwargs: Any) -> None:
        super().__init__(client, **kwargs)
        self.broker = broker_at(client.hostname or "", client.virtual_host or "")
        self.state = self.broker.state
        self.confirms = bool(client.transport_options.get("confirm_publish"))
        self._changed = Event()

    def driver_version(self) -> str:
        return "1"

    def wake(self) -> None:
        """Let whoever drains this connection look again."""
        changed, self._changed = self._changed, Event()
        changed.send()

    def drain_events(self, connection: Any, timeout: float | None = None, **_kwargs: Any) -> None:  # noqa: ARG002 - kombu's signature
        """Deliver one message, waiting for it if need be.

        Raises:
            TimeoutError: none came in time.
        """
        deadline = None if timeout is None else monotonic() + timeout
        while not any(channel.deliver_one() for channel in list(self.channels)):
            left = None if deadline is None else deadline - monotonic()
            if left is not None and left <= 0:
                raise TimeoutError
            self._changed.wait(left)
