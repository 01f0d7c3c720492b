"""Calls from the command line: to the servers of the environment, or to the embedded `up`."""

import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx

from chassis.environment import Variables
from chassis.messaging.calling import RpcCaller
from chassis.runtime.surroundings import AMQP_URI, SERVICE_TOKEN, home_of
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


def connected(variables: Variables, subject: str, roles: Sequence[str], office: str) -> Call:
    """Return what calls a method of a service."""
    token = variables.text(TOKEN) or variables.text(SERVICE_TOKEN)
    if not token and roles:
        token = embedded(home_of(variables)).issuer.issue(subject, roles, office)
    uri = variables.text(AMQP_URI)
    return _over_amqp(uri, token) if uri else _over_socket(variables, token)


@contextmanager
def working(
    variables: Variables, subject: str, roles: Sequence[str], office: str
) -> Iterator[Call]:
    """Give what calls the services, hosting them here while nobody else does."""
    home = home_of(variables)
    if variables.text(AMQP_URI) or listens(home / SOCKET):
        yield connected(variables, subject, roles, office)
        return
    installation = embedded(home)
    around = installation.surroundings
    migrate_all(around.database_url)
    running = host(around, *SERVICES)
    running.start()
    try:
        yield _over_amqp(around.amqp_uri, installation.issuer.issue(subject, roles, office))
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
    caller = RpcCaller(uri, lambda: token)
    return lambda service, method, arguments: caller.call(service, method, **arguments)


def _over_socket(variables: Variables, token: str) -> Call:
    path = home_of(variables) / SOCKET
    client = httpx.Client(
        transport=httpx.HTTPTransport(uds=str(path)), base_url="http://shouwen", timeout=TIMEOUT_S
    )

    def call(service: str, method: str, arguments: Mapping[str, Any]) -> Any:
        try:
            response = client.post(
                f"/{service}/{method}",
                json=dict(arguments),
                headers={"authorization": f"Bearer {token}"} if token else {},
            )
        except httpx.ConnectError as error:
            why = f"nothing listens at {path}; start it with `shouwen up`"
            raise Failure("unavailable", why) from error
        body = response.json()
        if refused := body.get("error"):
            raise Failure.from_wire(refused["exc_type"], refused["value"])
        return body["result"]

    return call
