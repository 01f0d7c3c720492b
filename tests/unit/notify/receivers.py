"""Servers of others, on the loopback, that do what servers do: fail, stall, answer oddly."""

import json
import socketserver
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from time import CLOCK_MONOTONIC, clock_gettime
from typing import Any

# What a server may do with a request.
DROP, RESET, SLOW, FAIL, TOO_MANY, ODD, LOSE, TAKE = (
    "drop", "reset", "slow", "fail", "too_many", "odd", "lose", "take",
)  # fmt: skip


@dataclass
class Robot:
    """Somebody's HTTP server.

    Attributes:
        moods: what it does with the next requests; it takes them once these have run out.
        times: when each request came, on the clock that all processes share, in seconds.
        effects: ids of the messages that took effect: a second one is told by its id.
    """

    url: str = ""
    moods: list[str] = field(default_factory=list)
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    effects: set[str] = field(default_factory=set)
    good: bytes = b'{"errcode": 0, "errmsg": "ok"}'
    bad: bytes = b'{"errcode": 310000, "errmsg": "sign not match"}'
    ending: Event = field(default_factory=Event)

    @property
    def bodies(self) -> list[Any]:
        return [json.loads(body) for _, _, body in self.requests]


class RobotHandler(BaseHTTPRequestHandler):
    server: Any

    def do_POST(self) -> None:
        length = int(self.headers["content-length"])
        body = self.rfile.read(length)
        if len(body) < length:
            # Whoever sent it was killed in the middle: no receiver takes half a message.
            self.close_connection = True
            return
        self.server.made.times.append(clock_gettime(CLOCK_MONOTONIC))
        self.server.made.requests.append((self.path, dict(self.headers), body))
        mood = self.server.made.moods.pop(0) if self.server.made.moods else TAKE
        if mood in {TAKE, LOSE}:
            self.server.made.effects.add(self.headers.get("webhook-id", ""))
        getattr(self, f"do_{mood}")()

    def do_take(self) -> None:
        self.answer(200, self.server.made.good)

    def do_lose(self) -> None:
        """It took effect, and nobody learns of it."""
        self.do_drop()

    def do_drop(self) -> None:
        self.close_connection = True
        self.connection.shutdown(2)

    def do_reset(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{")
        self.do_drop()

    def do_slow(self) -> None:
        self.server.made.ending.wait(2)

    def do_fail(self) -> None:
        self.answer(500, b"no")

    def do_too_many(self) -> None:
        self.answer(429, b"", **{"retry-after": "120"})

    def do_odd(self) -> None:
        self.answer(200, self.server.made.bad)

    def answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {**headers, "content-length": str(len(body))}.items():
            self.send_header(name, value)
        # Whoever asked may have waited long enough, or live no more.
        with suppress(OSError):
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


class KeepingHandler(RobotHandler):
    """Keeps connections, as the servers of the robots do."""

    protocol_version = "HTTP/1.1"


@contextmanager
def robot() -> Iterator[Robot]:
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), RobotHandler)
    url = f"http://127.0.0.1:{server.server_port}/robot/send?access_token=t"
    server.made = made = Robot(url)
    with _serving(server):
        yield made
        made.ending.set()


@contextmanager
def encrypted(host: str, folder: Path) -> Iterator[Robot]:
    """A robot behind TLS, whose certificate in the folder is for one host and by nobody."""
    key, certificate = folder / f"{host}.key", folder / f"{host}.crt"
    asked = [
        "-nodes",
        "-days",
        "2",
        "-subj",
        f"/CN={host}",
        "-addext",
        f"subjectAltName=DNS:{host}",
    ]
    kind = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    subprocess.run(
        [*kind, *asked, "-keyout", key, "-out", certificate], check=True, capture_output=True
    )
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), KeepingHandler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    # Whoever does not trust it goes away.
    server.handle_error = lambda *_about: None
    server.made = made = Robot(f"https://{host}:{server.server_port}/")
    with _serving(server):
        yield made
        made.ending.set()


@dataclass
class Post:
    """Somebody's mail server.

    Attributes:
        moods: as of a robot; FAIL refuses for the moment.
        times: when each message came, as of a robot.
    """

    port: int = 0
    moods: list[str] = field(default_factory=list)
    messages: list[Any] = field(default_factory=list)
    times: list[float] = field(default_factory=list)


class PostHandler(socketserver.StreamRequestHandler):
    server: Any

    def handle(self) -> None:
        moods = self.server.made.moods
        self.mood = moods.pop(0) if moods else TAKE
        if self.mood == DROP:
            return
        self.say("220 here")
        while line := self.rfile.readline():
            verb = line[:4].upper().strip().decode()
            if not getattr(self, f"on_{verb.lower()}", self.on_other)():
                return

    def on_data(self) -> bool:
        self.take(self.mood)
        return self.mood != LOSE

    def on_rcpt(self) -> bool:
        self.say("451 later" if self.mood == FAIL else "250 fine")
        return True

    def on_quit(self) -> bool:
        self.say("221 bye")
        return False

    def on_other(self) -> bool:
        self.say("250 fine")
        return True

    def take(self, mood: str) -> None:
        self.say("354 go on")
        lines = []
        while (line := self.rfile.readline()) not in {b".\r\n", b""}:
            lines.append(line)
        if not line:
            # Its sender was killed in the middle: half a message is none.
            return
        self.server.made.times.append(clock_gettime(CLOCK_MONOTONIC))
        self.server.made.messages.append(message_from_bytes(b"".join(lines), policy=policy.default))
        if mood != LOSE:
            self.say("250 taken")

    def say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())


@contextmanager
def post() -> Iterator[Post]:
    server: Any = socketserver.ThreadingTCPServer(("127.0.0.1", 0), PostHandler)
    server.made = made = Post(server.server_address[1])
    with _serving(server):
        yield made


@contextmanager
def _serving(server: socketserver.BaseServer) -> Iterator[None]:
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
