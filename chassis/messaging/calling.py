"""Calling other services: from any green thread, always with a time limit, failing by code."""

# mypy: allow-untyped-calls
# kombu annotates only parts of itself.

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from time import monotonic
from typing import Any, Final
from uuid import uuid4

import eventlet
import msgspec
import structlog
from eventlet.event import Event
from kombu.connection import Connection
from kombu.entity import Queue
from kombu.exceptions import ChannelError
from kombu.mixins import ConsumerMixin
from nameko.constants import HEADER_PREFIX

from chassis.messaging import memory, topology
from chassis.messaging.post import BROKER_ERRORS, PostError, QueueFull, post_json
from chassis.messaging.rpc import CORRELATION_KEY, TIME_LIMIT_KEY, TOKEN_KEY
from chassis.observability import current_correlation_id
from contracts.failures import QUEUE_FULL_RETRY_AFTER_S, RETRY_AFTER, Failure

REPLY_QUEUE_EXPIRES_MS: Final = 300_000
CALL_TIME_LIMIT_S: Final = 10.0
CLOSE_LIMIT_S: Final = 2.0
HEARTBEAT_S: Final = 30
BEATS_IN_ITS_TIME: Final = 4

log = structlog.get_logger(__name__)


class RpcCaller:
    """Calls methods of services over one reply queue.

    Args:
        token: returns the token to show; asked at every call, because tokens expire.
        timeout_s: how long a call may take.
        heartbeat_s: how often the broker hears of the listener, at the least.
    """

    def __init__(
        self,
        amqp_uri: str,
        token: Callable[[], str],
        timeout_s: float = CALL_TIME_LIMIT_S,
        heartbeat_s: int = HEARTBEAT_S,
    ) -> None:
        memory.install()
        self._amqp_uri = amqp_uri
        self._token = token
        self._timeout_s = timeout_s
        self._heartbeat_s = heartbeat_s
        self._replies: _ReplyListener | None = None
        self._closed = False

    def call(self, service: str, method: str, /, **kwargs: Any) -> Any:
        """Call a method with the caller's own token and return its answer.

        Raises:
            Failure: as `call_as` says.
        """
        return self.call_as(self._token(), service, method, kwargs)

    def call_as(self, token: str, service: str, method: str, arguments: Mapping[str, Any]) -> Any:
        """Call a method with somebody's token and return its answer.

        Raises:
            Failure: as the service answered, `unavailable` when it did not in time, `busy` when
                more is waiting for it than the broker holds, `malformed` when the arguments are
                nested too deep to be sent.
        """
        call_id, replies = str(uuid4()), self._listening()
        reply = replies.expect(call_id)
        try:
            self._send(service, method, call_id, replies.address, token, arguments)
            answer = reply.wait(self._timeout_s)
        except QueueFull as error:
            log.warning("call_failed", service_called=service, reason="its queue is full")
            raise Failure("busy", fields={RETRY_AFTER: QUEUE_FULL_RETRY_AFTER_S}) from error
        except PostError as error:
            raise _unavailable(service, str(error)) from error
        finally:
            replies.forget(call_id)
        if answer is None:
            raise _unavailable(service, f"no answer within {self._timeout_s:g} s, or closed before")
        return _unpacked(answer)

    def close(self) -> None:
        """Call nobody any more; calls that wait have no answer, and the reply queue goes."""
        self._closed = True
        replies, self._replies = self._replies, None
        if replies is not None:
            replies.close()

    def _listening(self) -> "_ReplyListener":
        """Return the listener when its queue exists: an answer before that would be lost."""
        if self._closed:
            raise Failure("unavailable")
        listener = self._replies
        if listener is None or listener.ended:
            listener = self._replies = _ReplyListener(self._amqp_uri, self._heartbeat_s)
        if not listener.ready(self._timeout_s) or self._closed:
            raise Failure("unavailable")
        return listener

    def _send(  # noqa: PLR0913, PLR0917 - what makes up a call
        self,
        service: str,
        method: str,
        call_id: str,
        reply_to: str,
        token: str,
        arguments: Mapping[str, Any],
    ) -> None:
        context = {
            TOKEN_KEY: token,
            CORRELATION_KEY: current_correlation_id(),
            TIME_LIMIT_KEY: self._timeout_s,
        }
        post_json(
            self._amqp_uri,
            _request_body(arguments),
            exchange=topology.RPC.name,
            routing_key=f"{service}.{method}",
            time_limit_s=self._timeout_s,
            mandatory=True,
            headers={f"{HEADER_PREFIX}.{key}": value for key, value in context.items() if value},
            reply_to=reply_to,
            correlation_id=call_id,
        )


