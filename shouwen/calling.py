"""Calls from the command line: to the servers of the environment, or to the embedded `up`."""

import json
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

import eventlet
import httpx

from chassis.environment import Variables
from chassis.messaging.calling import RpcCaller
from chassis.runtime.hosting import signals_to
from chassis.runtime.surroundings import SERVICE_TOKEN, amqp_uri, home_of
from contracts.failures import RETRY_AFTER, Failure
from shouwen.embedded import embedded
from shouwen.gateway import SOCKET
from shouwen.hosting import SERVICES, host, migrate_all

TOKEN: Final = "SHOUWEN_TOKEN"  # noqa: S105 - the name of a variable
TIMEOUT_S: Final = 120.0
TRIES: Final = 10
# Refusals after which the same call may be made again, and after how long unless they say so.
COME_AGAIN: Final[Mapping[str, float]] = {"busy": 1.0, "unavailable": 2.0}

Call = Callable[[str, str, Mapping[str, Any]], Any]
CallFor = Callable[[str], Call]
"""Office to what calls the services for it."""


class BrokenOff(BaseException):  # not to be caught in passing, as KeyboardInterrupt is not
    """Ctrl-C, or a polite kill, came before the work was done."""


@contextmanager
def until_signal() -> Iterator[None]:
    """Let a signal end the work of this block where it waits.

    A KeyboardInterrupt would be raised in the hub, wherever the work is, and then nothing could be
    stopped in good order any more.

    Raises:
        BrokenOff: a signal came first; what the work left open is closed.
    """
    with signals_to(partial(eventlet.kill, eventlet.getcurrent(), BrokenOff)):
        yield


def connected(variables: Variables, subject: str, roles: Sequence[str], office: str) -> Call:
    """Return what calls a method of a service."""
    token = variables.text(TOKEN) or variables.text(SERVICE_TOKEN)
    if not token and roles:
        token = embedded(home_of(variables)).issuer.issue(subject, roles, office)
    uri = amqp_uri(variables)
    return _over_amqp(uri, token) if uri else _over_socket(variables, token)


@contextmanager
def working(variables: Variables, subject: str, roles: Sequence[str]) -> Iterator[CallFor]:
    """Give what calls the services for an office, hosting them here while nobody else does."""
    home = home_of(variables)
    if amqp_uri(variables) or listens(home / SOCKET):
        yield cache(partial(connected, variables, subject, roles))
        return
    installation = embedded(home)
    around = installation.surroundings
    migrate_all(around.database_url)
    running = host(around, *SERVICES)
    running.start()
    try:
        yield cache(
            lambda office: _over_amqp(
                around.amqp_uri, installation.issuer.issue(subject, roles, office)
            )
        )
    finally:
        running.stop()


def patient(call: Call, tries: int = TRIES) -> Call:
    """Return a call that comes again when it is told to: later, with the same request ids."""

    def again(service: str, method: str, arguments: Mapping[str, Any]) -> Any:
        for _ in range(tries - 1):
            try:
                return call(service, method, arguments)
            except Failure as failure:
                if failure.code not in COME_AGAIN:
                    raise
                time.sleep(float(failure.fields.get(RETRY_AFTER, COME_AGAIN[failure.code])))
        return call(service, method, arguments)

    return again


def listens(path: Path) -> bool:
    """Tell whether somebody answers at a socket."""
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


def _over_amqp(uri: str, token: str) -> Call:
    return _as(_caller_at(uri), token)


@cache
def _caller_at(uri: str) -> RpcCaller:
    return RpcCaller(uri, str)


def _as(caller: RpcCaller, token: str) -> Call:
    return partial(caller.call_as, token)


def _over_socket(variables: Variables, token: str) -> Call:
    path = home_of(variables) / SOCKET
    # As bytes: whatever stands in the variable is sent, and refused as a token.
    shown = {b"authorization": f"Bearer {token}".encode()} if token else {}
    client = httpx.Client(
        transport=httpx.HTTPTransport(uds=str(path)), base_url="http://shouwen", timeout=TIMEOUT_S
    )

    def call(service: str, method: str, arguments: Mapping[str, Any]) -> Any:
        content = _json_of(arguments)
        try:
            response = client.post(f"/{service}/{method}", content=content, headers=shown)
        except httpx.ConnectError as error:
            why = f"nothing listens at {path}; start it with `shouwen up`"
            raise Failure("unavailable", why) from error
        except httpx.TransportError as error:
            raise Failure("unavailable", "`shouwen up` ended during the call") from error
        return _result_in(response)

    return call


def _json_of(arguments: Mapping[str, Any]) -> bytes:
    try:
        return json.dumps(arguments).encode()
    except RecursionError as error:
        raise Failure("malformed", "The arguments are nested too deep.") from error


def _result_in(response: httpx.Response) -> Any:
    if response.status_code != httpx.codes.OK:
        raise Failure("internal", f"`shouwen up` answered with HTTP {response.status_code}")
    body = response.json()
    if refused := body.get("error"):
        raise Failure.from_wire(refused["exc_type"], refused["value"])
    return body["result"]
