"""nameko's queue consumer, with the guards that it lacks.

Bodies are handed over undecoded, so that a body nobody can read goes to the dead letters (kombu
logs it whole and acknowledges it). A stop ends within a fraction of a second, but not before what
is in hand has been settled, and it does not wait for a broker that is away.
"""

# mypy: allow-untyped-calls
# kombu annotates only parts of itself.

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Final, Protocol

import structlog
from amqp.exceptions import RecoverableConnectionError
from eventlet.event import Event
from kombu.entity import Queue
from nameko.messaging import QueueConsumer, QueueConsumerStopped

from chassis.messaging import topology
from chassis.messaging.dead import bury
from chassis.messaging.post import BROKER_ERRORS, JSON_TYPE, TRANSIENT

STOP_NOTICED_AFTER_S: Final = 0.2
RECONNECT_AT_MOST_AFTER_S: Final = 5

log = structlog.get_logger(__name__)


class Receiver(Protocol):
    """What a consumer delivers to.

    Attributes:
        queue: consumed from.
        other_queues: declared with it, such as that of its dead letters.
    """

    queue: Queue
    other_queues: Sequence[Queue]

    def arrived(self, message: Any) -> None:
        """Take one undecoded message; never blocks and never raises."""


class Consuming(QueueConsumer):  # type: ignore[misc] # nameko has no types
    """One connection, from which messages are consumed and on which they are settled."""

    def __init__(self) -> None:
        super().__init__()
        self._in_hand: set[int] = set()
        self._pending_remove_providers: dict[Receiver, Event] = {}
        self._channel: Any = None

    def accept_message(self, message: Any) -> None:
        """Take the message off its queue: it has had its effect."""
        self._settle(message, message.ack)

    def accept_answered(self, message: Any, answer: bytes) -> None:
        """Send the answer to a request, and take the request off its queue.

        Both go over one channel and the broker takes them in this order: when the request is
        gone the answer is there, and where the connection fails the request comes again.
        """
        self._settle(message, partial(_answer_and_ack, message, answer))

    def give_back(self, message: Any) -> None:
        """Put the message back on its queue, which counts as one delivery."""
        self._settle(message, message.requeue)

    def reclaimed(self, message: Any) -> bool:
        """Tell whether the connection is lost; then the broker delivers the message again."""
        return message.channel is None or not message.channel.connection

    def park(self, message: Any, reason: str) -> None:
        """Send the message to the dead letters with the reason."""
        # The broker buries what it will not take from us, only without our reason.
        buried = self._bury(message, reason, with_body=True)
        self._settle(message, message.ack if buried else message.reject)

    def refuse(self, message: Any, reason: str, answer: bytes | None = None) -> None:
        """Keep of a request that it came and why it was refused; answer who waits.

        What it said is not kept: it may hold names, which have no place in a queue.
        """
        if not self._bury(message, reason, with_body=False):
            self.give_back(message)
        elif answer is None:
            self.accept_message(message)
        else:
            self.accept_answered(message, answer)

    def _bury(self, message: Any, reason: str, *, with_body: bool) -> bool:
        log.warning(
            "message_parked",
            reason=reason,
            routing_key=message.delivery_info.get("routing_key"),
            message_id=message.properties.get("message_id"),
            size=len(message.body or b""),
        )
        service = self.container.service_name
        return bury(self.amqp_uri, service, message, reason, with_body=with_body)

    def get_consumers(self, consumer_cls: Callable[..., Any], channel: Any) -> Any:
        """Declare and consume; called again after every reconnection, maybe to an empty broker."""
        self._channel = channel
        _leave_reading_to_consumer(channel)
        for receiver in self._providers:
            for queue in receiver.other_queues:
                queue.bind(channel).declare()
            consumer = consumer_cls(
                queues=[receiver.queue], on_message=partial(self._arrived, receiver)
            )
            consumer.qos(prefetch_count=self.prefetch_count)
            self._consumers[receiver] = consumer
        return self._consumers.values()

    def on_decode_error(self, message: Any, exc: Exception) -> None:
        """Park what cannot even be decompressed."""
        self.park(message, f"undecodable: {type(exc).__name__}")

    def on_iteration(self) -> None:
        self._cancel_where_asked()
        self._leave_lost_connection()
        if not self._consumers and not self._in_hand:
            self.should_stop = True

    def run(self, **kwargs: Any) -> None:
        try:
            super().run(**kwargs)
        except QueueConsumerStopped as stopped:
            log.info("consumer_stopped_while_broker_away")
            if not self._consumers_ready.ready():
                self._consumers_ready.send_exception(stopped)
        finally:
            for removed in self._pending_remove_providers.values():
                removed.send()

    def consume(self, *args: Any, **kwargs: Any) -> Iterator[None]:
        kwargs.setdefault("safety_interval", STOP_NOTICED_AFTER_S)
        yield from super().consume(*args, **kwargs)

    @contextmanager
    def establish_connection(self) -> Iterator[Any]:
        with self.create_connection() as connection:
            connection.ensure_connection(
                self.on_connection_error,
                interval_start=0.5,
                interval_step=1,
                interval_max=RECONNECT_AT_MOST_AFTER_S,
                callback=self._end_if_asked,
            )
            yield connection

    def _leave_lost_connection(self) -> None:
        """Begin anew where a message could not be settled because the connection is lost.

        kombu would make another one for the next read, without a word: nothing is consumed on it,
        and the service would never be asked anything again.

        Raises:
            RecoverableConnectionError: it is lost; the consumer connects and consumes again.
        """
        connection = self._channel.connection
        # The transport in memory is never lost, and does not say.
        if connection is None or not getattr(connection, "connected", True):
            if connection is not None:
                connection.collect()
            raise RecoverableConnectionError("lost while a message was settled")

    def _cancel_where_asked(self) -> None:
        """Stop consuming for those who stop; they are told even if the connection fails here."""
        asked, self._pending_remove_providers = self._pending_remove_providers, {}
        try:
            for receiver in asked:
                consumer = self._consumers.pop(receiver, None)
                if consumer is not None:
                    consumer.cancel()
        finally:
            for removed in asked.values():
                removed.send()

    def _arrived(self, receiver: Receiver, message: Any) -> None:
        self._in_hand.add(id(message))
        receiver.arrived(message)

    def _settle(self, message: Any, how: Callable[[], None]) -> None:
        self._in_hand.discard(id(message))
        if self.reclaimed(message):
            return
        try:
            how()
        except BROKER_ERRORS as error:
            log.info("message_not_settled", error=type(error).__name__)

    def _end_if_asked(self) -> None:
        if self._pending_remove_providers:
            raise QueueConsumerStopped


def _leave_reading_to_consumer(channel: Any) -> None:
    """Keep py-amqp from reading on this connection before it publishes.

    It does so, on whatever thread publishes, to see whether the broker takes nothing just now. The
    worker that answers would take away what the consumer's thread waits for, such as the end of
    its consumption, and a stop under load would hang until the next heartbeat.
    """
    properties = getattr(channel.connection, "client_properties", {})
    properties.get("capabilities", {}).pop("connection.blocked", None)


def _answer_and_ack(message: Any, answer: bytes) -> None:
    channel, asked = message.channel, message.properties
    correlation = {name: asked[name] for name in ("correlation_id",) if asked.get(name)}
    reply = channel.prepare_message(
        answer,
        content_type=JSON_TYPE,
        content_encoding="utf-8",
        properties={"delivery_mode": TRANSIENT, **correlation},
    )
    channel.basic_publish(reply, exchange=topology.RPC.name, routing_key=asked["reply_to"])
    message.ack()
