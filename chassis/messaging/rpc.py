"""Answering requests: nameko's RPC on the wire, our rules behind it.

    class IntakeService:
        name = "intake"
        rooms = Wired()

        @answers(rpc.REGISTER)
        def register(self, request, caller):
            return self.rooms.intake.register(request, caller)

Any nameko `ClusterRpcProxy` can call it. Arguments go by name and make up the request of the
method; refusals travel by code (`contracts.failures`). The token and the correlation id come in
nameko's context data (`auth_token`, `correlation_id`). What is called and what comes back is
never logged, and no exception but ours is ever sent.
"""

import json
from collections.abc import Callable, Mapping
from functools import partial, wraps
from time import monotonic
from typing import Any, Final, NoReturn
from uuid import uuid4

from kombu.entity import Queue
from nameko.constants import HEADER_PREFIX
from nameko.exceptions import ContainerBeingKilled
from nameko.extensions import Entrypoint, register_entrypoint
from nameko.rpc import RpcConsumer

from chassis.identity import ANONYMOUS
from chassis.messaging import topology
from chassis.messaging.answering import Call, Method, UseCase, failure_body, log_answer
from chassis.messaging.consuming import Consuming
from chassis.messaging.wiring import Verifier, wiring_of
from chassis.observability import begin_handling
from contracts.failures import Failure

TOKEN_KEY: Final = "auth_token"  # noqa: S105 - the name of a header
CORRELATION_KEY: Final = "correlation_id"
CORRELATION_MAX_CHARS: Final = 128


def answers(method: Method) -> Callable[[UseCase], Callable[..., bytes]]:
    """Let a service method answer the requests of a contract's method.

    The decorated function is called as `f(self, request, caller)`; tests reach it as
    `Service.f.__wrapped__`.
    """

    def decorate(use_case: UseCase) -> Callable[..., bytes]:
        @wraps(use_case)
        def answer(service: Any, call: Call, verifier: Verifier) -> bytes:
            return call.answered(partial(use_case, service), verifier)

        register_entrypoint(answer, Answers(method))
        return answer

    return decorate


class RequestConsumer(Consuming):
    """The connection on which requests arrive; as many in hand as there are workers."""

    def on_decode_error(self, message: Any, exc: Exception) -> None:
        """Refuse what cannot even be decompressed."""
        self.refuse(message, f"undecodable: {type(exc).__name__}")


class Requests(RpcConsumer):  # type: ignore[misc] # nameko has no types
    """The request queue of one service, shared by its methods."""

    queue_consumer = RequestConsumer()

    queue: Queue | None = None

    def setup(self) -> None:
        if self.queue is None:
            service = self.container.service_name
            self.queue = topology.rpc_queue(service)
            self.other_queues = [topology.dead_queue(service)]
            self.queue_consumer.register_provider(self)

    def arrived(self, message: Any) -> None:
        self.container.spawn_managed_thread(partial(self._handle, message), "request")

    def answer(self, message: Any, body: bytes) -> None:
        """Send the answer and settle the request."""
        self.queue_consumer.accept_answered(message, body)

    def _handle(self, message: Any) -> None:
        if not message.properties.get("reply_to"):
            self.queue_consumer.refuse(message, "no reply_to: nobody to answer")
            return
        try:
            arguments = _arguments(message)
            entrypoint = self._entrypoint_of(message)
        except _Unreadable as error:
            self._keep(message, str(error))
        except Failure as failure:
            self._refuse(message, failure)
        else:
            entrypoint.work(message, arguments)

    def _entrypoint_of(self, message: Any) -> "Answers":
        named = message.delivery_info["routing_key"].rpartition(".")[2]
        for entrypoint in self._providers:
            if entrypoint.method.name == named:
                found: Answers = entrypoint
                return found
        raise Failure("method_unknown", fields={"method": named})

    def _refuse(self, message: Any, failure: Failure) -> None:
        """Answer what never reaches a method."""
        started = monotonic()
        begin_handling(_correlation_id(_context(message, CORRELATION_KEY)))
        self.answer(message, failure_body(failure))
        log_answer("", failure.code, ANONYMOUS.subject, started)

    def _keep(self, message: Any, reason: str) -> None:
        """Keep what cannot be read, and tell the caller, who would wait for nothing."""
        self.queue_consumer.refuse(message, reason, failure_body(Failure("malformed")))


class Answers(Entrypoint):  # type: ignore[misc] # nameko has no types
    """The entrypoint behind `answers`."""

    requests = Requests()

    def __init__(self, method: Method) -> None:
        super().__init__()
        self.method = method

    def setup(self) -> None:
        self.requests.register_provider(self)

    def stop(self) -> None:
        self.requests.unregister_provider(self)

    def work(self, message: Any, arguments: Mapping[str, Any]) -> None:
        """Give the request to a worker, waiting for a free one."""
        call = Call(
            self.method,
            arguments,
            _context(message, TOKEN_KEY),
            _correlation_id(_context(message, CORRELATION_KEY)),
        )
        try:
            self.container.spawn_worker(
                self,
                (call, wiring_of(self.container).verifier),
                {},
                handle_result=partial(self._finish, message),
            )
        except ContainerBeingKilled:
            self.requests.queue_consumer.give_back(message)

    def _finish(self, message: Any, _worker_ctx: Any, body: Any, exc_info: Any) -> tuple[Any, Any]:
        self.requests.answer(message, body)
        return None, exc_info


class _Unreadable(Exception):  # noqa: N818 - it says what is the case
    """The body is no request at all."""


def _arguments(message: Any) -> Mapping[str, Any]:
    try:
        body = json.loads(message.body, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise _Unreadable(f"undecodable: {type(error).__name__}") from error
    if not isinstance(body, dict):
        raise Failure("malformed")
    if body.get("args") != []:
        raise Failure("malformed", "Arguments are given by name.")
    if not isinstance(body.get("kwargs"), dict):
        raise Failure("malformed")
    arguments: Mapping[str, Any] = body["kwargs"]
    return arguments


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _context(message: Any, key: str) -> Any:
    return message.headers.get(f"{HEADER_PREFIX}.{key}")


def _correlation_id(given: Any) -> str:
    usable = isinstance(given, str) and 0 < len(given) <= CORRELATION_MAX_CHARS
    if usable and given.isascii() and given.isprintable():
        return str(given)
    return str(uuid4())
