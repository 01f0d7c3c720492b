"""Make blocking calls green. Import this before anything else in a process that runs services.

`all=True` is needed: `monkey_patch(psycopg=True)` alone patches psycopg2 and leaves sockets,
threads and time as they were.

psycopg2 waits with an end: a server that has gone silent would keep its caller, and all who wait
behind him, for ever, since keepalives are not sent while something is unacknowledged.

Names of hosts are looked up by the system's resolver, on eventlet's pool of real threads.
eventlet's own resolver knows nothing of nsswitch, and to load it takes a third of a start.
"""

import os
import sys
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any, Final

os.environ["EVENTLET_NO_GREENDNS"] = "yes"

with warnings.catch_warnings():
    # eventlet announces its maintenance status at import, in a category of its own.
    warnings.filterwarnings("ignore", r"\s*Eventlet is deprecated")
    import eventlet
    import eventlet.green.socket
    import eventlet.hubs
    import eventlet.patcher
    import eventlet.tpool

from psycopg2 import OperationalError, extensions

_LOOKUPS: Final = ("getaddrinfo", "gethostbyname", "gethostbyname_ex", "getnameinfo")
_THREADED_BEFORE = [name for name in ("kombu", "nameko", "amqp") if name in sys.modules]


def _on_thread(look_up: Callable[..., Any]) -> Callable[..., Any]:
    return partial(eventlet.tpool.execute, look_up)


def _wait(connection: Any) -> None:
    """Let others go on until psycopg2 has what it waits for, or the server is silent too long."""
    limit_s = getattr(connection, "silent_limit_s", 0) or None
    while (state := connection.poll()) != extensions.POLL_OK:
        eventlet.hubs.trampoline(
            connection.fileno(),
            read=state == extensions.POLL_READ,
            write=state == extensions.POLL_WRITE,
            timeout=limit_s,
            timeout_exc=OperationalError(f"the server was silent for {limit_s} s"),
        )


if not eventlet.patcher.is_monkey_patched("socket"):
    eventlet.monkey_patch(all=True, psycopg=True)
    for name in _LOOKUPS:
        green = _on_thread(getattr(eventlet.green.socket, name))
        for module in (eventlet.green.socket, sys.modules["socket"]):
            setattr(module, name, green)
    extensions.set_wait_callback(_wait)


class NotGreen(RuntimeError):  # noqa: N818 - it says what is the case
    """A blocking call would stop every green thread of the process."""


def check_green() -> None:
    """Check that the patch came first and is complete.

    Raises:
        NotGreen: something is unpatched, or was imported before the patch.
    """
    unpatched = [
        part
        for part in ("os", "select", "socket", "thread", "time", "psycopg")
        if not eventlet.patcher.is_monkey_patched(part)
    ]
    if unpatched or _THREADED_BEFORE:
        raise NotGreen(
            "import chassis.runtime.patch before anything else: "
            f"unpatched {unpatched}, imported too early {_THREADED_BEFORE}"
        )
