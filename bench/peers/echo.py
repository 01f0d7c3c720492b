"""Plain nameko: what a call costs that does nothing, on the same broker with the same client."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from bench.measuring import Load, Round
from bench.peers.environment import BIN
from bench.peers.http import serving
from bench.servers import Servers
from bench.services import reception, registration
from chassis.messaging.calling import RpcCaller
from contracts.failures import Failure
from tests.system.running_platform import wait_until

NAME: Final = "nameko echo"


@contextmanager
def calling_twice(servers: Servers, _callers: int) -> Iterator[Round]:
    """Give a round of two calls with the arguments of `register` and `receive`."""
    broker = ["--broker", servers.rabbit.uri]
    command = [str(BIN / "nameko"), "run", *broker, "bench.peers.echo_service"]
    caller = RpcCaller(servers.rabbit.uri, str, timeout_s=5)
    with serving(command, {}):
        wait_until(lambda: _answers(caller), pause_s=0.5)

        def call_twice(_caller: int, load: Load) -> None:
            for given in (registration(load.rounds), reception("XF-330424-20261123-000017-X")):
                load.timed("echo", caller.call, "echo", "echo", **given)

        yield call_twice
    caller.close()


def _answers(caller: RpcCaller) -> bool:
    try:
        return bool(caller.call("echo", "echo", here=True))
    except Failure:
        return False
