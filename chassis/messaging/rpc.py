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

Requests wait in a short line before the workers, not in the broker's queue: what would wait too
long is refused at once with `busy` and the time after which to come again (ADR 7). A caller may
say in the context data how long it waits for its answer (`time_limit_s`); what has waited longer is
not worked off any more.
"""

import json
import math
from collections.abc import Callable, Mapping
from functools import partial, wraps
from time import monotonic
from typing import Any, Final, NoReturn
from uuid import uuid4

import structlog
from kombu.entity import Queue
from nameko.constants import HEADER_PREFIX
from nameko.exceptions import ContainerBeingKilled
from nameko.extensions import Entrypoint, register_entrypoint
from nameko.rpc import RpcConsumer

from chassis.identity import ANONYMOUS
from chassis.messaging import topology
from chassis.messaging.answering import Call, Method, UseCase, failure_body, log_answer
from chassis.messaging.consuming import Consuming
from chassis.messaging.line import PLACES_MAX, URGENT_MAX, Line, Waiting
from chassis.messaging.wiring import Verifier, wiring_of
from chassis.observability import begin_handling
from contracts.failures import RETRY_AFTER, Failure

TOKEN_KEY: Final = "auth_token"  # noqa: S105 - the name of a header
CORRELATION_KEY: Final = "correlation_id"
TIME_LIMIT_KEY: Final = "time_limit_s"
REQUEST_QUEUES: Final = "REQUEST_QUEUES"
CORRELATION_MAX_CHARS: Final = 128
URGENT: Final = frozenset({"health", "log"})
"""Methods by which services follow one another and are watched: overload must not stop them."""

REFUSALS_IN_HAND_MAX: Final = 100
REFUSALS_LOGGED_EVERY_S: Final = 1.0

log = structlog.get_logger(__name__)


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
    """The connection on which requests arrive: those at work, those in line, those refused."""

    @property
    def prefetch_count(self) -> int:
        workers: int = self.container.max_workers
        return workers + PLACES_MAX + URGENT_MAX + REFUSALS_IN_HAND_MAX

    def on_decode_error(self, message: Any, exc: Exception) -> None:
        """Refuse what cannot even be decompressed."""
        self.refuse(message, f"undecodable: {type(exc).__name__}")


class Requests(RpcConsumer):  # type: ignore[misc] # nameko has no types
    """The request queue of one service, shared by its methods."""

    queue_consumer = RequestConsumer()

    queue: Queue | None = None

    def __init__(self) -> None:
        super().__init__()
        self._methods: set[str] = set()

    def setup(self) -> None:
        if self.queue is None:
            service = self.container.service_name
            self._line: Line[Any] = Line(self.container.max_workers)
            self._refused, self._refused_logged_at = 0, 0.0
            kind = self.container.config.get(REQUEST_QUEUES, "classic")
            self.queue = topology.rpc_queue(service, kind)
            self.other_queues = [topology.dead_queue(service)]
            self.queue_consumer.register_provider(self)

    def register_provider(self, provider: Any) -> None:
        super().register_provider(provider)
        self._methods.add(provider.method.name)

    def unregister_provider(self, provider: Any) -> None:
        """Take no more requests; those in line go back, to another process or the next start."""
        super().unregister_provider(provider)
        for message in self._line.dissolve():
            self.queue_consumer.give_back(message)

    def arrived(self, message: Any) -> None:
        urgent = _method_named(message) in URGENT
        if self._line.join(message, len(message.body or b""), urgent=urgent):
            self._work_off()
        else:
            self.container.spawn_managed_thread(partial(self._turn_away, message), "refusal")

    def answer(self, message: Any, body: bytes) -> None:
        """Send the answer and settle the request."""
        self.queue_consumer.accept_answered(message, body)

    def end(self, begun: Waiting[Any]) -> None:
        """Let the next one in: the work for this one has ended."""
        self._line.end(begun)
        self._work_off()

    def _work_off(self) -> None:
        while (begun := self._line.begin()) is not None:
            self.container.spawn_managed_thread(partial(self._handle, begun), "request")

    def _handle(self, begun: Waiting[Any]) -> None:
        if not self._at_work(begun):
            self.end(begun)

    def _at_work(self, begun: Waiting[Any]) -> bool:
        """Give the request to a worker; False when it is settled without one."""
        message = begun.item
        if self.queue_consumer.reclaimed(message):
            self.queue_consumer.give_back(message)
            return False
        if self._line.too_late(begun, _time_limit_s(message)):
            self._turn_away(message)
            return False
        if not message.properties.get("reply_to"):
            self._refuse_unanswerable(message)
            return False
        try:
            arguments = _arguments(message)
            entrypoint = self._entrypoint_of(message)
        except _Unreadable as error:
            self._keep(message, str(error))
        except Failure as failure:
            self._refuse(message, failure)
        else:
            if entrypoint is not None:
                return entrypoint.work(begun, arguments)
            self.queue_consumer.give_back(message)
        return False

    def _turn_away(self, message: Any) -> None:
        """Refuse what cannot be served soon; nothing was parsed, and one line logs many."""
        if not message.properties.get("reply_to"):
            self._refuse_unanswerable(message)
            return
        retry_after_s = self._line.retry_after_s()
        self.answer(message, failure_body(Failure("busy", fields={RETRY_AFTER: retry_after_s})))
        self._refused += 1
        if monotonic() - self._refused_logged_at >= REFUSALS_LOGGED_EVERY_S:
            log.warning("requests_refused", count=self._refused, retry_after_s=retry_after_s)
            self._refused, self._refused_logged_at = 0, monotonic()

    def _refuse_unanswerable(self, message: Any) -> None:
        self.queue_consumer.refuse(message, "no reply_to: nobody to answer")

    def _entrypoint_of(self, message: Any) -> "Answers | None":
        """Return what answers a request; None when it does not any more, because all is ending."""
        named = _method_named(message)
        for entrypoint in self._providers:
            if entrypoint.method.name == named:
                found: Answers = entrypoint
                return found
        if named in self._methods:
            return None
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

    def work(self, begun: Waiting[Any], arguments: Mapping[str, Any]) -> bool:
        """Give the request to a worker; False when the service is ending."""
        message = begun.item
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
                handle_result=partial(self._finish, begun),
            )
        except ContainerBeingKilled:
            self.requests.queue_consumer.give_back(message)
            return False
        return True

    def _finish(
        self, begun: Waiting[Any], _worker_ctx: Any, body: Any, exc_info: Any
    ) -> tuple[Any, Any]:
        self.requests.answer(begun.item, body)
        self.requests.end(begun)
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


def _method_named(message: Any) -> str:
    return str(message.delivery_info["routing_key"]).rpartition(".")[2]


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _context(message: Any, key: str) -> Any:
    return message.headers.get(f"{HEADER_PREFIX}.{key}")


def _time_limit_s(message: Any) -> float:
    """Return how long the caller waits for an answer; for ever where he does not say."""
    given = _context(message, TIME_LIMIT_KEY)
    stated = isinstance(given, int | float) and not isinstance(given, bool)
    return float(given) if stated else math.inf


def _correlation_id(given: Any) -> str:
    usable = isinstance(given, str) and 0 < len(given) <= CORRELATION_MAX_CHARS
    if usable and given.isascii() and given.isprintable():
        return str(given)
    return str(uuid4())
