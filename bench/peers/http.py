"""Programs that answer HTTP, and a client with one kept connection a caller."""

import json
import os
import socket
import subprocess
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final

from bench.peers.environment import BIN
from tests.daemons import LOOPBACK, free_ports
from tests.system.running_platform import wait_until

ROOT: Final = Path(__file__).resolve().parents[2]
WORKERS: Final = 2


class Refused(Exception):  # noqa: N818 - it says what is the case
    """A peer answered with an error; the figures would say nothing."""


class Client:
    """Speaks JSON over one connection."""

    def __init__(self, port: int, headers: Mapping[str, str]) -> None:
        self._connection = HTTPConnection(LOOPBACK, port, timeout=60)
        self._headers = {"Content-Type": "application/json", "Connection": "keep-alive", **headers}

    def ask(self, verb: str, path: str, body: Any = None, **headers: str) -> Any:
        """Raises: Refused."""
        content = None if body is None else json.dumps(body)
        self._connection.request(verb, path, content, {**self._headers, **headers})
        response = self._connection.getresponse()
        text = response.read()
        if response.status >= 400:
            raise Refused(f"{verb} {path}: {response.status} {text[:500]!r}")
        return json.loads(text) if text else None


def basic(user: str, password: str) -> str:
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()


@contextmanager
def gunicorn(application: str, environment: Mapping[str, str]) -> Iterator[int]:
    """Serve a WSGI application and give its port.

    Threads let each worker keep the callers' connections open, which the sync worker cannot.
    """
    (port,) = free_ports(1)
    options = ["--workers", str(WORKERS), "--threads", "4", "--keep-alive", "60"]
    options += ["--no-control-socket", "--log-level", "error"]
    command = [str(BIN / "gunicorn"), *options, "--bind", f"{LOOPBACK}:{port}", application]
    with serving(command, environment):
        wait_until(lambda: _listens(port), pause_s=0.2)
        yield port


@contextmanager
def serving(command: list[str], environment: Mapping[str, str]) -> Iterator[None]:
    # It ends with this process, in whatever way that comes.
    bound = ["setpriv", "--pdeathsig=TERM", "--", *command]
    process = subprocess.Popen(
        bound, cwd=ROOT, env={**os.environ, **environment}, stdout=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


def _listens(port: int) -> bool:
    try:
        socket.create_connection((LOOPBACK, port), timeout=1).close()
    except OSError:
        return False
    return True
