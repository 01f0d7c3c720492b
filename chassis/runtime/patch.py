"""Make blocking calls green. Import this before anything else in a process that runs services.

`all=True` is needed: `monkey_patch(psycopg=True)` alone patches psycopg2 and leaves sockets,
threads and time as they were.
"""

import sys
import warnings

with warnings.catch_warnings():
    # eventlet announces its maintenance status at import, in a category of its own.
    warnings.filterwarnings("ignore", r"\s*Eventlet is deprecated")
    import eventlet
    import eventlet.patcher

_THREADED_BEFORE = [name for name in ("kombu", "nameko", "amqp") if name in sys.modules]

if not eventlet.patcher.is_monkey_patched("socket"):
    eventlet.monkey_patch(all=True, psycopg=True)


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