class _ReplyListener(ConsumerMixin):
    """Hands each reply to the green thread that waits for it.

    The queue outlives a lost connection, so replies sent meanwhile arrive after the reconnection.
    """

    def __init__(self, amqp_uri: str, heartbeat_s: int) -> None:
        self.address = str(uuid4())
        self.connection = Connection(amqp_uri, heartbeat=heartbeat_s)
        self._listening_on = self.connection
        self._beat_every_s = heartbeat_s / BEATS_IN_ITS_TIME
        self._beats_at = monotonic()
        self._queue = Queue(
            f"rpc.reply-shouwen-{self.address}",
            exchange=topology.RPC,
            routing_key=self.address,
            durable=True,
            queue_arguments={"x-expires": REPLY_QUEUE_EXPIRES_MS},
        )
        self._awaited: dict[str, Event] = {}
        self._consuming = Event()
        self._thread = eventlet.spawn(self.run)

    @property
    def ended(self) -> bool:
        """Whether nobody listens any more; another listener has another queue."""
        return bool(self._thread.dead)

    def ready(self, timeout_s: float) -> bool:
        return bool(self._consuming.wait(timeout_s))

    def expect(self, call_id: str) -> Event:
        reply = self._awaited[call_id] = Event()
        return reply

    def forget(self, call_id: str) -> None:
        self._awaited.pop(call_id, None)

    def close(self) -> None:
        self._thread.kill()
        self._release()
        try:
            with eventlet.Timeout(CLOSE_LIMIT_S, False), self.connection.clone() as connection:
                connection.ensure_connection(max_retries=1, interval_start=0)
                self._queue.bind(connection.channel()).delete()
        except BROKER_ERRORS as error:
            log.info("reply_queue_left_to_expire", error=type(error).__name__)

    def get_consumers(self, consumer_cls: Callable[..., Any], channel: Any) -> list[Any]:
        try:
            self._queue.bind(channel).declare()
        except ChannelError as error:
            # The node of a cluster is down that has it, say: end, the next has another queue.
            log.warning("reply_queue_lost", error=type(error).__name__)
            self.should_stop = True
            self._release()
            raise
        listening = consumer_cls(
            queues=[self._queue], on_message=self._arrived, no_ack=True, auto_declare=False
        )
        return [listening]

    def on_consume_ready(self, *_args: Any, **_kwargs: Any) -> None:
        if not self._consuming.ready():
            self._consuming.send(True)

    def on_iteration(self) -> None:
        """Let the broker hear of a listener that only ever reads.

        kombu does so while there is nothing to read, so under load the broker would hear nothing,
        and cut the connection.
        """
        if monotonic() >= self._beats_at:
            self._beats_at = monotonic() + self._beat_every_s
            self._listening_on.heartbeat_check()

    @contextmanager
    def extra_context(self, connection: Any, _channel: Any) -> Iterator[None]:
        """Let calls wait for the queue again once the connection is lost: it may be lost too."""
        self._listening_on = connection
        try:
            yield
        finally:
            if self._consuming.ready():
                self._consuming = Event()

    def on_connection_error(self, exc: Exception, interval: float) -> None:
        log.warning("broker_away", error=type(exc).__name__, retry_in_s=interval)

    def _release(self) -> None:
        """Let nobody wait here any more."""
        if not self._consuming.ready():
            self._consuming.send(False)
        while self._awaited:
            _, reply = self._awaited.popitem()
            reply.send(None)

    def _arrived(self, message: Any) -> None:
        reply = self._awaited.pop(message.properties.get("correlation_id"), None)
        if reply is not None:
            reply.send(message.body)


def _request_body(arguments: Mapping[str, Any]) -> bytes:
    request = {"args": [], "kwargs": arguments}
    try:
        return _encoded(request)
    except RecursionError as error:
        raise Failure("malformed", "The arguments are nested too deep.") from error


def _encoded(request: Mapping[str, Any]) -> bytes:
    try:
        return msgspec.json.encode(request)
    except UnicodeEncodeError:
        # A lone surrogate has no UTF-8; escaped it arrives, and the service names the field.
        return json.dumps(request).encode()


def _unavailable(service: str, reason: str) -> Failure:
    log.warning("call_failed", service_called=service, reason=reason)
    return Failure("unavailable", fields={"service": service})


def _unpacked(body: bytes | str) -> Any:
    """Return the result in an answer, or raise the failure in it."""
    try:
        answer = msgspec.json.decode(body)
        result, error = answer["result"], answer["error"]
    except (msgspec.DecodeError, KeyError, TypeError) as malformed:
        raise Failure("internal") from malformed
    if error is not None:
        raise Failure.from_wire(str(error.get("exc_type")), error.get("value"))
    return result
