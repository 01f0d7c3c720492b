"""Calls out go to public addresses only: who sets an endpoint must not reach into our network.

The address that was checked is the one that is connected to: a name that answers otherwise a moment
later (DNS rebinding) changes nothing. Redirections are not followed.
"""

import socket
from collections.abc import Iterable
from functools import cache
from ipaddress import ip_address, ip_network
from ssl import SSLContext
from typing import Final

import httpx

NONE_KEPT: Final = httpx.Limits(max_keepalive_connections=0)
# Global by the registries, and yet ways to other addresses, or to nobody: NAT64 (RFC 6052, RFC
# 8215), 6to4 (RFC 3056), IPv4-compatible (RFC 4291), site-local (RFC 3879), RFC 7600.
LEADING_ELSEWHERE: Final = tuple(
    map(
        ip_network,
        (
            "64:ff9b::/96",
            "64:ff9b:1::/48",
            "2002::/16",
            "::/96",
            "fec0::/10",
            "192.0.0.0/24",
        ),
    )
)
SCHEMES: Final = frozenset({"https", "http"})


@cache
def authorities() -> SSLContext:
    """Return who is trusted to certify: read once, since that takes a tenth of a second."""
    return httpx.create_ssl_context()


class TargetRefused(httpx.RequestError):
    """The target is no public address, and nobody allowed it."""


class GuardedTransport(httpx.BaseTransport):
    """Connects to public addresses, and to the hosts that the operator allows.

    Args:
        allowed: names or addresses of hosts, as they stand in the URLs.
    """

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        self._allowed = frozenset(allowed)
        # Public hosts are called by address, by which connections are kept: another host of the
        # same address would go over the first one's, whose certificate was checked for that alone.
        self._inner = httpx.HTTPTransport(verify=authorities(), limits=NONE_KEPT)
        self._inside = httpx.HTTPTransport(verify=authorities())

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request to the address that its host has now.

        Raises:
            TargetRefused: that is none to be called.
        """
        host = request.url.host
        if request.url.scheme not in SCHEMES:
            raise TargetRefused(f"{request.url.scheme} is not spoken here", request=request)
        if host in self._allowed:
            return self._inside.handle_request(request)
        request.extensions = {**request.extensions, "sni_hostname": host}
        request.url = request.url.copy_with(host=self._public_address(request))
        return self._inner.handle_request(request)

    def close(self) -> None:
        self._inner.close()
        self._inside.close()

    @staticmethod
    def _public_address(request: httpx.Request) -> str:
        host, port = request.url.host, request.url.port or 443
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpx.ConnectError(f"no address of {host}", request=request) from error
        addresses = [str(each[4][0]) for each in found]
        if not addresses or not all(map(_is_public, addresses)):
            raise TargetRefused(f"{host} is no public address", request=request)
        return addresses[0]


def _is_public(address: str) -> bool:
    parsed = ip_address(address.partition("%")[0])
    mapped = getattr(parsed, "ipv4_mapped", None) or parsed
    if any(mapped in network for network in LEADING_ELSEWHERE):
        return False
    return mapped.is_global and not mapped.is_multicast
