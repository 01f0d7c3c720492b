"""The door of the embedded installation for other terminals: JSON over HTTP on a local socket.

`POST /<service>/<method>` with the arguments as a JSON object and the token as a bearer. It is a
file in the installation's folder, so who may open it is a matter of file rights.
"""

import json
import socket
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import eventlet
import eventlet.wsgi
from eventlet.greenthread import GreenThread

from chassis.environment import SettingInvalid
from chassis.messaging.calling import RpcCaller
from chassis.runtime.surroundings import HOME
from contracts.failures import Failure

SOCKET: Final = "shouwen.sock"
PATH_MAX_BYTES: Final = 107  # unix(7): what an address has room for
BODY_MAX: Final = 64 * 1024 * 1024


class Gateway:
    """Passes calls on to the services of this process."""

    def __init__(self, amqp_uri: str, path: Path) -> None:
        self._path = path
        self._caller = RpcCaller(amqp_uri, str, timeout_s=60)

    def start(self) -> GreenThread:
        """Listen; the socket is open to this user alone.

        Raises:
            SettingInvalid: the folder lies too deep for a socket.
        """
        if len(bytes(self._path)) > PATH_MAX_BYTES:
            raise SettingInvalid(
                f"{HOME} is too deep a folder: with {SOCKET} its path must have at most"
                f" {PATH_MAX_BYTES} bytes, this has {len(bytes(self._path))}."
            )
        self._path.unlink(missing_ok=True)
        listener = eventlet.listen(str(self._path), family=socket.AF_UNIX)
        self._path.chmod(0o600)
        return eventlet.spawn(
            eventlet.wsgi.server, listener, self._answer, log_output=False, debug=False
        )

    def _answer(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        try:
            body: Any = {"result": self._call(environ)}
        except Failure as failure:
            body = {"error": failure.to_wire()}
        start_response("200 OK", [("content-type", "application/json; charset=utf-8")])
        return [json.dumps(body, ensure_ascii=False).encode()]

    def _call(self, environ: dict[str, Any]) -> Any:
        service, _, method = environ["PATH_INFO"].strip("/").partition("/")
        token = environ.get("HTTP_AUTHORIZATION", "").removeprefix("Bearer ")
        arguments = _arguments(environ)
        if not isinstance(arguments, dict) or not service or not method:
            raise Failure("malformed")
        return self._caller.call_as(token, service, method, arguments)


def _arguments(environ: Mapping[str, Any]) -> Any:
    try:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        if length > BODY_MAX:
            raise Failure("malformed", f"The body has more than {BODY_MAX} bytes.")
        return json.loads(environ["wsgi.input"].read(length) or b"{}")
    except (ValueError, RecursionError, OSError) as error:
        raise Failure("malformed") from error
