"""Publishing one message at a time: requests and answers.

PostError
├── NoSuchQueue      nobody listens at that address
├── QueueFull        the queue holds as much as it may
└── BrokerAway       the broker did not confirm the message in time
"""

# mypy: allow-untyped-calls
# kombu annotates only parts of itself.

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from amqp.exceptions import AMQPError, MessageNacked
from kombu.connection import Connection
from kombu.exceptions import ChannelError, KombuError
from kombu.messaging import Producer
from kombu.pools import PoolGroup, ProducerPool, connections, register_group, use_global_limit

BROKER_ERRORS: Final = (AMQPError, KombuError, MessageNacked, OSError)
"""What kombu and py-amqp raise when a connection fails; `TimeoutError` is an `OSError`."""

JSON_TYPE: Final = "application/json"

TRANSIENT: Final = 1
_ONE_MORE_TRY: Final = {"max_retries": 1, "interval_start": 0, "interval_max": 0.2}


class PostError(Exception):
    """A message was not delivered to a queue."""


class NoSuchQueue(PostError):  # noqa: N818 - it says what is the case
    """No queue is bound for the routing key."""


class QueueFull(PostError):  # noqa: N818 - it says what is the case
    """The broker refused the message: its queue is at its bound."""


class BrokerAway(PostError):  # noqa: N818 - it says what is the case
    """The broker cannot be reached, or did not confirm in time."""


def post_json(  # noqa: PLR0913 - the parts of an AMQP message
    amqp_uri: str,
    body: bytes,
    *,
    exchange: str,
    routing_key: str,
    time_limit_s: float,
    mandatory: bool = False,
    headers: Mapping[str, Any] | None = None,
    **properties: Any,
) -> None:
    """Publish a JSON document and wait until the broker has it.

    A connection that the broker has closed meanwhile is replaced once.

    Args:
        properties: AMQP properties such as `reply_to` and `correlation_id`.

    Raises:
        NoSuchQueue: `mandatory`, and no queue is bound.
        QueueFull: the broker refused it; nobody has it.
        BrokerAway: the broker cannot be reached or does not confirm.
    """
    with _producer(amqp_uri, time_limit_s) as producer:
        producer.publish(
            body,
            exchange=exchange,
            routing_key=routing_key,
            content_type=JSON_TYPE,
            content_encoding="utf-8",
            delivery_mode=TRANSIENT,
            mandatory=mandatory,
            headers=dict(headers or {}),
            retry=True,
            retry_policy=_ONE_MORE_TRY,
            timeout=time_limit_s,
            confirm_timeout=time_limit_s,
            **properties,
        )


@contextmanager
def _producer(amqp_uri: str, time_limit_s: float) -> Iterator[Producer]:
    # Without a limit in these options kombu tries to connect for ever.
    options = {"confirm_publish": True, **_ONE_MORE_TRY}
    pool = _producers[Connection(amqp_uri, transport_options=options)]
    try:
        with (
            pool.acquire(block=True, timeout=time_limit_s) as producer,
            _dropping_what_failed(producer),
        ):
            yield producer
    except ChannelError as error:
        if "NO_ROUTE" in str(error):
            raise NoSuchQueue(str(error)) from error
        raise BrokerAway(str(error)) from error
    except BROKER_ERRORS as error:
        raise BrokerAway(f"{type(error).__name__}: {error}") from error


@contextmanager
def _dropping_what_failed(producer: Producer) -> Iterator[None]:
    """Close the connection under a failed publish.

    A confirm that is still on its way would otherwise be taken for that of the next message; the
    one of a returned message always is. A refusal is the confirm itself: the connection is sound,
    and another for each would add to an overload.
    """
    try:
        yield
    except QueueFull:
        raise
    except BaseException:
        producer.connection.collect()
        raise


class _Producer(Producer):
    """Tells a refusal from a lost connection; kombu would connect anew and publish again."""

    def _publish(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super()._publish(*args, **kwargs)
        except MessageNacked as error:
            raise QueueFull("refused by the broker") from error


class _Producers(PoolGroup):
    def create(self, connection: Connection, limit: int) -> ProducerPool:
        return ProducerPool(connections[connection], limit=limit, Producer=_Producer)


_producers: Final = register_group(_Producers(limit=use_global_limit))
