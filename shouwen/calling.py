"""Calls from the command line: to the servers of the environment, or to the embedded `up`."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import httpx

from chassis.environment import Variables
from chassis.messaging.calling import RpcCaller
from chassis.runtime.surroundings import AMQP_URI, SERVICE_TOKEN, home_of
from contracts.failures import Failure
from shouwen.embedded import embedded
from shouwen.gateway import SOCKET

TOKEN: Final = "SHOUWEN_TOKEN"  # noqa: S105 - the name of a variable
TIMEOUT_S: Final = 120.0

Call = Callable[[str, str, Mapping[str, Any]], Any]


def connected(variables: Variables, subject: str, roles: Sequence[str], office: str) -> Call:
    """Return what calls a method of a service."""
    token = variables.text(TOKEN) or variables.text(SERVICE_TOKEN)
    if not token and roles:
        token = embedded(home_of(variables)).issuer.issue(subject, roles, office)
    uri = variables.text(AMQP_URI)
    return _over_amqp(uri, token) if uri else _over_socket(variables, token)


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
