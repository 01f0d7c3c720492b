"""The ways out: a file, and a webhook on a real server of the loopback."""

import json
import socket
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from time import monotonic
from typing import Any

import pytest

from services.notify.application.ports import OK
from services.notify.gateways.channels import File, Webhook
from tests.builders import HUANG, number, told


@dataclass
class Receiver:
    """Somebody's server. Attributes: answers: statuses of the next answers, 204 afterwards."""

    url: str
    answers: list[int] = field(default_factory=list)
    requests: list[tuple[dict[str, str], Any]] = field(default_factory=list)
    silent: bool = False
    trickling: bool = False
    ending: Event = field(default_factory=Event)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            made.requests.append((dict(self.headers), json.loads(body)))
            if made.silent:
                made.ending.wait()
                return
            if made.trickling:
                self.trickle()
                return
            self.send_response(made.answers.pop(0) if made.answers else 204)
            self.send_header("location", "/elsewhere")
            self.send_header("content-length", "0")
            self.end_headers()

        def trickle(self) -> None:
            """Answer a header without end, a byte at a time."""
            self.wfile.write(b"HTTP/1.1 204 No Content\r\nx: ")
            while not made.ending.wait(0.01):
                try:
                    self.wfile.write(b"y")
                except OSError:
                    return

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}/reminders"
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield made
    made.ending.set()
    server.shutdown()
    thread.join()
    server.server_close()


class TestTheWebhook:
    def test_posts_the_reminder_as_json(self, receiver: Receiver):
        """What the receiver needs, and nothing personal."""
        assert Webhook(receiver.url).tell(told()).word == "ok"
        ((headers, body),) = receiver.requests
        assert headers["content-type"] == "application/json"
        assert body == {
            "reminder_id": "reminder-1",
            "number": number(),
            "recipient": HUANG,
            "reason": "ownership_taken",
            "term": "",
            "link": "",
            "sentence": "信访事项由您首接，请负责到底。",
            "due_at": "2026-11-24T04:00:00+00:00",
        }

    def test_names_the_reminder_alike_at_each_attempt(self, receiver: Receiver):
        """So that the receiver can drop repetitions."""
        receiver.answers = [500]
        webhook = Webhook(receiver.url)
        assert [webhook.tell(told()).word, webhook.tell(told()).word] == ["http_500", "ok"]
        assert [headers["webhook-id"] for headers, _ in receiver.requests] == ["reminder-1"] * 2

    @pytest.mark.parametrize("status", [302, 404, 500, 503])
    def test_any_other_answer_is_a_failure_with_its_status(self, receiver: Receiver, status: int):
        """A redirection too: reminders do not follow strangers."""
        receiver.answers = [status]
        assert Webhook(receiver.url).tell(told()).word == f"http_{status}"
        assert len(receiver.requests) == 1

    def test_a_server_that_does_not_answer_is_left_alone_after_a_while(self, receiver: Receiver):
        """The next reminder is not kept waiting."""
        receiver.silent = True
        assert Webhook(receiver.url, timeout_s=0.1).tell(told()).word == "ReadTimeout"

    def test_a_server_that_answers_a_byte_at_a_time_is_left_alone_too(self, receiver: Receiver):
        """Each byte comes in time; the delivery as a whole does not."""
        receiver.trickling = True
        webhook = Webhook(receiver.url, timeout_s=0.2, limit_s=0.4)
        started = monotonic()
        assert webhook.tell(told()).word == "TookTooLong"
        assert 0.4 <= monotonic() - started < 4
        receiver.trickling = False
        assert webhook.tell(told()).word == "ok"

    def test_a_refused_connection_is_a_failure(self):
        """Nobody listens there."""
        with closing(socket.create_server(("127.0.0.1", 0))) as taken:
            port = taken.getsockname()[1]
        assert Webhook(f"http://127.0.0.1:{port}").tell(told()).word == "ConnectError"

    def test_a_server_that_came_back_is_reached_again(self, receiver: Receiver):
        """The failure of one attempt does not spoil the next."""
        webhook = Webhook(receiver.url, timeout_s=0.1)
        receiver.silent = True
        assert webhook.tell(told()).word == "ReadTimeout"
        receiver.silent = False
        assert webhook.tell(told()).word == "ok"


class TestTheFile:
    def test_has_one_line_for_each_reminder(self, tmp_path: Path):
        """Appended, in Chinese as written."""
        path = tmp_path / "made" / "reminders.jsonl"
        file = File(path)
        assert [file.tell(told()), file.tell(told(reminder_id="reminder-2"))] == [OK, OK]
        lines = path.read_text(encoding="utf-8").splitlines()
        assert [json.loads(line)["reminder_id"] for line in lines] == ["reminder-1", "reminder-2"]
        assert "请负责到底" in lines[0]

    def test_that_cannot_be_written_is_a_failure(self, tmp_path: Path):
        """It is tried again like any other channel."""
        path = tmp_path / "reminders.jsonl"
        path.mkdir()
        assert File(path).tell(told()).word == "IsADirectoryError"
