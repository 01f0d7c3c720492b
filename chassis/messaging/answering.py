"""From the arguments of a call to the body of its answer, whatever happens in between."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final, Protocol

import msgspec
import structlog
from eventlet import Timeout
from eventsourcing.persistence import InterfaceError, OperationalError

from chassis.identity import ANONYMOUS, Caller
from chassis.messaging.checking import checked
from chassis.messaging.faults import broken_at, refusal_of
from chassis.messaging.wiring import Verifier
from chassis.observability import begin_handling, current_correlation_id
from contracts.failures import Failure

# By which services follow one another every few seconds, also when nothing happens.
UNREMARKABLE: Final = frozenset({("log", "ok")})

log = structlog.get_logger(__name__)


class Method(Protocol):
    """One method as the contract writes it down."""

    @property
    def name(self) -> str: ...
    @property
    def request(self) -> type[msgspec.Struct]: ...
    @property
    def answer(self) -> Any: ...
    @property
    def roles(self) -> frozenset[str]:
        """Who may call it; empty means everybody, also without a token."""


UseCase = Callable[[Any, Any, Caller], Any]


@dataclass(frozen=True, repr=False)
class Call:
    """One request on its way to its method. It has no representation: that would be logged."""

    method: Method
    arguments: Mapping[str, Any]
    token: Any
    correlation_id: str

    def answered(self, use_case: Callable[[Any, Caller], Any], verifier: Verifier) -> bytes:
        """Run the use case and return the body of the answer, whatever happens."""
        begin_handling(self.correlation_id)
        started, caller = monotonic(), ANONYMOUS
        try:
            caller = self._caller(verifier)
            self._check_role(caller)
            request = checked(self.arguments, self.method.request)
            body = _body(use_case(request, caller))
        except (Exception, Timeout) as error:  # noqa: BLE001 - translated at the border, and logged
            failure = _failure_of(error, self.method.name)
            body, code = failure_body(failure), failure.code
        else:
            code = "ok"
        log_answer(self.method.name, code, caller.subject, started)
        return body

    def _caller(self, verifier: Verifier) -> Caller:
        if not self.method.roles and self.token is None:
            return ANONYMOUS
        return verifier.verify(self.token)

    def _check_role(self, caller: Caller) -> None:
        roles = self.method.roles
        if roles and not caller.roles & roles:
            raise Failure("role_not_allowed", fields={"roles": sorted(roles)})


def _body(result: Any) -> bytes:
    return msgspec.json.encode({"result": result, "error": None})


def failure_body(failure: Failure) -> bytes:
    """Return the body of an answer that says no."""
    try:
        return msgspec.json.encode({"result": None, "error": failure.to_wire()})
    except (TypeError, ValueError) as error:
        log.error("failure_not_encodable", code=failure.code, broken_at=broken_at(error))  # noqa: TRY400 - no values in logs
        bare = Failure(failure.code)
        return msgspec.json.encode({"result": None, "error": bare.to_wire()})


def _failure_of(error: BaseException, method: str) -> Failure:
    refusal = refusal_of(error)
    if refusal is not None:
        return refusal
    log.error("rpc_fault", method=method, broken_at=broken_at(error))
    if isinstance(error, OperationalError | InterfaceError):
        return Failure("unavailable")
    return Failure("internal", fields={"correlation_id": current_correlation_id()})


def log_answer(method: str, code: str, actor: str, started: float) -> None:
    """Write the one line about a call.

    Args:
        method: empty where the call never reached one.
        started: by the monotonic clock.
    """
    took_ms = round((monotonic() - started) * 1000, 3)
    say = log.debug if (method, code) in UNREMARKABLE else log.info
    say("rpc_answered", method=method, code=code, actor=actor, took_ms=took_ms)
