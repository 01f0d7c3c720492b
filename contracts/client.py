"""A typed client for whoever has nameko installed: request structs in, answer structs out.

    with Client("amqp://user:password@host:5672/", token) as shouwen:
        reception = shouwen.call(RECEIVE, ReceivePetition(request_id=…, number=…))

It is plain nameko RPC underneath, always with a time limit. Whatever goes wrong comes as a
`Failure` with a code: as the service refused, `busy` when it has too much to do (its field
`retry_after_s` says when to come again), `unavailable` when no answer came in time or the broker is
away, `internal` when the answer is not of the form that the contract names. After `unavailable`
the command may or may not have been carried out: send the same request again, its `request_id`
makes that harmless.

One client serves one thread at a time; give each thread its own.
"""

from types import TracebackType
from typing import Any, Final, Self
from uuid import uuid4

import msgspec
from amqp.exceptions import AMQPError, MessageNacked
from kombu.exceptions import OperationalError
from nameko.exceptions import RemoteError, RpcTimeout, UnknownService
from nameko.standalone.rpc import ClusterRpcProxy

from contracts.failures import QUEUE_FULL_RETRY_AFTER_S, RETRY_AFTER, Failure
from contracts.rpc.method import AnswerT, Method, RequestT

TIMEOUT_S: Final = 10.0

_AWAY: Final = (RpcTimeout, UnknownService, AMQPError, MessageNacked, OperationalError, OSError)


class Client:
    """Calls methods of the services over one connection, which is made at the first call.

    Args:
        amqp_uri: of the broker.
        token: shown at every call; may be set anew when it has been renewed.
        timeout_s: how long a call waits for its answer.
    """

    def __init__(self, amqp_uri: str, token: str = "", timeout_s: float = TIMEOUT_S) -> None:
        self.token = token
        self._amqp_uri = amqp_uri
        self._timeout_s = timeout_s
        self._context: dict[str, Any] = {}
        self._proxy: ClusterRpcProxy | None = None
        self._services: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def call(
        self, method: Method[RequestT, AnswerT], request: RequestT, correlation_id: str = ""
    ) -> AnswerT:
        """Call a method and return its answer.

        Args:
            correlation_id: found again in events and logs; made up unless given.

        Raises:
            Failure: by code, see the head of this module.
        """
        self._set_context(correlation_id or str(uuid4()))
        try:
            result = self._result(method, msgspec.to_builtins(request))
        except RemoteError as refused:
            raise Failure.from_wire(refused.exc_type, refused.value) from None
        except _AWAY as error:
            self.close()
            if MessageNacked in {type(error), type(error.__cause__)}:
                raise Failure("busy", fields={RETRY_AFTER: QUEUE_FULL_RETRY_AFTER_S}) from error
            fields = {"service": method.service}
            raise Failure("unavailable", _why(error, self._timeout_s), fields) from error
        return _read(result, method)

    def close(self) -> None:
        """Give the connection up; the next call makes another."""
        proxy, self._proxy, self._services = self._proxy, None, None
        if proxy is not None:
            proxy.stop()

    def _set_context(self, correlation_id: str) -> None:
        self._context["correlation_id"] = correlation_id
        self._context["time_limit_s"] = self._timeout_s
        # nameko sends an empty header as it is, and a service takes it for a token.
        self._context.pop("auth_token", None)
        if self.token:
            self._context["auth_token"] = self.token

    def _result(self, method: Method[Any, Any], arguments: dict[str, Any]) -> Any:
        if self._services is None:
            config = {"AMQP_URI": self._amqp_uri}
            self._proxy = ClusterRpcProxy(config, self._context, timeout=self._timeout_s)
            self._services = self._proxy.start()
        return getattr(self._services[method.service], method.name)(**arguments)


def _read(result: Any, method: Method[Any, AnswerT]) -> AnswerT:
    try:
        return msgspec.convert(result, method.answer)
    except msgspec.ValidationError as error:
        raise Failure("internal", f"{method.path} answered in another form: {error}") from error


def _why(error: Exception, timeout_s: float) -> str:
    if isinstance(error, RpcTimeout):
        return f"No answer within {timeout_s:g} s; try again with the same request id."
    if isinstance(error, UnknownService):
        return "The service is not running."
    return f"The broker cannot be reached: {error}"
