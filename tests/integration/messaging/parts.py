"""Services that these tests put together, and the rig that hosts them."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import uuid4

import eventlet
import msgspec
from eventsourcing.persistence import OperationalError
from kombu.connection import Connection
from nameko.standalone.rpc import ClusterRpcProxy

from chassis.identity import Caller
from chassis.messaging import topology
from chassis.messaging.feed import EventFeed
from chassis.messaging.rpc import answers
from chassis.messaging.wiring import Wired, Wiring
from chassis.runtime.hosting import Host
from contracts.failures import Failure
from tests.integration.messaging.fakes import FakeInbox

PATIENCE_S = 15


def wait_until(happened: Callable[[], Any], patience_s: float = PATIENCE_S) -> None:
    """Let the other green threads run until it has happened."""
    deadline = time.monotonic() + patience_s
    while not happened():
        assert time.monotonic() < deadline, "it did not happen in time"
        eventlet.sleep(0.01)


class Person(msgspec.Struct, forbid_unknown_fields=True):
    name: str


class Greeting(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    text: str
    times: int = 1
    people: list[Person] = []
    extra: dict[str, Any] = {}


@dataclass(frozen=True)
class Method:
    name: str
    request: type[msgspec.Struct] = Greeting
    answer: Any = dict[str, Any]
    roles: frozenset[str] = frozenset()


class FakeVerifier:
    """Takes `name:role` for a token."""

    def verify(self, token: str | None) -> Caller:
        if token is None:
            raise Failure("token_missing")
        subject, _, role = token.partition(":")
        return Caller(subject=subject, roles=frozenset({role}), office="")


class AlreadySaid(Exception):  # noqa: N818 - it says what is the case
    """A refusal as the domain states it: by code, knowing nothing of RPC."""

    code = "case_closed"
    fields: ClassVar = {"since": "2026-11-24"}


class Rooms:
    """What the services of these tests do."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.gate = eventlet.event.Event()

    def echo(self, request: Greeting, caller: Caller) -> dict[str, Any]:
        self.said.append(request.text)
        return {"text": request.text * request.times, "caller": caller.subject}

    def refuse(self, request: Greeting, caller: Caller) -> None:
        raise AlreadySaid(request.text)

    def break_down(self, request: Greeting, caller: Caller) -> None:
        raise RuntimeError(f"secret {request.text}")

    def lose_database(self, request: Greeting, caller: Caller) -> None:
        raise OperationalError("secret row")

    def wait(self, request: Greeting, caller: Caller) -> str:
        self.said.append(request.text)
        self.gate.wait()
        return "waited"


def answering_service(service: str) -> type:
    class Service:
        name = service
        rooms = Wired()

        @answers(Method("echo"))
        def echo(self, request, caller):
            return self.rooms.echo(request, caller)

        @answers(Method("echo_to_clerks", roles=frozenset({"clerk"})))
        def echo_to_clerks(self, request, caller):
            return self.rooms.echo(request, caller)

        @answers(Method("refuse"))
        def refuse(self, request, caller):
            return self.rooms.refuse(request, caller)

        @answers(Method("break_down"))
        def break_down(self, request, caller):
            return self.rooms.break_down(request, caller)

        @answers(Method("lose_database"))
        def lose_database(self, request, caller):
            return self.rooms.lose_database(request, caller)

        @answers(Method("wait"))
        def wait(self, request, caller):
            return self.rooms.wait(request, caller)

        @answers(Method("health"))
        def health(self, request, caller):
            return self.rooms.echo(request, caller)

        @answers(Method("return_nonsense"))
        def return_nonsense(self, request, caller):
            return object()

    return Service


def following_service(service: str, *sources: str) -> type:
    class Service:
        name = service
        rooms = Wired()
        events = EventFeed(*sources, catch_up_every_s=0.2, pause_first_s=0.01)

        @answers(Method("echo"))
        def echo(self, request, caller):
            return self.rooms.echo(request, caller)

    return Service


class Rig:
    """One service on one broker, as its operator sees it."""

    def __init__(self, amqp_uri: str, endings: ExitStack) -> None:
        self.amqp_uri = amqp_uri
        self.service = f"svc{uuid4().hex[:12]}"
        self.source = f"src{uuid4().hex[:12]}"
        self.rooms = Rooms()
        self.inbox = FakeInbox()
        self._endings = endings
        self._channel = None
        self._endings.callback(self._remove_queues)

    def host(self, service: type) -> Host:
        """Start the service; it is stopped at the end of the test."""
        wiring = Wiring(rooms=self.rooms, verifier=FakeVerifier(), inbox=self.inbox)
        host = Host({"AMQP_URI": self.amqp_uri}, {service: wiring}, stop_within_s=10)
        host.start()
        self._endings.callback(host.stop)
        return host

    def answering(self) -> Host:
        return self.host(answering_service(self.service))

    def following(self) -> Host:
        return self.host(following_service(self.service, self.source))

    @contextmanager
    def proxy(self, **context: str) -> Iterator[Any]:
        """Give a plain nameko client of the service."""
        config = {"AMQP_URI": self.amqp_uri}
        with ClusterRpcProxy(config, context_data=context, timeout=PATIENCE_S) as cluster:
            yield cluster[self.service]

    def send(self, exchange: str, routing_key: str, body: bytes, **properties: Any) -> None:
        message = self.channel.prepare_message(
            body, content_type="application/json", content_encoding="utf-8", properties=properties
        )
        self.channel.basic_publish(message, exchange=exchange, routing_key=routing_key)

    def request(self, body: bytes, method: str = "echo", **properties: Any) -> None:
        self.send("nameko-rpc", f"{self.service}.{method}", body, **properties)

    def publish(self, body: bytes) -> None:
        self.send("shouwen.events", self.source, body)

    def dead(self) -> int:
        return self.size(topology.dead_queue(self.service).name)

    def size(self, queue: str) -> int:
        return int(self.channel.queue_declare(queue=queue, passive=True).message_count)

    def take(self, queue: str) -> Any:
        """Take one message off a queue; None when there is none."""
        message = self.channel.basic_get(queue)
        if message is None:
            return None
        message = self.channel.message_to_python(message)
        message.ack()
        return message

    def declare_events_queue(self) -> str:
        queue = topology.events_queue(self.service, [self.source])
        queue.bind(self.channel).declare()
        return str(queue.name)

    @property
    def channel(self) -> Any:
        if self._channel is None:
            connection = Connection(self.amqp_uri)
            self._channel = connection.channel()
            self._endings.callback(connection.close)
        return self._channel

    def _remove_queues(self) -> None:
        with Connection(self.amqp_uri) as connection:
            channel = connection.channel()
            for queue in (
                topology.rpc_queue(self.service),
                topology.events_queue(self.service, []),
                topology.dead_queue(self.service),
            ):
                channel.queue_delete(queue.name)


def request_body(**kwargs: Any) -> bytes:
    return json.dumps({"args": [], "kwargs": kwargs}).encode()
