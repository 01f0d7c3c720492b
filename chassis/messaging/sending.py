"""Publishing event batches with confirms, many at a time.

One confirm per message costs a round trip each; a window of them costs one. The broker confirms a
message when every queue bound for it has it on disk.
"""

# mypy: allow-untyped-calls
# kombu annotates only parts of itself.

from collections.abc import Sequence
from time import monotonic
from typing import Any, Final, Protocol

from amqp.exceptions import MessageNacked
from kombu.connection import Connection

from chassis.messaging import memory, topology
from chassis.messaging.post import BROKER_ERRORS, BrokerAway
from contracts.envelope import CONTENT_TYPE

CONFIRM_TIME_LIMIT_S: Final = 10.0

_PERSISTENT: Final = 2


class EventPublisher(Protocol):
    """The way from a relay to the queues of those who follow."""

    def publish(self, bodies: Sequence[bytes]) -> int:
        """Publish encoded batches; return how many of the first ones are in queues.

        Raises:
            BrokerAway: the broker cannot be reached or does not confirm in time.
        """

    def close(self) -> None:
        """Give the connection up."""


def event_publisher(
    amqp_uri: str, service: str, *, time_limit_s: float = CONFIRM_TIME_LIMIT_S
) -> EventPublisher:
    """Return the publisher that fits the transport of the address."""
    memory.install()
    if amqp_uri.startswith("memory:"):
        return LocalPublisher(amqp_uri, service)
    return ConfirmingPublisher(amqp_uri, service, time_limit_s=time_limit_s)


class LocalPublisher:
    """Publishes to the broker in the process, which takes a message or refuses it at once."""

    def __init__(self, amqp_uri: str, service: str) -> None:
        self._service = service
        confirming = {"confirm_publish": True}
        self._channel = Connection(amqp_uri, transport_options=confirming).channel()
        topology.EVENTS.bind(self._channel).declare()

    def publish(self, bodies: Sequence[bytes]) -> int:
        taken = 0
        for body in bodies:
            if not self._taken(body):
                break
            taken += 1
        return taken

    def close(self) -> None:
        self._channel.close()

    def _taken(self, body: bytes) -> bool:
        message = self._channel.prepare_message(
            body, content_type=CONTENT_TYPE, content_encoding="utf-8"
        )
        try:
            self._channel.basic_publish(
                message, topology.EVENTS.name, self._service, mandatory=True
            )
        except (MessageNacked, *self._channel.connection.channel_errors):
            return False
        return True


class ConfirmingPublisher:
    """Publishes to RabbitMQ over one connection, reopened after every fault."""

    def __init__(self, amqp_uri: str, service: str, *, time_limit_s: float) -> None:
        self._amqp_uri = amqp_uri
        self._service = service
        self._time_limit_s = time_limit_s
        self._open: _Window | None = None

    def publish(self, bodies: Sequence[bytes]) -> int:
        try:
            if self._open is None:
                self._open = _Window(self._amqp_uri, self._time_limit_s)
            return self._open.send(self._service, bodies)
        except BROKER_ERRORS as error:
            self.close()
            raise BrokerAway(f"{type(error).__name__}: {error}") from error

    def close(self) -> None:
        window, self._open = self._open, None
        if window is not None:
            window.close()


class _Window:
    """One channel in confirm mode. The tags of its messages count from 1."""

    def __init__(self, amqp_uri: str, time_limit_s: float) -> None:
        self._time_limit_s = time_limit_s
        self._connection = Connection(amqp_uri, connect_timeout=time_limit_s)
        self._connection.ensure_connection(max_retries=1, interval_start=0)
        self._channel = self._connection.channel()
        topology.EVENTS.bind(self._channel).declare()
        self._channel.confirm_select()
        self._channel.events["basic_ack"].add(self._acknowledged)
        self._channel.events["basic_nack"].add(self._refused)
        self._channel.events["basic_return"].add(self._returned)
        self._last_tag = 0
        self._waiting: set[int] = set()
        self._untaken: set[int] = set()

    def send(self, service: str, bodies: Sequence[bytes]) -> int:
        """Publish all, wait for every confirm, and return how many of the first ones were taken."""
        first = self._last_tag + 1
        self._untaken.clear()
        deadline = monotonic() + self._time_limit_s
        for body in bodies:
            self._last_tag += 1
            self._waiting.add(self._last_tag)
            self._channel._basic_publish(  # noqa: SLF001 - the public method waits for each confirm
                self._message(body, self._last_tag),
                exchange=topology.EVENTS.name,
                routing_key=service,
                mandatory=True,
                timeout=self._time_limit_s,
            )
        while self._waiting:
            self._connection.drain_events(timeout=max(0.001, deadline - monotonic()))
        return min(self._untaken, default=self._last_tag + 1) - first

    def close(self) -> None:
        """Drop the connection without a word: it may be the one that does not answer."""
        self._connection.collect()

    def _message(self, body: bytes, tag: int) -> Any:
        return self._channel.prepare_message(
            body,
            content_type=CONTENT_TYPE,
            content_encoding="utf-8",
            properties={"delivery_mode": _PERSISTENT, "message_id": str(tag)},
        )

    def _acknowledged(self, tag: int, multiple: bool) -> None:  # noqa: FBT001 - py-amqp's signature
        self._waiting -= self._meant(tag, multiple=multiple)

    def _refused(self, tag: int, multiple: bool) -> None:  # noqa: FBT001 - py-amqp's signature
        self._untaken |= self._meant(tag, multiple=multiple)
        self._waiting -= self._untaken

    def _returned(self, _error: Any, _exchange: str, _routing_key: str, message: Any) -> None:
        """Note an unroutable message; its acknowledgement follows all the same."""
        self._untaken.add(int(message.properties["message_id"]))

    def _meant(self, tag: int, *, multiple: bool) -> set[int]:
        return {waiting for waiting in self._waiting if waiting <= tag} if multiple else {tag}
